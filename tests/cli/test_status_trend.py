"""The agreements below the services."""

from typing import Any

import pytest

from slawatch.cli.status_table import render
from slawatch.cli.status_trend import FEW, bars, lines
from slawatch.cli.terminal import Terminal, columns

from .test_status_table import answer, service


def point(percent: float | None, downtime: float) -> dict[str, Any]:
    return {
        "label": "2026-10", "percent": percent, "verdict": "met", "downtime": downtime, "failures": 0,
        "incidents": 0,
    }  # fmt: skip


TREND = {
    "periods": [point(None, 0.0), point(100.0, 0.0), point(99.99, 1.0), point(98.0, 5400.0)],
    "met": 2, "judged": 3, "downtime": 5401.0, "failures": 4, "time_to_repair": 1350.25,
    "time_between_failures": 2_000_000.0, "time_to_acknowledge": 95.0, "incidents": 3, "acknowledged": 1,
}  # fmt: skip


def agreement(name: str = "gold", **more: Any) -> dict[str, Any]:
    return {
        "agreement": name, "organization": "acme", "services": ["shop"],
        "period": {"label": "2026-11", "start": "", "end": "", "timezone": "UTC"}, "percent": 99.91,
        "shown": "99.91", "target": "99.9", "verdict": "met", "budget_remaining": 0.5, "trend": TREND, **more,
    }  # fmt: skip


def test_the_last_periods_and_the_means_stand_behind_the_present_one() -> None:
    head, row = lines([agreement()], Terminal())
    assert head.split() == [
        "AGREEMENT", "PERIOD", "SO", "FAR", "TARGET", "VERDICT", "BUDGET", "LAST", "4", "KEPT", "OUTAGES",
        "LOST", "MTTR", "MTBF", "MTTA",
    ]  # fmt: skip
    assert row.split()[6:8] == ["·▁▂█", "2/3"]
    assert row.endswith("4  1h 30m  22m 30s  23d 3h  1m 35s")


def test_what_nobody_knows_is_a_dash() -> None:
    unknown = dict.fromkeys(("percent", "shown", "target", "verdict", "budget_remaining", "trend"))
    without = agreement(**unknown)
    cells = lines([without], Terminal())[1].split()
    assert cells == ["gold", "2026-11", *["-"] * 10]


def test_a_period_that_is_hardly_known_is_a_question() -> None:
    known = {**point(100.0, 0.0), "standing": "hardly known"}
    assert bars({"periods": [known, point(98.0, 9.0)]}) == "?█"


def test_below_the_target_with_budget_left_is_behind_and_not_missed() -> None:
    """`missed` beside what is left of a budget would be a contradiction."""
    _, row, _ = lines([agreement(verdict="missed", behind=True, budget_remaining=0.76)], Terminal())
    assert row.split()[4:6] == ["behind", "76%"]
    (_, row) = lines([agreement(verdict="missed", behind=False, budget_remaining=-0.5)], Terminal())
    assert row.split()[4:6] == ["missed", "-50%"]


def test_signs_that_need_a_word_and_what_is_missing_are_told_below() -> None:
    hardly = {**TREND, "hardly_known": 1}
    shown = lines(
        [
            agreement(verdict="missed", behind=True),
            agreement(trend=hardly),
            agreement(trend=None, trend_missing="Not yet."),
            agreement(trend=None, trend_missing="Not yet."),
        ],
        Terminal(),
    )
    assert shown[5:] == [
        "behind: below the target so far; it can still be kept.",
        "?: too little of the period is known; not in KEPT.",
        "Not yet.",
    ]
    assert len(lines([agreement()], Terminal())) == 2


def test_bars_without_unicode() -> None:
    assert bars(TREND, unicode=False) == " .-#"
    assert bars({"periods": []}) == ""


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_too_wide(width: int) -> None:
    shown = lines([agreement("a-" * 40), agreement(trend=None)], Terminal(width))
    assert all(columns(line) <= width for line in shown)
    assert "·▁▂█" in shown[1]


def test_many_agreements_are_shown_when_asked_for() -> None:
    many = {**answer(service("shop")), "agreements": [agreement(f"a{n}") for n in range(FEW + 1)]}
    assert "AGREEMENT" not in render(many, Terminal())
    assert render(many, Terminal(), trend=True).count("·▁▂█") == FEW + 1
    few = {**answer(service("shop")), "agreements": [agreement()]}
    assert "AGREEMENT" in render(few, Terminal())
    assert "no agreement in force" in render(answer(service("shop")), Terminal(), trend=True)
