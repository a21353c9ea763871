"""Both ways to an exact quantile give what core gives."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slawatch.core.percentile import quantile_disc
from slawatch.store import quantiles
from slawatch.store.database import Database


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database.open(tmp_path_factory.mktemp("memory")) as database:
        yield database


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(
        st.integers(1, 3),
        # Of 2 % a class, so that some values share one and some do not.
        st.lists(
            st.integers(0, 40) | st.integers(100_000, 100_020) | st.integers(0, 10_000_000_000), max_size=60
        ),
        max_size=3,
    ),
    names=st.lists(st.integers(1, 10_000), min_size=1, max_size=4),
)
def test_quantiles_by_counting_and_by_sorting_are_exact(
    memory: Database, values: dict[int, list[int]], names: list[int]
) -> None:
    shares = [Fraction(n, 10_000) for n in names]
    groups = {7: [1, 2], 8: [3, 4]}
    with memory.reading() as cursor:
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE measured (check_number INT, outcome INT, latency BIGINT)"
        )
        for check, found in values.items():
            for latency in found:
                cursor.execute("INSERT INTO measured VALUES (?, 0, ?)", [check, latency])
        cursor.execute("INSERT INTO measured VALUES (1, 2, 5), (1, 0, NULL), (3, 3, 9)")
        classes, longest = quantiles.count_classes(cursor, "measured")
        counted = quantiles.pooled(cursor, "measured", groups, shares, classes)
        ordered = quantiles.sorted_at_once(cursor, "measured", groups, shares)
    for group, checks in groups.items():
        every = [latency for check in checks for latency in values.get(check, [])]
        expected = tuple(quantile_disc(every, share) for share in shares)
        if every:
            assert counted[group] == expected
            assert ordered[group, 0] == (expected, max(every), len(every))
            assert max(longest[check] for check in checks if check in longest) == max(every)
        else:
            assert group not in counted
            assert (group, 0) not in ordered
