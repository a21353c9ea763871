"""Worked figures of several topics: `tests/data/sla_rest.json`, each with its source."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.published import cases, load
from tests.core.test_published_cases import OUTCOMES, assert_nagios, evidence
from tests.core.worlds import LAST, assessed, worlds

from slawatch.checks.heartbeat import Options, overdue_at
from slawatch.config import preset
from slawatch.core.availability import assess, share
from slawatch.core.civil import local, midnight
from slawatch.core.flapping import Flaps, nagios_percent, push
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, parse_rfc3339
from slawatch.core.ledger import Exclusions, TimeClass, ledger, split
from slawatch.core.percentile import quantile_bucketed, quantile_cont, quantile_disc
from slawatch.core.quantise import counted_time
from slawatch.core.ratio import of_probes
from slawatch.core.recurrence import Window, window_spans
from slawatch.core.retention import claims_until
from slawatch.core.sample import Outcome
from slawatch.core.text import parse_duration


def test_every_case_is_run():
    families = {case["family"] for case in load("rest", *FAMILIES)}
    assert families == set(FAMILIES)
    assert len(load("rest", *FAMILIES)) == 43


FAMILIES = (
    "availability_timeline", "availability_samples", "bucket_key", "invariant", "avg_over_time",
    "percentile_buckets", "percentile", "credit_rule", "dst_instant", "flapping", "heartbeat",
)  # fmt: skip


@cases("rest", "availability_timeline")
def test_nagios_timelines(case):
    """A state holds to the end; soft states are left out; under a downtime the state is kept beside it."""
    start, end = case["window"]["start"], case["window"]["end"]
    states = [(e["t"], OUTCOMES[e["state"]]) for e in case["events"] if e["kind"] == "state" and e["hard"]]
    edges = [e["t"] for e in case["events"] if e["kind"] in ("downtime_start", "downtime_end")]
    windows = [
        (low * SECOND, high * SECOND) for low, high in zip(edges[::2], [*edges[1::2], end], strict=False)
    ]
    found = assess(
        "a", [evidence(states, end)], "all", start * SECOND, end * SECOND, now=end * SECOND,
        exclusions=Exclusions(maintenance=windows),
    )  # fmt: skip
    days = [
        at for day in range(20, 23) if start < (at := midnight(date(2010, 1, day), "CET") // SECOND) < end
    ]
    parts = split(found.pieces, [day * SECOND for day in (start, *days, end)])
    for entries in (found.ledger, sum((ledger(part) for part in parts[1:]), ledger(parts[0]))):
        if not windows:
            assert_nagios(entries, case["expected"], end - start)
            continue
        under = entries.observed(TimeClass.MAINTENANCE)
        for word, kind in (
            ("ok", "up"), ("warning", "degraded"), ("critical", "down"), ("unknown", "unknown"),
        ):  # fmt: skip
            assert under[kind] == case["expected"][f"scheduled_time_{word}"] * SECOND
            assert under[kind] + entries[TimeClass(kind)] == case["expected"][f"time_{word}"] * SECOND
        assert entries[TimeClass.NOT_MONITORED] == case["expected"]["time_indeterminate_nodata"] * SECOND


@cases("rest", "availability_samples")
def test_a_probe_that_will_be_repeated_counts_as_it_was_seen(case):
    found = of_probes({Outcome.DOWN: sum(event["n"] for event in case["events"])})
    assert found.share == case["expected"]["uptime"]


@cases("rest", "bucket_key")
def test_the_minute_of_an_instant(case):
    at = parse_rfc3339(case["params"]["t"])
    (minute,) = counted_time("started_minutes", [(at, at + 1)])
    begins = parse_rfc3339(case["expected"]["bucket"])
    assert minute == (begins, begins + case["params"]["bucket_s"] * SECOND)


@cases("rest", "invariant")
def test_shares_of_a_period_are_whole(case):
    assert case["expected"]["rule"] == "sum of all bucket shares == 100 and each in [0,100]"

    @settings(max_examples=60, deadline=None)
    @given(world=worlds(), cut=st.integers(0, LAST))
    def check(world, cut):
        found = assessed(world)
        cuts = sorted({world.start, min(max(cut, world.start), world.end), world.end})
        parts = split(found.pieces, [at * SECOND for at in cuts])
        for entries in (found.ledger, *map(ledger, parts)):
            whole = entries.total
            shares = [Fraction(length, whole) for length in entries.classes().values()] if whole else [1]
            assert sum(shares) == 1
            assert all(0 <= one <= 1 for one in shares)
            figure = share(entries)
            assert figure is None or 0 <= figure <= 1

    check()


@cases("rest", "percentile_buckets")
def test_a_quantile_of_a_histogram(case):
    buckets = [
        (None if edge == "Inf" else Fraction(edge), Fraction(count))
        for edge, count in case["params"]["buckets"]
    ]
    assert quantile_bucketed(buckets, Fraction(*case["params"]["q"])) == case["expected"]["value"]


@cases("rest", "percentile")
def test_percentiles(case):
    """The lower value in the middle is the discrete quantile; a negative share counts from above."""
    asked, values = case["params"], case["params"]["values"]
    if isinstance(values, dict):
        values = range(values["from"], values["to"], values.get("step", 1))
    q = Fraction(str(asked["q"]))
    sign = -1 if q < 0 else 1
    function = quantile_cont if asked["method"] == "quantile_cont" else quantile_disc
    found = sign * function([sign * value for value in values], abs(q))
    assert found == Fraction(str(case["expected"]["value"]))


@cases("rest", "credit_rule")
def test_until_when_credits_are_claimed(case):
    if case["source"] == "Google Cloud":
        for name in ("google-compute-engine", "google-cloud-sql"):
            window = parse_duration(preset.load(name).terms["claim_window"])
            assert window == case["expected"]["days"] * DAY
        return
    from tests.core.agreements import promise

    terms = replace(promise("s"), claim_periods=preset.load("aws-compute-region").terms["claim_periods"])
    end = midnight(date.fromisoformat(f"{case['expected']['incident']}-31"), "UTC") + DAY
    last = claims_until(terms, end) - 1
    assert local(last, "UTC").date().isoformat() == case["expected"]["last_claim_day"]


@cases("rest", "dst_instant")
def test_a_window_that_comes_again_is_of_the_wall_clock(case):
    """The record is of a window that came an hour off on the day the clocks go forward."""
    assert case["expected"]["wrong_by_s"] == HOUR // SECOND
    every_day = Window(start=10 * HOUR, end=12 * HOUR)
    start, end = midnight(date(2020, 3, 28), "Europe/Berlin"), midnight(date(2020, 3, 31), "Europe/Berlin")
    found = window_spans((every_day,), start, end, "Europe/Berlin")
    assert [local(span.start, "Europe/Berlin").hour for span in found] == [10, 10, 10]
    assert [span.end - span.start for span in found] == [2 * HOUR] * 3
    assert [later.start - span.start for span, later in pairwise(found)] == [
        23 * HOUR, 24 * HOUR,
    ]  # fmt: skip


@cases("rest", "flapping", pick=lambda case: case["params"]["algo"] == "icinga2")
def test_flapping_as_icinga_has_it(case):
    flaps = Flaps(last=None)
    trace = []
    for state in case["params"]["states"]:
        flaps = push(flaps, state)
        trace.append(flaps.flapping)
    expected = case["expected"]
    if "trace" in expected:
        assert trace == expected["trace"]
    if "flapping" in expected:
        assert trace[-1] is expected["flapping"]
    if "first_flapping_at" in expected:
        first = trace.index(True) + 1 if True in trace else None
        assert first == expected["first_flapping_at"]


@cases("rest", "flapping", pick=lambda case: case["params"]["algo"] == "nagios")
def test_flapping_as_nagios_has_it(case):
    states, state = [], False
    for place in range(21):
        state ^= place in case["params"]["changes_at"]
        states.append(str(state))
    assert float(nagios_percent(states)) == pytest.approx(case["expected"]["weighted"], abs=1e-4)


@cases("rest", "heartbeat")
def test_a_job_is_overdue_from_the_end_of_its_grace_on(case):
    options = Options(every=DAY, grace=case["params"]["grace_s"] * SECOND)
    at = parse_rfc3339(case["id"].rpartition("/")[2].replace("Z", ":00Z"))
    (ping,) = case["events"]
    last = parse_rfc3339(ping["t"].replace("Z", ":00Z"))
    assert (at >= overdue_at(options, last)) is (case["expected"]["status"] == "down")
    assert overdue_at(options, last) - last == DAY + 60 * MINUTE
