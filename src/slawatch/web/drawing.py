"""The drawings of the dashboard as inline SVG; no style attribute, so that a strict policy lets them be.

They stretch to the width they are given. States are told apart by height, lightness and pattern, not by hue
only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from markupsafe import Markup, escape

from slawatch.core.instant import Instant, Micros
from slawatch.report.report import DayLine
from slawatch.report.svg import Tick, at_least
from slawatch.report.wording import CLASS_NAMES, date_words, length, percent

HEIGHT: Final = 32
_CELL: Final = 10
_INKED: Final = 8
_LEAST_INK: Final = 6
_STACK: Final = ("down", "degraded", "unknown", "excused", "maintenance", "outside_hours")
"""From the bottom of a day's column upwards; what is left is up."""
_HATCHED: Final = {"unknown": "unknown", "maintenance": "maintenance", "excused": "excused"}
_UNSEEN: Final = ("not_monitored", "future")


def strip(days: Sequence[DayLine], name: str) -> Markup:
    """Draw a service's days, one column each; what was up throughout is one pattern, however many days.

    Args:
        days: oldest first.
        name: of the service, for the label.
    """
    if not days:
        return Markup("")
    width = len(days) * _CELL - (_CELL - _INKED)
    parts: list[str] = []
    unseen = 0
    for day in days:
        if not _known(day):
            unseen += 1
        else:
            break
    if unseen:
        parts.append(
            f'<rect width="{min(unseen * _CELL, width)}" height="{HEIGHT}" fill="url(#h-days-unseen)"/>'
        )
    if unseen < len(days):
        left = unseen * _CELL
        parts.append(f'<rect x="{left}" width="{width - left}" height="{HEIGHT}" fill="url(#h-days-up)"/>')
    for index, day in enumerate(days[unseen:], unseen):
        parts.extend(_column(day, index * _CELL))
    label = escape(f"{name}: {days_words(days)}")
    return _drawing(
        f'<svg class="strip" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _known(day: DayLine) -> bool:
    return any(value for name, value in day.classes.items() if name not in _UNSEEN)


def _column(day: DayLine, x: int) -> Iterable[str]:
    """Yield the parts of a day that was not up for all of the time that has passed of it."""
    elapsed = sum(value for name, value in day.classes.items() if name not in _UNSEEN)
    if not elapsed:
        yield f'<rect x="{x}" width="{_INKED}" height="{HEIGHT}" class="clear"/>'
        yield f'<rect x="{x}" width="{_INKED}" height="{HEIGHT}" class="unseen"/>'
        return
    present = [name for name in _STACK if day.classes[name] > 0]
    if not present:
        return
    names = [*present, "up"] if day.classes["up"] > 0 else present
    heights = at_least(
        [Fraction(day.classes[name] * HEIGHT, elapsed) for name in names], Fraction(_LEAST_INK)
    )
    yield f'<g class="day"><title>{escape(day_words(day))}</title>'
    if "up" not in names:
        yield f'<rect x="{x}" width="{_INKED}" height="{HEIGHT}" class="clear"/>'
    bottom = Fraction(HEIGHT)
    for name, tall in zip(names, heights, strict=True):
        bottom -= tall
        if name != "up":
            ink = f'fill="url(#h-{name})"' if name in _HATCHED else f'class="c-{name}"'
            box = f'x="{x}" y="{_n(bottom)}" width="{_INKED}" height="{_n(tall)}"'
            if name in _HATCHED:
                yield f'<rect {box} class="clear"/>'
            yield f"<rect {box} {ink}/>"
    yield "</g>"


def day_words(day: DayLine) -> str:
    """Return what a day was made of, for people."""
    states = ", ".join(
        f"{length(day.classes[name])} {CLASS_NAMES[name].lower()}"
        for name in CLASS_NAMES
        if day.classes[name] > 0 and name not in _UNSEEN
    )
    return f"{date_words(datetime.fromisoformat(day.date))}: {states or 'not monitored'}"


def days_words(days: Sequence[DayLine]) -> str:
    """Return what some days were made of, for those who do not see the drawing."""
    seen = [day for day in days if _known(day)]
    if not seen:
        return "not monitored yet"
    good = sum(1 for day in seen if not any(day.classes[name] for name in _STACK))
    text = f"{len(seen)} of the last {len(days)} days monitored, {good} of them up throughout"
    worst = sorted((d for d in seen if d.classes["down"]), key=lambda d: -d.classes["down"])[:3]
    said = [
        f"{date_words(datetime.fromisoformat(d.date))} down for {length(d.classes['down'])}" for d in worst
    ]
    return "; ".join([text, *said])


def share_of(days: Sequence[DayLine]) -> str:
    """Return the availability over all these days, as `slawatch status` counts: degraded is up."""
    good = sum(day.classes["up"] + day.classes["degraded"] for day in days)
    counted = good + sum(day.classes["down"] for day in days)
    return percent(Fraction(100 * good, counted) if counted else None)


def burn_down(days: Sequence[DayLine], allowed: Micros, start: Instant, end: Instant) -> Markup:
    """Draw what was left of an error budget after each day of a period; dashed, an even pace.

    Args:
        days: of the period, oldest first; days to come are left out.
        allowed: the budget.
        start: of the period.
        end: of the period.
    """
    if allowed <= 0 or end <= start:
        return Markup("")
    left, points = Fraction(allowed), [(Fraction(0), Fraction(100))]
    for day in days:
        elapsed = day.end - day.start - day.classes["future"]
        if elapsed <= 0:
            break
        left -= day.lost
        at = Fraction((day.start + elapsed - start) * 1000, end - start)
        points.append((at, max(left * 100 / allowed, Fraction(0))))
    line = " ".join(f"{_n(x)} {_n(100 - y)}" for x, y in points)
    share = percent(left * 100 / allowed, 1)
    return _drawing(
        '<svg class="burn" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" '
        f'aria-label="Error budget over the period: {share} left">'
        f'<path class="area" d="M{line} {_n(points[-1][0])} 100 0 100z"/>'
        '<path class="even" d="M0 0L1000 100"/>'
        f'<path class="left" d="M{line}"/></svg>'
    )


def time_axis(ticks: Sequence[Tick]) -> Markup:
    """Draw the labels below a chart; they keep their size whatever the width."""
    words = "".join(f'<text x="{tick.at:.2f}%" y="12">{escape(tick.text)}</text>' for tick in ticks)
    return _drawing(f'<svg class="axis" aria-hidden="true">{words}</svg>')


def value_axis(ticks: Sequence[Tick]) -> Markup:
    """Draw the labels beside a chart, from its foot to its head."""
    words = "".join(
        f'<text x="100%" y="{100 - tick.at:.2f}%" dy="0.35em">{escape(tick.text)}</text>' for tick in ticks
    )
    return _drawing(f'<svg class="values" aria-hidden="true">{words}</svg>')


def _drawing(text: str) -> Markup:
    """Mark our own drawing as markup; every text in it is escaped."""
    return Markup(text)  # noqa: S704


def _n(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
