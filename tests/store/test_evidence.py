"""What is gathered is what core makes of the same samples."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import batch, sample

from slawatch.core.availability import assess
from slawatch.core.evidence import CheckEvidence, LatencyPoint, Reason
from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.life import LifeEvent
from slawatch.core.percentile import quantile_disc
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.core.timeline import Held, fold, timeline
from slawatch.store import evidence
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.evidence import LastSample, changes, gather, held, last_changes, last_samples, life, pings
from slawatch.store.writer import Writer

FIRST = 20_000
START = FIRST * DAY


def brute(samples: list[Sample], at: int) -> Outcome | None:
    """The outcome of one check at an instant, straight from its samples."""
    before = [one for one in samples if one.started_at <= at]
    if not before:
        return None
    latest = max(before, key=lambda one: one.started_at)
    return Outcome(latest.outcome) if at < latest.started_at + latest.holds else Outcome.UNKNOWN


worlds = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 60).map(lambda n: n * HOUR + 7),
        st.integers(0, 3),
        st.none() | st.integers(0, 100_000),
        st.sampled_from([HOUR // 2, HOUR, 3 * HOUR]),
    ),
    max_size=60,
    unique_by=lambda row: (row[0], row[1]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=worlds,
    window=st.tuples(st.integers(-5, 66), st.integers(1, 70)),
    sealed=st.sets(st.integers(0, 2)),
    counted=st.booleans(),
)
def test_gathered_evidence_is_what_core_makes_of_the_samples(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, int, int, int | None, int]],
    window: tuple[int, int],
    sealed: set[int],
    counted: bool,
) -> None:
    start, end = START + window[0] * HOUR, START + (window[0] + window[1]) * HOUR
    made = [
        sample(check, START + at, outcome, latency=latency, holds=holds, reason=f"says {at}")
        for check, at, outcome, latency, holds in rows
    ]
    services = {"one": ["a", "b"], "two": ["c", "never seen"]}
    names = {1: "a", 2: "b", 3: "c"}
    with pytest.MonkeyPatch.context() as patch, Database.open(tmp_path_factory.mktemp("store")) as database:
        patch.setattr(evidence, "_AT_ONCE", 0 if counted else 10**9)
        database.check_numbers(names.values())
        writer = Writer(database)
        writer.write(batch(1, made))
        for day in sealed:
            writer.seal(FIRST + day)
        with database.reading() as cursor:
            found = gather(
                cursor,
                services,
                start,
                end,
                quantiles=("p50", "p95", "p99.9"),
                series_buckets=[start, start + 9 * HOUR],
            )
            alone = changes(cursor, services, start, end)
    assert list(found) == list(alone) == ["one", "two"]
    for service, one in found.items():
        assert alone[service].checks == tuple(replace(check, samples=0) for check in one.checks)
    for service, members in services.items():
        pooled = [s for s in made if names[s.check] in members and start <= s.started_at < end]
        latencies = [s.latency for s in pooled if s.latency is not None and s.outcome < 2]
        gathered = found[service]
        assert gathered.samples == len(pooled)
        assert dict(gathered.outcomes) == {
            n: count for n in range(4) if (count := sum(s.outcome == n for s in pooled))
        }
        if latencies:
            assert gathered.latency is not None
            assert dict(gathered.latency.quantiles) == {
                name: quantile_disc(latencies, q)
                for name, q in (
                    ("p50", Fraction(1, 2)),
                    ("p95", Fraction(95, 100)),
                    ("p99.9", Fraction(999, 1000)),
                )
            }
            assert gathered.latency.count == len(latencies)
            assert gathered.latency.max == max(latencies)
        else:
            assert gathered.latency is None
        expected = []
        edges = [start, min(start + 9 * HOUR, end), end]
        for low, high in itertools.pairwise(edges):
            part = [
                s.latency
                for s in pooled
                if low <= s.started_at < high and s.latency is not None and s.outcome < 2
            ]
            if part:
                p50, p95 = quantile_disc(part, Fraction(1, 2)), quantile_disc(part, Fraction(95, 100))
                assert p50 is not None
                assert p95 is not None
                expected.append(LatencyPoint(low, p50, p95, max(part), len(part)))
        assert list(gathered.latency_series) == expected
        for check in gathered.checks:
            mine = [s for s in made if names[s.check] == check.check]
            assert check.first_sample == min((s.started_at for s in mine), default=None)
            earlier = [s for s in mine if s.started_at < end]
            assert (
                check.held_until
                == max(((s.started_at, s.started_at + s.holds) for s in earlier), default=(0, None))[1]
            )
            for span in timeline(check, start, end):
                for at in (span.start, (span.start + span.end) // 2, span.end - 1):
                    assert span.outcome == brute(mine, at)
            every, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in mine)
            inside = [t for t in every if start < t.at < end]
            assert [t for t in check.transitions if start < t.at < end] == inside
            told = {(r.at, r.text) for r in gathered.reasons if r.check == check.check}
            said = {s.started_at: s.reason for s in mine}
            assert {
                (t.at, said[t.at]) for t in inside if t.outcome != Outcome.UP and t.at in said
            } <= told  # the one that was going on at the start comes along


def test_the_start_of_an_outage_that_runs_into_the_window_is_there(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a"])
        outcomes = [(0, 0), (10, 2), (20, 3), (30, 2), (60, 0), (90, 1)]
        made = [sample(1, START + at * SECOND, o, holds=30 * SECOND, reason=f"r{at}") for at, o in outcomes]
        Writer(database).write(batch(1, made))
        with database.reading() as cursor:
            found = gather(cursor, {"s": ["a"]}, START + 40 * SECOND, START + 50 * SECOND)["s"].checks[0]
            reasons = gather(cursor, {"s": ["a"]}, START + 40 * SECOND, START + 50 * SECOND)["s"].reasons
        assert [(t.at - START) // SECOND for t in found.transitions] == [0, 10, 20, 30, 60]
        assert reasons == (Reason("a", START + 30 * SECOND, "r30"),)
        assert found.samples == 0


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("start", "end", "count"), [(2, 5, 3), (0, 24, 24), (20, 26, 6), (23, 50, 25), (-5, 60, 48), (24, 48, 24)]
)
def test_a_part_of_a_sealed_day_is_counted_in_part(
    tmp_path: Path, start: int, end: int, count: int, sealed: bool
) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a"])
        writer = Writer(database)
        writer.write(batch(1, [sample(1, START + n * HOUR, n % 2) for n in range(48)]))
        if sealed:
            writer.seal(FIRST)
            writer.seal(FIRST + 1)
        with database.reading() as cursor:
            found = gather(cursor, {"s": ["a"]}, START + start * HOUR, START + end * HOUR)["s"]
        assert found.samples == count
        assert sum(found.outcomes.values()) == count
        assert found.latency is not None
        assert found.latency.count == count


def test_an_outage_that_went_from_check_to_check_is_there_from_its_start(tmp_path: Path) -> None:
    """a fails first and recovers while b fails, b recovers while c does, and c fails into the window."""
    hour = 3600 * SECOND
    states = {1: (0, 2, 2, 0, 0, 0, 0, 0), 2: (0, 0, 2, 2, 2, 0, 0, 0), 3: (0, 0, 0, 0, 2, 2, 2, 0)}
    with Database.open(tmp_path) as database:
        database.check_numbers(["a", "b", "c"])
        Writer(database).write(
            batch(
                1,
                [
                    sample(check, START + number * hour, outcome, holds=2 * hour)
                    for number in range(8)
                    for check, outcomes in states.items()
                    for outcome in outcomes[number : number + 1]
                ],
            )
        )
        with database.reading() as cursor:
            found = evidence.gather(
                cursor, {"shop": ["a", "b", "c"]}, START + 6 * hour, START + 8 * hour, quantiles=()
            )
    seen = assess(
        "shop", found["shop"].checks, "all", START + 6 * hour, START + 8 * hour, now=START + 9 * hour
    )
    assert [(outage.start, outage.end) for outage in seen.outages] == [(START + hour, START + 7 * hour)]


def test_a_check_that_was_never_probed_has_no_evidence(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a"])
        with database.reading() as cursor:
            found = gather(cursor, {"s": ["a", "b"], "none": []}, START, START + DAY, series_buckets=4)
        assert found["s"].checks == (
            CheckEvidence(check="a", first_sample=None, held_until=None),
            CheckEvidence(check="b", first_sample=None, held_until=None),
        )
        assert found["s"].latency is None
        assert found["none"].checks == ()


def test_wrong_questions(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database, database.reading() as cursor:
        with pytest.raises(ValueError, match="start before its end"):
            gather(cursor, {}, 5, 5)
        with pytest.raises(ValueError, match="percentile"):
            gather(cursor, {}, 5, 6, quantiles=("median",))


def test_equal_buckets_cover_the_window(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a"])
        made = [sample(1, START + n * SECOND, latency=n) for n in range(100)]
        Writer(database).write(batch(1, made))
        with database.reading() as cursor:
            found = gather(cursor, {"s": ["a"]}, START, START + 100 * SECOND, series_buckets=3)["s"]
        assert [point.count for point in found.latency_series] == [34, 33, 33]
        assert sum(point.count for point in found.latency_series) == 100
        assert [point.max for point in found.latency_series] == [33, 66, 99]


@pytest.mark.parametrize("seal", [False, True])
def test_the_last_samples(tmp_path: Path, seal: bool) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a", "b", "c"])
        writer = Writer(database)
        writer.write(batch(1, [sample(1, START), sample(1, START + 5, 2, reason="refused", latency=None)]))
        writer.write(batch(2, [sample(2, START + DAY, latency=77)]))
        if seal:
            writer.seal(FIRST)
        with database.reading() as cursor:
            assert last_samples(cursor, ["a", "b", "c", "unheard of"]) == {
                "a": LastSample(START + 5, 2, 2, None, 70 * SECOND, "refused"),
                "b": LastSample(START + DAY, 0, 0, 77, 70 * SECOND, ""),
            }
            assert last_samples(cursor, []) == {}
            assert held(cursor) == {
                1: Held(START + 5, 70 * SECOND, 2),
                2: Held(START + DAY, 70 * SECOND, 0),
            }


def test_the_last_change_of_each_check(tmp_path: Path) -> None:
    seen = [sample(1, START), sample(1, START + 5, 2), sample(1, START + 9, 2), sample(2, START + 3)]
    with Database.open(tmp_path / "state") as database:
        database.check_numbers(["a", "b"])
        Writer(database).write(batch(1, seen))
        with database.reading() as cursor:
            assert last_changes(cursor) == {
                1: Transition(START + 5, Outcome.DOWN, START),
                2: Transition(START + 3, Outcome.UP, None),
            }


EVENTS = [
    (1, "start"),
    (3, "prober_died"),
    (4, "beat"),
    (5, "beat"),
    (7, "config"),
    (8, "beat"),
    (9, "beat"),
    (9, "prober_started"),
    (10, "beat"),
    (12, "stop"),
    (30, "start"),
    (35, "suspend"),
    (36, "suspend"),
    (40, "start"),
    (41, "beat"),
]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # The last sign of life and the dead prober from before; the first start and suspend from after.
        (8, 20, [(3, "prober_died"), (9, "beat"), (9, "prober_started"), *EVENTS[8:12]]),
        (0, 2, [EVENTS[0], (9, "prober_started"), *EVENTS[10:12]]),
        (11, 20, [(3, "prober_died"), (9, "prober_started"), *EVENTS[8:12]]),
        (50, 60, [(41, "beat")]),
        (0, 100, [e for n, e in enumerate(EVENTS) if n not in (2, 5)]),
    ],
)
def test_life_is_what_tells_who_watched(
    tmp_path: Path, start: int, end: int, expected: list[tuple[int, str]]
) -> None:
    with Database.open(tmp_path) as database:
        events = [LifeEvent(at, kind) for at, kind in EVENTS]
        Writer(database).write(Batch(1, life=events[::2]))
        Writer(database).write(Batch(2, life=events[1::2], pings=[(1, 3), (1, 9), (2, 4)]))
        with database.reading() as cursor:
            found = life(cursor, start, end)
            assert pings(cursor) == {1: 9, 2: 4}
        assert sorted((e.at, e.kind) for e in found) == sorted(expected)
        assert [e.at for e in found] == sorted(e.at for e in found)


def test_a_state_that_was_recorded_live_is_the_one_that_is_gathered(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["a"])
        Writer(database).write(
            Batch(1, [sample(1, START, holds=10)], [(1, Transition(START, Outcome.UP, None))])
        )
        with database.reading() as cursor:
            found = gather(cursor, {"s": ["a"]}, START, START + 20)["s"].checks[0]
        assert found.transitions == (Transition(START, 0, None),)
        assert found.held_until == START + 10
