"""Which samples count: those that do not can be left out, and nobody hears a difference."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.recorded import record_of, samples_of
from tests.core.stage import NEEDS_DATABASE, START, check, do, got, played, scene

from slawatch.core.dependency import Dependency, Graph
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.replay import replay
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Happening, Played, Scene
from slawatch.core.sifting import Need, Sampled, Stretches, changes_that_count, needs, neighbours, sift


def sifted(scenes: Sequence[Scene], samples: list[Sampled], end: int) -> tuple[Sampled, ...]:
    def fetch(parts: Stretches) -> list[Sampled]:
        return [
            one for one in samples
            if any(part.start <= one.started_at < part.end for part in parts.get(one.check, ()))
        ]  # fmt: skip

    near: dict[str, tuple[str, ...]] = {}
    for one in scenes:
        near |= neighbours(one.graph, one.checks.values())
    holds = {name: max((s.holds for s in samples if s.check == name), default=0) for name in needs(scenes)}
    return sift(fetch, needs(scenes), holds, near, record_of(samples), START, end)


def again(where: Scene, samples: Sequence[Sampled], length: int) -> Played:
    return replay(where, samples, START, START + length)


def told(found: Played) -> list[object]:
    return [event for event in found.events if event.kind != "alert.reported"]


DOWNS = st.lists(
    st.builds(
        do,
        st.one_of(st.integers(0, 40), st.floats(0, 40, width=16).map(lambda n: round(n, 2))),
        st.sampled_from(["down", "up"]),
        check=st.sampled_from(["shop", "db"]),
    ),
    max_size=10,
)


@settings(max_examples=100, deadline=None)
@given(DOWNS, st.booleans(), st.sampled_from([1, 3]), st.sampled_from([SECOND, 10 * SECOND, 40 * SECOND]))
def test_any_outage_is_replayed_from_its_samples_and_from_those_that_count(
    script: list[Happening], depends: bool, failures: int, interval: int
) -> None:
    checks = [
        check("shop", "store", failures=failures, interval=interval, stale_after=2 * interval),
        check("db", "database", interval=30 * SECOND),
    ]
    graph = NEEDS_DATABASE if depends else Graph(())
    where = scene(("person:bob",), checks=checks, graph=graph)
    rehearsed = played(where, *script, minutes=60)
    samples = samples_of(where, tuple(script), rehearsed, START, HOUR)
    whole = again(where, samples, HOUR)
    assert got(whole) == got(rehearsed)
    short = again(where, sifted([where], samples, START + HOUR), HOUR)
    assert told(short) == told(whole)


RUNS = st.lists(
    st.tuples(st.sampled_from(list(Outcome)), st.integers(1, 60), st.sampled_from([0, 0, 0, 200])),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RUNS, min_size=3, max_size=3),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_was_measured_nothing_that_counts_is_left_out(
    runs: list[list[tuple[Outcome, int, int]]], failures: int, recover: int, degraded: bool, depends: bool
) -> None:
    """Flapping, gaps, unknown and degraded results, and two configs at once."""
    names = ("shop", "db", "dns")
    graph = Graph([Dependency("store", "database"), Dependency("database", "dns")]) if depends else Graph(())
    checks = [
        check("shop", "store", failures=failures), check("db", "database", failures=3), check("dns", "net"),
    ]  # fmt: skip
    old = scene(("person:bob",), checks=checks, graph=graph)
    terms = old.terms._replace(degraded="low" if degraded else "", recover_after=recover)
    new = replace(scene(("person:ann",), checks=[*checks[:2], check("dns", "net", failures=1)]), terms=terms)
    samples: list[Sampled] = []
    for name, mine in zip(names, runs, strict=True):
        at = START + len(name) * SECOND
        for outcome, count, gap in mine:
            for _ in range(count):
                samples.append(Sampled(name, at, int(outcome), 70 * SECOND))
                at += 30 * SECOND
            at += gap * SECOND
    samples.sort(key=lambda one: one.started_at)
    end = samples[-1].started_at + HOUR
    kept = sifted([old, new], samples, end)
    for where in (old, new):
        assert told(again(where, kept, end - START)) == told(again(where, samples, end - START))


def test_of_a_day_at_rest_hardly_anything_counts() -> None:
    where = scene(checks=[check("shop", "store"), check("db", "database")])
    samples = [
        Sampled(name, START + n * 30 * SECOND, Outcome.UP, 70 * SECOND)
        for n in range(2880)
        for name in ("shop", "db")
    ]
    assert len(sifted([where], samples, START + DAY)) < 200


def test_a_slow_answer_counts_only_where_that_is_an_alert() -> None:
    where = scene(checks=[check("shop", "store")])
    slow = dict.fromkeys(range(0, 2880, 240), Outcome.DEGRADED)
    samples = [
        Sampled("shop", START + n * 30 * SECOND, slow.get(n, Outcome.UP), 70 * SECOND) for n in range(2880)
    ]
    few = sifted([where], samples, START + DAY)
    more = sifted([replace(where, terms=where.terms._replace(degraded="low"))], samples, START + DAY)
    assert len(few) < 100 < len(more) < 1000


def test_needs_are_those_of_all_configs() -> None:
    one = scene(checks=[check("shop", "store", failures=2)])
    other = replace(
        scene(checks=[check("shop", "store", failures=5), check("db", "database")]),
        terms=one.terms._replace(recover_after=4, degraded="low"),
    )
    found = needs([one, other])
    assert found == {"shop": Need(2, 5, 4, True), "db": Need(3, 3, 4, True)}
    assert found["shop"].results == 11


def test_changes_to_what_counts_the_same_are_none() -> None:
    outcomes = [Outcome.UP, Outcome.DEGRADED, Outcome.UNKNOWN, Outcome.UP, Outcome.DOWN, Outcome.DOWN]
    record = [Transition(n, outcome, None) for n, outcome in enumerate(outcomes)]
    assert changes_that_count(record, Need(3, 3)) == [0, 4]
    assert changes_that_count(record, Need(3, 3, degraded=True)) == [0, 1, 3, 4]
    assert changes_that_count(record, Need(3, 3), unknown=True) == [0, 2, 3, 4]


@pytest.mark.parametrize("graph", [True, False])
def test_neighbours_are_those_that_depend_on_one_another(graph: bool) -> None:
    where = scene(graph=NEEDS_DATABASE) if graph else scene()
    found = neighbours(where.graph, where.checks.values())
    assert found == ({"shop": ("db",), "db": ("shop",)} if graph else {})


def test_nothing_counts_of_no_time() -> None:
    where = scene(checks=[check("shop", "store")])
    assert sifted([where], [Sampled("shop", START, 0, MINUTE)], START) == ()
