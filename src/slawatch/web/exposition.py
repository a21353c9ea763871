"""The text format of Prometheus, version 0.0.4: families of samples with their labels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(slots=True)
class Family:
    """The samples of one metric.

    Attributes:
        name: with its unit, and `_total` for a counter.
        help: what it says.
        kind: of metric.
        lines: its samples, as text.
    """

    name: str
    help: str
    kind: Kind = "gauge"
    lines: list[str] = field(default_factory=list)

    def add(self, value: float, labels: str = "") -> None:
        """Add a sample; `labels` comes from the function of that name."""
        self.lines.append(f"{self.name}{labels} {number(value)}")

    def add_histogram(
        self, bounds: Sequence[str], counts: Sequence[int], count: int, total: float, labels: str = ""
    ) -> None:
        """Add a histogram.

        Args:
            bounds: of each bucket from above as text, ascending, without the last, infinite one.
            counts: how many values are at most each bound.
            count: of all values.
            total: their sum.
            labels: from the function of that name.
        """
        head = f"{self.name}_bucket{labels[:-1]}," if labels else f"{self.name}_bucket{{"
        self.lines.extend(
            f'{head}le="{bound}"}} {value}' for bound, value in zip(bounds, counts, strict=True)
        )
        self.lines.append(f'{head}le="+Inf"}} {count}')
        self.lines.append(f"{self.name}_sum{labels} {number(total)}")
        self.lines.append(f"{self.name}_count{labels} {count}")


def labels(pairs: Mapping[str, str]) -> str:
    r"""Return labels as text; a label without a value is the same as none, and is left out.

    >>> labels({"service": 'a "b"', "organization": ""})
    '{service="a \\"b\\""}'
    """
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items() if value)
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value: float) -> str:
    """Return a number as Prometheus reads it.

    >>> number(3), number(0.5), number(1e-7), number(float("inf"))
    ('3', '0.5', '1e-07', '+Inf')
    """
    if isinstance(value, int):
        return str(int(value))
    if value in {float("inf"), float("-inf")}:
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def render(families: Iterable[Family]) -> bytes:
    """Return the whole page; a family without samples is left out."""
    return "\n".join(_lines(families)).encode() + b"\n"


def _lines(families: Iterable[Family]) -> Iterator[str]:
    for family in families:
        if family.lines:
            said = family.help.replace("\\", "\\\\").replace("\n", "\\n")
            yield f"# HELP {family.name} {said}"
            yield f"# TYPE {family.name} {family.kind}"
            yield from family.lines
