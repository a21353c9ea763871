"""What can still be lost while a period runs, against the same period played to its end."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.core import brute_contract as bc
from tests.core import contracts
from tests.core.agreements import JUNE, down, evaluated, promise, seen

from slawatch.core.agreement import Agreement, Band, Fee, Objective
from slawatch.core.credit import credit
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.objective import Verdict
from slawatch.core.sample import Outcome

many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
RULES = (
    "none", "minute", "five_minutes", "elapsed_minutes", "started_minutes", "hours_over_six_minutes",
    "hours_over_six_minutes",
)  # fmt: skip
TARGETS = ("50", "75", "87.5", "90", "99", "100", "> 50", "> 87.5", "0")


def objective(target):
    return (Objective(id="availability", metric="availability", target=target),)


def played(contract, lost):
    """The same contract at its end: of each service so many promised ticks are down, then it is up."""
    samples = {}
    for name, found in contract.samples.items():
        samples[name] = [one for one in found if one[0] < contract.now]
        left = lost.get(name, 0)
        ahead = promised_ticks(contract, name)
        first_up = contract.now if not left else ahead[left - 1] + 1
        if first_up > contract.now:
            samples[name].append((contract.now, "down", 10_000))
        samples[name].append((first_up, "up", 10_000))
    return replace(contract, samples=samples, now=contract.end, gathered=contract.end)


def promised_ticks(contract, name):
    """The ticks to come that count by the terms."""
    watched = {name: [*(s for s in found if s[0] < contract.now), (contract.now, "up", 10_000)]
               for name, found in contract.samples.items()}  # fmt: skip
    later = replace(contract, samples=watched, now=contract.end, gathered=contract.end)
    return [t for t, kind in bc.classes(later, name).items() if t >= contract.now and kind in ("up", "down")]


def in_force(contract, **terms):
    return replace(contract, versions=[replace(one, **terms) for one in contract.versions])


def still(contract):
    """A contract that runs now, in which nothing to come is decided already, and whose outages all count."""
    assume(contract.start <= contract.now < contract.end)
    return replace(in_force(contract, min_outage=0), counted={})


@many
@given(contracts.contracts(), st.sampled_from(TARGETS), st.sampled_from(RULES))
def test_the_verdict_on_a_period_that_is_over_is_whether_the_budget_sufficed(contract, target, rule):
    over = replace(contract, now=contract.end)
    found = contracts.evaluated(over, objectives=objective(target), quantise=rule)
    (judged,) = found.objectives
    for one in (judged, *judged.subjects):
        assert (one.budget is None) == (one.figure is None)
        assert not one.behind
        if one.budget is None:
            continue
        spent_within = one.budget.spent <= one.budget.allowed
        if judged.target.operator == ">":
            spent_within = one.budget.spent < one.budget.allowed
        assert spent_within == judged.target.met_by(one.figure)
        if one.verdict is not Verdict.UNDECIDED and one is not judged:
            assert spent_within == (one.verdict is Verdict.MET)
    assert found.combined.limited_by == found.combined.decided_by


@many
@given(contracts.contracts())
def test_a_budget_is_what_counting_ticks_gives(contract):
    contract = replace(contract, counted={})
    assume(contract.start <= contract.now < contract.end)
    found = contracts.evaluated(contract, objectives=objective("75"))
    (judged,) = found.objectives
    for one in judged.subjects:
        classes = bc.classes(contract, one.subject)
        figures = [worth(contract, tick, kind) for tick, kind in classes.items()]
        counts = [figure for figure in figures if figure is not None]
        whole = len(counts) + len(promised_ticks(contract, one.subject))
        if not whole:
            assert one.budget is None
            continue
        assert contracts.in_ticks(contract, 1) * one.budget.spent == sum(1 - figure for figure in counts)
        assert contracts.in_ticks(contract, 1) * one.budget.allowed == Fraction(whole, 4)


def worth(contract, tick, kind):
    """How much of a tick is good; None where it does not count."""
    terms = bc.terms_at(contract, tick)
    if kind == "unknown":
        return {"exclude": None, "up": 1, "down": 0}[terms.unknown]
    if kind == "degraded":
        return {"up": 1, "down": 0}.get(terms.degraded, terms.degraded)
    return {"up": 1, "down": 0}.get(kind)


@many
@given(contracts.contracts(), st.sampled_from(TARGETS), st.data())
def test_what_is_left_is_what_may_still_be_lost(contract, target, data):
    contract = still(contract)
    found = contracts.evaluated(contract, objectives=objective(target))
    (judged,) = found.objectives
    for one in judged.subjects:
        ahead = len(promised_ticks(contract, one.subject))
        lost = data.draw(st.integers(0, ahead))
        over = contracts.evaluated(played(contract, {one.subject: lost}), objectives=objective(target))
        (at_end,) = [end for end in over.objectives[0].subjects if end.subject == one.subject]
        if one.budget is None:
            assert at_end.figure is None
            continue
        after = one.budget.remaining - lost * contract.tick * SECOND
        kept = after > 0 if judged.target.operator == ">" else after >= 0
        assert judged.target.met_by(at_end.figure) == kept
        if one.figure is not None and lost == 0:
            assert one.behind == (not judged.target.met_by(one.figure) and kept)
            assert (one.verdict is Verdict.MISSED and not one.behind) <= (not kept)


CREDITS = (
    Band(at_least=Decimal(75), below=Decimal("87.5"), credit=Decimal(10)),
    Band(above=Decimal(50), below=Decimal(75), credit=Decimal(30)),
    Band(at_most=Decimal(50), credit=Decimal(60)),
)
FEE = Fee(amount=Decimal("100.00"), currency="EUR")


@many
@given(contracts.contracts(), st.data())
def test_the_tier_of_the_end_is_the_one_that_the_time_left_tells(contract, data):
    contract = still(contract)
    terms = {"objectives": objective("87.5"), "credits": CREDITS, "fee": FEE}
    found = contracts.evaluated(contract, **terms)
    assume(found.running.standing.stakes)
    name = found.combined.limited_by
    lost = data.draw(st.integers(0, len(promised_ticks(contract, name))))
    over = contracts.evaluated(played(contract, {name: lost}), **terms)
    gone = lost * contract.tick * SECOND
    reached = None
    for stake in found.running.standing.stakes:
        strict = not stake.tier.to_high
        if stake.reached or (gone > stake.left if strict else gone >= stake.left):
            reached = stake.tier
    assert over.credit.tier == reached
    if lost == 0:
        assert over.credit.amount == found.running.standing.locked
        assert over.credit.share == found.running.standing.share
        assert over.combined.share == 1 - found.combined.whole.share


@many
@given(contracts.contracts())
def test_money_of_prorated_terms_is_that_of_the_end(contract):
    contract = still(contract)
    terms = {"objectives": objective("87.5"), "credits": CREDITS, "fee": FEE, "on_change": "prorated"}
    found = contracts.evaluated(contract, **terms)
    over = contracts.evaluated(played(contract, {}), **terms)
    assert found.running.standing.locked == over.credit.amount
    assert found.running.standing.share == over.credit.share


@many
@given(contracts.contracts(), st.sampled_from(["worst", "all", "mean", "weighted"]), st.sampled_from(RULES))
def test_however_time_is_counted_and_combined_the_budget_tells_the_end(contract, how, rule):
    contract = still(contract)
    more = {"objectives": objective("75"), "combine": how, "quantise": rule}
    if how == "weighted":
        more["weights"] = {name: Decimal(number) for number, name in enumerate(contract.samples, start=1)}
    found = contracts.evaluated(contract, **more)
    (judged,) = found.objectives
    over = contracts.evaluated(played(contract, {}), **more)
    if judged.budget is None:
        assert over.combined.share is None
    else:
        assert over.combined.share == 1 - found.combined.whole.share
        assert (judged.budget.remaining >= 0) == judged.target.met_by(over.combined.share)


@many
@given(contracts.contracts(), st.sampled_from(["50", "87.5", "99"]))
def test_rates_and_exhaustion_say_the_same_as_the_budget(contract, target):
    assume(contract.start <= contract.now < contract.end)
    found = contracts.evaluated(contract, objectives=objective(target))
    running, (judged,) = found.running, found.objectives
    if judged.figure is not None:
        assert (running.burn <= 1) == judged.target.met_by(judged.figure)
    if judged.budget is not None:
        assert (running.exhaustion.left == 0) == (judged.budget.remaining <= 0)
        if running.forecast.best is not None:
            assert judged.target.met_by(running.forecast.best) == (judged.budget.remaining >= 0)


NOW = JUNE.start + 20 * DAY


def test_unknown_time_takes_its_share_of_the_budget_along():
    half = seen((10 * 24 * 60, Outcome.DOWN), (10 * 24 * 60 + 20, Outcome.UP), (5 * 24 * 60, Outcome.UP))
    half = replace(half, transitions=tuple(sorted(half.transitions)))
    dark = seen(
        (0, Outcome.UNKNOWN), (10 * 24 * 60, Outcome.DOWN), (10 * 24 * 60 + 20, Outcome.UP),
        (20 * 24 * 60, Outcome.UNKNOWN),
    )  # fmt: skip
    known = evaluated(promise("shop"), {"shop": half}).objectives[0]
    assert (known.verdict, known.budget.allowed) == (Verdict.MET, Fraction(30 * DAY, 1000))
    found = evaluated(promise("shop"), {"shop": dark}).objectives[0]
    # Of ten known days 14.4 minutes may be lost, not the 43.2 of the month.
    assert found.verdict is Verdict.MISSED
    assert found.budget.allowed == Fraction(10 * DAY, 1000)
    assert found.budget.remaining == Fraction(10 * DAY, 1000) - 20 * MINUTE
    for policy, days in (("down", 30), ("up", 30)):
        other = evaluated(promise("shop", unknown=policy), {"shop": dark}).objectives[0]
        assert other.budget.allowed == Fraction(days * DAY, 1000)
        assert other.budget.spent == 20 * MINUTE + (20 * DAY if policy == "down" else 0)


def test_a_period_is_behind_while_it_can_still_be_kept():
    early = JUNE.start + DAY
    lost = {"shop": down((0, 30), until=OVER_NOW(early))}
    found = evaluated(promise("shop"), lost, now=early)
    (judged,) = found.objectives
    assert (judged.verdict, judged.behind) == (Verdict.MISSED, True)
    assert judged.budget.remaining == Fraction(30 * DAY, 1000) - 30 * MINUTE
    gone = evaluated(promise("shop"), {"shop": down((0, 50), until=OVER_NOW(early))}, now=early).objectives[0]
    assert (gone.verdict, gone.behind, gone.budget.remaining < 0) == (Verdict.MISSED, False, True)


def OVER_NOW(now):  # noqa: N802
    return now + HOUR


def test_who_stands_worst_so_far_need_not_be_who_ends_worst():
    """One service was watched from the beginning, the other since yesterday."""
    late = replace(
        seen(until=NOW + HOUR), first_sample=NOW - DAY,
        transitions=down(((20 * 24 - 1) * 60, (20 * 24 - 1) * 60 + 10), until=NOW + HOUR).transitions[1:],
    )  # fmt: skip
    checks = {"old": down((0, 60), until=NOW + HOUR), "new": replace(late, first_sample=NOW - HOUR)}
    found = evaluated(promise("old", "new"), checks, now=NOW)
    assert (found.combined.decided_by, found.combined.limited_by) == ("new", "old")
    (judged,) = found.objectives
    assert not judged.behind
    assert judged.budget.remaining < 0
    assert not judged.target.met_by(found.running.forecast.best)
    assert credit(found.terms, found.running.forecast.best).amount == found.running.standing.locked


def test_nothing_is_promised_and_nothing_is_left():
    """No service hour in the whole period: no data, and no budget either."""
    empty = Agreement(
        key="none", organization="acme", services=("shop",), objectives=objective("99"), calendar="never"
    )
    from slawatch.core.calendar import Calendar

    closed = {"never": Calendar(name="never", timezone="UTC", hours={})}
    found = evaluated(empty, {"shop": down((0, 60))}, calendars=closed)
    (judged,) = found.objectives
    assert (judged.figure, judged.budget, judged.verdict) == (None, None, Verdict.NO_DATA)


def test_an_hour_that_counts_whole_is_spent_before_it_is_over():
    now = JUNE.start + 12 * MINUTE
    terms = promise("shop", target="99", quantise="hours_over_six_minutes")
    (judged,) = evaluated(terms, {"shop": down((0, 7), until=now + HOUR)}, now=now).objectives
    assert judged.budget.spent == HOUR
    later = evaluated(terms, {"shop": down((0, 7))}).objectives[0]
    assert later.budget == judged.budget
