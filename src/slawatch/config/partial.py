"""What could be read of a table that has mistakes in it, so that the rest of it is judged all the same."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import cache
from typing import Any, Final, NamedTuple, NoReturn

from slawatch.config.annotations import keys


class Unread(Exception):  # noqa: N818 (no error: it only ends one judgement)
    """A judgement rests on something that could not be read; what is wrong with that is told already."""


judging: Final = suppress(Unread, TypeError)
"""Around one judgement: it is left out where it rests on what could not be read.

A hole that is handed to what is written in C ends in a TypeError there.
"""


def _unread(*_: object) -> NoReturn:
    raise Unread


class Hole:
    """Stands for an element of an array or a table that could not be read; it equals nothing else."""

    __slots__ = ()
    __bool__ = __len__ = __iter__ = __lt__ = __le__ = __gt__ = __ge__ = __format__ = _unread
    __getitem__ = __call__ = __int__ = __float__ = _unread
    __str__ = __contains__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _unread

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unread


HOLE: Final[Any] = Hole()


class Bad:
    """Stands for a value that could not be read; its problem is told already."""


BAD: Final = Bad()


class Flawed(NamedTuple):
    """A value with holes: what could be read of it.

    Attributes:
        value: a partial dataclass, or an array or table with holes among its elements.
    """

    value: Any


def unflawed(found: Any) -> Any:
    """Return what could be read of a value; BAD where nothing could."""
    return found.value if isinstance(found, Flawed) else found


def whole(found: Iterable[Any]) -> bool:
    """Say whether values were read without a mistake."""
    return not any(value is BAD or isinstance(value, Flawed) for value in found)


def partial(kind: type, values: Mapping[str, Any], unread: Collection[str]) -> Any:
    """Return an instance of a dataclass with holes: reading a field that could not be read raises Unread.

    It is of the class, but nothing that the class refuses at its birth was refused.

    Args:
        kind: the dataclass.
        values: by TOML key.
        unread: the keys that could not be read; others that have no value have their default.
    """
    made: Any = object.__new__(_open(kind))
    for name, key in keys(kind).items():
        if name in unread:
            continue
        if name in values:
            object.__setattr__(made, key.field, values[name])
        elif not key.required:
            object.__setattr__(made, key.field, key.default)
    return made


def nothing_of(kind: type, **values: Any) -> Any:
    """Return an instance of a dataclass of which these fields are known, and no others."""
    return partial(kind, values, [name for name in keys(kind) if name not in values])


def reopened(value: Any, unread: Collection[str] = (), **changes: Any) -> Any:
    """Return a copy of a dataclass, whole or with holes, with some fields changed and more holes."""
    kind: type = type(value)
    if kind in _OPEN:
        kind = kind.__mro__[1]
    found = {}
    for name, key in keys(kind).items():
        with judging:
            if name not in unread:
                found[name] = getattr(value, key.field)
    found |= changes
    return partial(kind, found, [name for name in keys(kind) if name not in found])


_OPEN: Final[set[type]] = set()


@cache
def _open(kind: type) -> type:
    names = frozenset(field.name for field in fields(kind))

    def missing(_: object, name: str) -> NoReturn:
        if name in names:
            raise Unread
        raise AttributeError(f"{kind.__name__} has no {name}")

    def shown(_: object) -> str:
        return f"<{kind.__name__} with holes>"

    made = type(
        kind.__name__,
        (kind,),
        {"__slots__": (), "__getattr__": missing, "__repr__": shown, "__module__": __name__},
    )
    _OPEN.add(made)
    return made


class Lost(dict[str, Any]):
    """A section that is no table of tables: nobody knows what is in it."""

    __contains__ = __getitem__ = get = __bool__ = __len__ = _unread
