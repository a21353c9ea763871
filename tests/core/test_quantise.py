"""Downtime in whole units: the wording of providers, then the naive second implementation."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core import brute, brute_contract, worlds
from tests.core.published import cases

from slawatch.core.availability import Portion, Terms, assess_portions, watch
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.ledger import Piece, TimeClass, ledger
from slawatch.core.outage import runs, without_short
from slawatch.core.quantise import counted_time, doomed, quantised
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

RULES = {
    "whole_minutes_per_outage": "elapsed_minutes",
    "clock_minutes_fully_down": "minute",
    "whole_slots": "five_minutes",
    "clock_hour_sum_gt": "hours_over_six_minutes",
    "min_consecutive_then_elapsed": "none",
}


@cases("quantise", "outage_quantisation")
def test_downtime_as_providers_word_it(case):
    asked = case["params"]
    down = [(e["start"] * SECOND, e["end"] * SECOND) for e in case["events"]]
    spans, at = [], 0
    for start, end in down:
        spans += [Span(at, start, Outcome.UP), Span(start, end, Outcome.DOWN)]
        at = end
    spans = tuple(s for s in (*spans, Span(at, 3 * HOUR, Outcome.UP)) if s.start < s.end)
    pieces = tuple(Piece(*span[:2], TimeClass[span.outcome.name], span.outcome) for span in spans)
    found = runs(spans)
    shortest = asked.get("min_s", 0) * SECOND
    pieces = without_short(pieces, found, shortest)
    counted = quantised(
        pieces,
        RULES[asked["rule"]],
        bad=down,
        outages=[(run.start, run.end) for run in found],
        kinds=[TimeClass.DOWN],
    )
    lost = ledger(counted)[TimeClass.DOWN]
    expected = case["expected"]
    if "free_hours" in expected:
        hours = {p.start // HOUR for p in counted if p.kind is TimeClass.DOWN}
        assert (sorted(hours), lost) == (expected["free_hours"], len(expected["free_hours"]) * HOUR)
    elif "slots" in expected:
        assert lost == expected["slots"] * asked["slot_s"] * SECOND
    elif "counted_min" in expected:
        assert lost == expected["counted_min"] * MINUTE
    else:
        assert lost == expected["counted_s"] * SECOND


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("none", [(30, 150)]),
        ("minute", [(60, 120)]),
        ("five_minutes", []),
        ("elapsed_minutes", [(30, 150)]),
        ("started_minutes", [(0, 180)]),
    ],
)
def test_what_of_an_outage_counts(rule, expected):
    found = counted_time(rule, [(30 * SECOND, 150 * SECOND)])
    assert [(s // SECOND, e // SECOND) for s, e in found] == expected


TICK = 10


@st.composite
def minute_worlds(draw):
    """Worlds whose second is ten: an hour and a half, beginning 100 s before the hour."""
    last = 540
    sample = st.tuples(st.integers(0, last), st.sampled_from(worlds.STATES), st.integers(1, 200))
    world = draw(worlds.worlds())
    return replace(
        world,
        samples={
            name: draw(st.lists(sample, max_size=10, unique_by=lambda s: s[0])) for name in world.samples
        },
        start=draw(st.integers(0, 40)),
        end=last,
        now=draw(st.integers(200, last + 5)),
        gathered=last + 5,
        outside_hours=[],
        maintenance=draw(worlds.intervals_strategy(last)),
        excused=[],
        unknown=draw(st.sampled_from(["exclude", "down"])),
        min_outage=draw(st.sampled_from([0, 0, 5, 30])),
    )


@settings(max_examples=150, deadline=None)
@given(
    minute_worlds(),
    st.sampled_from(
        ["none", "minute", "five_minutes", "elapsed_minutes", "started_minutes", "hours_over_six_minutes"]
    ),
)
def test_every_tick_counts_as_the_naive_rules_say(world, rule):
    first = 3600 - 10 * TICK
    expected = brute_contract.quantised_classes(world, rule, TICK, first)
    lengths = {kind: list(expected.values()).count(kind) for kind in set(expected.values())}

    def scaled(tick):
        return (first + tick * TICK) * SECOND

    evidence = []
    for name, samples in world.samples.items():
        plain = worlds.check_evidence(name, samples, world.begin(), world.gathered)
        move = lambda at: None if at is None else scaled(at // SECOND)  # noqa: E731
        evidence.append(
            replace(
                plain,
                first_sample=move(plain.first_sample),
                held_until=move(plain.held_until),
                transitions=tuple(t._replace(at=move(t.at), after=move(t.after)) for t in plain.transitions),
            )
        )
    terms = replace(worlds.terms_of(world), quantise=rule, min_outage=world.min_outage * TICK * SECOND)
    exclusions = worlds.exclusions_of(world)
    exclusions = type(exclusions)(
        maintenance=[(scaled(low // SECOND), scaled(high // SECOND)) for low, high in exclusions.maintenance]
    )
    portion = Portion(start=scaled(world.start), end=scaled(world.end), terms=terms, exclusions=exclusions)
    watched = watch(
        evidence,
        worlds.rule_of(world),
        scaled(world.begin()),
        scaled(max(world.end, min(world.gathered, world.now))),
    )
    found = assess_portions("shop", watched, (portion,), scaled(world.now))
    ledger_found = {
        kind: length // (TICK * SECOND) for kind, length in found.ledger.classes().items() if length
    }
    assert ledger_found == lengths
    assert found.ledger.total == (world.end - world.start) * TICK * SECOND


def test_the_default_counts_to_the_microsecond():
    pieces = (Piece(0, 1, TimeClass.DOWN, Outcome.DOWN),)
    assert quantised(pieces, "none", bad=[(0, 1)], outages=[(0, 1)], kinds=[TimeClass.DOWN]) == pieces
    assert Terms().quantise == "none"
    assert brute.BADNESS["down"] == 2


@pytest.mark.parametrize(
    ("rule", "lost", "until"),
    [
        # Seven minutes of the hour are down at 12 past: it counts whole.
        ("hours_over_six_minutes", (0, 7), 60),
        ("hours_over_six_minutes", (0, 0), 12),
        ("started_minutes", (0, 7), 12),
        ("none", (0, 12), 12),
        ("elapsed_minutes", (0, 12), 12),
    ],
)
def test_a_unit_that_counts_whole_is_lost_before_it_is_over(rule, lost, until):
    down, now = [Piece(lost[0] * MINUTE, lost[1] * MINUTE, TimeClass.DOWN, Outcome.DOWN)], 12 * MINUTE
    pieces = [*(p for p in down if p.start < p.end), Piece(lost[1] * MINUTE, now, TimeClass.UP, Outcome.UP)]
    assert doomed(pieces, rule, now, [TimeClass.DOWN]) == until * MINUTE


def test_a_minute_that_has_begun_with_downtime_is_lost_to_its_end():
    now = 90 * SECOND
    up = Piece(0, 80 * SECOND, TimeClass.UP, Outcome.UP)
    pieces = [up, Piece(up.end, now, TimeClass.DOWN, Outcome.DOWN)]
    assert doomed(pieces, "started_minutes", now, [TimeClass.DOWN]) == 2 * MINUTE
