"""Services and groups as an agreement sees them."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.agreements import JUNE, OVER, down, evaluated, promise, window

from slawatch.core.adjustment import Added, Approved, fold
from slawatch.core.agreement import Group
from slawatch.core.check import Quorum
from slawatch.core.instant import MINUTE
from slawatch.core.ledger import TimeClass

span = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted).filter(lambda p: p[0] < p[1])


def apart(found):
    """Return the spans that begin after the one before has ended."""
    kept = []
    for low, high in sorted(found):
        if not kept or low > kept[-1][1]:
            kept.append((low, high))
    return kept


spans = st.lists(span, max_size=3).map(apart)


@settings(deadline=None)
@given(
    st.lists(spans, min_size=2, max_size=4),
    st.lists(spans, min_size=4, max_size=4),
    st.sampled_from(["all", "any", 2]),
)
def test_minute_by_minute_a_group_is_what_its_members_with_a_say_make_of_it(outages, work, join):
    names = [f"s{number}" for number in range(len(outages))]
    group = Group(services=tuple(names), join=Quorum(join) if isinstance(join, int) else join)
    windows = [window(n, low, high) for n, found in zip(names, work, strict=False) for low, high in found]
    checks = {name: down(*found) for name, found in zip(names, outages, strict=True)}
    (found,) = evaluated(promise(*names, groups={"g": group}), checks, maintenance=windows).subjects
    lost = left_out = 0
    for minute in range(301):
        inside = [any(low <= minute < high for low, high in spans) for spans in outages]
        muted = [any(low <= minute < high for low, high in spans) for spans in work[: len(names)]]
        if all(muted):
            left_out += 1
            continue
        up = [not bad for bad, mute in zip(inside, muted, strict=True) if not mute]
        needed = {"all": len(up), "any": 1}.get(join, min(2, len(up)))
        lost += sum(up) < needed
    assert found.adjusted.ledger[TimeClass.DOWN] == lost * MINUTE
    assert found.adjusted.ledger[TimeClass.MAINTENANCE] == left_out * MINUTE


def test_what_is_planned_and_what_remains():
    now = JUNE.start + 100 * MINUTE
    found = evaluated(
        promise("shop"), {"shop": down()}, now=now, maintenance=[window("shop", 50, 150)]
    ).subjects[0]
    assert found.planned == JUNE.length - 100 * MINUTE
    assert found.remaining == JUNE.length - 150 * MINUTE
    assert found.portions[0].exclusions.maintenance == (
        (JUNE.start + 50 * MINUTE, JUNE.start + 150 * MINUTE),
    )


def test_a_service_of_no_evidence_was_never_monitored():
    found = evaluated(promise("shop"), {}, now=OVER).subjects[0]
    assert found.adjusted.ledger[TimeClass.NOT_MONITORED] == JUNE.length
    assert found.adjusted.availability.share is None
    assert Fraction(found.planned) == JUNE.length


def test_what_is_excused_for_all_members_is_excused_and_what_was_seen_is_kept():
    """Neither unmonitored in the ledger, nor time that a budget still promises."""
    entries = []
    for name in ("a", "b"):
        start, end = JUNE.start, JUNE.start + 60 * MINUTE
        entries += [
            Added(name, 0, "ann", name, "excused", "why", start=start, end=end),
            Approved(name, 1, "bob"),
        ]
    checks = {"a": down((0, 90)), "b": down()}
    for more in ({"combine": "all"}, {"groups": {"g": Group(services=("a", "b"), join="all")}}):
        made = evaluated(promise("a", "b", **more), checks, adjustments=fold(entries))
        found = made.together or made.subjects[0]
        assert found.adjusted.ledger[TimeClass.EXCUSED] == 60 * MINUTE
        assert found.adjusted.ledger[TimeClass.NOT_MONITORED] == 0
        assert found.adjusted.ledger.observed(TimeClass.EXCUSED)["down"] == 60 * MINUTE
        assert found.adjusted.ledger[TimeClass.DOWN] == 30 * MINUTE
        assert found.planned == JUNE.length - 60 * MINUTE


def test_time_that_counts_anyway_is_promised_again():
    """Granted maintenance of which an adjustment says that it counts: what is covered is promised."""
    entries = [
        Added("x", 0, "ann", "a", "counted", "why", start=JUNE.start, end=JUNE.start + 30 * MINUTE),
        Approved("x", 1, "bob"),
    ]
    (found,) = evaluated(
        promise("a"), {"a": down()}, maintenance=[window("a", 0, 100)], adjustments=fold(entries)
    ).subjects
    assert found.planned == JUNE.length - 70 * MINUTE
    assert found.adjusted.availability.coverage == 1
    assert found.whole.counted == found.planned
