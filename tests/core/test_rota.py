from datetime import datetime

import pytest
from tests.core.oncall_cases import LONG_AGO, at

from slawatch.core.instant import DAY
from slawatch.core.override import Override, Swap, Temporary, TemporaryShift
from slawatch.core.rota import Schedule, active_at, decide, swept
from slawatch.core.shift import Layer

NOW = at("2026-01-05T00:00:00Z")
SPAN = {"start": NOW, "end": NOW + DAY}


def test_everybody_named_is_named_with_the_place():
    schedule = Schedule(
        key="s",
        layers=(Layer(people=(("a",), ("b", "c")), start=LONG_AGO),),
        overrides=(Override(person="d", replaces="a", **SPAN),),
        swaps=(Swap(person="e", taken_by="f", **SPAN),),
        temporary=(Temporary(shifts=(TemporaryShift(person="g", **SPAN),), **SPAN),),
    )
    assert list(schedule.named()) == [
        (("layers", 0, "people", 0), "a"),
        (("layers", 0, "people", 1), "b"),
        (("layers", 0, "people", 1), "c"),
        (("overrides", 0, "person"), "d"),
        (("overrides", 0, "replaces"), "a"),
        (("swaps", 0, "person"), "e"),
        (("swaps", 0, "taken_by"), "f"),
        (("temporary", 0, "shifts", 0, "person"), "g"),
    ]


def test_a_schedule_has_a_layer_and_one_temporary_schedule_at_a_time():
    with pytest.raises(ValueError, match="layers"):
        Schedule(key="s")
    with pytest.raises(ValueError, match="temporary"):
        Schedule(key="s", temporary=(Temporary(**SPAN), Temporary(start=NOW + 1, end=NOW + 2)))


def test_a_temporary_schedule_leaves_out_overrides_and_swaps():
    schedule = Schedule(
        key="s",
        layers=(Layer(people=(("a",),), start=LONG_AGO),),
        overrides=(Override(person="b", kind="add", **SPAN),),
        swaps=(Swap(person="c", taken_by="d", **SPAN),),
        temporary=(Temporary(shifts=(TemporaryShift(person="c", start=NOW, end=NOW + 1),), **SPAN),),
    )
    found = decide(schedule, active_at(schedule, NOW))
    assert (found.people, found.layer, found.override) == (("c",), None, True)
    assert decide(schedule, active_at(schedule, NOW + 1)).people == ()


def test_people_stand_in_the_order_of_layers_and_turns_then_by_name():
    schedule = Schedule(
        key="s",
        combine="union",
        layers=(Layer(people=(("z",),), start=LONG_AGO), Layer(people=(("b", "a"),), start=LONG_AGO)),
        overrides=(Override(person="y", kind="add", **SPAN), Override(person="x", kind="add", **SPAN)),
    )
    assert decide(schedule, active_at(schedule, NOW)).people == ("z", "b", "a", "x", "y")


def test_a_hidden_layer_does_not_cut_the_shift_of_another():
    schedule = Schedule(
        key="s",
        layers=(
            Layer(people=(("a",),), start=datetime(2026, 1, 5), priority=1),
            Layer(people=(("b",), ("c",)), start=datetime(2026, 1, 5), shift="hourly"),
        ),
    )
    assert [(one.end - one.start) // DAY for one in swept(schedule, NOW, NOW + 14 * DAY)] == [7, 7]


def test_no_time_has_no_shifts():
    schedule = Schedule(key="s", layers=(Layer(people=(("a",),), start=LONG_AGO),))
    assert list(swept(schedule, NOW, NOW)) == []
