"""How terms count portions of a period."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from slawatch.core.counting import Figure, Look, Portion, Terms, figure, ratio, terms_at, weight
from slawatch.core.ledger import Exclusions, Interval, Ledger, TimeClass, ledger
from slawatch.core.outage import DOWN_ONLY
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

SPANS = (
    Span(0, 10, Outcome.UP),
    Span(10, 20, Outcome.DOWN),
    Span(20, 30, Outcome.DEGRADED),
    Span(30, 40, Outcome.UNKNOWN),
    Span(40, 60, None),
)


def counted(portion, now=60):
    return {
        kind: length for kind, length in ledger(Look(SPANS, now).pieces(portion)).classes().items() if length
    }


def test_what_an_adjustment_counts_is_down_but_not_the_future_nor_outside_of_the_hours():
    portion = Portion(
        start=0,
        end=60,
        exclusions=Exclusions(outside_hours=[(0, 3)], maintenance=[(3, 6)], excused=[(6, 8)]),
        counted=(Interval(0, 45),),
    )
    assert counted(portion) == {"down": 37, "outside_hours": 3, "not_monitored": 20}
    assert counted(portion, now=25) == {"down": 22, "outside_hours": 3, "future": 35}


def test_each_portion_counts_by_its_own_terms():
    first = Portion(start=0, end=25, terms=Terms(degraded="down"))
    second = Portion(start=25, end=60, terms=Terms(degraded=Decimal("0.5"), unknown="down"))
    found = Look(SPANS, 60).ledgers([first, second])
    assert figure(found) == Figure(Fraction(10) + Fraction(5, 2), 40)
    assert figure(found, "exclude") == (Fraction(25, 2), 30)
    assert terms_at([first, second], 24) is first.terms
    assert terms_at([first, second], 99) is second.terms


def test_outages_by_what_is_bad():
    look = Look(SPANS, 35)
    assert [(run.start, run.end) for run in look.runs(DOWN_ONLY)] == [(10, 20)]
    bad = Terms(degraded="down").bad
    assert [(run.start, run.end, run.ongoing) for run in look.runs(bad)] == [(10, 30, True)]


def test_a_short_outage_is_neither_counted_nor_quantised():
    long = Portion(start=0, end=60, terms=Terms(min_outage=11, quantise="started_minutes"))
    assert counted(long) == {"up": 20, "degraded": 10, "unknown": 10, "not_monitored": 20}
    short = replace(long, terms=Terms(min_outage=10, quantise="started_minutes"))
    assert counted(short)["down"] == 30


@pytest.mark.parametrize(("policy", "worth"), [("up", 1), ("down", 0), (Decimal("0.25"), Fraction(1, 4))])
def test_the_weight_of_degraded_time(policy, worth):
    assert weight(policy) == worth


def test_nothing_counted_is_no_data():
    assert ratio(Fraction(0), 0) is None
    assert Figure(Fraction(0), 0).share is None
    assert figure([(Portion(start=0, end=1), Ledger({(TimeClass.FUTURE, None): 1}))]) == (0, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        weight(Decimal(2))
