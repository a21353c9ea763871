"""The drawings: proportions that are right, and nothing that disappears."""

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases

from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.report import svg
from slawatch.report.report import CLASSES, Budget, DayLine, LatencyPointLine


def day(date: str = "2026-10-01", **classes: int) -> DayLine:
    lengths = dict.fromkeys(CLASSES, 0) | classes
    return DayLine(date=date, start=0, end=sum(lengths.values()), classes=lengths, percent=None)


def columns(strip: svg.Strip) -> list[tuple[str, int, int, int]]:
    """(class, x, top, height) of every block of ink."""
    found = []
    for row in strip.rows:
        for path in ET.fromstring(row.drawing).iter("path"):
            for x, top, tall in re.findall(r"M(\d+) (\d+)h\d+v(\d+)", path.get("d", "")):
                found.append((path.get("class", "")[2:], int(x), int(top), int(tall)))
    return found


def test_a_minute_down_in_a_day_can_be_seen() -> None:
    found = {name: tall for name, _, _, tall in columns(svg.day_strip([day(up=DAY - MINUTE, down=MINUTE)]))}
    assert found["down"] >= 4
    assert found["up"] + found["down"] == 44


def test_half_a_day_is_half_a_column() -> None:
    found = {name: tall for name, _, _, tall in columns(svg.day_strip([day(up=DAY // 2, down=DAY // 2)]))}
    assert found == {"up": 22, "down": 22}


@given(st.lists(st.tuples(*[st.integers(0, DAY)] * 9).filter(any), min_size=1, max_size=40))
def test_every_column_is_filled_exactly(lengths: list[tuple[int, ...]]) -> None:
    days = [
        day(f"2026-{9 + i // 31:02d}-{i % 31 + 1:02d}", **dict(zip(CLASSES, parts, strict=True)))
        for i, parts in enumerate(lengths)
        if i % 31 < 30
    ]
    strip = svg.day_strip(days)
    height = 44 if len(days) <= 31 else 18
    assert sum(tall for *_, tall in columns(strip)) == height * len(days)


def test_a_longer_period_has_a_row_for_each_month() -> None:
    year = cases.many(1, "2026").services[0]
    strip = svg.day_strip(year.days)
    assert [row.label for row in strip.rows][:3] == ["Jan 2026", "Feb", "Mar"]
    assert len(strip.rows) == 12
    assert strip.summary.startswith("365 days, ")


def test_the_days_are_told_in_words() -> None:
    strip = svg.day_strip(cases.october().services[0].days)
    assert strip.summary.startswith("31 days, 25 of them up throughout; Wed 7 Oct down for 18 min 30.5 s")
    assert "1 with unknown time" in strip.summary
    assert "Wed 7 Oct: " in strip.rows[0].drawing
    assert svg.day_strip([]).rows == ()


def test_the_bar_shows_every_class_that_occurs() -> None:
    bar = ET.fromstring(svg.class_bar(dict.fromkeys(CLASSES, 0) | {"up": DAY * 365, "down": 1}))
    assert [(r.get("class"), r.get("x"), r.get("width")) for r in bar] == [
        ("c-up", "0", "997"),
        ("c-down", "997", "3"),
    ]
    assert svg.class_bar(dict.fromkeys(CLASSES, 0)) == ""


@given(st.lists(st.fractions(0, 100), min_size=1, max_size=9))
def test_widening_keeps_the_sum(widths: list[Fraction]) -> None:
    found = svg.at_least(widths, Fraction(3))
    assert sum(found) == sum(widths)
    if 3 * len(widths) <= sum(widths):
        assert min(found) >= 3


@pytest.mark.parametrize(
    ("allowed", "spent", "width", "kind"),
    [(100, 50, "500", "spent"), (100, 400, "1000", "over"), (0, 0, "0", "spent"), (0, 5, "1000", "over")],
)
def test_a_budget_that_is_overspent_looks_so(allowed: int, spent: int, width: str, kind: str) -> None:
    bar = ET.fromstring(svg.budget_bar(Budget(allowed=allowed, spent=spent, remaining=allowed - spent)))
    assert (bar[1].get("class"), bar[1].get("width")) == (kind, width)


def point(start: int, p95: int | None, highest: int = 0) -> LatencyPointLine:
    p50 = None if p95 is None else p95 // 2
    return LatencyPointLine(start=start, p50=p50, p95=p95, max=max(highest, p95 or 0), count=1)


def test_one_slow_answer_does_not_flatten_the_chart() -> None:
    points = [point(i * HOUR, 200_000, 9_000_000 if i == 3 else 0) for i in range(24)]
    plot = svg.latency_plot(points, 0, DAY, "UTC")
    assert plot is not None
    assert plot.clipped
    assert plot.y[-1].text == "250 ms"
    assert plot.y[0].text == "0"


def test_a_gap_breaks_the_line() -> None:
    points = [point(i * HOUR, 200_000) for i in range(24) if i not in (5, 6)]
    plot = svg.latency_plot(points, 0, DAY, "UTC")
    assert plot is not None
    assert plot.drawing.count('class="l-p95"') == 2


def test_the_promise_is_drawn_where_it_fits() -> None:
    points = [point(0, 200_000), point(HOUR, 200_000)]
    near = svg.latency_plot(points, 0, DAY, "UTC", 500_000)
    far = svg.latency_plot(points, 0, DAY, "UTC", 60_000_000)
    assert near is not None
    assert far is not None
    assert "l-limit" in near.drawing
    assert "l-limit" not in far.drawing


def test_nothing_measured_is_no_chart() -> None:
    assert svg.latency_plot([], 0, DAY, "UTC") is None
    assert svg.latency_plot([point(0, None)], 0, DAY, "UTC") is None
    assert svg.latency_plot([point(0, 5)], 0, DAY, "UTC") is not None


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-10-01T00:00:00", "2026-11-01T00:00:00", "1 Oct", "29 Oct"),
        ("2026-10-24T00:00:00", "2026-10-26T00:00:00", "00:00", "18:00"),
        ("2026-01-01T00:00:00", "2027-01-01T00:00:00", "Jan 2026", "Nov 2026"),
        ("2026-10-01T00:00:00", "2026-10-08T00:00:00", "1 Oct", "7 Oct"),
    ],
)
def test_the_time_axis_has_a_handful_of_labels(start: str, end: str, first: str, last: str) -> None:
    ticks = svg.time_ticks(cases.at(start), cases.at(end), cases.BERLIN)
    assert (ticks[0].text, ticks[-1].text) == (first, last)
    assert 4 <= len(ticks) <= 12
    assert [t.at for t in ticks] == sorted({t.at for t in ticks})
