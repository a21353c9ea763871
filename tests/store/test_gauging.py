"""Values of metrics over time: the same as if each window were asked for by itself."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.samples import START, batch, sample

from slawatch.core.gauging import Gauge, Reading
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.metric import find
from slawatch.store.database import Database
from slawatch.store.gauging import readings
from slawatch.store.windows import values
from slawatch.store.writer import Writer

ALL = ((">=", 0.0, 0.0), ("<", 0.0, 0.0))
"""Limits of which one always holds: no reading is left out."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A day and a half of two checks, the whole day sealed, with an hour without samples."""
    dice = random.Random(1)
    with Database.open(tmp_path) as found:
        found.check_numbers(["a", "b"])
        writer = Writer(found)
        made = [
            sample(check, START + n * 60 * SECOND + check, dice.choice((0, 0, 0, 1, 2, 3)),
                   latency=dice.randrange(1000, 900_000))
            for n in range(36 * 60) if not 600 <= n < 660 for check in (1, 2)
        ]  # fmt: skip
        writer.write(batch(1, made))
        writer.seal(START // DAY)
        yield found


METRICS = ("latency_p95", "latency_avg", "error_rate", "probes", "latency_max", "latency_p50")


@pytest.mark.parametrize(("window", "every"), [(5 * MINUTE, MINUTE), (HOUR, 7 * MINUTE), (MINUTE, HOUR)])
def test_each_reading_is_what_its_window_comes_to(database: Database, window: int, every: int) -> None:
    low, high = START + 20 * HOUR, START + 27 * HOUR
    groups = {0: ("a",), 1: ("a", "b", "never seen")}
    gauges = [Gauge(m, checks, window, every, ALL, True) for m in METRICS for checks in groups.values()]
    with database.reading() as cursor:
        found = readings(cursor, gauges, low, high)
        times = [reading.at for reading in found[gauges[0]]]
        assert times == list(range(-(-low // every) * every, high, every))
        for at in times[:: max(1, len(times) // 12)]:
            made = values(cursor, [find(m) for m in METRICS], groups, at - window, at)
            for one in gauges:
                group = 0 if one.checks == ("a",) else 1
                (shown,) = [reading.value for reading in found[one] if reading.at == at]
                assert shown == pytest.approx(made[group][one.metric].number)


def test_only_what_matters_is_returned(database: Database) -> None:
    quiet = Gauge("latency_p95", ("a", "b"), 5 * MINUTE, MINUTE, ((">", 10_000_000.0, 0.0),))
    loud = Gauge("probes", ("a", "b"), 5 * MINUTE, MINUTE, (("<", 1.0, 0.0),))
    with database.reading() as cursor:
        found = readings(cursor, [quiet, loud], START, START + DAY)
    assert found[quiet] == []
    silent = found[loud]
    assert silent[0] == Reading(START, 0.0)
    gap = [reading for reading in silent if reading.at > START + HOUR]
    assert gap[0].at == START + 605 * MINUTE
    assert gap[-1] == Reading(START + 661 * MINUTE, 2.0)


def test_checks_that_were_never_seen_have_no_values(database: Database) -> None:
    one = Gauge("latency_p95", ("ghost",), 5 * MINUTE, MINUTE, ALL, True)
    with database.reading() as cursor:
        found = readings(cursor, [one], START, START + 3 * MINUTE)
    assert found[one] == [Reading(START + n * MINUTE, None) for n in range(3)]
