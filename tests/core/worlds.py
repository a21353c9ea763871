"""Hypothesis strategies for small worlds, and the way from a world to what the core reads."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from tests.core.brute import World

from slawatch.core.availability import Terms, assess
from slawatch.core.check import Quorum
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import SECOND
from slawatch.core.ledger import Exclusions
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Held, fold

LAST = 60
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "America/Havana", "Asia/Beirut",
    "Pacific/Kiritimati",
)  # fmt: skip
STATES = ("up", "degraded", "down", "unknown")


def held(sample):
    at, state, holds = sample
    return Held(at * SECOND, holds * SECOND, Outcome[state.upper()])


def check_evidence(check, samples, start, end):
    """What a store gathers for `[start, end)` seconds from these samples, and not one transition more."""
    transitions, _ = fold(held(s) for s in samples if s[0] < end)
    transitions = [t for t in transitions if t.at < end * SECOND]
    before = [t for t in transitions if t.at <= start * SECOND]
    inside = [t for t in transitions if t.at > start * SECOND]
    seen = [s for s in samples if s[0] < end]
    last = max(seen, default=None)
    return CheckEvidence(
        check=check,
        first_sample=min(samples)[0] * SECOND if samples else None,
        held_until=None if last is None else (last[0] + last[2]) * SECOND,
        transitions=(*before[-1:], *inside),
        samples=sum(1 for s in samples if start <= s[0] < end),
    )


def evidence_of(world, since=None):
    since = world.begin() if since is None else since
    return tuple(check_evidence(c, s, since, world.gathered) for c, s in world.samples.items())


def terms_of(world):
    degraded = world.degraded if isinstance(world.degraded, str) else Decimal(float(world.degraded))
    return Terms(unknown=world.unknown, degraded=degraded, min_outage=world.min_outage * SECOND)


def micros(intervals):
    return [(low * SECOND, high * SECOND) for low, high in intervals]


def exclusions_of(world):
    return Exclusions(
        outside_hours=micros(world.outside_hours),
        maintenance=micros(world.maintenance),
        excused=micros(world.excused),
    )


def rule_of(world):
    return Quorum(world.join) if isinstance(world.join, int) else world.join


def assessed(world, since=None):
    return assess(
        "shop",
        evidence_of(world, since),
        rule_of(world),
        world.start * SECOND,
        world.end * SECOND,
        now=world.now * SECOND,
        terms=terms_of(world),
        exclusions=exclusions_of(world),
        reach=world.gathered * SECOND,
    )


def samples_strategy(last=LAST):
    sample = st.tuples(st.integers(0, last), st.sampled_from(STATES), st.integers(1, 20))
    return st.lists(sample, max_size=12, unique_by=lambda s: s[0])


def intervals_strategy(last=LAST):
    edge = st.integers(0, last)
    return st.lists(st.tuples(edge, edge).map(lambda pair: (min(pair), max(pair))), max_size=3)


@st.composite
def worlds(draw, *, degraded=("up", "down", Fraction(1, 4)), min_outage=True):
    members = draw(st.lists(samples_strategy(), min_size=1, max_size=3))
    start = draw(st.integers(0, LAST - 1))
    end = draw(st.integers(start + 1, LAST))
    return World(
        samples={f"check-{index}": samples for index, samples in enumerate(members)},
        join=draw(st.sampled_from(["all", "any", 1, 2, 3])),
        start=start,
        end=end,
        now=draw(st.integers(start, LAST + 5)),
        gathered=draw(st.integers(end, LAST + 5)),
        outside_hours=draw(intervals_strategy()),
        maintenance=draw(intervals_strategy()),
        excused=draw(intervals_strategy()),
        unknown=draw(st.sampled_from(["exclude", "down", "up"])),
        degraded=draw(st.sampled_from(degraded)),
        min_outage=draw(st.integers(0, 12)) if min_outage else 0,
    )
