"""How a service's section is arranged."""

from tests.report import cases

from slawatch.report.report import READINGS
from slawatch.report.section import longest, service_view


def test_the_longest_are_kept_in_their_order() -> None:
    assert longest([5, 1, 4, 2, 3], lambda n: n, 3) == ((5, 4, 3), 2)
    assert longest([5, 1], lambda n: n, 3) == ((5, 1), 0)


def test_the_contract_s_reading_stands_first() -> None:
    report = cases.two_services()
    view = service_view(report, report.services[0], 1)
    assert [r.contract for r in view.readings] == [True] + [False] * (len(READINGS) - 1)
    assert view.readings[0].name == "Unknown time counted as down"
    assert view.readings[0].verdicts == ("met",)


def test_days_that_were_up_throughout_are_summed() -> None:
    report = cases.october()
    view = service_view(report, report.services[0], 1)
    assert len(view.days) == 6
    assert view.other_days_words == "The other 25 days, up throughout"
    assert sum(view.other_days.values()) + sum(sum(day.classes.values()) for day in view.days) == view.total


def test_a_year_lists_only_the_days_that_tell_something() -> None:
    report = cases.many(1, "2026")
    view = service_view(report, report.services[0], 1)
    assert len(view.days) <= 62
    assert (
        sum(view.other_days[name] + sum(d.classes[name] for d in view.days) for name in view.present)
        == view.total
    )


def test_days_to_come_are_not_listed_one_by_one() -> None:
    report = cases.october(now=cases.at("2026-10-19T10:30:00"))
    view = service_view(report, report.services[0], 1)
    assert [day.date for day in view.days] == ["2026-10-07", "2026-10-12", "2026-10-16", "2026-10-19"]
    assert view.other_days_words.endswith("up throughout or still to come")
