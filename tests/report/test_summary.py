"""The sentences of the HTML report."""

from dataclasses import replace

import pytest
from tests.report import cases

from slawatch.core.agreement import Objective
from slawatch.report.summary import rules, summary


def answer(*targets: str, **terms) -> tuple[str, str]:
    promised = tuple(
        Objective(id=f"o{i}", metric="availability", target=target) for i, target in enumerate(targets)
    )
    found = summary(cases.october(replace(cases.GOLD, objectives=promised), **terms))
    return found.kind, found.answer


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["99"], ("met", "The objective was met.")),
        (["99", "98"], ("met", "Both objectives were met.")),
        (["99", "98", "97"], ("met", "All 3 objectives were met.")),
        (["99.99"], ("missed", "The objective was missed: o0 (shop).")),
        (["99", "99.99"], ("missed", "1 of 2 objectives was missed: o1 (shop).")),
        (["99", "99.94"], ("undecided", "Undecided: o1. Met: 1 of 2.")),
        ([], ("none", "Measured without a promise, so without a verdict.")),
    ],
)
def test_the_answer_stands_first(targets: list[str], expected: tuple[str, str]) -> None:
    assert answer(*targets) == expected


def test_a_running_period_is_judged_so_far() -> None:
    assert answer("99", now=cases.at("2026-10-19T10:30:00")) == ("met", "So far: The objective was met.")


def test_many_services_are_summed_up_in_a_line() -> None:
    lines = summary(cases.many(5, "2026-10")).lines
    assert len(lines) == 1
    assert lines[0].startswith("5 services; the least available is ")


def test_the_rules_work_out_one_figure() -> None:
    found = rules(cases.two_services())
    assert found.unknown == "Unknown time counts as down."
    assert found.degraded == "Degraded time counts as good with a weight of 0.5."
    assert found.example is not None
    assert found.example.service == "shop"
    assert found.example.percent.startswith("99.57")
