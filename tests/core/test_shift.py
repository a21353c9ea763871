from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.oncall_cases import at, cases, every, rolling, wall
from tests.core.worlds import ZONES

from slawatch.core.instant import DAY, HOUR, rfc3339
from slawatch.core.oncall import free, on_call
from slawatch.core.override import Override
from slawatch.core.recurrence import Window
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer, read_group, turns

LONG_AGO, FAR = at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")


def people_at(layer, timezone, instant):
    return sorted(p for turn in turns(layer, timezone, instant, instant + 1) for p in turn.people)


def recurring(case):
    return "shift" in case and case["shift"].get("kind") != "override"


@cases("rolling_users", lambda case: recurring(case) and "at" not in case and "expect" in case)
def test_who_begins_a_shift_on_which_day(case):
    layer, zone = rolling(case["shift"]), case["shift"]["tz"]
    until = at(case["shift"]["until"]) + DAY
    found = {rfc3339(turn.start)[:10]: list(turn.people) for turn in turns(layer, zone, LONG_AGO, until)}
    assert found == case.get("recommended_expect", case["expect"])


@cases("rolling_users", lambda case: recurring(case) and "expect_at" in case)
def test_who_is_on_call_in_a_rolling_shift(case):
    layer, zone = rolling(case["shift"]), case["shift"]["tz"]
    for expected in case["expect_at"]:
        assert people_at(layer, zone, at(expected["at"])) == sorted(expected["users"])


@cases("rolling_users", lambda case: recurring(case) and "at" in case)
def test_a_week_keeps_its_local_midnight(case):
    layer, zone = rolling(case["shift"]), case["shift"]["tz"]
    asked = at(case["at"])
    (turn,) = turns(layer, zone, asked, asked + 1)
    assert (rfc3339(turn.start), rfc3339(turn.end)) == (
        case["expect"]["shift_start"],
        case["expect"]["shift_end"],
    )


@cases("rolling_users", lambda case: case.get("shift", {}).get("kind") == "override")
def test_an_override_ends_when_it_is_said_to(case):
    found = case["shift"]
    ends = min(at(found["until"]), at(found["start"]) + found["duration_seconds"] * 1_000_000)
    override = Override(person=found["groups"][0][0], start=at(found["start"]), end=ends)
    schedule = Schedule(key="s", overrides=(override,))
    for expected in case["expect_at"]:
        assert list(on_call([schedule], at(expected["at"]))) == expected["users"]


@cases("rolling_users", lambda case: "schedules" in case)
def test_everybody_on_call_in_several_schedules(case):
    schedules = [
        Schedule(
            key=key,
            overrides=tuple(
                Override(person=user, start=at(event["from"]), end=at(event["to"]), kind="add")
                for event in events
                for user in event["users"]
            ),
        )
        for key, events in case["schedules"].items()
    ]
    for expected in case["expect_at"]:
        assert sorted(on_call(schedules, at(expected["at"]))) == expected["users"]


@cases("rolling_users", lambda case: "template" in case)
def test_a_weekly_template_stays_at_its_hour(case):
    layer = Layer(people=(("u",),), start=wall("2016-10-31T11:00:00"))
    wanted = [at(text) for text in case["handoffs"]]
    found = list(turns(layer, case["template"]["tz"], wanted[0], wanted[-1] + 1))
    assert [turn.start for turn in found] == wanted
    assert all(one.end == after.start for one, after in pairwise(found))


@cases("rolling_users", lambda case: "roster" in case)
def test_who_could_stand_in(case):
    served = {user: 1 for user in case["roster"] if user not in case.get("new_users", ())}
    found = free(case["roster"], case.get("busy", ()), served)
    assert next(iter(found), None) == case["expect"]["user"]


def test_one_rolling_case_is_deliberately_different():
    differ = [case["id"] for case in every("rolling_users") if case.get("conflicts_with_recommended")]
    assert [case[14:17] for case in differ] == ["022"]


def test_turns_go_on_while_a_layer_is_restricted():
    office = Window(days=(frozenset(range(5)),), start=9 * HOUR, end=17 * HOUR)
    layer = Layer(people=(("a",), ("b",)), start=datetime(2026, 1, 5), shift="daily", restrict=(office,))
    found = list(turns(layer, "UTC", at("2026-01-05T00:00:00Z"), at("2026-01-13T00:00:00Z")))
    assert [(rfc3339(turn.start)[8:13], turn.people[0]) for turn in found] == [
        ("05T09", "a"), ("06T09", "b"), ("07T09", "a"), ("08T09", "b"), ("09T09", "a"), ("12T09", "b"),
    ]  # fmt: skip
    assert all(turn.end - turn.start == 8 * HOUR for turn in found)


def test_nobody_is_on_call_before_the_start_nor_from_the_end_on():
    layer = Layer(
        people=(("a",), ("b",)), start=datetime(2026, 1, 5, 9), shift="daily", until=datetime(2026, 1, 7, 12)
    )
    found = list(turns(layer, "Europe/Berlin", LONG_AGO, FAR))
    assert [(rfc3339(turn.start), rfc3339(turn.end), turn.people) for turn in found] == [
        ("2026-01-05T08:00:00Z", "2026-01-06T08:00:00Z", ("a",)),
        ("2026-01-06T08:00:00Z", "2026-01-07T08:00:00Z", ("b",)),
        ("2026-01-07T08:00:00Z", "2026-01-07T11:00:00Z", ("a",)),
    ]


def test_a_layer_may_have_a_zone_of_its_own():
    layer = Layer(people=(("a",),), start=datetime(2026, 1, 5, 9), timezone="Asia/Tokyo")
    (turn,) = turns(layer, "Europe/Berlin", at("2026-01-06T00:00:00Z"), at("2026-01-06T00:00:01Z"))
    assert rfc3339(turn.start) == "2026-01-05T00:00:00Z"


def test_a_shift_with_a_length_does_not_reach_into_the_next():
    layer = Layer(people=(("a",), ("b",)), start=datetime(2026, 10, 24, 2, 30), shift="daily", duration=DAY)
    found = list(turns(layer, "Europe/Berlin", at("2026-10-24T00:30:00Z"), at("2026-10-27T00:00:00Z")))
    assert all(one.end == after.start for one, after in pairwise(found))


def test_days_of_a_month_begin_a_turn_each():
    layer = Layer(
        people=(("a",), ("b",)),
        start=datetime(2026, 1, 1, 8),
        shift="daily",
        days_of_month=((1, 1), (-1, -1)),
    )
    found = list(turns(layer, "UTC", at("2026-01-01T00:00:00Z"), at("2026-03-02T00:00:00Z")))
    assert [(rfc3339(turn.start)[5:10], turn.people[0], turn.turn) for turn in found] == [
        ("01-01", "a", 0), ("01-31", "b", 1), ("02-01", "a", 2), ("02-28", "b", 3), ("03-01", "a", 4),
    ]  # fmt: skip
    late = at("2034-03-01T09:00:00Z")
    (turn,) = turns(layer, "UTC", late, late + 1)
    assert turn.turn == 2 * (8 * 12 + 2)


def test_contradictions_are_refused():
    start = datetime(2026, 1, 5)
    for changes, message in (
        ({"people": ()}, "people"),
        ({"every": 0}, "every"),
        ({"shift": "hourly", "days": (frozenset({0}),)}, "days"),
        ({"until": start}, "until"),
        ({"duration": 7 * DAY + 1}, "duration"),
        ({"duration": 400 * DAY, "days": (frozenset({0}),)}, "duration"),
    ):
        with pytest.raises(ValueError, match=message):
            Layer(**{"people": (("a",),), "start": start, **changes})


def test_who_shares_a_turn():
    assert read_group("alice") == ("alice",)
    assert read_group(["alice", "bob"]) == ("alice", "bob")
    for found in ("", [], ["alice", ""], ["alice", "alice"], 3, [3]):
        with pytest.raises(ValueError, match=r"person|twice"):
            read_group(found)


LAYERS = st.builds(
    Layer,
    people=st.lists(st.sampled_from(["a", "b", "c"]).map(lambda p: (p,)), min_size=1, max_size=4).map(tuple),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 1)).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    shift=st.sampled_from(["daily", "weekly", "monthly"]),
    every=st.integers(1, 3),
    days=st.lists(st.frozensets(st.integers(0, 6), min_size=1), max_size=2).map(tuple),
    week_start=st.integers(0, 6),
    duration=st.integers(0, 24).map(lambda hours: hours * HOUR),
    restrict=st.lists(
        st.builds(
            Window,
            days=st.lists(st.frozensets(st.integers(0, 6), min_size=1), max_size=1).map(tuple),
            start=st.integers(0, 23).map(lambda hour: hour * HOUR),
            end=st.integers(0, 24).map(lambda hour: hour * HOUR),
        ),
        max_size=2,
    ).map(tuple),
)


@given(LAYERS, st.sampled_from(ZONES), st.integers(0, 300), st.integers(1, 30))
def test_turns_are_in_order_and_the_same_whatever_is_asked(layer, zone, day, length):
    low = at("2024-02-01T00:00:00Z") + day * DAY
    found = list(turns(layer, zone, low, low + length * DAY))
    assert all(one.start < one.end for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))
    for turn in found[:8]:
        middle = (max(turn.start, low) + turn.end) // 2
        assert list(turns(layer, zone, middle, middle + 1)) == [turn]
    between = [(a.end, b.start) for a, b in pairwise(found) if a.end < b.start]
    for start, end in between[:8]:
        assert list(turns(layer, zone, start, end)) == []
