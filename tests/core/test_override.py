import pytest
from tests.core.oncall_cases import at

from slawatch.core.instant import DAY, HOUR
from slawatch.core.override import (
    Override,
    Swap,
    Temporary,
    TemporaryShift,
    overridden,
    refuse_overlaps,
    removed,
    stand_ins,
    swapped,
    take,
)

NOW = at("2026-01-05T00:00:00Z")
SPAN = {"start": NOW, "end": NOW + DAY}
LAYER = frozenset({("layer", 0, NOW)})


def numbered(*several):
    return tuple(enumerate(several))


def test_of_those_who_replace_everybody_the_highest_priority_holds():
    several = numbered(
        Override(person="a", **SPAN), Override(person="b", priority=1, **SPAN),
        Override(person="c", priority=1, **SPAN), Override(person="d", priority=9, kind="add", **SPAN),
    )  # fmt: skip
    assert stand_ins(several).keys() == {"b", "c"}
    assert stand_ins(several[3:]) == {}


def test_one_person_is_replaced_only_while_on_call():
    one = numbered(Override(person="b", replaces="a", **SPAN))
    assert overridden({"a": LAYER}, one).keys() == {"b"}
    assert overridden({"c": LAYER}, one) == {"c": LAYER}


def test_a_removal_holds_against_a_replacement_and_an_addition_against_a_removal():
    replaced = Override(person="b", replaces="a", **SPAN)
    gone = Override(person="b", kind="remove", **SPAN)
    added = Override(person="b", kind="add", **SPAN)
    assert removed(numbered(replaced, gone)) == {"b"}
    assert overridden({"a": LAYER}, numbered(replaced, gone)) == {}
    assert overridden({"a": LAYER}, numbered(added, replaced, gone)).keys() == {"b"}


def test_two_people_who_stand_in_for_each_other_trade_places():
    both = numbered(Override(person="a", replaces="b", **SPAN), Override(person="b", replaces="a", **SPAN))
    assert overridden({"a": LAYER}, both).keys() == {"b"}
    assert overridden({"a": LAYER, "b": LAYER}, both).keys() == {"a", "b"}


def test_a_later_swap_passes_on_what_an_earlier_one_has_given():
    chain = numbered(Swap(person="a", taken_by="b", **SPAN), Swap(person="b", taken_by="c", **SPAN))
    assert swapped({"a": LAYER}, chain).keys() == {"c"}
    assert swapped({"a": LAYER}, numbered(Swap(person="a", **SPAN))) == {"a": LAYER}


def test_an_offer_is_taken_once_by_somebody_else_and_in_time():
    offer = Swap(person="a", **SPAN)
    assert take(offer, "b", NOW + HOUR).taken_by == "b"
    with pytest.raises(ValueError, match="b has taken it"):
        take(take(offer, "b", NOW), "c", NOW)
    with pytest.raises(ValueError, match="over"):
        take(offer, "b", NOW + DAY)
    with pytest.raises(ValueError, match="who offers it"):
        take(offer, "a", NOW)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Override(person="a", start=NOW, end=NOW), "end is not after"),
        (lambda: Override(person="", **SPAN), "person"),
        (lambda: Override(person="a", replaces="a", **SPAN), "replaces"),
        (lambda: Override(person="a", replaces="b", kind="add", **SPAN), "replaces"),
        (lambda: Swap(person="", **SPAN), "person"),
        (lambda: Swap(person="a", start=NOW, end=NOW - 1), "end is not after"),
        (lambda: TemporaryShift(person="", **SPAN), "person"),
        (lambda: Temporary(start=NOW, end=NOW), "end is not after"),
        (
            lambda: Temporary(shifts=(TemporaryShift(person="a", start=NOW - 1, end=NOW + 1),), **SPAN),
            "shifts",
        ),
    ],
)
def test_contradictions_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_temporary_schedules_do_not_overlap():
    refuse_overlaps([Temporary(start=NOW + DAY, end=NOW + 2 * DAY), Temporary(**SPAN)])
    with pytest.raises(ValueError, match="temporary"):
        refuse_overlaps([Temporary(start=NOW + DAY - 1, end=NOW + 2 * DAY), Temporary(**SPAN)])
