"""The running periods of agreements."""

from dataclasses import replace

from tests.web.conftest import NOW, View

from slawatch.answers.promises import promises, running
from slawatch.core.instant import DAY, HOUR, MINUTE


def test_a_budget_is_that_of_the_whole_period_but_for_what_nobody_saw(view: View) -> None:
    """The first sample came two hours into the month."""
    with view.database.reading() as cursor:
        (report,) = promises(cursor, view.config, NOW).values()
    assert (report.key, report.period.label, report.complete) == ("gold", "2026-11", False)
    (objective,) = report.objectives
    assert objective.verdict == "met"
    assert objective.budget is not None
    assert objective.budget.allowed == (30 * DAY - 2 * HOUR) // 100
    # Down since two minutes: the last sample of those says so for up to seventy seconds.
    assert objective.budget.spent == 2 * MINUTE


def test_terms_that_are_not_in_force_yet_promise_nothing(view: View) -> None:
    terms = replace(view.config.agreements["gold"], effective_from="2026-12-01")
    assert running(terms, NOW) is None
    config = replace(view.config, agreements={"gold": terms})
    with view.database.reading() as cursor:
        assert promises(cursor, config, NOW) == {}
    soon = running(replace(terms, effective_from="2026-11-01"), NOW)
    assert soon is not None
    assert soon.start == NOW - 12 * HOUR
