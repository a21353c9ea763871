"""What the pages about reports show, in words."""

from slawatch.core.instant import DAY
from slawatch.core.period import parse_period
from slawatch.store.frozen import Frozen
from slawatch.web import page_reports

from .conftest import NOW, View


def kept(number: int, label: str = "2026-10", agreement: str | None = "gold") -> Frozen:
    period = parse_period("2026-10", "UTC")
    return Frozen(
        number, "acme", number, "", "m", "acme", agreement, label, period.start, period.end, "UTC", NOW,
        "alice", "cli", "", None, "met" if agreement else "", "1", "e", "k", 4,
    )  # fmt: skip


def test_periods_and_organisations_have_names(view: View) -> None:
    found = page_reports.arrange(
        view.config, [kept(2, agreement=None), kept(1, "2026-10-01_2026-10-31")], (), NOW, most=5
    )
    assert [(line.title, line.owner, line.verdict) for line in found.lines] == [
        ("acme", "Acme", ""), ("gold", "Acme", "met"),
    ]  # fmt: skip
    assert found.lines[0].period == "October 2026"
    assert found.earlier is None


def test_one_more_than_is_shown_means_that_there_are_earlier_ones(view: View) -> None:
    found = page_reports.arrange(view.config, [kept(3), kept(2), kept(1)], (), NOW, most=2)
    assert ([line.number for line in found.lines], found.earlier) == ([3, 2], 2)


def test_the_oldest_missed_ones_are_shown_and_the_others_counted(view: View) -> None:
    terms = view.config.agreements["gold"]
    missed = [(terms, parse_period(f"2025-{month:02}", "UTC")) for month in range(1, 13)]
    missed += [(terms, parse_period("2026-01", "UTC"))]
    found = page_reports.arrange(view.config, (), missed, NOW, most=5)
    assert (len(found.missed), found.more) == (12, 1)
    assert found.missed[0].period == "January 2025"
    assert found.missed[0].late > 600 * DAY
    assert page_reports.arrange(view.config, (), missed, NOW, most=5, organization="other").missed == ()
