"""Matchers: which labels a silence, a route or an inhibition rule is about.

`name=value`, `name!=value`, `name=~pattern`, `name!~pattern`, joined by commas; values may stand in double
quotes, in which a quote and a backslash have a backslash before them. A pattern must match the whole value; a
label that is not there has the empty value. A matcher whose pattern is none, as an older version may have
stored, matches nothing.
Source: Alertmanager, `pkg/labels`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core import pattern
from slawatch.core.text import FromText

OPERATORS: Final = ("=~", "!~", "!=", "=")
LONGEST: Final = 10_000
"""The text of matchers has at most so many characters."""
MOST: Final = 50
"""So many matchers may be joined."""
_EQUALITIES: Final = ("=", "!=")
_MATCHER: Final = re.compile(
    r'\s*+([A-Za-z_][A-Za-z0-9_.:-]*+)\s*+(=~|!~|!=|=)\s*+("(?:[^"\\]++|\\.)*+"|[^,"{}]*+)\s*+(?:,|\Z)',
    re.ASCII,
)


class Matcher(NamedTuple):
    """A condition on one label.

    Attributes:
        label: its name.
        operator: `=`, `!=`, `=~` or `!~`.
        value: what it is compared with.
    """

    label: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels fulfil it.

        >>> Matcher("team", "=~", "a|b").matches({"team": "b"}), Matcher("team", "!=", "a").matches({})
        (True, True)
        """
        found = labels.get(self.label, "")
        if self.operator in _EQUALITIES:
            return (found == self.value) == (self.operator == "=")
        try:
            return pattern.fits(self.value, found) == (self.operator == "=~")
        except pattern.PatternError:
            return False

    @property
    def fault(self) -> str:
        """Why its pattern is none, so that it matches nothing; empty for a sound one."""
        return "" if self.operator in _EQUALITIES else pattern.fault(self.value)

    @property
    def empty(self) -> bool:
        """Whether it is fulfilled by a label that is not there."""
        return self.matches({})

    def __str__(self) -> str:
        value = re.sub(r'(["\\\\])', r"\\\1", self.value)
        return f'{self.label}{self.operator}"{value}"'


def parse(text: str) -> tuple[Matcher, ...]:
    """Return the matchers that a text names.

    >>> parse('team=a, host=~"db.*"')
    (Matcher(label='team', operator='=', value='a'), Matcher(label='host', operator='=~', value='db.*'))

    Raises:
        ValueError: it is no such text, or too long, or a pattern is not one.
    """
    if len(text) > LONGEST:
        raise ValueError(f"matchers have at most {LONGEST} characters, and these have {len(text)}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("there is a character in it that is none") from None
    inside = text.strip().removeprefix("{").removesuffix("}").strip().removesuffix(",")
    found: list[Matcher] = []
    position = 0
    while position < len(inside):
        match = _MATCHER.match(inside, position)
        if match is None:
            raise ValueError(f'{inside[position:][:100]!r} is no matcher such as team=ops or host=~"db.*"')
        label, operator, value = match.groups()
        value = re.sub(r'\\(["\\])', r"\1", value[1:-1]) if value.startswith('"') else value.rstrip()
        if len(found) == MOST:
            raise ValueError(f"there are more than {MOST} matchers")
        made = Matcher(label, operator, value)
        if why := fault((made,)):
            raise ValueError(why)
        found.append(made)
        position = match.end()
    if not found:
        raise ValueError("there is no matcher")
    return tuple(found)


Matchers: TypeAlias = Annotated[
    tuple[Matcher, ...],
    FromText(parse, 'matchers such as "service=shop, host=~db.*"', example='service="shop"'),
]
"""Conditions that must all hold, written as one text."""


def matches(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Say whether labels fulfil all matchers; what costs nothing is asked first."""
    return all(one.matches(labels) for one in matchers if one.operator in _EQUALITIES) and all(
        one.matches(labels) for one in matchers if one.operator not in _EQUALITIES
    )


def fault(matchers: Sequence[Matcher]) -> str:
    """Return why matchers can match nothing: the first whose pattern is none; empty where all are sound."""
    found = next((one for one in matchers if one.fault), None)
    return "" if found is None else f"{found.value[:100]!r} is no pattern: {found.fault}"
