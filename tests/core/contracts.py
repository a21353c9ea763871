"""Hypothesis strategies for contracts, and the way from one to what the core reads."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from tests.core import brute_contract as bc

from slawatch.core.adjustment import Added, Approved, fold
from slawatch.core.agreement import Agreement, Clause
from slawatch.core.calendar import Calendar, Hours
from slawatch.core.check import Announcement, Maintenance, Service
from slawatch.core.evaluation import evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import MINUTE, SECOND, from_datetime
from slawatch.core.period import Period
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Held
from slawatch.core.timeline import fold as fold_samples

TICK = 1800
"""Half an hour: no clock of the places below changes inside of one."""

PLACES = {
    # A day on which the clocks change, and the local midnights around it.
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25), date(2024, 2, 29)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1), date(2026, 1, 31)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Asia/Kolkata": [date(2026, 2, 28)],
    "America/Sao_Paulo": [date(2018, 11, 4), date(2018, 2, 18)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "UTC": [date(2026, 12, 31)],
}
STATES = ("up", "degraded", "down", "unknown")


def instants(contract, tick):
    return from_datetime(contract.origin + timedelta(seconds=tick * contract.tick))


def evidence(contract, name):
    held = [
        Held(instants(contract, at), holds * contract.tick * SECOND, Outcome[state.upper()])
        for at, state, holds in contract.samples[name]
        if at < contract.gathered
    ]
    transitions, last = fold_samples(held)
    end = instants(contract, contract.gathered)
    check = CheckEvidence(
        check="check",
        first_sample=min((h.started_at for h in held), default=None),
        held_until=None if last is None else last.started_at + last.holds,
        transitions=tuple(t for t in transitions if t.at < end),
        samples=len(held),
    )
    return ServiceEvidence(service=name, checks=(check,))


def calendar(name, hours):
    def spans(found):
        return tuple(Hours(opens * MINUTE, closes * MINUTE) for opens, closes in found)

    return Calendar(
        name=name,
        timezone=hours.zone,
        hours={day: spans(found) for day, found in hours.week.items()},
        dates={date.fromisoformat(day): spans(found) for day, found in hours.dates.items()},
        holidays=frozenset(date.fromisoformat(day) for day in hours.holidays),
    )


def clause(contract, found):
    if not isinstance(found, tuple):
        return found
    notice, quota = found
    length = contract.tick * SECOND
    return Clause(notice=notice * length, quota=None if quota is None else quota * length, per="day")


def agreement(contract, **more):
    def version(number, terms):
        since = contract.moment(terms.since).date().isoformat() if number else ""
        return Agreement(
            key="a",
            organization="o",
            services=tuple(contract.samples),
            timezone=contract.zone,
            calendar=f"hours-{number}" if terms.hours else "",
            unknown=terms.unknown,
            degraded=terms.degraded if isinstance(terms.degraded, str) else Decimal(float(terms.degraded)),
            min_outage=terms.min_outage * contract.tick * SECOND,
            maintenance=clause(contract, terms.clause),
            effective_from=since,
            **more,
        )

    first, *later = [version(number, terms) for number, terms in enumerate(contract.versions)]
    object.__setattr__(first, "versions", tuple(later))
    return first


def windows(contract):
    def told(announced):
        return None if announced is None else instants(contract, announced)

    return [
        Maintenance(
            services=(window.service,),
            start=instants(contract, window.told[-1][0]),
            end=instants(contract, window.told[-1][1]),
            announced=told(window.told[-1][2]),
            earlier=tuple(
                Announcement(
                    start=instants(contract, low), end=instants(contract, high), announced=told(announced)
                )
                for low, high, announced in window.told[:-1]
            ),
        )
        for window in contract.windows
    ]


def adjustments(contract):
    entries = []
    for kind in ("excused", "counted"):
        for service, spans in getattr(contract, kind).items():
            for low, high in spans:
                name = f"adj-{len(entries)}"
                start, end = instants(contract, low), instants(contract, high)
                entries.append(Added(name, 0, "ann", service, kind, "why", start=start, end=end))
                entries.append(Approved(name, 1, "bob"))
    return fold(entries)


def period(contract):
    start, end = instants(contract, contract.start), instants(contract, contract.end)
    return Period("period", start, end, contract.zone, "custom")


def evaluated(contract, **more):
    return evaluate(
        agreement(contract, **more),
        [Service(name=name) for name in contract.samples],
        {name: evidence(contract, name) for name in contract.samples},
        period(contract),
        instants(contract, contract.now),
        calendars={
            f"hours-{number}": calendar(f"hours-{number}", terms.hours)
            for number, terms in enumerate(contract.versions)
            if terms.hours
        },
        maintenance=windows(contract),
        adjustments=adjustments(contract),
        reach=instants(contract, contract.gathered),
        own=True,
    )


def in_ticks(contract, length):
    return Fraction(length, contract.tick * SECOND)


def spans_strategy(last, most=2):
    edge = st.integers(0, last)
    pair = st.tuples(edge, edge).map(sorted).map(tuple).filter(lambda p: p[0] < p[1])
    return st.lists(pair, max_size=most)


@st.composite
def hours_strategy(draw, zone, around):
    edge = st.integers(0, 47).map(lambda half: half * 30)
    span = st.tuples(edge, st.integers(0, 48).map(lambda half: half * 30))
    spans = st.lists(span, max_size=2)
    near = [(around + timedelta(days=offset)).isoformat() for offset in (-1, 0, 1)]
    return bc.Hours(
        zone=draw(st.sampled_from([zone, zone, "UTC", "Asia/Tokyo"])),
        week={day: draw(spans) for day in range(7)},
        dates=draw(st.dictionaries(st.sampled_from(near), spans, max_size=2)),
        holidays=frozenset(draw(st.lists(st.sampled_from(near), max_size=1))),
    )


@st.composite
def window_strategy(draw, names, last):
    def told():
        start = draw(st.integers(-10, last))
        return start, start + draw(st.integers(1, 30)), draw(st.none() | st.integers(-40, last))

    return bc.Window(draw(st.sampled_from(names)), [told() for _ in range(draw(st.integers(1, 3)))])


@st.composite
def terms_strategy(draw, since, zone, around):
    quota = st.none() | st.integers(0, 12)
    return bc.Terms(
        since=since,
        unknown=draw(st.sampled_from(["exclude", "down", "up"])),
        degraded=draw(st.sampled_from(["up", "down", Fraction(1, 4)])),
        min_outage=draw(st.integers(0, 6)),
        hours=draw(st.none() | hours_strategy(zone, around)),
        clause=draw(st.none() | st.just("ignore") | st.tuples(st.integers(0, 20), quota)),
    )


@st.composite
def contracts(draw):
    """Three local days around a day on which something happens to the clocks or the calendar."""
    zone = draw(st.sampled_from(sorted(PLACES)))
    around = draw(st.sampled_from(PLACES[zone]))
    place = bc.ZoneInfo(zone)

    def midnight(offset):
        day = around + timedelta(days=offset)
        return datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)

    origin = midnight(-1)
    ticks = [int((midnight(offset) - origin).total_seconds()) // TICK for offset in (0, 1, 2)]
    last = ticks[-1]
    sample = st.tuples(st.integers(-5, last + 4), st.sampled_from(STATES), st.integers(1, 40))
    samples = st.lists(sample, max_size=14, unique_by=lambda s: s[0])
    names = ["shop", "mail"][: draw(st.integers(1, 2))]
    changes = sorted(draw(st.lists(st.sampled_from(ticks[:2]), max_size=2, unique=True)))
    start = draw(st.sampled_from([0, 0, 3, ticks[0]]))
    end = draw(st.sampled_from([last, last, last - 5]))
    return bc.Contract(
        origin=origin,
        tick=TICK,
        zone=zone,
        samples={name: draw(samples) for name in names},
        versions=[draw(terms_strategy(since, zone, around)) for since in [-10_000, *changes]],
        windows=draw(st.lists(window_strategy(names, last), max_size=4)),
        start=start,
        end=end,
        now=draw(st.integers(0, last + 6)),
        gathered=draw(st.integers(end, last + 6)),
        excused={name: draw(spans_strategy(last)) for name in names},
        counted={name: draw(spans_strategy(last, 1)) for name in names},
    )
