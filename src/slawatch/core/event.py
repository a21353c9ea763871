"""What is stored of alerting: one event for each change, whose fold is the present state.

An event names its subject (`incident:7`, `alert:...`, `row:...`, `state`) and the fields that changed.
`encode` and `decode` turn any record made of frozen dataclasses, named tuples, tuples, enums, numbers and
texts into JSON values and back, by its annotations: what is stored needs no code of its own.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from slawatch.core.instant import Instant


class Event(NamedTuple):
    """One change, as the timeline shows it and as the state is rebuilt from.

    Attributes:
        at: when it was decided, by the wall clock.
        kind: what happened, in the past tense: `incident.opened`, `level.fired`, `row.sent`.
        subject: what changed: `incident:7`, `alert:FINGERPRINT`, `row:KEY`, `state`.
        text: one line for people; empty for what nobody reads.
        by: who did it, for commands; empty where it followed by itself.
        origin: where a command came from: `cli`, `web`, `slack`.
        changes: the fields of the subject that have new values; all of them where it is new, none where it is
            only told.
        gone: the subject is forgotten.
    """

    at: Instant
    kind: str
    subject: str
    text: str = ""
    by: str = ""
    origin: str = ""
    changes: tuple[tuple[str, Any], ...] = ()
    gone: bool = False


class Numbered(NamedTuple):
    """An event as it is stored.

    Attributes:
        number: its place among all events, from 1.
        event: the event.
        incident: the number of the incident that it belongs to; 0 for none.
    """

    number: int
    event: Event
    incident: int = 0


def encode(value: Any) -> Any:
    """Return a record as JSON values: a dataclass is an object, a tuple or named tuple an array."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list | frozenset):
        return [encode(part) for part in (sorted(value) if isinstance(value, frozenset) else value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} is nothing that is stored")


def decode(kind: Any, found: Any) -> Any:
    """Return the record of this annotation that `encode` wrote.

    Raises:
        ValueError, TypeError, KeyError: nothing that it wrote of such a record.
    """
    origin = get_origin(kind)
    if origin is Annotated:
        return decode(get_args(kind)[0], found)
    if origin in (Union, UnionType):
        if found is None:
            return None
        return decode(next(part for part in get_args(kind) if part is not type(None)), found)
    if origin is Literal or kind is Any:
        return found
    if origin in (tuple, frozenset):
        parts = get_args(kind)
        if origin is frozenset or parts[1:] == (...,):
            return origin(decode(parts[0], part) for part in found)
        return tuple(decode(part, value) for part, value in zip(parts, found, strict=True))
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        kinds = hints(kind)
        return kind(*(decode(kinds[name], part) for name, part in zip(kind._fields, found, strict=False)))
    if is_dataclass(kind) and isinstance(kind, type):
        kinds = hints(kind)
        return kind(**{name: decode(kinds[name], part) for name, part in found.items() if name in kinds})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(found)
    return found


@cache
def hints(kind: type) -> dict[str, Any]:
    """Return the annotations of a record."""
    return get_type_hints(kind, include_extras=True)
