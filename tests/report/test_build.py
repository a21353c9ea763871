"""What a report says, for a month in which everything happens and for small worlds made at random."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import check_evidence as folded
from tests.report import cases

from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import Maintenance, Service
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.life import life_event
from slawatch.core.period import from_to, parse_period
from slawatch.report.build import build, granted, in_force, quantiles
from slawatch.report.report import CLASSES, READINGS


def test_the_month_is_accounted_for_to_the_microsecond() -> None:
    shop = cases.october().services[0]
    assert tuple(shop.classes) == CLASSES
    assert sum(shop.classes.values()) == cases.OCTOBER.length == 2_682_000 * SECOND
    assert shop.classes["down"] == (18 * 60 + 30) * SECOND + 500_000 + 450 * SECOND + 60 * SECOND
    assert shop.classes["maintenance"] == 2 * HOUR
    assert shop.classes["unknown"] == shop.unknown[0].end - shop.unknown[0].start
    assert shop.observed is not None
    assert shop.observed["maintenance"]["down"] == 73 * MINUTE + 30 * SECOND


def test_the_days_add_up_to_the_month_and_the_long_day_has_25_hours() -> None:
    shop = cases.october().services[0]
    assert len(shop.days) == 31
    for name in CLASSES:
        assert sum(day.classes[name] for day in shop.days) == shop.classes[name]
    long = next(day for day in shop.days if day.date == "2026-10-25")
    assert long.end - long.start == 25 * HOUR == sum(long.classes.values())
    assert long.percent == 100 * Fraction(25 * 3600 - 450, 25 * 3600)


def test_the_figure_is_exact_and_its_other_readings_stand_beside_it() -> None:
    figure = cases.october().services[0].availability
    assert figure.percent == 100 * figure.good / figure.counted
    assert Fraction(figure.exact) * 100 == figure.percent
    assert figure.shown == "99.93"
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= figure.percent <= figure.high
    assert figure.unknown_as["exclude"] == figure.percent
    down, up = figure.unknown_as["down"], figure.unknown_as["up"]
    assert down is not None
    assert up is not None
    assert down < figure.percent < up
    assert figure.maintenance_ignored is not None
    assert figure.maintenance_ignored < figure.percent


def test_outages_are_listed_with_their_reasons_checks_and_bounds() -> None:
    first, during_work, at_night, short = cases.october().services[0].outages
    assert first.reason == "HTTP 503 instead of 200-299; connection refused by db.example:5432"
    assert first.checks == ("shop-home", "shop-db")
    assert first.after_start == first.start - 30 * SECOND
    assert first.after_end == first.end - 30 * SECOND
    assert first.counted == first.length == first.end - first.start
    assert during_work.counted == 0
    assert at_night.counted == 450 * SECOND
    assert short.checks == ("shop-db",)


def test_unknown_time_says_why() -> None:
    shop = cases.october().services[0]
    assert [line.why for line in shop.unknown] == ["slawatch was stopped"]
    assert [line.why for line in cases.october().unwatched] == ["slawatch was stopped"]


def test_maintenance_counts_only_where_it_was_announced_before_it_began() -> None:
    upgrade, urgent = cases.october().services[0].maintenance
    assert (upgrade.granted, urgent.granted) == (2 * HOUR, 0)
    assert granted(Maintenance(services=("shop",), start=10, end=20))
    assert not granted(Maintenance(services=("shop",), start=10, end=20, announced=10))


def test_every_service_has_to_keep_every_promise() -> None:
    report = cases.two_services()
    availability, speed, errors = report.objectives
    assert availability.decided_by == "shop"
    assert [v.verdict for v in availability.services] == ["met", "met"]
    assert availability.services[0].under.keys() == set(READINGS)
    assert speed.measured == "231.4ms"
    assert errors.measured == "0.16%"
    assert availability.budget is not None
    assert availability.budget.remaining == availability.budget.allowed - availability.budget.spent


def test_without_an_agreement_there_are_figures_and_no_verdict() -> None:
    report = cases.october(None)
    assert (report.agreement, report.key, report.objectives) == (None, "acme", ())
    assert report.services[0].availability.shown == "99.939"


def test_a_running_period_ends_in_the_future() -> None:
    now = cases.at("2026-10-19T10:30:00")
    report = cases.october(now=now)
    assert not report.complete
    assert report.services[0].classes["future"] == cases.OCTOBER.end - now
    assert "still running" in report.notices[0]
    assert [o.id for o in report.services[0].outages] == [
        o.id for o in cases.october().services[0].outages[:2]
    ]


def test_an_outage_that_goes_on_past_the_period_is_clipped_and_keeps_its_identity() -> None:
    day = parse_period("2026-10-07", cases.BERLIN)
    half = from_to(day.start, cases.at("2026-10-07T14:10:00"), cases.BERLIN)
    rest = from_to(half.end, day.end, cases.BERLIN)
    evidence = {"shop": cases.shop_in_october()}

    def outage(period):
        report = build(None, [cases.SHOP], evidence, (), (), period, day.end + DAY)
        return report.services[0].outages[0]

    before, after = outage(half), outage(rest)
    assert before.id == after.id
    assert before.goes_on
    assert after.began_before
    assert before.length + after.length == cases.october().services[0].outages[0].length


def test_a_service_that_was_never_watched_has_no_data() -> None:
    report = build(cases.GOLD, [cases.SHOP], {}, (), (), cases.OCTOBER, cases.OCTOBER.end + DAY)
    shop = report.services[0]
    assert shop.classes["not_monitored"] == cases.OCTOBER.length
    assert shop.availability.percent is None
    assert shop.availability.shown == "no data"
    assert {o.verdict for o in report.objectives} == {"no data"}
    assert "no sample" in report.notices[0]


def test_a_policy_that_decides_the_verdict_is_told() -> None:
    assert any("depends on how unknown time counts" in notice for notice in cases.october().notices)


def test_the_fingerprint_is_that_of_the_evidence_and_not_of_the_hour() -> None:
    one = cases.october()
    assert one.evidence_sha256 == cases.october(now=cases.at("2026-12-24T12:00:00")).evidence_sha256
    stricter = replace(cases.GOLD, unknown="down")
    assert one.evidence_sha256 != cases.october(stricter).evidence_sha256
    assert one.evidence_sha256 != cases.october(None).evidence_sha256


def test_terms_begin_when_they_take_effect() -> None:
    late = replace(cases.GOLD, effective_from="2026-10-10")
    clipped = in_force(late, cases.OCTOBER)
    assert (clipped.label, clipped.start, clipped.end) == (
        "2026-10",
        cases.at("2026-10-10T00:00:00"),
        cases.OCTOBER.end,
    )
    report = build(
        late, [cases.SHOP], {"shop": cases.shop_in_october()}, (), (), clipped, cases.OCTOBER.end + DAY
    )
    assert any("takes effect on 2026-10-10" in notice for notice in report.notices)
    assert not any("takes effect" in notice for notice in cases.october().notices)
    with pytest.raises(ValueError, match="takes effect on 2026-11-01"):
        in_force(replace(cases.GOLD, effective_from="2026-11-01"), cases.OCTOBER)


def test_promised_percentiles_are_asked_for() -> None:
    promised = replace(cases.GOLD, objectives=(Objective(id="slow", metric="latency_p99.9", target="< 2s"),))
    assert quantiles(None) == ("p50", "p95", "p99")
    assert quantiles(promised) == ("p50", "p95", "p99", "p99.9")


LAST = 100
samples = st.lists(
    st.tuples(
        st.integers(0, LAST), st.sampled_from(["up", "degraded", "down", "unknown"]), st.integers(1, 30)
    ),
    max_size=30,
    unique_by=lambda sample: sample[0],
).map(sorted)


@given(
    checks=st.lists(samples, min_size=1, max_size=3),
    join=st.sampled_from(["all", "any"]),
    unknown=st.sampled_from(["exclude", "down", "up"]),
    window=st.tuples(st.integers(0, LAST), st.integers(0, LAST)),
    work=st.tuples(st.integers(0, LAST), st.integers(0, LAST)),
    now=st.integers(0, LAST + 20),
)
def test_whatever_happened_everything_adds_up(checks, join, unknown, window, work, now) -> None:
    start, end = min(window), max(window) + 1
    evidence = ServiceEvidence(
        service="s", checks=tuple(folded(f"c{i}", found, start, end) for i, found in enumerate(checks))
    )
    agreement = Agreement(
        key="a",
        organization="o",
        services=("s",),
        unknown=unknown,
        objectives=(Objective(id="availability", metric="availability", target="99"),),
    )
    windows = (
        Maintenance(services=("s",), start=min(work) * SECOND, end=(max(work) + 1) * SECOND, announced=-1),
    )
    life = (life_event(start * SECOND, "start"), life_event((start + end) * SECOND // 2, "stop"))
    period = from_to(start * SECOND, end * SECOND, "UTC")
    report = build(
        agreement, [Service(name="s", join=join)], {"s": evidence}, windows, life, period, now * SECOND
    )
    service = report.services[0]
    assert sum(service.classes.values()) == period.length
    for name in CLASSES:
        assert sum(day.classes[name] for day in service.days) == service.classes[name]
    assert sum(line.end - line.start for line in service.unknown) == service.classes["unknown"]
    assert sum(outage.counted for outage in service.outages) == service.classes["down"]
    percent, low, high = (getattr(service.availability, name) for name in ("percent", "low", "high"))
    assert (percent is None) == (service.availability.counted == 0)
    if percent is not None:
        assert 0 <= low <= percent <= high <= 100
