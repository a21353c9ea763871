"""The sentences of the HTML report."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.report import cases

from slawatch.core.agreement import Objective
from slawatch.report import html, wording
from slawatch.report.summary import outage_words, rules, summary


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


def running(target: str):
    promised = (Objective(id="o0", metric="availability", target=target),)
    return cases.october(replace(cases.GOLD, objectives=promised), now=cases.at("2026-10-19T10:30:00"))


def test_what_can_still_be_kept_is_behind_and_not_missed() -> None:
    """By then 99.929 % of the time was good, and 3 min 46.9 s of the budget were left."""
    report = running("99.95")
    (judged,) = report.objectives
    assert (judged.verdict, judged.standing, judged.behind) == ("missed", "behind", True)
    found = summary(report)
    assert (found.kind, found.answer) == ("undecided", "So far behind what was promised: o0 (shop).")
    assert judged.budget is not None
    left = wording.length(judged.budget.remaining)
    assert found.lines[-1] == f"It can still be kept: {left} may be lost in the rest of the period."
    page = html.render(report)
    assert "Behind</span><small>can still be kept</small>" in page
    assert ">Verdict so far</th>" in page


def test_what_cannot_be_kept_any_more_is_missed_before_its_end() -> None:
    report = running("99.99")
    assert report.objectives[0].standing == "missed"
    found = summary(report)
    assert found.answer == "So far: The objective was missed: o0 (shop)."
    assert found.lines[-1].startswith("It cannot be kept any more: ")
    assert found.lines[-1].endswith(" more were lost than the whole period allows.")


def test_an_outage_that_counts_nothing_is_told_apart() -> None:
    (shop,) = cases.october().services
    assert (shop.outages_counted, shop.outages_aside) == (3, 1)
    assert outage_words(shop) == "3 outages (1 more not counted)"
    assert outage_words(replace(shop, outages=shop.outages[:0])) == "no outage"
    counted = tuple(o for o in shop.outages if o.counted)
    assert outage_words(replace(shop, outages=counted[:1])) == "1 outage"


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


@pytest.mark.parametrize(
    ("verdict", "words"), [("met", "Met as far as known"), ("missed", "Missed as far as known: availability")]
)
def test_a_verdict_that_rests_on_too_little_is_said_with_how_much_is_known(verdict: str, words: str) -> None:
    promised = (Objective(id="availability", metric="availability", target="99"),)
    report = cases.october(replace(cases.GOLD, objectives=promised))
    (one,) = report.objectives
    hardly = replace(one, verdict=verdict, known=Fraction(6, 100), decided_by="", behind=False)
    found = summary(replace(report, objectives=(hardly,)))
    assert found.kind == "undecided"
    assert words in found.answer
    assert "6\u202f% of the time was watched" in found.answer
