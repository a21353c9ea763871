"""How much counters grew, wherever the readings are."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import FIRST, START, batch, sample

from slawatch.core.instant import DAY, HOUR
from slawatch.core.ratio import Reading, increase
from slawatch.store.batch import Batch
from slawatch.store.counters import increases
from slawatch.store.database import Database
from slawatch.store.writer import Writer

TOTALS = [(0, 100), (6, 150), (12, 400), (18, 20), (30, 70), (42, 75), (72, 5000)]
"""Hours and readings of `total`: a restart on the first day, a gap of more than a day on the last."""


def readings(check: int, values: list[tuple[int, float]], name: str = "total"):
    return [sample(check, START + hour * HOUR, measures=((name, value, "c"),)) for hour, value in values]


@pytest.mark.parametrize("sealed", [(), (FIRST,), (FIRST, FIRST + 1, FIRST + 3)])
def test_restarts_and_gaps_count_as_far_as_the_counter_shows(tmp_path: Path, sealed: tuple[int, ...]) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        numbers = database.check_numbers(["a", "b"])
        writer.write(batch(1, readings(numbers["a"], TOTALS) + readings(numbers["b"], [(5, 7), (7, 9)])))
        for day in sealed:
            writer.seal(day)
        with database.reading() as cursor:

            def grown(start: int, end: int, check: str = "a") -> Fraction | None:
                found = increases(cursor, check, ["total"], START + start * HOUR, START + end * HOUR)
                return found and found["total"]

            assert grown(0, 100) == 50 + 250 + 20 + 50 + 5 + 4925
            assert grown(-50, 100) == grown(0, 100)
            assert grown(0, 18) == 300, "the window is half-open"
            assert grown(18, 19) == 20
            assert grown(24, 48) == 50 + 5, "the first reading of a day goes on from the day before"
            assert grown(48, 72) is None, "nobody looked"
            assert grown(48, 73) == 4925, "what came to be in a gap counts where it was seen"
            assert grown(0, 1) is None, "one reading tells nothing"
            assert grown(0, 24) + grown(24, 48) + grown(48, 100) == grown(0, 100)
            assert grown(0, 100, "b") == 2
            assert grown(0, 100, "nobody") is None
            assert increases(cursor, "a", ["other"], START, START + DAY) is None
            with pytest.raises(ValueError, match="start before its end"):
                grown(3, 3)


def test_counters_of_one_page_begin_again_together(tmp_path: Path) -> None:
    """The restart shows in one of them only: the other has come further than before already."""
    seen = [(1, 90, 100), (2, 80, 120), (3, 85, None), (4, 100, 141)]
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["a"])["a"]
        made = [
            sample(
                number,
                START + hour,
                measures=tuple((n, v, "c") for n, v in (("good", good), ("total", total)) if v is not None),
            )
            for hour, good, total in seen
        ]
        Writer(database).write(Batch(1, made))
        with database.reading() as cursor:
            found = increases(cursor, "a", ["good", "total"], START, START + DAY)
            assert found == {"good": 80 + 20, "total": 120 + 21}
            assert increases(cursor, "a", ["total"], START, START + DAY) == {"total": 20 + 21}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.integers(0, 2**53), min_size=2, max_size=12),
    cut=st.integers(1, 11),
    seal=st.booleans(),
)
def test_it_is_what_core_says_and_parts_add_up(
    tmp_path_factory: pytest.TempPathFactory, values: list[int], cut: int, seal: bool
) -> None:
    made = [(9 * nth, value) for nth, value in enumerate(values)]
    with Database.open(tmp_path_factory.mktemp("store")) as database:
        number = database.check_numbers(["a"])["a"]
        writer = Writer(database)
        writer.write(batch(1, readings(number, [(hour, float(value)) for hour, value in made])))
        if seal:
            writer.seal(FIRST)
        end, middle = START + 5 * DAY, START + cut * 9 * HOUR
        with database.reading() as cursor:
            whole = increases(cursor, "a", ["total"], START, end)
            parts = [increases(cursor, "a", ["total"], *part) for part in ((START, middle), (middle, end))]
    expected = increase([Reading(START + hour * HOUR, Fraction(value)) for hour, value in made], START, end)
    assert whole == {"total": expected}
    assert sum(part["total"] for part in parts if part) == expected


def test_what_came_to_be_outside_of_some_stretches_is_left_out(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["a"])["a"]
        Writer(database).write(batch(1, readings(number, TOTALS)))

        with database.reading() as cursor:

            def grown(*hours: tuple[int, int], start: int = 0) -> Fraction | None:
                inside = [(START + low * HOUR, START + high * HOUR) for low, high in hours]
                found = increases(cursor, "a", ["total"], START + start * HOUR, START + 100 * HOUR, inside)
                return found and found["total"]

            assert grown((0, 100)) == 50 + 250 + 20 + 50 + 5 + 4925
            assert grown((0, 6), (12, 18), (42, 43)) == 250 + 5
            assert grown((18, 19)) == 20, "a counter that began again counts from zero"
            assert grown((30, 40), start=30) == 50, "the first reading goes on from the one before"
            assert grown((50, 72)) is None
            assert grown() is None
