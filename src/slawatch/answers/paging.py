"""Long lists in pages: so many lines, and a cursor to the rest, whatever comes and goes meanwhile."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

USUAL: Final = 50
MOST: Final = 500

T = TypeVar("T")


class PageError(ValueError):
    """A limit or cursor that is none; the text says what one is."""


class Page(NamedTuple, Generic[T]):
    """A part of a list.

    Attributes:
        lines: in order.
        following: the cursor of the next page; None on the last one.
    """

    lines: list[T]
    following: str | None = None


def limit_of(query: Mapping[str, str]) -> int:
    """Return how many lines are asked for.

    Raises:
        PageError: not a number in the range.
    """
    text = query.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise PageError(f"limit is a number from 1 to {MOST}")
    return int(text)


def number_of(query: Mapping[str, str]) -> int | None:
    """Return the number that a cursor over stored lines is.

    Raises:
        PageError: it is no number.
    """
    text = query.get("cursor", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise PageError("cursor is what `next` of the page before says")
    return int(text)


def paged(items: Iterable[T], place: Callable[[T], tuple[Any, ...]], limit: int, cursor: str = "") -> Page[T]:
    """Return a page of what is ordered by its place.

    Args:
        items: all of them.
        place: unique for each; numbers and texts.
        limit: so many lines at most.
        cursor: of the page; empty for the first one.

    Raises:
        PageError: no cursor that a page had.
    """
    ordered = sorted(((place(item), item) for item in items), key=lambda pair: pair[0])
    if cursor:
        after = _read(cursor)
        try:
            ordered = [pair for pair in ordered if list(pair[0]) > after]
        except TypeError:
            raise PageError("cursor is of another list") from None
    shown = ordered[:limit]
    following = _written(shown[-1][0]) if len(ordered) > limit else None
    return Page([item for _, item in shown], following)


def page_of(
    name: str, lines: Iterable[T], place: Callable[[T], tuple[Any, ...]], query: Mapping[str, str]
) -> dict[str, Any]:
    """Return the page of a list that a query asks for, as JSON.

    Args:
        name: of the list.
        lines: all of them.
        place: unique for each; numbers and texts.
        query: `limit` and `cursor`; anything else is refused.

    Raises:
        PageError: it asks for something else.
    """
    for key in query:
        if key not in ("limit", "cursor"):
            raise PageError(f"there is no parameter {key[:100]!r} here: write limit or cursor")
    page = paged(lines, place, limit_of(query), query.get("cursor", ""))
    return {name: page.lines, "next": page.following}


def sifted(
    read: Callable[[int | None], Sequence[tuple[int, T]]],
    wants: Callable[[T], bool],
    limit: int,
    before: int | None,
    most: int,
) -> Page[T]:
    """Return a page of what is stored by number, the latest first, and wanted.

    Args:
        read: returns what comes before a number, with its numbers; `limit` of them, fewer at the end.
        wants: says which of them are wanted.
        limit: so many lines at most.
        before: of the page; None for the first one.
        most: so many are looked at; a page may then have fewer lines than there are.
    """
    found: list[T] = []
    looked, following = 0, before
    while True:
        piece = read(following)
        looked += len(piece)
        for place, (number, one) in enumerate(piece, 1):
            following = number
            if wants(one):
                found.append(one)
            if len(found) == limit:
                last = place == len(piece) < limit
                return Page(found, None if last else str(number))
        if len(piece) < limit:
            return Page(found)
        if looked >= most:
            return Page(found, None if following is None else str(following))


def _written(place: tuple[Any, ...]) -> str:
    text = json.dumps(list(place), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> list[Any]:
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise PageError("cursor is what `next` of the page before says")
    return found
