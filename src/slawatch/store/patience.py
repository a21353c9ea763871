"""Whether somebody still waits for what a thread makes: loops in Python look here."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slawatch.store.errors import StoreError, TooMuch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

_PIECE: Final = 4096
_over: ContextVar[Callable[[], bool] | None] = ContextVar("over", default=None)


@contextmanager
def waited_for(over: Callable[[], bool]) -> Iterator[None]:
    """Have `go_on` ask, in this thread and block.

    Args:
        over: whether nobody waits any more.
    """
    token = _over.set(over)
    try:
        yield
    finally:
        _over.reset(token)


def go_on() -> None:
    """Do nothing while somebody waits.

    Raises:
        StoreError: nobody does.
    """
    over = _over.get()
    if over is not None and over():
        raise StoreError("nobody waits for this answer any more")


def patient(items: Iterable[T], every: int = _PIECE) -> Iterator[T]:
    """Return the items one by one, as long as somebody waits.

    Args:
        items: they.
        every: after so many it is asked whether somebody does.

    Raises:
        StoreError: nobody does.
    """
    for number, item in enumerate(items):
        if not number % every:
            go_on()
        yield item


def fetched(cursor: "DuckDBPyConnection", most: int, what: str) -> list[tuple[Any, ...]]:
    """Return the rows of the query that a cursor has just run.

    Args:
        cursor: the one.
        most: so many there may be.
        what: they are, in the plural.

    Raises:
        TooMuch: there are more.
        StoreError: nobody waits for them any more.
        duckdb.Error: the store cannot be read.
    """
    found: list[tuple[Any, ...]] = []
    while piece := cursor.fetchmany(_PIECE):
        go_on()
        found += piece
        if len(found) > most:
            raise TooMuch(f"there are more than {most} {what}: ask for a shorter time")
    return found
