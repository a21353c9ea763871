"""The values of metrics, against working them out sample by sample."""

import math
import statistics
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.metric import CATALOGUE, find
from slawatch.core.percentile import quantile_disc
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.core.timeline import Held
from slawatch.store import windows
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.source import day_of
from slawatch.store.windows import Latest, Value, in_time, values
from slawatch.store.writer import Writer

START = 20_000 * DAY + 23 * HOUR
NAMES = ("a", "b", "c")
GROUPS = {0: ("a", "b"), 1: ("b",), 2: ("c",), 3: ("unheard-of",)}
SAMPLED = [metric for metric in CATALOGUE.values() if metric.source == "samples" and metric.over == "window"]
MEASURED = [
    find(f"measure_{kind}:load 'x'")
    for kind in ("last", "avg", "min", "max", "sum", "count", "stddev", "p50", "p95", "increase", "rate")
]


def made(number, at, outcome, cause, latency, late, load):
    phases = [None if latency is None else latency // part for part in (9, 7, 5, 3)]
    measures = () if load is None else (("load 'x'", load, "s"), ("other", 1.0, ""))
    return Sample(
        number, at - late, at, outcome, cause, latency, *phases, None, 70 * SECOND, 0, None, None, measures
    )


ROWS = st.lists(
    st.builds(
        made,
        st.integers(1, 3),
        st.integers(0, 130).map(lambda minute: START + minute * MINUTE),
        st.sampled_from(list(Outcome)),
        st.sampled_from(list(Cause)),
        st.one_of(st.none(), st.integers(0, 9_999_999)),
        st.integers(-3, 1_000_000),
        st.one_of(st.none(), st.integers(0, 9).map(float)),
    ),
    max_size=40,
    unique_by=lambda one: (one.check, one.started_at),
)


EARLY = [
    made(1, START, Outcome.UP, Cause.NONE, None, -1, None),
    made(1, START + MINUTE, Outcome.DOWN, Cause.OVERDUE, 0, -3, None),
    made(2, START, Outcome.DOWN, Cause.OVERDUE, 0, 3_534, None),
]
"""Probes that began before they were due, and one without phases."""


def by_hand(metric, samples, start, end):
    """Return what a metric of samples is, sample by sample."""
    inside = [s for s in samples if start <= s.started_at < end]
    if metric.column:
        kept = [s for s in inside if not metric.outcomes or s.outcome in metric.outcomes]
        seen = sorted(
            (
                s.started_at,
                max(s.started_at - s.due_at, 0) if metric.column == "lag" else getattr(s, metric.column),
            )
            for s in kept
            if metric.column == "lag" or getattr(s, metric.column) is not None
        )
        return method(metric, seen)
    if metric.method == "rate":
        return len(inside) * MINUTE / (end - start)
    if metric.causes:
        return sum(s.cause in metric.causes for s in inside)
    if not metric.outcomes:
        return len(inside)
    count = sum(s.outcome in metric.outcomes for s in inside)
    if metric.method == "count":
        return count
    whole = (
        inside if Outcome.UNKNOWN in metric.outcomes else [s for s in inside if s.outcome != Outcome.UNKNOWN]
    )
    return 100 * count / len(whole) if whole else None


def method(metric, seen):
    numbers = [value for _, value in seen]
    if not numbers:
        return None
    if metric.quantile is not None:
        return quantile_disc(numbers, metric.quantile)
    return {
        "avg": statistics.fmean, "min": min, "max": max, "sum": sum, "last": lambda found: found[-1],
        "stddev": statistics.pstdev, "count": len,
    }[metric.method](numbers)  # fmt: skip


def measured_by_hand(metric, samples, start, end):
    found = sorted(
        (s.started_at, s.check, value)
        for s in samples
        for name, value, _ in s.measures
        if name == metric.measure
    )
    inside = [(at, value) for at, _, value in found if start <= at < end]
    if metric.column != "increase":
        return None if metric.method == "last" else method(metric, inside)
    grown = []
    for check in {check for _, check, _ in found}:
        mine = [(at, value) for at, c, value in found if c == check and at >= start - min(end - start, HOUR)]
        for (_, before), (at, value) in pairwise(mine):
            if start <= at < end:
                grown.append(value if value < before else value - before)
    if not grown:
        return None
    return sum(grown) / ((end - start) / SECOND if metric.method == "rate" else 1)


def same(found, expected):
    if expected is None:
        return found.number is None
    return found.number is not None and math.isclose(found.number, expected, rel_tol=1e-9, abs_tol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    rows=ROWS,
    begin=st.integers(-10, 120),
    length=st.integers(1, 140),
    sealed=st.booleans(),
    many=st.booleans(),
)
@example(rows=EARLY, begin=-1, length=9, sealed=False, many=True)
@example(rows=EARLY, begin=-1, length=9, sealed=True, many=True)
@example(rows=EARLY, begin=-1, length=9, sealed=False, many=False)
def test_it_is_what_the_samples_say(tmp_path_factory, rows, begin, length, sealed, many):
    """Fresh or sealed, sorted at once or counted first."""
    start, end = START + begin * MINUTE, START + (begin + length) * MINUTE
    with pytest.MonkeyPatch.context() as patch, Database.open(tmp_path_factory.mktemp("store")) as database:
        if many:
            patch.setattr(windows, "_AT_ONCE", -1)
        database.check_numbers(NAMES)
        writer = Writer(database)
        writer.write(Batch(1, samples=rows))
        if sealed and rows:
            writer.seal(day_of(START))
        with database.reading() as cursor:
            found = values(cursor, [*SAMPLED, *MEASURED], GROUPS, start, end)
        for group, names in GROUPS.items():
            mine = [s for s in rows if f" {'abc'[s.check - 1]}"[1:] in names]
            for metric in SAMPLED:
                # Of several samples at one instant any may be the last.
                if metric.method == "last" and len({s.started_at for s in mine}) < len(mine):
                    continue
                assert same(found[group][metric.name], by_hand(metric, mine, start, end)), metric.name
            for metric in MEASURED:
                if metric.method != "last":
                    expected = measured_by_hand(metric, mine, start, end)
                    if expected is None and metric.method == "count":
                        continue
                    assert same(found[group][metric.name], expected), metric.name


def test_a_measure_keeps_its_unit(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        rows = [made(1, START + n * MINUTE, 0, 0, 1_000, 0, float(n)) for n in range(3)]
        Writer(database).write(Batch(1, samples=rows))
        with database.reading() as cursor:
            found = values(cursor, MEASURED, {0: ("a",)}, START, START + HOUR)[0]
    assert found["measure_last:load 'x'"] == Value(2.0, "s")
    assert found["measure_count:load 'x'"] == Value(3.0)
    assert in_time(found["measure_avg:load 'x'"]) == SECOND
    assert in_time(Value(1.0, "MB")) is None
    assert in_time(Value(None, "s")) is None


def test_the_first_certificate_to_end_by_its_latest_reading(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        rows = [
            Sample(number, at, at, 0, 0, 1, None, None, None, None, None, SECOND,
                   measures=(("certificate_days", left, "d"),))
            for number, at, left in (
                (1, START, 5.0), (1, START + HOUR, 90.0), (2, START, 30.0), (3, START, 10.0),
            )
        ]  # fmt: skip
        Writer(database).write(Batch(1, samples=rows))
        with database.reading() as cursor:
            metric = find("certificate_left")
            found = values(cursor, [metric], GROUPS, START, START + 2 * HOUR)
    assert found[0]["certificate_left"].number == 30 * DAY - 2 * HOUR
    assert found[2]["certificate_left"].number == 10 * DAY - 2 * HOUR
    assert found[3]["certificate_left"].number is None


def test_an_empty_window_is_refused(tmp_path: Path) -> None:
    with (
        Database.open(tmp_path) as database,
        database.reading() as cursor,
        pytest.raises(ValueError, match="window"),
    ):
        values(cursor, SAMPLED, GROUPS, START, START)


def test_the_last_samples_without_reading_all(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        writer = Writer(database)
        writer.write(Batch(1, samples=[made(n, START, 0, 0, 1, 0, None) for n in (1, 2)]))
        latest = Latest()
        with database.reading() as cursor:
            assert latest.ask(cursor, [1, 2, 3], START + MINUTE) == {
                1: Held(START, 70 * SECOND, 0), 2: Held(START, 70 * SECOND, 0),
            }  # fmt: skip
        writer.write(Batch(2, samples=[made(n, START + HOUR, 2, 0, 1, 0, None) for n in (2, 3)]))
        with database.reading() as cursor:
            found = latest.ask(cursor, [1, 2, 3], START + HOUR + MINUTE)
        assert [found[n].started_at - START for n in (1, 2, 3)] == [0, HOUR, HOUR]
        assert found[2].outcome == 2
