"""Pages of metrics in the text format of Prometheus or OpenMetrics: the sums of the series wanted."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_NAME: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_LABEL: Final = r"[a-zA-Z_][a-zA-Z0-9_]*+"
_TEXT: Final = r'"(?:[^"\\]|\\.)*+"'
_NUMBER: Final = r"[+-]?(?:(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?|[iI]nf(?:inity)?|NaN|nan)"
_PAIR: Final = rf"[ \t]*+{_LABEL}[ \t]*+=[ \t]*+{_TEXT}[ \t]*+"
_SERIES: Final = re.compile(
    rf"[ \t]*+({_NAME})[ \t]*+(?:\{{((?:{_PAIR}(?:,{_PAIR})*+,?)?[ \t]*+)\}})?[ \t]*+(?<![\w:])({_NUMBER})"
    r"(?:[ \t]++[+-]?\d++(?:\.\d*+)?)?(?:[ \t]++#[ \t].*|[ \t]*+)",
    re.ASCII,
)
_ONE_PAIR: Final = re.compile(rf"({_LABEL})[ \t]*+=[ \t]*+({_TEXT})")
_SELECTOR: Final = re.compile(rf"({_NAME})[ \t]*+(?:\{{(.*)\}})?", re.ASCII | re.DOTALL)
_MATCHER: Final = re.compile(rf"[ \t]*+({_LABEL})[ \t]*+(=~|!~|!=|=)[ \t]*+({_TEXT})[ \t]*+(,|$)")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_TYPE: Final = re.compile(rf"#[ \t]++TYPE[ \t]++({_NAME})[ \t]++(\w+)[ \t]*+", re.ASCII)
_NO_COUNTERS: Final = frozenset(("gauge", "info", "stateset", "gaugehistogram"))
_EXCERPT: Final = 60


class Matcher(NamedTuple):
    """What a label of a series must be, or must not be; one that is missing is empty.

    Attributes:
        label: its name.
        positive: it must match; else it must not.
        pattern: what the whole value is held against.
    """

    label: str
    positive: bool
    pattern: re.Pattern[str]


class Selector(NamedTuple):
    """Which series of a page are summed.

    Attributes:
        text: as written.
        name: of the series.
        matchers: all of them must agree.
    """

    text: str
    name: str
    matchers: tuple[Matcher, ...]

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series of the right name is wanted."""
        return all(
            (matcher.pattern.fullmatch(labels.get(matcher.label, "")) is not None) is matcher.positive
            for matcher in self.matchers
        )


def parse_selector(text: str) -> Selector:
    """Return the series that a text such as `http_requests_total{code!~"5.."}` names.

    >>> parse_selector('requests_total{code!~"5..", job="shop"}').takes({"code": "200", "job": "shop"})
    True

    Raises:
        ValueError: it is no such selector.
    """
    match = _SELECTOR.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not a selector such as http_requests_total{{code!~"5.."}}')
    matchers: list[Matcher] = []
    inside = (match[2] or "").strip()
    position = 0
    while position < len(inside):
        found = _MATCHER.match(inside, position)
        if found is None:
            raise ValueError(
                f'{inside[position:].strip()!r} is not a label matcher such as code!~"5..": a label, one of '
                "= != =~ !~ and a text in double quotes, with commas between them"
            )
        label, operator, value, _ = found.groups()
        written = _unescaped(value)
        try:
            pattern = re.compile(written if "~" in operator else re.escape(written), re.DOTALL)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{written!r} is not a regular expression: {error}") from None
        matchers.append(Matcher(label, not operator.startswith("!"), pattern))
        position = found.end()
    return Selector(text, match[1], tuple(matchers))


class Page:
    """The sums of the series that are wanted of one page, taken line by line.

    Attributes:
        series: how many there were, wanted or not.
    """

    __slots__ = ("_faults", "_line", "_seen", "_types", "_values", "_wanted", "series")

    def __init__(self, counters: Mapping[str, Selector]) -> None:
        self.series = 0
        self._line = 0
        self._types: dict[str, str] = {}
        self._values: dict[str, list[float]] = {name: [] for name in counters}
        self._seen: dict[str, set[frozenset[tuple[str, str]]]] = {name: set() for name in counters}
        self._faults: dict[str, str] = {}
        self._wanted: dict[str, list[tuple[str, Selector]]] = {}
        for name, selector in counters.items():
            self._wanted.setdefault(selector.name, []).append((name, selector))

    def take(self, lines: Iterable[str]) -> None:
        """Read the next lines.

        Raises:
            ValueError: one of them is none of a page of metrics.
        """
        for line in lines:
            self._line += 1
            if not line or line.startswith("#"):
                if match := _TYPE.fullmatch(line.rstrip("\r")):
                    self._types[match[1]] = match[2]
                continue
            match = _SERIES.fullmatch(line.rstrip("\r"))
            if match is None:
                if not line.strip():
                    continue
                raise ValueError(f"line {self._line} is not a metric: {line.strip()[:_EXCERPT]}")
            self.series += 1
            for name, selector in self._wanted.get(match[1], ()):
                self._add(name, selector, match[2] or "", match[3])

    def _add(self, name: str, selector: Selector, inside: str, number: str) -> None:
        labels = {label: _unescaped(value) for label, value in _ONE_PAIR.findall(inside)}
        if not selector.takes(labels):
            return
        value = float(number)
        series = frozenset(labels.items())
        if series in self._seen[name]:
            self._faults.setdefault(name, f"{selector.name} is there twice with the same labels")
        elif not math.isfinite(value) or value < 0:
            self._faults.setdefault(name, f"{selector.name} is {number}, which no counter can be")
        self._seen[name].add(series)
        self._values[name].append(value)

    def sums(self) -> tuple[dict[str, float], list[str]]:
        """Return the sum of each counter, and a sentence about each one that has none.

        The sum of integers is exact up to 2**53.
        """
        sums: dict[str, float] = {}
        faults: list[str] = []
        for wanted in self._wanted.values():
            for name, selector in wanted:
                family = selector.name.removesuffix("_total")
                kind = self._types.get(selector.name) or self._types.get(family, "")
                if not self._values[name]:
                    faults.append(f"counter {name}: nothing on the page matches {selector.text}")
                elif kind in _NO_COUNTERS:
                    faults.append(f"counter {name}: {selector.name} is a {kind}, not a counter")
                elif name in self._faults:
                    faults.append(f"counter {name}: {self._faults[name]}")
                else:
                    sums[name] = math.fsum(self._values[name])
        return sums, faults


def _unescaped(quoted: str) -> str:
    """Return what a text between double quotes means."""
    inner = quoted[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else _kept(match[1]), inner)


def _kept(character: str) -> str:
    r"""Only `\\` and `\"` are escapes; a backslash before anything else, as in `\d`, is itself."""
    return character if character in '\\"' else f"\\{character}"
