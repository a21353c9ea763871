"""What differs between two reports in JSON: member by member, in an order that people can follow.

The objects of an array are told apart by what names them, such as `service`, `id` or `date`, so that one more
outage is one difference and not one for every outage after it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

_NAMES: Final = ("service", "id", "date", "check", "label", "effective_from", "tier", "term", "start")
"""What tells objects of an array apart, the first one that does."""

_MOST_SHOWN: Final = 300
_MOST_MEMBERS: Final = 6
_STEP: Final = re.compile(r"\[(?P<key>[^\]]*)\]|(?P<name>[^.\[\]]+)")
_ONE_OF: Final[Mapping[str, str]] = {
    "services": "", "groups": "group ", "days": "", "outages": "outage ", "objectives": "objective ",
    "maintenance": "maintenance from ", "unknown": "unknown from ", "unwatched": "unwatched from ",
    "checks": "check ", "adjustments": "adjustment ", "periods": "", "versions": "terms of ",
    "tiers": "tier ", "notices": "notice ", "working": "line ", "terms": "",
}  # fmt: skip
"""How one object of an array is called, before what names it."""
_TELLING: Final = re.compile(
    r"objectives\[[^]]*\]\.(verdict|measured)|credit(\.(percent|amount))?|terms|"
    r"services\[[^]]*\](\.availability\.shown|\.ledger\.\w+|\.outages\[[^]]*\](\.counted_seconds)?)?|"
    r"(maintenance|adjustments)\[[^]]*\](\.(granted|state|holds))?"
)
_COUNTED: Final = frozenset({"notices", "working", "approvers"})
"""Arrays of texts, which people count from one."""
_MEMBERS: Final = frozenset({"path", "before", "after"})


class _Absent:
    """In place of a value that one of two reports has not."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()


class Difference(NamedTuple):
    """A member in which two reports differ.

    Attributes:
        path: `services[shop].ledger.down`.
        before, after: its values; `ABSENT` where a report has none.
    """

    path: str
    before: object
    after: object

    @property
    def telling(self) -> bool:
        """Whether it is one of those that people ask for first: a verdict, an amount, a class, an outage."""
        return _TELLING.fullmatch(self.path) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members on its path, without what tells the objects of arrays apart."""
        return tuple(step["name"] for step in _STEP.finditer(self.path) if step["name"] is not None)

    @property
    def label(self) -> str:
        """What it is about, for people: `shop, ledger, down`."""
        said: list[str] = []
        array = ""
        for step in _STEP.finditer(self.path):
            if step["name"] is not None:
                array = step["name"]
                said.append(array.replace("_", " "))
            else:
                if array in _ONE_OF:
                    said.pop()
                key = step["key"]
                counted = array in _COUNTED and key.isdecimal()
                said.append(f"{_ONE_OF.get(array, '')}{int(key) + 1 if counted else key}")
        return ", ".join(said)

    def __str__(self) -> str:
        """It as a line for people."""
        if self.before is ABSENT:
            return f"{self.label}: new, {shown(self.after)}"
        if self.after is ABSENT:
            return f"{self.label}: no longer there, before {shown(self.before)}"
        return f"{self.label}: {shown(self.before)} → {shown(self.after)}"

    def plain(self) -> dict[str, Any]:
        """Return it as an object of JSON, in which what is absent has no key."""
        sides = {"before": self.before, "after": self.after}
        return {"path": self.path, **{name: one for name, one in sides.items() if one is not ABSENT}}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return in what two reports differ, in the order of the first one, then of the second."""
    return tuple(_compared("", before, after))


def figures(value: Any) -> int:
    """Return how many single values a report has."""
    count = 0
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
        else:
            count += 1
    return count


def _compared(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            below = f"{path}.{name}" if path else str(name)
            yield from _compared(below, before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        yield from _arrays(path, before, after)
    elif not _same(before, after):
        yield Difference(path, before, after)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, bool) is not isinstance(after, bool):
        return False
    return bool(before == after)


def _arrays(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    # The equal ones first: arrays of reports are long, and seldom differ in much. As text, since 1 is True.
    if len(before) == len(after) and json.dumps(before) == json.dumps(after):
        return
    name = _naming(before, after)
    ours, theirs = _keyed(before, name), _keyed(after, name)
    for key in dict.fromkeys((*ours, *theirs)):
        yield from _compared(f"{path}[{key}]", ours.get(key, ABSENT), theirs.get(key, ABSENT))
    if ours.keys() == theirs.keys() and list(ours) != list(theirs):
        yield Difference(f"{path}[order]", list(ours), list(theirs))


def _naming(before: Sequence[Any], after: Sequence[Any]) -> str:
    """Return the member that tells the objects of two arrays apart; empty for none."""
    for name in _NAMES:
        if all(_tells_apart(name, found) for found in (before, after)):
            return name
    return ""


def _tells_apart(name: str, found: Sequence[Any]) -> bool:
    keys = [one.get(name) if isinstance(one, Mapping) else None for one in found]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)


def _keyed(found: Sequence[Any], name: str) -> dict[str, Any]:
    return {str(one[name]) if name else str(index): one for index, one in enumerate(found)}


def shown(value: object) -> str:
    """Return a value of a report as people read it beside its path."""
    if value is ABSENT:
        return "nothing"
    if value is None:
        return "no value"
    if isinstance(value, Mapping):
        single = [(name, one) for name, one in value.items() if not isinstance(one, Mapping | list)]
        if single:
            return ", ".join(f"{name.replace('_', ' ')} {shown(one)}" for name, one in single[:_MOST_MEMBERS])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def read(found: object) -> tuple[Difference, ...]:
    """Return the differences that an array of JSON holds, as `Difference.plain` writes them.

    Raises:
        ValueError: it holds something else.
    """
    if not isinstance(found, list):
        raise ValueError("an array belongs here")  # noqa: TRY004 (one exception for whatever stands there)
    made = []
    for one in found:
        if not isinstance(one, dict) or not isinstance(one.get("path"), str) or one.keys() - _MEMBERS:
            raise ValueError("objects with path, before and after belong here")
        made.append(Difference(one["path"], one.get("before", ABSENT), one.get("after", ABSENT)))
    return tuple(made)
