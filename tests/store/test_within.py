"""What the samples of some stretches say is what a loop over them finds."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import START, batch, sample

from slawatch.core.instant import HOUR
from slawatch.core.percentile import quantile_disc
from slawatch.core.sample import Outcome
from slawatch.store import within as module
from slawatch.store.database import Database
from slawatch.store.within import within
from slawatch.store.writer import Writer

PROBES = st.lists(
    st.tuples(st.integers(0, 71), st.sampled_from(Outcome), st.integers(0, 10**6)),
    max_size=25, unique_by=lambda one: one[0],
)  # fmt: skip
CUTS = st.lists(st.integers(0, 72), min_size=2, max_size=8, unique=True).map(sorted)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(probes=PROBES, cuts=CUTS, sealed=st.booleans(), few=st.booleans())
def test_it_is_what_a_loop_finds(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    probes: list[tuple[int, Outcome, int]],
    cuts: list[int],
    sealed: bool,
    few: bool,
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 0 if few else 10)
    stretches = [
        (START + low * HOUR, START + high * HOUR) for low, high in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    with Database.open(tmp_path_factory.mktemp("store")) as database:
        numbers = database.check_numbers(["a", "b"])
        made = [
            sample(numbers["a" if hour % 2 else "b"], START + hour * HOUR, outcome, latency=latency)
            for hour, outcome, latency in probes
        ]
        writer = Writer(database)
        writer.write(batch(1, made))
        if sealed:
            for day in writer.unsealed_days(START + 100 * HOUR)[:2]:
                writer.seal(day)
        with database.reading() as cursor:
            found = within(cursor, {"s": ["a", "b"], "t": ["b", "nobody"]}, stretches, ["p50", "p95"])
    for service, mine in (("s", (0, 1)), ("t", (0,))):
        inside = [
            (outcome, latency)
            for hour, outcome, latency in probes
            if hour % 2 in mine and any(low <= START + hour * HOUR < high for low, high in stretches)
        ]
        outcomes = {
            int(one): count for one in Outcome if (count := sum(outcome == one for outcome, _ in inside))
        }
        assert found[service].outcomes == outcomes
        answered = [latency for outcome, latency in inside if outcome < Outcome.DOWN]
        latency = found[service].latency
        if not answered:
            assert latency is None
            continue
        assert latency is not None
        assert (latency.count, latency.max) == (len(answered), max(answered))
        for name, share in (("p50", Fraction(1, 2)), ("p95", Fraction(95, 100))):
            assert latency.quantiles[name] == quantile_disc(answered, share)


def test_without_a_stretch_there_is_nothing(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        numbers = database.check_numbers(["a"])
        Writer(database).write(batch(1, [sample(numbers["a"], START)]))
        with database.reading() as cursor:
            assert within(cursor, {"s": ["a"]}, [])["s"].outcomes == {}
            found = within(cursor, {"s": ["a"]}, [(START, START + HOUR)])["s"]
            assert (found.outcomes, found.latency) == ({0: 1}, None)
