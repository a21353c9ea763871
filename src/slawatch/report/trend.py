"""The last periods of an agreement as a drawing: one column each, as high as the time that was lost."""

from typing import Final

from markupsafe import Markup

from slawatch.core.trend import PERIODS, Trend, TrendPoint
from slawatch.report.svg import Tick
from slawatch.report.wording import MONTHS, NO_DATA, length, percent

_WIDTH: Final = 1000
_HEIGHT: Final = 100
_LEAST: Final = 3
_CLASSES: Final = {"met": "t-met", "missed": "t-missed"}


def bars(found: Trend) -> Markup:
    """Draw the time lost in each period; a period without any loss is a hairline."""
    most = max(point.downtime for point in found.points)
    width = _WIDTH // PERIODS
    parts = []
    for index, point in enumerate(found.points):
        tall = _LEAST if not most else max(_LEAST, round(point.downtime * _HEIGHT / most))
        parts.append(
            f'<rect class="{_CLASSES.get(point.standing, "t-open")}" x="{index * width + 8}" '
            f'y="{_HEIGHT - tall}" width="{width - 16}" height="{tall}"><title>{_words(point)}</title></rect>'
        )
    label = "; ".join(_words(point) for point in found.points)
    # Nothing but numbers and words of this package.
    return Markup(  # noqa: S704
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="Time lost by period: {label}">{"".join(parts)}</svg>'
    )


def ticks(found: Trend) -> tuple[Tick, ...]:
    """Return the labels under the columns."""
    return tuple(Tick((i + 0.5) / PERIODS * 100, _short(p.label)) for i, p in enumerate(found.points))


def _short(label: str) -> str:
    """Return a period's label as it fits under a column: `Oct`, `Q4`, `2026`, `05`.

    >>> _short("2026-10"), _short("2026-Q4"), _short("2026"), _short("2026-10-05")
    ('Oct', 'Q4', '2026', '05')
    """
    year, _, rest = label.partition("-")
    if len(rest) == 2 and rest.isdigit():
        return MONTHS[int(rest) - 1]
    return rest.rpartition("-")[2] or year


def _words(point: TrendPoint) -> str:
    share = NO_DATA if point.share is None else percent(point.share * 100)
    return f"{point.label}: {share}, {length(round(point.downtime))} lost, {point.standing}"
