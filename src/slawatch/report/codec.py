"""Values as JSON by the annotations of their dataclasses, and back: complete, exact, and strict when read.

A dataclass, and a named tuple, is an object of all its fields; instants and lengths are integers,
decimals and fractions text (`99.90`, `1/3`), civil days ISO text. A key that is absent takes its default, so
that a text of an older version reads as it was meant; a key that nobody knows is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

_MOST_SHOWN: Final = 60


class Misread(ValueError):  # noqa: N818 (what a text is, not a state of ours)
    """A text that is no such value.

    Attributes:
        where: the path in the text: `agreement.objectives[0].target`; empty for the whole.
        what: what is wrong there.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


def plain(value: Any, without: Mapping[type, frozenset[str]]) -> Any:
    """Return a value as JSON has it, without the fields that `without` names of each class."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal | Fraction):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        left_out = without.get(type(value), frozenset())
        return {
            f.name: plain(getattr(value, f.name), without) for f in fields(value) if f.name not in left_out
        }
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(getattr(value, name), without) for name in value._fields}
    if isinstance(value, Mapping):
        return {_key(key): plain(found, without) for key, found in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(found, without) for found in value)
    return [plain(found, without) for found in value]


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        return str(key.value)
    return key.isoformat() if isinstance(key, date) else str(key)


def read(found: Any, kind: Any, where: str = "") -> Any:
    """Return the value of a type that a JSON value stands for.

    Raises:
        Misread: it stands for none.
    """
    return _reader(kind)(found, where)


_Reader = Callable[[Any, str], Any]


@cache
def _reader(kind: Any) -> _Reader:
    """Return what reads a type."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _reader(get_args(kind)[0])
    if origin is Literal:
        return _literal(get_args(kind))
    if origin in (Union, UnionType):
        return _union(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*get_args(kind))
    if origin is frozenset:
        own = _tuple((*get_args(kind), ...))
        return lambda found, where: frozenset(own(found, where))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return _tuple((*get_args(kind), ...))
    if isinstance(kind, type) and kind in _SIMPLE:
        return _SIMPLE[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if is_dataclass(kind):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, tuple):
        return _named(kind)
    return _untold


def _untold(found: Any, where: str) -> Any:
    if found is not None:
        raise Misread(where, f"nothing belongs here, not {shown(found)}")


def _whole(found: Any, where: str) -> int:
    if type(found) is not int or abs(found) >= 1 << 62:
        raise Misread(where, f"a whole number belongs here, not {shown(found)}")
    return found


def _text(found: Any, where: str) -> str:
    if type(found) is not str:
        raise Misread(where, f"a text belongs here, not {shown(found)}")
    return found


def _flag(found: Any, where: str) -> bool:
    if type(found) is not bool:
        raise Misread(where, f"true or false belongs here, not {shown(found)}")
    return found


def _nothing(found: Any, where: str) -> None:
    if found is not None:
        raise Misread(where, f"null belongs here, not {shown(found)}")


def _decimal(found: Any, where: str) -> Decimal:
    try:
        value = Decimal(_text(found, where))
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > 40:
        raise Misread(where, f"a decimal number in quotes belongs here, not {shown(found)}")
    return value


def _fraction(found: Any, where: str) -> Fraction:
    above, _, below = _text(found, where).partition("/")
    if len(found) > 4000 or not above.removeprefix("-").isdecimal() or not (below or "1").isdecimal():
        raise Misread(where, f'a fraction such as "1/3" belongs here, not {shown(found)}')
    if int(below or "1") == 0:
        raise Misread(where, f"{shown(found)} divides by zero")
    return Fraction(int(above), int(below or "1"))


def _day(found: Any, where: str) -> date:
    try:
        return date.fromisoformat(_text(found, where))
    except ValueError:
        raise Misread(where, f"a day such as 2026-10-01 belongs here, not {shown(found)}") from None


_SIMPLE: Final[dict[type, _Reader]] = {
    int: _whole,
    str: _text,
    bool: _flag,
    NoneType: _nothing,
    Decimal: _decimal,
    Fraction: _fraction,
    date: _day,
}


def _literal(values: Sequence[Any]) -> _Reader:
    def one(found: Any, where: str) -> Any:
        if found not in values or type(found) not in {type(value) for value in values}:
            raise Misread(where, f"one of {', '.join(map(str, values))} belongs here, not {shown(found)}")
        return found

    return one


def _enum(kind: type[Enum]) -> _Reader:
    known = {member.value: member for member in kind}

    def one(found: Any, where: str) -> Any:
        if not isinstance(found, str | int) or found not in known:
            raise Misread(where, f"one of {', '.join(map(str, known))} belongs here, not {shown(found)}")
        return known[found]

    return one


def _union(kinds: Sequence[Any]) -> _Reader:
    readers = [_reader(kind) for kind in kinds]

    def one(found: Any, where: str) -> Any:
        told: Misread | None = None
        for reader in readers:
            try:
                return reader(found, where)
            except Misread as error:
                # What was tried last, or what got furthest into the value, says most.
                told = error if told is None or len(error.where) >= len(told.where) else told
        raise told or Misread(where, "nothing fits here")

    return one


def _tuple(kinds: Sequence[Any]) -> _Reader:
    if len(kinds) == 2 and kinds[1] is ...:
        own = _reader(kinds[0])

        def several(found: Any, where: str) -> tuple[Any, ...]:
            return tuple([own(one, f"{where}[{i}]") for i, one in enumerate(_list(found, where))])

        return several
    readers = [_reader(kind) for kind in kinds]

    def exactly(found: Any, where: str) -> tuple[Any, ...]:
        if len(_list(found, where)) != len(readers):
            raise Misread(where, f"{len(readers)} values belong here, not {len(found)}")
        return tuple(
            reader(one, f"{where}[{i}]") for i, (reader, one) in enumerate(zip(readers, found, strict=True))
        )

    return exactly


def _list(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise Misread(where, f"an array belongs here, not {shown(found)}")
    return found


def _mapping(key: Any, kind: Any) -> _Reader:
    own = _reader(kind)
    of_key: Callable[[str, str], Any] = _number_key if key is int else _reader(key)

    def mapping(found: Any, where: str) -> dict[Any, Any]:
        return {of_key(name, where): own(one, _below(where, name)) for name, one in _object(found, where)}

    return mapping


def _number_key(name: str, where: str) -> int:
    if not name.isdecimal() or len(name) > 9:
        raise Misread(where, f"a number belongs here, not {name!r}")
    return int(name)


def _object(found: Any, where: str) -> Any:
    if not isinstance(found, dict):
        raise Misread(where, f"an object belongs here, not {shown(found)}")
    return found.items()


def _dataclass(kind: Any) -> _Reader:
    known = [field for field in fields(kind) if field.init]
    needed = [f.name for f in known if f.default is MISSING and f.default_factory is MISSING]
    return _record(kind, [field.name for field in known], needed)


def _named(kind: Any) -> _Reader:
    return _record(kind, kind._fields, [name for name in kind._fields if name not in kind._field_defaults])


def _record(kind: Any, known: Sequence[str], needed: Sequence[str]) -> _Reader:
    readers: dict[str, _Reader] = {}

    def one(found: Any, where: str) -> Any:
        if not readers:
            # Not before: an agreement has versions, which are agreements.
            hints = get_type_hints(kind, include_extras=True)
            readers.update({name: _reader(hints[name]) for name in known})
        given = {}
        for name, value in _object(found, where):
            if name not in readers:
                raise Misread(
                    _below(where, name), "this version of slawatch does not know it: verify with a newer one"
                )
            given[name] = readers[name](value, _below(where, name))
        if missing := [name for name in needed if name not in given]:
            raise Misread(_below(where, missing[0]), "it is missing")
        try:
            return kind(**given)
        except ValueError as error:
            raise Misread(where, str(error)) from None

    return one


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def shown(found: Any) -> str:
    """Return a value of JSON as a message shows it."""
    text = repr(found)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
