import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.oncall_cases import LONG_AGO, at, cases, every, wall, window

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, rfc3339
from slawatch.core.ledger import union
from slawatch.core.oncall import (
    OnCall,
    Served,
    gaps,
    next_change,
    on_call,
    person_shifts,
    shifts,
    show_gaps,
    who,
)
from slawatch.core.override import Override, Swap, Temporary, TemporaryShift
from slawatch.core.recurrence import Window
from slawatch.core.rota import Schedule
from slawatch.core.rotation import Rotation, bounds
from slawatch.core.shift import Layer

DAY_OF_CASES = "2024-05-15"


def clock(text):
    return at(f"{DAY_OF_CASES}T{text}:00Z")


def override(found):
    """An override as GoAlert writes it: add, remove, or both for a replacement."""
    span = {
        "start": at(found["start"]) if "start" in found else at("2000-01-01T00:00:00Z"),
        "end": at(found["end"]) if "end" in found else at("2001-01-01T00:00:00Z"),
    }
    if "add" in found and "remove" in found:
        return Override(person=found["add"], replaces=found["remove"], **span)
    kind = "add" if "add" in found else "remove"
    return Override(person=found[kind], kind=kind, **span)


def rule(found):
    """A rule of a schedule in GoAlert: a person or a rotation, in a weekly window."""
    turns = found.get("rotation")
    if turns is None:
        return Layer(people=((found["user"],),), start=LONG_AGO, restrict=(window(found),))
    start = wall(turns["start"])
    counted = bounds(Rotation(start, "UTC", turns["type"], turns["shift_length"]), at(turns["current_start"]))
    first = (turns["current_index"] - counted.turn) % len(turns["users"])
    people = tuple((user,) for user in turns["users"][first:] + turns["users"][:first])
    return Layer(
        people=people,
        start=start,
        shift=turns["type"],
        every=turns["shift_length"],
        restrict=(window(found),),
    )


def of_rules(case):
    return Schedule(
        key="s",
        timezone=case["tz"],
        combine="union",
        layers=tuple(map(rule, case["rules"])),
        overrides=tuple(map(override, case.get("overrides", ()))),
        temporary=tuple(
            Temporary(
                start=at(one["start"]),
                end=at(one["end"]),
                shifts=tuple(
                    TemporaryShift(person=shift["user"], start=at(shift["start"]), end=at(shift["end"]))
                    for shift in one["shifts"]
                ),
            )
            for one in case.get("temporary", ())
        ),
    )


def kind(case):
    return next(
        key
        for key in ("expect_shifts", "users", "layers", "swap", "events", "shifts", "override", "rules")
        if key in case
    )


def of_kind(*kinds):
    return cases("schedule_final", lambda case: kind(case) in kinds)


@of_kind("expect_shifts")
def test_shifts_of_people_with_overrides_temporary_schedules_and_history(case):
    start, end = map(at, case["window"])
    history = [
        Served(row["user"], at(row["start"]), at(row["end"]) if "end" in row else None)
        for row in case.get("history", ())
    ]
    now = at(case["now"]) if "now" in case else None
    found = person_shifts(of_rules(case), start, end, history, now)
    assert [
        {"user": shift.person, "start": rfc3339(shift.start), "end": rfc3339(shift.end)}
        | ({"truncated": True} if shift.truncated else {})
        for shift in found
    ] == case["expect_shifts"]


@of_kind("users")
def test_overrides_of_a_list_of_people(case):
    always = Layer(people=(tuple(case["users"]),), start=wall("1999-12-01T00:00:00"))
    asked = at(case.get("at", "2000-06-01T00:00:00Z"))
    for overrides in (case["overrides"], case["overrides"][::-1]):
        schedule = Schedule(key="s", layers=(always,), overrides=tuple(map(override, overrides)))
        assert sorted(who(schedule, asked).people) == case["expect_users"]


@cases("schedule_final", lambda case: kind(case) == "rules")
def test_a_single_rule(case):
    assert list(who(of_rules(case), at(case["at"])).people) == case["expect_users"]


@of_kind("override")
def test_an_override_over_some_days(case):
    first = datetime(2024, 6, 3)

    def day(number, text="00:00"):
        moment = first + timedelta(days=number, hours=int(text[:2]), minutes=int(text[3:]))
        return at(f"{moment.isoformat()}-05:00")

    span = {key: day(int(case["override"][key].split()[1])) for key in ("start", "end")}
    change = next(key for key in ("add", "remove") if key in case["override"])
    changed = Override(person=case["override"][change], kind=change, **span)
    schedule = replace(of_rules(case), overrides=(changed,))
    for expected in case["expect"]:
        assert sorted(who(schedule, day(expected["day"], expected["clock"])).people) == expected["users"]


def layered(case):
    def hours(found):
        return {"start": clock(found["start"]), "end": clock(found["start"]) + int(found["hours"] * HOUR)}

    def layer(found):
        begins = datetime.fromisoformat(f"{DAY_OF_CASES}T{found['start']}:00")
        return Layer(
            people=((found["user"],),),
            start=begins,
            until=begins + timedelta(hours=found["hours"]),
            priority=found["priority"],
        )

    return Schedule(
        key="s",
        layers=tuple(map(layer, case["shifts"])),
        overrides=tuple(
            Override(person=one["user"], priority=one["priority"], **hours(one)) for one in case["overrides"]
        ),
    )


@of_kind("shifts")
def test_layers_with_priorities(case):
    found = who(layered(case), clock(case["at"]))
    assert sorted(found.people) == case["expect_users"]
    if found.people:
        assert found.start <= clock(case["at"]) < found.end


@of_kind("swap")
def test_swaps(case):
    shift, swap = case["daily_shift"], case["swap"]
    layer = Layer(
        people=(tuple(shift["users"]),),
        start=datetime.fromisoformat(f"2024-05-01T{shift['start']}:00"),
        shift="daily",
        duration=shift["hours"] * HOUR,
    )
    swaps = ()
    if "from_user" in swap:
        taken = swap["to_user"] if swap["taken"] else ""
        span = {"start": clock(swap["from"]), "end": clock(swap["to"])}
        swaps = (Swap(person=swap["from_user"], taken_by=taken, **span),)
    schedule = Schedule(key="s", layers=(layer,), swaps=swaps)
    expected = case["expect_day_after"]
    if "at" in expected[0]:
        found = who(schedule, clock(expected[0]["at"]))
        assert list(found.people) == expected[0]["users"]
        assert [found.start, found.end] == list(map(clock, expected[0]["shift"]))
        return
    found = shifts(schedule, clock("00:00"), clock("00:00") + DAY)
    assert [(one.start, one.end, list(one.people)) for one in found] == [
        (clock(one["from"]), clock(one["to"]), one["users"]) for one in expected
    ]


@of_kind("events")
def test_an_override_of_a_span_splits_events_and_is_one_event(case):
    origin = at("2024-05-15T12:00:00Z")

    def edge(second):
        return origin + second * SECOND

    layers = tuple(
        Layer(
            people=((event["user"],),),
            start=wall(rfc3339(edge(event["start"]))),
            until=wall(rfc3339(edge(event["end"]))),
            shift="monthly",
        )
        for event in case["events"]
    )
    asked = case["override"]
    # An override there is of one event, and cut to it; here one of time in which nobody is on call fills it.
    low = min(event["start"] for event in case["events"])
    high = max(event["end"] for event in case["events"])
    changed = Override(
        person=asked["user"], start=edge(max(asked["start"], low)), end=edge(min(asked["end"], high))
    )
    schedule = Schedule(key="s", layers=layers, overrides=(changed,))
    found = shifts(schedule, origin - DAY, origin + DAY)
    assert [(one.people[0], one.start, one.end) for one in found] == [
        (event["user"], edge(event["start"]), edge(event["end"])) for event in case["expect_events"]
    ]


@of_kind("layers")
def test_the_last_layer_wins_where_layers_have_rising_priorities(case):
    office = Window(days=(frozenset(range(5)),), start=9 * HOUR, end=17 * HOUR)
    schedule = Schedule(
        key="s",
        layers=tuple(
            Layer(
                people=((layer["user"],),),
                start=LONG_AGO,
                priority=layer["n"],
                restrict=() if layer["window"] == "24x7" else (office,),
            )
            for layer in case["layers"]
        ),
    )
    for expected in case["expect"]:
        name, time = expected["at"].split()
        day = {"Tue": "2024-05-14", "Sat": "2024-05-18"}[name]
        assert list(who(schedule, at(f"{day}T{time}:00Z")).people) == expected["users"]


def test_no_case_of_a_final_schedule_is_left_out_or_different():
    assert not any(case.get("conflicts_with_recommended") for case in every("schedule_final"))
    assert {kind(case) for case in every("schedule_final")} == {
        "expect_shifts", "users", "layers", "swap", "events", "shifts", "override", "rules",
    }  # fmt: skip


PRIMARY = Schedule(
    key="primary",
    timezone="Europe/Berlin",
    layers=(Layer(people=(("alice",), ("bob",)), start=datetime(2026, 1, 5, 9)),),
    overrides=(
        Override(person="carol", start=at("2026-12-24T00:00:00+01:00"), end=at("2026-12-27T00:00:00+01:00")),
    ),
)


def test_the_gaps_over_a_span_of_time():
    assert show_gaps(PRIMARY, at("2026-01-04T08:00:00Z"), at("2026-02-01T00:00:00Z")) == {
        "schedule": "primary",
        "from": "2026-01-04T08:00:00Z",
        "to": "2026-02-01T00:00:00Z",
        "gaps": [{"start": "2026-01-04T08:00:00Z", "end": "2026-01-05T08:00:00Z", "seconds": 86400.0}],
        "seconds": 86400.0,
    }


def test_a_gap_has_bounds_where_it_has_any():
    office = replace(
        PRIMARY.layers[0], restrict=(Window(days=(frozenset(range(5)),), start=9 * HOUR, end=17 * HOUR),)
    )
    schedule = replace(PRIMARY, layers=(office,), overrides=())
    assert who(schedule, at("2026-01-11T12:00:00Z")) == OnCall(
        (), at("2026-01-09T16:00:00Z"), at("2026-01-12T08:00:00Z"), None, False
    )
    assert who(schedule, at("2026-01-01T00:00:00Z")).start is None
    assert who(schedule, at("2020-01-01T00:00:00Z"))[1:3] == (None, None)


def test_a_removal_of_the_first_level_lets_the_next_answer():
    schedule = Schedule(
        key="s",
        layers=(
            Layer(people=(("a",),), start=LONG_AGO, priority=2),
            Layer(people=(("b",),), start=LONG_AGO, priority=1),
        ),
        overrides=(Override(person="a", kind="remove", start=0, end=at("2026-01-02T00:00:00Z")),),
    )
    found = who(schedule, at("2026-01-01T00:00:00Z"))
    assert (found.people, found.layer, found.override) == (("b",), 1, True)
    assert who(schedule, at("2026-01-03T00:00:00Z")).people == ("a",)


def test_all_layers_together_where_they_are_combined():
    layers = tuple(Layer(people=((name,),), start=LONG_AGO, priority=n) for n, name in enumerate("ab"))
    now = at("2026-01-01T00:00:00Z")
    assert who(Schedule(key="s", layers=layers), now).people == ("b",)
    both = who(Schedule(key="s", layers=layers, combine="union"), now)
    assert (both.people, both.layer) == (("a", "b"), 0)
    assert on_call([Schedule(key="s", layers=layers), Schedule(key="t", layers=layers[:1])], now) == (
        "b",
        "a",
    )


def test_the_next_change_is_when_others_come_on_call():
    alone = replace(PRIMARY, layers=(Layer(people=(("alice",),), start=datetime(2026, 1, 5, 9)),))
    now, far = at("2026-02-01T00:00:00Z"), at("2027-02-01T00:00:00Z")
    assert rfc3339(next_change(PRIMARY, now, far)) == "2026-02-02T08:00:00Z"
    assert rfc3339(next_change(alone, now, far)) == "2026-12-23T23:00:00Z"
    assert next_change(alone, now, at("2026-12-01T00:00:00Z")) is None


def test_records_are_never_worked_out_anew():
    now = at("2026-02-01T00:00:00Z")
    history = [Served("dave", now - 2 * DAY, now - DAY), Served("alice", now - DAY)]
    found = person_shifts(PRIMARY, now - 10 * DAY, now + DAY, history, now)
    assert [(shift.person, shift.start, shift.end) for shift in found] == [
        ("dave", now - 2 * DAY, now - DAY),
        ("alice", now - DAY, now),
        ("bob", now, now + DAY),
    ]
    past = person_shifts(PRIMARY, now - 3 * DAY, now - 2 * DAY, history, now)
    assert past == ()


def test_a_year_of_a_weekly_rotation_is_53_shifts_and_the_override():
    found = shifts(PRIMARY, at("2026-01-05T08:00:00Z"), at("2027-01-04T08:00:00Z"))
    assert len(found) == 52 + 2
    assert all(one.end == after.start for one, after in pairwise(found))


ORIGIN = at("2026-03-28T00:00:00Z")
SPAN = 3 * 24 * 60
STEP = 20
MOMENTS = st.integers(0, SPAN // STEP).map(lambda n: ORIGIN + n * STEP * MINUTE)
PEOPLE = ("a", "b", "c", "d")
WINDOWS = st.builds(
    Window,
    start=st.integers(0, 23).map(lambda hour: hour * HOUR),
    end=st.integers(0, 24).map(lambda hour: hour * HOUR),
)
LAYERS = st.builds(
    Layer,
    people=st.lists(
        st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True).map(tuple),
        min_size=1,
        max_size=3,
    ).map(tuple),
    start=st.integers(-100, 80).map(lambda n: datetime(2026, 3, 28) + n * timedelta(minutes=STEP)),
    shift=st.sampled_from(["hourly", "daily"]),
    every=st.integers(1, 5),
    priority=st.integers(0, 2),
    restrict=st.lists(WINDOWS, max_size=1).map(tuple),
)


@st.composite
def spans(draw):
    low, high = sorted(draw(st.lists(MOMENTS, min_size=2, max_size=2, unique=True)))
    return {"start": low, "end": high}


@st.composite
def overrides(draw):
    names = draw(st.permutations(PEOPLE))
    kind = draw(st.sampled_from(["replace", "one", "add", "remove"]))
    return Override(
        person=names[0],
        kind="replace" if kind == "one" else kind,
        replaces=names[1] if kind == "one" else "",
        priority=draw(st.integers(0, 1)),
        **draw(spans()),
    )


@st.composite
def swaps(draw):
    names = draw(st.permutations(PEOPLE))
    return Swap(person=names[0], taken_by=draw(st.sampled_from(["", names[1]])), **draw(spans()))


@st.composite
def temporaries(draw):
    span = draw(spans())
    inside = st.integers(span["start"] // (STEP * MINUTE), span["end"] // (STEP * MINUTE))
    edges = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), inside, inside), max_size=3))
    return Temporary(
        shifts=tuple(
            TemporaryShift(person=person, start=min(a, b) * STEP * MINUTE, end=max(a, b) * STEP * MINUTE)
            for person, a, b in edges
            if a != b
        ),
        **span,
    )


SCHEDULES = st.builds(
    Schedule,
    key=st.just("s"),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
    layers=st.lists(LAYERS, min_size=1, max_size=3).map(tuple),
    combine=st.sampled_from(["priority", "union"]),
    overrides=st.lists(overrides(), max_size=3).map(tuple),
    swaps=st.lists(swaps(), max_size=2).map(tuple),
    temporary=st.lists(temporaries(), max_size=1).map(tuple),
)


def naive(schedule, instant):
    """Who is on call at an instant: the rules once more, one instant at a time, without intervals."""

    def now(one):
        return one.start <= instant < one.end

    for temporary in filter(now, schedule.temporary):
        return {shift.person for shift in temporary.shifts if now(shift)}
    active = [one for one in schedule.overrides if now(one)]
    gone = {one.person for one in active if one.kind == "remove"}
    levels = {}
    for layer in schedule.layers:
        span = bounds(Rotation(layer.start, schedule.timezone, layer.shift, layer.every), instant)
        on = all(_open(w, schedule.timezone, instant) for w in layer.restrict) and span.turn >= 0
        group = set(layer.people[span.turn % len(layer.people)]) if on else set()
        levels.setdefault(0 if schedule.combine == "union" else layer.priority, set()).update(group - gone)
    people = next((levels[level] for level in sorted(levels, reverse=True) if levels[level]), set())
    whole = [one for one in active if one.kind == "replace" and not one.replaces]
    if whole:
        people = {one.person for one in whole if one.priority == max(w.priority for w in whole)}
    single = [one for one in active if one.replaces in people]
    people = (people - {one.replaces for one in single}) | {one.person for one in single}
    people = (people - gone) | {one.person for one in active if one.kind == "add"}
    for swap in filter(now, schedule.swaps):
        if swap.taken_by and swap.person in people:
            people = (people - {swap.person}) | {swap.taken_by}
    return people


def _open(window, timezone, instant):
    days = [datetime(2026, 3, 26).date() + timedelta(days=n) for n in range(8)]
    return any(low <= instant < high for low, high in (window.on(day, timezone) for day in days))


@given(SCHEDULES)
def test_the_final_schedule_is_what_asking_again_and_again_finds(schedule):
    end = ORIGIN + SPAN * MINUTE
    found = shifts(schedule, ORIGIN, end)
    holes = gaps(schedule, ORIGIN, end)
    assert union([(one.start, one.end) for one in found] + list(holes)) == ((ORIGIN, end),)
    assert sum(one.end - one.start for one in found) + sum(b - a for a, b in holes) == SPAN * MINUTE
    edges = {one.start for one in found} | {edge for hole in holes for edge in hole}
    probes = {instant for edge in edges for instant in (edge - 1, edge, edge + MINUTE)}
    for instant in sorted(probes.union(range(ORIGIN, end, STEP * MINUTE))):
        if not ORIGIN <= instant < end:
            continue
        people = [set(one.people) for one in found if one.start <= instant < one.end]
        assert (people or [set()]) == [naive(schedule, instant)]


@given(SCHEDULES, MOMENTS)
def test_an_instant_and_its_shift_agree(schedule, instant):
    found = who(schedule, instant)
    assert set(found.people) == naive(schedule, instant) == set(on_call([schedule], instant))
    if not found.people:
        return
    assert found.start <= instant < found.end
    whole = next(one for one in shifts(schedule, found.start, found.end))
    assert (whole.start, whole.end, whole.people) == (found.start, found.end, found.people)
    around = shifts(schedule, found.start - 1, found.end + 1)
    inner = [one for one in around if one.start <= instant < one.end]
    assert [(one.start, one.end) for one in inner] == [(found.start, found.end)]


@given(SCHEDULES, st.randoms(use_true_random=False))
def test_the_order_of_overrides_does_not_matter(schedule, shuffled):
    assert isinstance(shuffled, random.Random)
    others = list(schedule.overrides)
    shuffled.shuffle(others)
    again = replace(schedule, overrides=tuple(others))
    end = ORIGIN + SPAN * MINUTE
    assert shifts(again, ORIGIN, end) == shifts(schedule, ORIGIN, end)


@given(SCHEDULES, MOMENTS)
def test_a_span_asked_for_in_two_parts_gives_the_same_people(schedule, cut):
    end = ORIGIN + SPAN * MINUTE
    whole = {shift[:3] for shift in person_shifts(schedule, ORIGIN, end)}
    parts = [
        shift for low, high in ((ORIGIN, cut), (cut, end)) for shift in person_shifts(schedule, low, high)
    ]
    joined = {
        (person, low, high)
        for person in PEOPLE
        for low, high in union((s.start, s.end) for s in parts if s.person == person)
    }
    assert joined == whole


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_a_rotation_leaves_no_gap_over_a_change_of_clocks(zone):
    schedule = replace(PRIMARY, timezone=zone, overrides=())
    start = at("2026-01-06T00:00:00Z")
    assert gaps(schedule, start, start + 365 * DAY) == ()
