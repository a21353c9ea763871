"""The drawings of a report as inline SVG: hand-made, scalable, coloured by the page's style sheet alone.

Every drawing stretches to the width it is given (`preserveAspectRatio="none"`), so words stand beside it as
HTML and keep their size on a phone and on paper. States are told apart by lightness and by pattern, not by
hue only. Days are drawn as one path per state, which keeps a year of a hundred services small.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from slawatch.core.civil import local, midnight, month_start, resolve
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.report.report import CLASSES, Budget, DayLine, LatencyPointLine
from slawatch.report.wording import CLASS_NAMES, MONTHS, date_words, latency, length

_STACK: Final = (
    "down", "degraded", "unknown", "excused", "maintenance", "outside_hours", "not_monitored", "future",
)  # fmt: skip
"""From the bottom of a day's column upwards; what is left is up."""

_NOTABLE: Final = frozenset({"down", "degraded", "unknown", "excused", "maintenance"})
_STRIP_WIDTH: Final = 880
_LEAST_INK: Final = 5
_PLOT_WIDTH: Final = 1000
_PLOT_HEIGHT: Final = 200


class Tick(NamedTuple):
    """A label of an axis.

    Attributes:
        at: percent of the axis, from the left or from the bottom.
        text: the label.
    """

    at: float
    text: str


class StripRow(NamedTuple):
    """One row of days.

    Attributes:
        label: the month, or empty for a single row.
        drawing: the SVG.
        share: the row's width in percent of the widest row.
    """

    label: str
    drawing: Markup
    share: float


class Strip(NamedTuple):
    """The days of a period.

    Attributes:
        rows: one, or one a calendar month.
        ticks: days under the last row.
        summary: the same in words.
    """

    rows: tuple[StripRow, ...]
    ticks: tuple[Tick, ...]
    summary: str


class Plot(NamedTuple):
    """A chart and the words around it."""

    drawing: Markup
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    clipped: bool


def _drawing(text: str) -> Markup:
    """Mark our own drawing as markup; it holds nothing but numbers and words of this package."""
    return Markup(text)  # noqa: S704


def class_bar(classes: Mapping[str, Micros]) -> Markup:
    """Draw the classes of a ledger as one horizontal bar, each at least a hair wide."""
    total = sum(classes.values())
    if total <= 0:
        return _drawing("")
    present = [(name, classes[name]) for name in CLASSES if classes[name] > 0]
    widths = at_least([Fraction(value * 1000, total) for _, value in present], Fraction(3))
    parts, x = [], Fraction(0)
    for (name, value), width in zip(present, widths, strict=True):
        parts.append(
            f'<rect class="c-{name}" x="{_n(x)}" width="{_n(width)}" height="14">'
            f"<title>{CLASS_NAMES[name]}: {length(value)}</title></rect>"
        )
        x += width
    label = ", ".join(f"{CLASS_NAMES[name]} {length(value)}" for name, value in present)
    return _drawing(
        f'<svg class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def budget_bar(budget: Budget) -> Markup:
    """Draw how much of an error budget is spent; an overspent one is marked where it ended."""
    if budget.allowed <= 0:
        spent, limit = (1000 if budget.spent > 0 else 0), 0
    else:
        scale = max(budget.allowed, budget.spent)
        spent, limit = 1000 * budget.spent // scale, 1000 * budget.allowed // scale
    if budget.spent > 0:
        spent = max(spent, 6)
    over = budget.spent > budget.allowed
    label = f"{length(budget.spent)} of {length(budget.allowed)} spent"
    return _drawing(
        '<svg class="bar budget" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><rect class="rail" width="1000" height="10"/>'
        f'<rect class="{"over" if over else "spent"}" width="{spent}" height="10"/>'
        + (f'<rect class="limit" x="{max(limit - 3, 0)}" width="6" height="10"/>' if over else "")
        + "</svg>"
    )


def day_strip(days: Sequence[DayLine], height: int = 44) -> Strip:
    """Draw each day as a column filled by its states in proportion; a short failure is still visible."""
    if not days:
        return Strip((), (), "no days")
    by_month = len(days) > 31
    rows: list[StripRow] = []
    if by_month:
        months: dict[str, list[DayLine]] = {}
        for day in days:
            months.setdefault(day.date[:7], []).append(day)
        for key, members in months.items():
            year, month = int(key[:4]), int(key[5:])
            label = MONTHS[month - 1] if month > 1 and rows else f"{MONTHS[month - 1]} {year}"
            rows.append(StripRow(label, _day_row(members, 18, 31, by_day_of_month=True), 100.0))
        ticks = tuple(Tick((d - 0.5) / 31 * 100, str(d)) for d in (1, 5, 10, 15, 20, 25, 30))
    else:
        rows.append(StripRow("", _day_row(days, height, len(days), by_day_of_month=False), 100.0))
        ticks = _day_ticks(days)
    return Strip(tuple(rows), ticks, _days_in_words(days))


def _day_ticks(days: Sequence[DayLine]) -> tuple[Tick, ...]:
    step = 1 if len(days) <= 10 else 5
    found = []
    for index, day in enumerate(days):
        number = date.fromisoformat(day.date).day
        if step == 1 or number == 1 or number % step == 0:
            if step > 1 and number == 30 and index + 1 < len(days) and len(days) - index > 2:
                continue
            found.append(Tick((index + 0.5) / len(days) * 100, str(number)))
    return tuple(found)


def _day_row(days: Sequence[DayLine], height: int, columns: int, *, by_day_of_month: bool) -> Markup:
    cell = max(4, _STRIP_WIDTH // columns)
    gap = 1 if cell < 12 else 2
    inked = cell - gap
    ink: dict[str, list[str]] = {name: [] for name in CLASSES}
    marks: list[str] = []
    for index, day in enumerate(days):
        x = cell * (int(day.date[8:]) - 1 if by_day_of_month else index)
        for name, top, tall in _column(day, height):
            ink[name].append(f"M{x} {top}h{inked}v{tall}h-{inked}z")
        if any(day.classes[name] for name in _NOTABLE):
            marks.append(
                f'<rect x="{x}" width="{inked}" height="{height}"><title>{_day_in_words(day)}</title></rect>'
            )
    paths = "".join(f'<path class="c-{name}" d="{"".join(d)}"/>' for name, d in ink.items() if d)
    hits = f'<g class="hit">{"".join(marks)}</g>' if marks else ""
    return _drawing(
        f'<svg class="strip" viewBox="0 0 {columns * cell - gap} {height}" style="height:{height}px" '
        f'preserveAspectRatio="none" role="img" aria-label="{_days_in_words(days)}">{paths}{hits}</svg>'
    )


def _column(day: DayLine, height: int) -> Iterable[tuple[str, int, int]]:
    """Yield (class, top, height) from the bottom up, in whole units that fill the column exactly."""
    total = day.end - day.start
    present = [name for name in _STACK if day.classes[name] > 0]
    if day.classes["up"] > 0 or not present:
        present.append("up")
    if total <= 0:
        return
    wanted = [Fraction(day.classes[name] * height, total) for name in present]
    bottom = Fraction(0)
    edges = [0]
    for width in at_least(wanted, Fraction(_LEAST_INK)):
        bottom += width
        edges.append(round(bottom))
    edges[-1] = height
    for name, low, high in zip(present, edges, edges[1:], strict=False):
        if high > low:
            yield name, height - high, high - low


def at_least(widths: Sequence[Fraction], least: Fraction) -> list[Fraction]:
    """Widen what is too narrow to be seen, at the cost of the wider ones in proportion, keeping the sum.

    Widths that leave no room for that stay as they are.
    """
    room = sum(widths, Fraction(0)) - least * len(widths)
    spare = [max(width - least, Fraction(0)) for width in widths]
    if room < 0 or not any(spare):
        return list(widths)
    total = sum(spare)
    return [least + part * room / total for part in spare]


def _day_in_words(day: DayLine) -> str:
    states = ", ".join(
        f"{length(day.classes[name])} {CLASS_NAMES[name].lower()}"
        for name in CLASSES
        if day.classes[name] > 0
    )
    return f"{date_words(datetime.fromisoformat(day.date))}: {states}"


def _days_in_words(days: Sequence[DayLine]) -> str:
    perfect = sum(d.classes["up"] + d.classes["outside_hours"] == d.end - d.start for d in days)
    parts = [f"{len(days)} days, {perfect} of them up throughout"]
    worst = sorted((d for d in days if d.classes["down"] > 0), key=lambda d: -d.classes["down"])
    parts.extend(
        f"{date_words(datetime.fromisoformat(day.date))} down for {length(day.classes['down'])}"
        for day in worst[:5]
    )
    if len(worst) > 5:
        parts.append(f"{len(worst) - 5} more days with time down")
    unknown = sum(1 for day in days if day.classes["unknown"] > 0)
    if unknown:
        parts.append(f"{unknown} with unknown time")
    return "; ".join(parts)


def latency_plot(
    points: Sequence[LatencyPointLine], start: Instant, end: Instant, zone: str, limit: Micros | None = None
) -> Plot | None:
    """Draw the median, the 95th percentile and the slowest answer over time; None where nothing was measured.

    The scale is that of the 95th percentile and of the promised limit; a single slow answer is cut off at the
    top rather than flattening everything else, and `clipped` says so.
    """
    measured = [p for p in points if p.p95 is not None]
    if not measured or end <= start:
        return None
    highest = max(p.max or 0 for p in measured)
    body = max(p.p95 or 0 for p in measured)
    if limit is not None and limit <= 4 * body:
        body = max(body, limit)
    wanted = max(highest, body) if highest <= body * 2 else body * 5 // 4
    step = _nice_step(max(wanted, 1))
    top = -(-wanted // step) * step

    def x(instant: Instant) -> int:
        return (instant - start) * _PLOT_WIDTH // (end - start)

    def y(value: Micros | None) -> int:
        return max(0, _PLOT_HEIGHT - (value or 0) * _PLOT_HEIGHT // top)

    parts: list[str] = []
    parts.extend(f'<path class="grid" d="M0 {y(value)}H{_PLOT_WIDTH}"/>' for value in range(step, top, step))
    for run in _runs(points):
        width = _bucket(points)
        xs = [x(min(p.start + width // 2, end)) for p in run]
        if len(run) == 1:
            xs, run = (
                [x(run[0].start), max(x(min(run[0].start + width, end)), x(run[0].start) + 2)],
                [run[0]] * 2,
            )
        upper = [f"{a} {y(p.p95)}" for a, p in zip(xs, run, strict=True)]
        lower = [f"{a} {y(p.p50)}" for a, p in zip(xs, run, strict=True)]
        slowest = [f"{a} {y(p.max)}" for a, p in zip(xs, run, strict=True)]
        parts.append(f'<path class="band" d="M{" ".join(upper)} {" ".join(reversed(lower))}z"/>')
        parts.append(f'<path class="l-max" d="M{" ".join(slowest)}"/>')
        parts.append(f'<path class="l-p95" d="M{" ".join(upper)}"/>')
        parts.append(f'<path class="l-p50" d="M{" ".join(lower)}"/>')
    if limit is not None and limit <= top:
        parts.append(f'<path class="l-limit" d="M0 {y(limit)}H{_PLOT_WIDTH}"/>')
    label = escape(
        f"Latency over time. Highest median {latency(max(p.p50 or 0 for p in measured))}, "
        f"highest 95th percentile {latency(max(p.p95 or 0 for p in measured))}, "
        f"slowest answer {latency(highest)}."
    )
    drawing = _drawing(
        f'<svg class="plot" viewBox="0 0 {_PLOT_WIDTH} {_PLOT_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )
    ticks = tuple(Tick(value * 100 / top, _axis_latency(value)) for value in range(0, top + 1, step))
    return Plot(drawing, time_ticks(start, end, zone), ticks, highest > top)


def _axis_latency(value: Micros) -> str:
    if value == 0:
        return "0"
    if value < 1000:
        return f"{value} µs"
    amount, unit = (value / 1000, "ms") if value < 1_000_000 else (value / 1_000_000, "s")
    return f"{amount:g} {unit}"


def _bucket(points: Sequence[LatencyPointLine]) -> Micros:
    gaps = [b.start - a.start for a, b in pairwise(points)]
    return min(gaps) if gaps else 0


def _runs(points: Sequence[LatencyPointLine]) -> Iterable[list[LatencyPointLine]]:
    width = _bucket(points)
    run: list[LatencyPointLine] = []
    for point in points:
        if run and (point.p95 is None or point.start - run[-1].start > width * 3 // 2):
            yield run
            run = []
        if point.p95 is not None:
            run.append(point)
    if run:
        yield run


def _nice_step(top: int) -> int:
    """Return a round step that divides `top` into two to five parts.

    >>> _nice_step(420_000), _nice_step(1_100_000), _nice_step(7)
    (100000, 500000, 2)
    """
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 5 >= top:
                return step * factor
        step *= 10


def time_ticks(start: Instant, end: Instant, zone: str) -> tuple[Tick, ...]:
    """Return labels for a time axis: hours, days or months, whichever gives a handful."""
    days = (end - start) / DAY
    if days <= 2.5:
        marks = _hours(start, end, zone, 1 if days <= 0.3 else 3 if days <= 1.1 else 6)
    elif days <= 100:
        marks = _days(start, end, zone, 1 if days <= 8 else 7 if days <= 45 else 14)
    else:
        marks = _months(start, end, zone, 1 if days <= 190 else 2 if days <= 750 else 12)
    placed = ((round((at - start) * 100 / (end - start), 2), text) for at, text in marks)
    return tuple(Tick(at, text) for at, text in placed if 0 <= at <= 97)


def _hours(start: Instant, end: Instant, zone: str, step: int) -> Iterable[tuple[Instant, str]]:
    moment = local(start, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    while (at := resolve(moment, zone)) < end:
        if moment.hour % step == 0:
            yield at, f"{moment:%H:%M}"
        moment += timedelta(hours=1)


def _days(start: Instant, end: Instant, zone: str, step: int) -> Iterable[tuple[Instant, str]]:
    day = local(start, zone).date()
    while (at := midnight(day, zone)) < end:
        yield at, f"{day.day} {MONTHS[day.month - 1]}"
        day += timedelta(days=step)


def _months(start: Instant, end: Instant, zone: str, step: int) -> Iterable[tuple[Instant, str]]:
    first = local(start, zone).date()
    count = 0
    while (at := midnight(month_start(first.year, first.month + count), zone)) < end:
        month = month_start(first.year, first.month + count)
        yield at, f"{MONTHS[month.month - 1]} {month.year}"
        count += step


def _n(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
