"""Matchers: which labels a silence, a route or an inhibition rule is about.

`name=value`, `name!=value`, `name=~pattern`, `name!~pattern`, joined by commas; values may stand in double
quotes, in which a quote and a backslash have a backslash before them. A pattern must match the whole value; a
label that is not there has the empty value.
Source: Alertmanager, `pkg/labels`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core.text import FromText

OPERATORS: Final = ("=~", "!~", "!=", "=")
_MATCHER: Final = re.compile(
    r'\s*([A-Za-z_][A-Za-z0-9_.:-]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,"{}]*?)\s*(?:,|$)', re.ASCII
)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


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
        if self.operator in ("=", "!="):
            return (found == self.value) == (self.operator == "=")
        return (_pattern(self.value).fullmatch(found) is not None) == (self.operator == "=~")

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
        ValueError: it is no such text, or a pattern is not one.
    """
    inside = text.strip().removeprefix("{").removesuffix("}").strip().removesuffix(",")
    found: list[Matcher] = []
    position = 0
    while position < len(inside):
        match = _MATCHER.match(inside, position)
        if match is None:
            raise ValueError(f'{inside[position:]!r} is no matcher such as team=ops or host=~"db.*"')
        label, operator, value = match.groups()
        if value.startswith('"'):
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        if operator in ("=~", "!~"):
            try:
                _pattern(value)
            except re.error as error:
                raise ValueError(f"{value!r} is no pattern: {error}") from None
        found.append(Matcher(label, operator, value))
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
    """Say whether labels fulfil all matchers."""
    return all(matcher.matches(labels) for matcher in matchers)
