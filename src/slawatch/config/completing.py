"""What a dataclass refuses whatever stands in place of the values that could not be read."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from slawatch.config.annotations import Key, keys, unwrap
from slawatch.config.partial import HOLE, Unread, nothing_of
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.text import FromText, Secret

FAULTS: Final = (ValueError, TypeError, ArithmeticError, LookupError, re.error, RecursionError)
"""What a parser or a dataclass may raise about what somebody wrote."""

_NUMBERS: Final = (0, 1, 2, 10, 100, SECOND, MINUTE, HOUR, DAY, 30 * DAY, 400 * DAY)
_TEXTS: Final = ("x", "https://x.example/")
_SECRETS: Final = (
    *_TEXTS, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "0123456789abcdef0123456789abcdef",
    "postgresql://x@x.example/x", "redis://x.example/0", "http://x.example:8080",
)  # fmt: skip
"""In the shapes that some key asks for."""


class Refusal(NamedTuple):
    """Why a dataclass cannot be made of some values.

    Attributes:
        message: what it says.
        about: the key that it is about; empty where it does not say.
        keys: all that the message mentions.
    """

    message: str
    about: str
    keys: frozenset[str]

    @property
    def blamed(self) -> frozenset[str]:
        """The keys of which one has to be written otherwise."""
        return frozenset({self.about}) if self.about else self.keys


def refusals(kind: type, values: Mapping[str, Any], unread: Collection[str]) -> Iterator[Refusal]:
    """Yield why a dataclass cannot be made of these values, whatever those are that could not be read.

    A refusal ends the making, so what it names is then taken for unread, and the rest is tried once more.

    Args:
        kind: the dataclass.
        values: by TOML key, those with holes among them.
        unread: the keys whose values nobody knows.
    """
    holes = set(unread)
    while (found := _certain(kind, values, holes)) is not None:
        yield found
        if holes.issuperset(found.blamed):
            return
        holes |= found.blamed


def refusal(kind: type, values: Mapping[str, Any]) -> Refusal | None:
    """Return why a dataclass cannot be made of values, or None."""
    known = keys(kind)
    try:
        kind(**{known[name].field if name in known else name: value for name, value in values.items()})
    except FAULTS as error:
        if isinstance(error, TypeError) and "Hole" in str(error):
            raise Unread from None
        message = str(error.args[0]) if error.args else type(error).__name__
        named = [*re.findall(r"\A\w+", message), *re.findall(r"`(\w+)[\w.]*`", message)]
        named = [word for word in dict.fromkeys(named) if word in known]
        mentioned = known.keys() & re.findall(r"\w+", message)
        return Refusal(message, named[0] if named else "", frozenset(mentioned))
    return None


def _certain(kind: type, values: Mapping[str, Any], holes: Collection[str]) -> Refusal | None:
    """Return the refusal that whatever stands in the holes leads to, unless that itself is refused."""
    known = keys(kind)
    samples = {name: _samples(known[name]) for name in holes if name in known}
    filled = dict.fromkeys(samples, 0)

    def tried() -> Refusal | None:
        chosen = {name: samples[name][place] for name, place in filled.items()}
        return refusal(kind, {**values, **chosen})

    try:
        while (found := tried()) is not None and (blamed := samples.keys() & found.blamed):
            filled[min(blamed)] += 1
        if found is None:
            return None
        for name, first in list(filled.items()):
            for place in range(first + 1, len(samples[name])):
                filled[name] = place
                other = tried()
                if other is None or (other != found and not samples.keys() & other.keys):
                    return None
            filled[name] = first
    except (Unread, IndexError):
        return None
    return found


def _samples(key: Key) -> list[Any]:
    """Return values that may stand for one that is written, but could not be read: never an empty one."""
    found: list[Any] = []
    for sample in [*([] if key.default is MISSING else [key.default]), *_of(key.kind)]:
        empty = sample is None or (isinstance(sample, str | tuple | dict) and not sample)
        if not empty and not any(type(sample) is type(other) and sample == other for other in found):
            found.append(sample)
    return found or [HOLE]


def _of(kind: Any) -> list[Any]:
    """Return some values that an annotation allows."""
    bare, marker = unwrap(kind)
    origin = get_origin(bare) or bare
    if origin is Literal:
        return list(get_args(bare))
    if origin is Union or isinstance(bare, UnionType):
        return [sample for branch in get_args(bare) for sample in _of(branch)]
    if bare is NoneType:
        return []
    if bare is bool:
        return [False, True]
    if bare is Secret:
        return [Secret(text) for text in _SECRETS]
    if bare in (int, float, Decimal):
        return [bare(number) for number in _NUMBERS]
    if isinstance(marker, FromText) and marker.example:
        return [marker.parse(text) for text in dict.fromkeys((marker.example, _other(marker.example)))]
    if marker is not None:
        return [HOLE]
    if bare is str:
        return list(_TEXTS)
    if origin in (tuple, list, frozenset, set):
        return [origin((inner,)) for inner in _of(get_args(bare)[0])[:2]]
    if origin in (dict, Mapping):
        return [{"x": inner} for inner in _of(get_args(bare)[1])[:2]] if get_args(bare) else [HOLE]
    if is_dataclass(bare) and isinstance(bare, type):
        return [nothing_of(bare)]
    return [HOLE]


def _other(text: str) -> str:
    """Return a URL with the other scheme."""
    return text.replace("https:", "http:") if text.startswith("https:") else text.replace("http:", "https:")
