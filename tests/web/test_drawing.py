"""The drawings: what is in them, and that nothing in them breaks the page's policy."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import DAY, HOUR
from slawatch.report.report import CLASSES, DayLine
from slawatch.report.svg import Tick
from slawatch.web.drawing import (
    HEIGHT,
    burn_down,
    day_words,
    days_words,
    share_of,
    strip,
    time_axis,
    value_axis,
)


def day(index: int = 0, **classes: int) -> DayLine:
    found = {name: classes.get(name, 0) for name in CLASSES}
    found["up"] += DAY - sum(found.values())
    counted = found["up"] + found["degraded"] + found["down"]
    good = found["up"] + found["degraded"]
    return DayLine(
        date=f"2026-10-{index + 1:02d}", start=index * DAY, end=(index + 1) * DAY, classes=found,
        percent=Fraction(100 * good, counted) if counted else None,
    )  # fmt: skip


def boxes(drawing: str) -> list[ET.Element]:
    root = ET.fromstring(drawing)
    assert not [e for e in root.iter() if "style" in e.attrib]
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return list(root.iter("rect"))


def test_a_service_that_was_always_up_is_one_box() -> None:
    found = boxes(strip([day(n) for n in range(30)], "shop"))
    assert [(b.get("fill"), b.get("x"), b.get("width")) for b in found] == [("url(#h-days-up)", "0", "298")]


def test_what_was_not_monitored_comes_first_as_one_box() -> None:
    days = [day(n, not_monitored=DAY) for n in range(10)] + [day(10, down=HOUR), day(11, future=HOUR)]
    found = boxes(strip(days, "shop"))
    assert [b.get("fill") or b.get("class") for b in found] == [
        "url(#h-days-unseen)", "url(#h-days-up)", "c-down",
    ]  # fmt: skip
    # An hour is a 24th of the height, which is less than what is always drawn.
    assert found[2].get("x") == "100"
    assert float(found[2].get("height", "")) == 6
    assert float(found[2].get("y", "")) == HEIGHT - 6


def test_a_name_is_escaped() -> None:
    text = strip([day()], '<b>"')
    assert "<b>" not in text
    ET.fromstring(text)
    assert strip([], "x") == ""


@given(st.lists(st.lists(st.integers(0, DAY // 9), min_size=8, max_size=8), min_size=1, max_size=40))
def test_any_days_fill_their_columns_exactly(lengths: list[list[int]]) -> None:
    names = [name for name in CLASSES if name != "up"]
    days = [day(n % 28, **dict(zip(names, values, strict=True))) for n, values in enumerate(lengths)]
    root = ET.fromstring(strip(days, "x"))
    for group in root.iter("g"):
        inked = [b for b in group.iter("rect") if b.get("class") != "clear"]
        tops = [(float(b.get("y", "0")), float(b.get("height", "0"))) for b in inked]
        assert all(y >= -0.01 and y + h <= HEIGHT + 0.01 for y, h in tops)
        bottoms = sorted(tops, reverse=True)
        for (y, _), (below, tall) in pairwise(bottoms):
            assert abs(below + tall - y) < 0.02
    share_of(days)


def test_days_are_told_in_words() -> None:
    bad = day(3, down=2 * HOUR, degraded=HOUR)
    assert day_words(bad) == "Sun 4 Oct: 21 h up, 1 h degraded, 2 h down"
    assert day_words(day(0, not_monitored=DAY)) == "Thu 1 Oct: not monitored"
    assert days_words([day(0, not_monitored=DAY), day(1), bad]) == (
        "2 of the last 3 days monitored, 1 of them up throughout; Sun 4 Oct down for 2 h"
    )
    assert days_words([day(0, not_monitored=DAY)]) == "not monitored yet"


def test_a_share_is_floored_and_may_be_no_data() -> None:
    assert share_of([day(0), day(1, down=1)]) == "99.999\u202f%"
    assert share_of([day(0, unknown=HOUR)]) == "100.000\u202f%"
    assert share_of([day(0, not_monitored=DAY)]) == "no data"
    assert share_of([]) == "no data"


def test_a_budget_burns_down_day_by_day() -> None:
    days = [day(0), spent(day(1), HOUR), day(2, future=DAY), day(3, future=DAY)]
    text = burn_down(days, 4 * HOUR, 0, 4 * DAY)
    root = ET.fromstring(text)
    assert root.get("aria-label", "").endswith("75.0\u202f% left")
    left = next(e for e in root.iter("path") if e.get("class") == "left")
    assert left.get("d") == "M0 0 250 0 500 25"
    over = burn_down([spent(day(0), 20 * HOUR)], 4 * HOUR, 0, DAY)
    assert "-400.0" in over
    assert 'd="M0 0 1000 100"' in over


def spent(line: DayLine, lost: int) -> DayLine:
    return replace(line, lost=Fraction(lost))


@pytest.mark.parametrize(("allowed", "end"), [(0, DAY), (HOUR, 0)])
def test_nothing_to_burn_is_nothing_to_draw(allowed: int, end: int) -> None:
    assert burn_down([day()], allowed, 0, end) == ""


def test_axes_place_their_labels_by_percent() -> None:
    assert 'x="12.50%"' in time_axis([Tick(12.5, "a<b")])
    assert "a&lt;b" in time_axis([Tick(12.5, "a<b")])
    assert 'y="75.00%"' in value_axis([Tick(25.0, "1 s")])
