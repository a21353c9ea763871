"""The output of monitoring plugins: text for people and performance data.

Sources: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios"; Nagios Core, "Plugin API".
"""

import math
import re
from typing import Final, NamedTuple

from slawatch.core.sample import Measure

_VALUE: Final = re.compile(r"([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)([^\d\s]\S*)?", re.ASCII)
_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"\S*")


class Output(NamedTuple):
    """What a plugin wrote to its standard output.

    Attributes:
        summary: the text of the first line.
        details: the text of the lines after it.
        measures: the performance data of all lines.
    """

    summary: str
    details: tuple[str, ...]
    measures: tuple[Measure, ...]


def read(text: str) -> Output:
    r"""Split an output into its parts.

    The first line is `text|performance data`; the lines after it are text up to the next `|`, and performance
    data from there on.

    >>> read("DISK OK - 42 % used|/=42%;80;90;0;100\nmore\n").measures
    (Measure(name='/', value=42.0, unit='%'),)
    """
    first, _, rest = text.partition("\n")
    summary, _, performance = first.partition("|")
    details, _, more = rest.partition("|")
    lines = tuple(line.rstrip() for line in details.splitlines() if line.strip())
    return Output(summary.strip(), lines, measures(performance) + measures(more))


def measures(text: str) -> tuple[Measure, ...]:
    """Return the measures of `'label'=value[unit];[warn];[crit];[min];[max]` items, without malformed ones.

    The value `U` says that there was nothing to measure. A decimal comma is read as a point: some plugins
    write the numbers of their locale.

    >>> measures("time=0,25s;;;0 'free ''x'''=7MB;; lost=U")
    (Measure(name='time', value=0.25, unit='s'), Measure(name="free 'x'", value=7.0, unit='MB'))
    """
    found: list[Measure] = []
    at, end = 0, len(text)
    while True:
        at = _skip(text, at)
        if at >= end:
            return tuple(found)
        label, at = _label(text, at)
        if at >= end:
            return tuple(found)
        item = _WORD.match(text, at)
        word = item.group() if item else ""
        at += len(word)
        measure = _measure(label, word.partition(";")[0])
        if measure is not None:
            found.append(measure)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _label(text: str, at: int) -> tuple[str, int]:
    """Return the label at an offset, and the offset behind its `=`; the text's end where there is none."""
    if text[at] != "'":
        equals = text.find("=", at)
        if equals < 0:
            return "", len(text)
        words = text[at:equals].split()
        return (words[-1] if words else ""), equals + 1
    close = at + 1
    while (close := text.find("'", close)) >= 0 and text.startswith("''", close):
        close += 2
    if close < 0:
        return "", len(text)
    label = text[at + 1 : close].replace("''", "'")
    if text.startswith("=", close + 1):
        return label, close + 2
    return "", close + 1


def _measure(label: str, text: str) -> Measure | None:
    match = _VALUE.fullmatch(text)
    if match is None or not label:
        return None
    value = float(match.group(1).replace(",", "."))
    return Measure(label, value, match.group(2) or "") if math.isfinite(value) else None
