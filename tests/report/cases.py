"""Evidence made up for reports: a month with everything that can happen in it, and ways to make others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import sin
from typing import Any

from slawatch.core.adjustment import Added, Adjustment
from slawatch.core.agreement import Agreement, Band, Clause, Fee, Objective
from slawatch.core.calendar import Calendar, parse_hours
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.civil import resolve
from slawatch.core.evidence import CheckEvidence, Latency, LatencyPoint, Reason, ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros
from slawatch.core.life import LifeEvent, life_event
from slawatch.core.objective import Verdict
from slawatch.core.period import Period, parse_period
from slawatch.core.sample import Outcome, Transition
from slawatch.core.trend import Failure, Reaction, TrendPoint
from slawatch.report.inputs import Inputs, made
from slawatch.report.report import Report

BERLIN = "Europe/Berlin"
INTERVAL = 30 * SECOND
HOLD = 70 * SECOND


def at(text: str, timezone: str = BERLIN) -> Instant:
    """The instant of a local time."""
    return resolve(datetime.fromisoformat(text), timezone)


def check_evidence(
    name: str,
    start: Instant,
    end: Instant,
    stretches: Sequence[tuple[Instant, Instant, Outcome]],
    *,
    first: Instant | None = None,
    samples: int | None = None,
) -> CheckEvidence:
    """A check that was up from `first`, or an hour before the start, but for the stretches given."""
    first = start - HOUR if first is None else first
    changes = [Transition(first, Outcome.UP, None)]
    for low, high, outcome in sorted(stretches):
        if changes[-1].at == low:
            changes.pop()
        changes.append(Transition(low, outcome, low - (HOLD if outcome == Outcome.UNKNOWN else INTERVAL)))
        if high < end:
            changes.append(Transition(high, Outcome.UP, high - INTERVAL))
    return CheckEvidence(
        check=name,
        first_sample=first,
        held_until=end + HOLD,
        transitions=tuple(changes),
        samples=(end - max(start, first)) // INTERVAL if samples is None else samples,
    )


def latency_series(
    start: Instant, end: Instant, buckets: int, base: Micros = 84_000
) -> tuple[LatencyPoint, ...]:
    """A daily swing, with one bad afternoon and one very slow answer."""
    width = (end - start) // buckets
    points = []
    for i in range(buckets):
        swing = 1 + 0.22 * sin(i / buckets * 2 * 3.14159 * (end - start) / (24 * HOUR))
        slow = 2.6 if buckets * 38 // 100 <= i < buckets * 40 // 100 else 1.0
        p50 = int(base * swing * (1 + (slow - 1) / 3))
        p95 = int(base * 2.4 * swing * slow + (i * 7919 % 31) * 700)
        highest = p95 + (i * 104_729 % 97) * 3_000 + (2_900_000 if i == buckets // 3 else 0)
        points.append(LatencyPoint(start + i * width, p50, p95, highest, 360))
    return tuple(points)


ACME = Organization(key="acme", name="Acme Corp", timezone=BERLIN)
SHOP = Service(name="shop", organization="acme", description="Web shop and checkout")
SEARCH = Service(name="search", organization="acme", join="any", description="Product search")
CHECKS = {
    "shop-home": Check(name="shop-home", service="shop", type="http", options=None),
    "shop-db": Check(name="shop-db", service="shop", type="tcp", options=None),
    "search-a": Check(name="search-a", service="search", type="http", options=None),
    "search-b": Check(name="search-b", service="search", type="http", options=None),
}
GOLD = Agreement(
    key="acme-gold",
    organization="acme",
    services=("shop",),
    timezone=BERLIN,
    effective_from="2026-01-01",
    objectives=(
        Objective(id="availability", metric="availability", target="99.9"),
        Objective(id="speed", metric="latency_p95", target="< 500ms"),
    ),
)
OCTOBER = parse_period("2026-10", BERLIN)


def shop_in_october(period: Period = OCTOBER) -> ServiceEvidence:
    """Two outages, one short one, slow hours, a monitor that was off, and work announced and unannounced."""
    start, end = period.start, period.end
    home = check_evidence(
        "shop-home",
        start,
        end,
        [
            (at("2026-10-07T14:03:12.400"), at("2026-10-07T14:21:42.900"), Outcome.DOWN),
            (at("2026-10-12T22:04:00"), at("2026-10-12T23:17:30"), Outcome.DOWN),
            (at("2026-10-16T09:30:00"), at("2026-10-16T11:12:30.250"), Outcome.DEGRADED),
            (at("2026-10-21T03:10:40"), at("2026-10-21T05:02:11"), Outcome.UNKNOWN),
            (at("2026-10-25T02:40:00"), at("2026-10-25T02:47:30"), Outcome.DOWN),
        ],
    )
    database = check_evidence(
        "shop-db",
        start,
        end,
        [
            (at("2026-10-07T14:04:05"), at("2026-10-07T14:20:35"), Outcome.DOWN),
            (at("2026-10-21T03:10:52"), at("2026-10-21T05:02:03"), Outcome.UNKNOWN),
            (at("2026-10-29T16:44:10.125"), at("2026-10-29T16:45:10.125"), Outcome.DOWN),
        ],
    )
    return ServiceEvidence(
        service="shop",
        checks=(home, database),
        latency=Latency(
            quantiles={"p50": 86_120, "p95": 231_400, "p99": 612_950}, count=172_811, max=3_412_000
        ),
        reasons=(
            Reason("shop-home", at("2026-10-07T14:03:12.400"), "HTTP 503 instead of 200-299"),
            Reason("shop-db", at("2026-10-07T14:04:05"), "connection refused by db.example:5432"),
            Reason(
                "shop-home",
                at("2026-10-12T22:04:00"),
                "no answer within 10 s while waiting for the first byte",
            ),
            Reason("shop-home", at("2026-10-25T02:40:00"), "certificate expired on 2026-10-25T00:39:59Z"),
            Reason("shop-db", at("2026-10-29T16:44:10.125"), "connection reset by db.example:5432"),
        ),
        latency_series=latency_series(start, end, 248),
        outcomes={Outcome.UP: 172_600, Outcome.DEGRADED: 211, Outcome.DOWN: 261},
    )


WINDOWS = (
    Maintenance(
        services=("shop",),
        start=at("2026-10-12T22:00:00"),
        end=at("2026-10-13T00:00:00"),
        announced=at("2026-10-02T09:00:00"),
        reason="database upgrade",
    ),
    Maintenance(
        services=("shop",),
        start=at("2026-10-28T12:00:00"),
        end=at("2026-10-28T12:30:00"),
        announced=at("2026-10-28T12:10:00"),
        reason="urgent patch",
    ),
)


def life_in_october() -> tuple[LifeEvent, ...]:
    """A daemon that was stopped once, and whose clock and prober gave trouble once each."""
    return (
        life_event(at("2026-09-30T23:59:30"), "beat"),
        life_event(at("2026-10-21T03:09:41"), "stop", why="SIGTERM"),
        life_event(at("2026-10-21T05:02:01.500"), "start", version="0.1.0", pid=812, digest="0" * 64),
        life_event(at("2026-10-31T23:59:40"), "beat"),
    )


def october_inputs(agreement: Agreement | None = GOLD, now: Instant | None = None) -> Inputs:
    """What the report on that month is made of."""
    return Inputs(
        agreement=agreement,
        services=(SHOP,),
        evidence={"shop": shop_in_october()},
        maintenance=WINDOWS,
        life=life_in_october(),
        period=OCTOBER,
        now=at("2026-11-02T08:15:30") if now is None else now,
        organization=ACME,
        checks=CHECKS,
    )


def october(agreement: Agreement | None = GOLD, now: Instant | None = None) -> Report:
    """The report on that month."""
    return made(october_inputs(agreement, now))


CREDITS = (
    Band(at_least=Decimal("99.0"), below=Decimal("99.95"), credit=Decimal(10), clause="Gold, 4.2"),
    Band(below=Decimal("99.0"), credit=Decimal(25), clause="Gold, 4.2"),
)
PAID = replace(
    GOLD,
    fee=Fee(amount=Decimal("1200.00"), currency="EUR"),
    claim_window=30 * DAY,
    calendar="office",
    maintenance=Clause(notice=72 * HOUR, quota=HOUR),
    credits=CREDITS,
    approval="another",
    effective_from="2026-01-01",
    objectives=(
        Objective(id="availability", metric="availability", target="99.95"),
        Objective(id="speed", metric="latency_p95", target="< 500ms"),
    ),
)
LATER = replace(PAID, effective_from="2026-10-20", unknown="down")
OFFICE = {
    "office": Calendar(
        name="office", timezone=BERLIN, hours=dict.fromkeys(range(7), (parse_hours("06:00-23:00"),))
    )
}
EXCUSED = Adjustment(
    added=Added(
        id="adj-1",
        at=at("2026-11-01T09:00:00"),
        author="alice",
        service="shop",
        kind="excused",
        start=at("2026-10-07T14:03:12.400"),
        end=at("2026-10-07T14:15:00"),
        reason="The customer's own firewall refused us",
        evidence="https://tickets.example/812",
    ),
    state="approved",
    approvers=("bob",),
)
PROPOSED = replace(EXCUSED, added=EXCUSED.added._replace(id="adj-2"), state="proposed", approvers=())


def contract_inputs(now: Instant | None = None, **terms: Any) -> Inputs:
    """What the report on the same month is made of, with everything that an agreement can have."""
    return Inputs(
        agreement=replace(PAID, versions=(LATER,), **terms),
        services=(SHOP,),
        evidence={"shop": shop_in_october()},
        maintenance=WINDOWS,
        life=life_in_october(),
        period=OCTOBER,
        now=at("2026-11-02T08:15:30") if now is None else now,
        organization=ACME,
        checks=CHECKS,
        calendars=OFFICE,
        adjustments=(EXCUSED, PROPOSED),
        earlier=tuple(
            TrendPoint(
                label=f"2026-{month:02}",
                share=Fraction(100_000 - month % 4 * 9, 100_000),
                verdict=Verdict.MET if month % 4 < 3 else Verdict.MISSED,
                downtime=Fraction(month % 4 * 7 * MINUTE),
                uptime=Fraction(30 * DAY),
                failures=tuple(
                    Failure((month * 40 + i) * DAY, (month * 40 + i) * DAY + 7 * MINUTE)
                    for i in range(month % 4)
                ),
                reactions=tuple(
                    Reaction("shop", i * DAY, i * DAY + 4 * MINUTE if month % 2 else None)
                    for i in range(month % 4)
                ),
            )
            for month in range(1, 10)
        ),
        reactions=(Reaction("shop", at("2026-10-07T14:05:00"), at("2026-10-07T14:09:30")),),
    )


def contract(now: Instant | None = None, **terms: Any) -> Report:
    """The report on it."""
    return made(contract_inputs(now, **terms))


def two_services_inputs(now: Instant | None = None) -> Inputs:
    """The same month for two services, of which one kept every promise and was first watched on the 5th."""
    start, end = OCTOBER.start, OCTOBER.end
    first = at("2026-10-05T10:00:00")
    search = ServiceEvidence(
        service="search",
        checks=(
            check_evidence("search-a", start, end, [], first=first),
            check_evidence("search-b", start, end, [], first=first + 4 * SECOND),
        ),
        latency=Latency(quantiles={"p50": 21_300, "p95": 44_910, "p99": 71_200}, count=140_022, max=402_000),
        latency_series=latency_series(start, end, 120, 21_000)[16:],
        outcomes={Outcome.UP: 140_022},
    )
    agreement = Agreement(
        key="acme-silver",
        organization="acme",
        services=("shop", "search"),
        timezone=BERLIN,
        unknown="down",
        degraded=Decimal("0.5"),
        objectives=(
            Objective(id="availability", metric="availability", target="99.5"),
            Objective(id="speed", metric="latency_p95", target="< 500ms"),
            Objective(id="errors", metric="error_rate", target="< 0.2%"),
        ),
    )
    return Inputs(
        agreement=agreement,
        services=(SHOP, SEARCH),
        evidence={"shop": shop_in_october(), "search": search},
        maintenance=WINDOWS,
        life=life_in_october(),
        period=OCTOBER,
        now=at("2026-11-02T08:15:30") if now is None else now,
        organization=ACME,
        checks=CHECKS,
    )


def two_services(now: Instant | None = None) -> Report:
    """The report on it."""
    return made(two_services_inputs(now))


def many_inputs(services: int, label: str, timezone: str = BERLIN) -> Inputs:
    """A long period of many services, each with an outage a week and a stretch unknown a month."""
    period = parse_period(label, timezone)
    names = [f"service-{i:03d}" for i in range(services)]
    evidence = {}
    for index, name in enumerate(names):
        stretches = []
        moment = period.start + (index * 37 % 100 + 1) * HOUR
        while moment + 8 * HOUR < period.end:
            stretches.append((moment, moment + (index % 7 + 1) * 5 * MINUTE, Outcome.DOWN))
            stretches.append((moment + 5 * HOUR, moment + 6 * HOUR, Outcome.UNKNOWN))
            moment += 7 * 24 * HOUR
        evidence[name] = ServiceEvidence(
            service=name,
            checks=(check_evidence(f"{name}-http", period.start, period.end, stretches),),
            latency=Latency(
                quantiles={"p50": 86_120, "p95": 231_400, "p99": 612_950}, count=1_051_200, max=3_412_000
            ),
            reasons=tuple(
                Reason(f"{name}-http", s[0], "HTTP 503") for s in stretches if s[2] is Outcome.DOWN
            ),
            latency_series=latency_series(period.start, period.end, 100),
            outcomes={Outcome.UP: 1_051_200},
        )
    agreement = Agreement(
        key="platform",
        organization="acme",
        services=tuple(names),
        timezone=timezone,
        objectives=(Objective(id="availability", metric="availability", target="99.9"),),
    )
    return Inputs(
        agreement=agreement,
        services=tuple(Service(name=name, organization="acme") for name in names),
        evidence=evidence,
        period=period,
        now=period.end + HOUR,
        organization=ACME,
    )


def many(services: int, label: str, timezone: str = BERLIN) -> Report:
    """The report on it."""
    return made(many_inputs(services, label, timezone))
