from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.availability import Availability
from slawatch.core.instant import DAY, MILLISECOND, SECOND
from slawatch.core.objective import (
    Measure,
    Verdict,
    behind,
    budget,
    burn_rate,
    event_budget,
    judge,
    judge_availability,
    parse_target,
    sensitivity,
)
from slawatch.core.ratio import Counts


@pytest.mark.parametrize(
    ("metric", "text", "measure", "operator", "value", "decimals", "shown"),
    [
        ("availability", "99.9", Measure.AVAILABILITY, ">=", Fraction(999, 1000), 1, ">= 99.9 %"),
        ("availability", "99.90%", Measure.AVAILABILITY, ">=", Fraction(999, 1000), 2, ">= 99.90 %"),
        ("availability", "> 99", Measure.AVAILABILITY, ">", Fraction(99, 100), 0, "> 99 %"),
        ("availability", ">=100", Measure.AVAILABILITY, ">=", Fraction(1), 0, ">= 100 %"),
        (
            "availability",
            "99.99999",
            Measure.AVAILABILITY,
            ">=",
            Fraction(9999999, 10000000),
            5,
            ">= 99.99999 %",
        ),
        ("latency_p95", "< 500ms", Measure.LATENCY, "<", Fraction(500 * MILLISECOND), 0, "< 500ms"),
        ("latency_p99.9", "<=1.5s", Measure.LATENCY, "<=", Fraction(1500 * MILLISECOND), 0, "<= 1s500ms"),
        ("error_rate", "< 0.1%", Measure.ERROR_RATE, "<", Fraction(1, 1000), 1, "< 0.1 %"),
        ("error_rate", "<= 1 %", Measure.ERROR_RATE, "<=", Fraction(1, 100), 0, "<= 1 %"),
    ],
)
def test_targets(metric, text, measure, operator, value, decimals, shown):
    target = parse_target(metric, text)
    assert (target.metric, target.measure, target.operator, target.value, target.decimals) == (
        metric, measure, operator, value, decimals,
    )  # fmt: skip
    assert str(target) == shown


@pytest.mark.parametrize(
    ("metric", "text", "message"),
    [
        ("availability", "", 'such as "99.9"'),
        ("availability", "100.1", 'such as "99.9"'),
        ("availability", "< 99", 'such as "99.9"'),
        ("availability", "99,9", 'such as "99.9"'),
        ("availability", "1e2", 'such as "99.9"'),
        ("availability", "-1", 'such as "99.9"'),
        ("availability", "nan", 'such as "99.9"'),
        ("latency_p95", "500ms", 'such as "< 500ms"'),
        ("latency_p95", "> 500ms", 'such as "< 500ms"'),
        ("latency_p95", "< 500", 'such as "< 500ms"'),
        ("latency_p95", "< 0s", 'such as "< 500ms"'),
        ("latency_p0", "< 1s", "'p0' is not a percentile"),
        ("latency_mean", "< 1s", "'mean' is not a percentile"),
        ("error_rate", "< 0.1", 'such as "< 0.1%"'),
        ("error_rate", "0.1%", 'such as "< 0.1%"'),
        ("error_rate", "> 0.1%", 'such as "< 0.1%"'),
        ("uptime", "99.9", "'uptime' is not a metric of an objective"),
    ],
)
def test_what_is_no_target_is_refused(metric, text, message):
    with pytest.raises(ValueError, match=message):
        parse_target(metric, text)


@given(st.sampled_from(["availability", "latency_p95", "error_rate", "latency_", "x"]), st.text(max_size=12))
def test_any_text_is_a_target_or_a_value_error(metric, text):
    try:
        target = parse_target(metric, text)
    except ValueError:
        return
    assert parse_target(metric, str(target)).value == target.value


NINES = parse_target("availability", "99.9")
FAST = parse_target("latency_p95", "< 500ms")


@pytest.mark.parametrize(
    ("target", "figure", "verdict"),
    [
        (NINES, Fraction(999, 1000), Verdict.MET),
        (NINES, Fraction(999 * 10**12 - 1, 10**15), Verdict.MISSED),
        (NINES, Fraction(1), Verdict.MET),
        (NINES, None, Verdict.NO_DATA),
        (parse_target("availability", "> 99.9"), Fraction(999, 1000), Verdict.MISSED),
        (FAST, Fraction(499_999), Verdict.MET),
        (FAST, Fraction(500_000), Verdict.MISSED),
        (parse_target("error_rate", "<= 1%"), Fraction(1, 100), Verdict.MET),
    ],
)
def test_verdicts_compare_exactly(target, figure, verdict):
    assert judge(target, figure) is verdict


@pytest.mark.parametrize(
    ("low", "figure", "high", "verdict"),
    [
        (9990, 9995, 9999, Verdict.MET),
        (9989, 9995, 9999, Verdict.UNDECIDED),
        (9980, 9985, 9990, Verdict.UNDECIDED),
        (9980, 9985, 9989, Verdict.MISSED),
    ],
)
def test_bounds_on_both_sides_of_the_target_decide_nothing(low, figure, high, verdict):
    shares = (Fraction(each, 10_000) for each in (figure, low, high))
    assert judge(NINES, *shares) is verdict


def availability(**figures):
    defaults = {
        "good": Fraction(999), "counted": 1000, "low": None, "high": None, "unknown_as": {},
        "maintenance_ignored": None, "as_measured": None, "coverage": None,
    }  # fmt: skip
    return Availability(**(defaults | figures))


def test_the_verdict_on_an_availability_considers_its_bounds():
    assert judge_availability(NINES, availability()) is Verdict.MET
    assert judge_availability(NINES, availability(low=Fraction(998, 1000))) is Verdict.UNDECIDED
    assert judge_availability(NINES, availability(good=Fraction(0), counted=0)) is Verdict.NO_DATA


def test_sensitivity_says_whether_the_policy_decides():
    shares = {"exclude": Fraction(1), "down": Fraction(99, 100), "up": Fraction(1)}
    found = sensitivity(NINES, availability(unknown_as=shares))
    assert found.verdicts == {"exclude": "met", "down": "missed", "up": "met"}
    assert found.changes
    assert not sensitivity(NINES, availability(unknown_as=dict.fromkeys(shares, Fraction(1)))).changes


def test_an_error_budget_may_be_overspent():
    found = budget(NINES, 30 * DAY, Fraction(3000 * SECOND))
    assert found.allowed == 2592 * SECOND
    assert found.remaining == -408 * SECOND
    assert found.remaining_share == Fraction(-408, 2592)
    assert budget(parse_target("availability", "100"), DAY, Fraction(5)).remaining_share is None


def test_burn_rate():
    assert burn_rate(NINES, Fraction(10), 1000) == 10
    assert burn_rate(NINES, Fraction(0), 1000) == 0
    assert burn_rate(NINES, Fraction(0), 0) is None
    assert burn_rate(parse_target("availability", "100"), Fraction(1), 10) is None


def test_the_budget_of_a_rate_is_counted_in_events():
    found = event_budget(parse_target("ratio", "99.9"), Counts(Fraction(9_985), Fraction(10_000)))
    assert (found.allowed, found.spent, found.remaining) == (10, 15, -5)
    errors = event_budget(parse_target("error_rate", "< 1%"), Counts(Fraction(199), Fraction(200)))
    assert (errors.allowed, errors.spent, errors.remaining_share) == (2, 1, Fraction(1, 2))


@given(
    st.sampled_from(["success_rate", "ratio", "error_rate"]),
    st.sampled_from(["90", "99.9", "100", "0", "33.3"]),
    st.booleans(),
    st.integers(0, 2000),
    st.integers(1, 2000),
)
def test_a_rate_is_kept_where_its_budget_of_events_sufficed(metric, percent, strict, bad, more):
    operator = (
        {True: "<", False: "<="}[strict] if metric == "error_rate" else {True: ">", False: ">="}[strict]
    )
    target = parse_target(metric, f"{operator} {percent}{'%' if metric == 'error_rate' else ''}")
    total = max(bad, more)
    events = Counts(Fraction(total - bad), Fraction(total))
    share = Fraction(bad, total) if metric == "error_rate" else 1 - Fraction(bad, total)
    found = event_budget(target, events)
    within = found.spent < found.allowed if strict else found.spent <= found.allowed
    assert target.met_by(share) == within
    assert (found.remaining > 0 or (found.remaining == 0 and not strict)) == within


@given(st.sampled_from(["99.9", "> 99.9", "50", "100"]), st.integers(0, 1000), st.integers(1, 1000))
def test_behind_is_missed_so_far_and_can_still_be_kept(text, bad, counted):
    target = parse_target("availability", text)
    bad = min(bad, counted)
    figure = 1 - Fraction(bad, counted)
    assert not behind(target, figure, 1 - figure)
    whole = Fraction(bad, counted + 10_000)
    assert behind(target, figure, whole) == (not target.met_by(figure) and target.met_by(1 - whole))
    assert not behind(target, None, whole)
    assert not behind(target, figure, None)
