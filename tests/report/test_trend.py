"""The drawing of the last periods."""

from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

from slawatch.core.instant import MINUTE
from slawatch.core.objective import Verdict
from slawatch.core.trend import TrendPoint, trend
from slawatch.report.trend import bars, ticks

FOUND = trend(
    [
        TrendPoint(label="2026-08", share=None, verdict=Verdict.NO_DATA),
        TrendPoint(
            label="2026-09",
            share=Fraction(999, 1000),
            verdict=Verdict.MET,
            downtime=Fraction(10 * MINUTE),
            uptime=Fraction(1),
        ),
        TrendPoint(
            label="2026-10", share=Fraction(9, 10), verdict=Verdict.MISSED, downtime=Fraction(40 * MINUTE)
        ),
    ]
)


def test_each_period_is_a_column_as_high_as_what_was_lost() -> None:
    columns = list(ET.fromstring(str(bars(FOUND))))
    assert [column.get("class") for column in columns] == ["t-open", "t-met", "t-missed"]
    heights = [int(column.get("height") or 0) for column in columns]
    assert heights == [3, 25, 100]
    assert all(
        int(column.get("y") or 0) == 100 - height for column, height in zip(columns, heights, strict=True)
    )
    assert columns[2][0].text == "2026-10: 90.000\u202f%, 40 min lost, missed"


def test_a_period_that_is_hardly_known_or_runs_is_neither_green_nor_red() -> None:
    hardly = replace(FOUND.points[1], coverage=Fraction(1, 8000), firm=False)
    found = trend([hardly, replace(FOUND.points[2], running=True)])
    columns = list(ET.fromstring(str(bars(found))))
    assert [column.get("class") for column in columns] == ["t-open", "t-open"]
    assert (columns[0][0].text or "").endswith("hardly known")


def test_without_any_loss_the_columns_are_hairlines() -> None:
    quiet = trend([TrendPoint(label="2026-10", share=Fraction(1), verdict=Verdict.MET)])
    assert [column.get("height") for column in ET.fromstring(str(bars(quiet)))] == ["3"]


def test_the_labels_stand_under_the_columns() -> None:
    assert [tick.text for tick in ticks(FOUND)] == ["Aug", "Sep", "Oct"]
    assert 0 < ticks(FOUND)[0].at < ticks(FOUND)[1].at < 100
