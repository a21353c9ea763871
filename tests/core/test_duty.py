"""Overrides and swaps entered at run time, and what they come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.duty import Added, Cancelled, DutyRefused, Entered, Entry, Taken, applied, fold, step
from slawatch.core.instant import DAY, HOUR, parse_rfc3339
from slawatch.core.oncall import on_call
from slawatch.core.override import Override, Swap
from slawatch.core.rota import Schedule

NOW = parse_rfc3339("2026-11-02T12:00:00Z")
PEOPLE = {"alice", "bob", "carol"}


def schedules() -> dict[str, Schedule]:
    made = Schedule(key="primary", overrides=(Override(person="alice", start=NOW - DAY, end=NOW + 30 * DAY),))
    return {"primary": made, "other": Schedule(key="other", overrides=made.overrides)}


def override(person: str = "carol", start: int = NOW, end: int = NOW + HOUR, **more: object) -> Override:
    return Override(person=person, start=start, end=end, priority=1, **more)  # type: ignore[arg-type]


def swap(**more: object) -> Swap:
    fields = {"person": "alice", "start": NOW + HOUR, "end": NOW + 2 * HOUR} | more
    return Swap(**fields)  # type: ignore[arg-type]


def add(change: Override | Swap, name: str = "o-1", at: int = NOW) -> Added:
    return Added(name, at, "eve", "primary", change)


def who(at: int, *entries: Entry, people: set[str] = PEOPLE) -> tuple[str, ...]:
    return on_call([applied(schedules(), fold(entries), people)["primary"]], at)


def test_an_override_holds_as_long_as_it_says() -> None:
    entry = add(override())
    assert who(NOW - 1, entry) == ("alice",)
    assert who(NOW, entry) == who(NOW + HOUR - 1, entry) == ("carol",)
    assert who(NOW + HOUR, entry) == ("alice",)


def test_other_schedules_stay_as_they_are() -> None:
    before = schedules()
    after = applied(before, fold([add(override())]), PEOPLE)
    assert after["other"] is before["other"]
    assert after["primary"] is not before["primary"]


def test_one_that_was_cancelled_before_it_began_never_held() -> None:
    entries: list[Entry] = [add(override(start=NOW + HOUR, end=NOW + 2 * HOUR)), Cancelled("o-1", NOW, "eve")]
    assert who(NOW + HOUR, *entries) == ("alice",)
    assert fold(entries)[0].state(NOW) == "cancelled"


def test_one_that_was_cancelled_while_it_held_ends_then() -> None:
    entries: list[Entry] = [add(override()), Cancelled("o-1", NOW + 10, "eve")]
    assert who(NOW + 9, *entries) == ("carol",)
    assert who(NOW + 10, *entries) == ("alice",)


def test_past_shifts_are_never_changed() -> None:
    (found,) = fold([add(override(start=NOW - HOUR))])
    assert (found.change.start, found.added.change.start) == (NOW, NOW - HOUR)
    with pytest.raises(DutyRefused, match="past shifts are never changed"):
        step(None, add(override(start=NOW - HOUR, end=NOW)))


def test_a_swap_holds_once_it_is_taken() -> None:
    offer = add(swap(), "x-1")
    assert who(NOW + HOUR, offer) == ("alice",)
    assert fold([offer])[0].state(NOW) == "offered"
    taken = Taken("x-1", NOW, "bob")
    assert who(NOW + HOUR, offer, taken) == ("bob",)
    assert who(NOW + 2 * HOUR, offer, taken) == ("alice",)
    (found,) = fold([offer, taken])
    assert [found.state(NOW), found.state(NOW + HOUR), found.state(NOW + 2 * HOUR)] == [
        "planned", "active", "over",
    ]  # fmt: skip


def test_a_swap_taken_late_holds_from_then_on() -> None:
    entries: list[Entry] = [add(swap(), "x-1"), Taken("x-1", NOW + HOUR + 10, "bob")]
    assert who(NOW + HOUR + 9, *entries) == ("alice",)
    assert who(NOW + HOUR + 10, *entries) == ("bob",)


def test_whoever_is_unknown_takes_nobodys_place() -> None:
    assert who(NOW, add(override()), people={"alice"}) == ("alice",)
    assert who(NOW + HOUR, add(swap(taken_by="bob"), "x-1"), people={"alice"}) == ("alice",)


@pytest.mark.parametrize(
    ("entries", "last", "said"),
    [
        ([add(override())], add(override()), "there is an override or swap o-1 already"),
        ([], Taken("x-1", NOW, "bob"), "there is no override or swap x-1"),
        ([add(override())], Taken("o-1", NOW, "bob"), "is an override: nobody needs to take it"),
        ([add(swap(), "x-1")], Taken("x-1", NOW, "alice"), "somebody else must take it"),
        ([add(swap(taken_by="bob"), "x-1")], Taken("x-1", NOW, "carol"), "bob has taken it already"),
        ([add(swap(), "x-1")], Taken("x-1", NOW + 3 * HOUR, "bob"), "is over since"),
        ([add(override())], Cancelled("o-1", NOW + HOUR, "eve"), "is over since"),
        (
            [add(override()), Cancelled("o-1", NOW, "eve")],
            Cancelled("o-1", NOW, "bob"),
            "was cancelled by eve",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(entries: list[Entry], last: Entry, said: str) -> None:
    known: dict[str, Entered] = {one.added.id: one for one in fold(entries)}
    with pytest.raises(DutyRefused, match=said):
        step(known.get(last.id), last)


@given(
    start=st.integers(-10, 10),
    length=st.integers(1, 20),
    cancelled=st.none() | st.integers(0, 30),
    at=st.integers(-15, 40),
)
def test_an_override_is_in_force_exactly_while_its_state_is_active(
    start: int, length: int, cancelled: int | None, at: int
) -> None:
    change = override(start=NOW + start, end=NOW + start + length)
    if change.end <= NOW:
        return
    entries: list[Entry] = [add(change)]
    if cancelled is not None and NOW + cancelled < change.end:
        entries.append(Cancelled("o-1", NOW + cancelled, "eve"))
    (found,) = fold(entries)
    begins = max(change.start, NOW)
    holds = begins <= NOW + at < found.until
    assert (who(NOW + at, *entries) == ("carol",)) == holds
