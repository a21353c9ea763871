"""Entries are checked against the configuration and the record before they are stored."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from tests.web.conftest import MINUTE, NOW, View, samples, store

from slawatch.answers.entering import EntryRefused, enter
from slawatch.core.agreement import Clause
from slawatch.core.instant import HOUR, rfc3339
from slawatch.core.sample import Outcome
from slawatch.store import entries

WINDOW = {
    "services": ["shop"],
    "start": rfc3339(NOW + 24 * HOUR),
    "end": rfc3339(NOW + 26 * HOUR),
    "reason": "database\nupgrade",
    "person": "alice",
    "source": "alice@ops1",
}
SPAN = {
    "service": "shop",
    "start": rfc3339(NOW - HOUR),
    "end": rfc3339(NOW),
    "class": "excused",
    "reason": "their line",
    "person": "alice",
}


def do(view: View, what: str, wish: dict[str, Any], now: int = NOW) -> dict[str, Any]:
    return enter(view.database, view.config, what, wish, now)


def test_a_window_is_announced_when_it_is_entered(view: View) -> None:
    found = do(view, "maintenance.add", WINDOW)
    assert found["id"].startswith("m-")
    assert (found["state"], found["announced"], found["reason"]) == (
        "planned",
        rfc3339(NOW),
        "database upgrade",
    )
    assert found["entered"] == {"at": rfc3339(NOW), "person": "alice", "from": "alice@ops1", "late": False}
    assert found["remarks"] == []


def test_an_earlier_announcement_is_recorded_as_entered_late(view: View) -> None:
    found = do(view, "maintenance.add", {**WINDOW, "announced": "2026-10-30T09:00:00Z"})
    assert (found["announced"], found["entered"]["late"]) == ("2026-10-30T09:00:00Z", True)


@pytest.mark.parametrize(
    ("clause", "start", "said"),
    [
        (None, NOW, "gold: asks for an announcement before it begins"),
        (None, NOW + 1, None),
        (Clause(notice=72 * HOUR), NOW + 71 * HOUR, "gold: asks for an announcement 72h before it begins"),
        (Clause(notice=72 * HOUR), NOW + 72 * HOUR, None),
        ("ignore", NOW + 72 * HOUR, "gold: grants no maintenance"),
    ],
)
def test_what_an_agreement_does_not_grant_is_said(
    view: View, clause: Any, start: int, said: str | None
) -> None:
    gold = replace(view.config.agreements["gold"], maintenance=clause)
    config = replace(view.config, agreements={"gold": gold})
    wish = {**WINDOW, "start": rfc3339(start), "end": rfc3339(start + HOUR)}
    remarks = enter(view.database, config, "maintenance.add", wish, NOW)["remarks"]
    assert len(remarks) == (said is not None)
    assert not said or remarks[0].replace("3d", "72h").startswith(said)


def test_a_running_window_that_is_cancelled_ends_then(view: View) -> None:
    do(view, "maintenance.add", {**WINDOW, "id": "m-1"})
    at = NOW + 25 * HOUR
    found = do(view, "maintenance.cancel", {"id": "m-1", "person": "bob", "reason": "done"}, at)
    assert (found["state"], found["end"]) == ("cancelled", rfc3339(at))
    assert found["cancelled"] == {"at": rfc3339(at), "person": "bob", "reason": "done"}


def test_a_window_that_is_made_longer_is_announced_anew(view: View) -> None:
    do(view, "maintenance.add", {**WINDOW, "id": "m-1"})
    later = rfc3339(NOW + 27 * HOUR)
    found = do(view, "maintenance.change", {"id": "m-1", "person": "bob", "end": later}, NOW + HOUR)
    assert (found["start"], found["end"], found["announced"]) == (WINDOW["start"], later, rfc3339(NOW + HOUR))
    assert found["earlier"] == [{"start": WINDOW["start"], "end": WINDOW["end"], "announced": rfc3339(NOW)}]
    with pytest.raises(EntryRefused, match="nothing would change"):
        do(view, "maintenance.change", {"id": "m-1", "person": "bob", "end": later})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"services": ["shopp"]}, "there is no service 'shopp': did you mean \"shop\"?"),
        ({"services": []}, "services must be an array"),
        ({"services": "shop"}, "services must be an array"),
        ({"end": WINDOW["start"]}, "it must end after it starts, not from 2026-11-02T12:00:00Z"),
        ({"start": "tomorrow"}, "start: 'tomorrow' is not a time such as"),
        ({"start": None}, "start is missing: when it starts"),
        ({"announced": rfc3339(NOW + HOUR)}, "is still to come: leave it out"),
        ({"reason": "x" * 1001}, "reason may have 1000 characters, not 1001"),
        ({"reason": 5}, "reason must be a text"),
        ({"person": " "}, "person is missing"),
        ({"id": "no spaces"}, "an id has up to 64"),
        ({"servces": []}, "there is no key 'servces' here: did you mean \"services\"?"),
    ],
)
def test_a_wrong_window_is_refused(view: View, change: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        do(view, "maintenance.add", {**WINDOW, **change})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.status == HTTPStatus.BAD_REQUEST
    with view.database.reading() as cursor:
        assert entries.windows(cursor) == ()


def test_local_times_are_those_of_the_configuration(view: View) -> None:
    config = replace(view.config, timezone="Europe/Berlin")
    wish = {**WINDOW, "start": "2026-12-01T22:00", "end": "2026-12-02"}
    found = enter(view.database, config, "maintenance.add", wish, NOW)
    assert (found["start"], found["end"]) == ("2026-12-01T21:00:00Z", "2026-12-01T23:00:00Z")
    wish = {**WINDOW, "start": "now", "end": "2026-12-02"}
    assert do(view, "maintenance.add", wish)["start"] == rfc3339(NOW)


def test_an_outage_is_named_by_its_id(view: View) -> None:
    recovered = NOW + 10 * MINUTE
    number = view.database.check_numbers(["shop-db"])["shop-db"]
    wish = {
        "outage": "shop-20261101T115800Z", "class": "excused", "reason": "their line", "person": "alice",
        "evidence": "https://tickets.example/1",
    }  # fmt: skip
    with pytest.raises(EntryRefused, match="outage shop-20261101T115800Z is not over"):
        do(view, "adjustment.add", wish)
    store(view.database, samples(number, NOW, recovered, lambda _: Outcome.UP), sequence=2)
    found = do(view, "adjustment.add", wish, recovered)
    assert (found["service"], found["start"], found["end"]) == (
        "shop",
        rfc3339(NOW - 2 * MINUTE),
        rfc3339(NOW),
    )
    assert (found["state"], found["holds"], found["evidence"]) == (
        "proposed",
        {"gold": True},
        "https://tickets.example/1",
    )
    with pytest.raises(EntryRefused, match="leave `service` out"):
        do(view, "adjustment.add", {**wish, "service": "shop"})
    with pytest.raises(EntryRefused, match="there is no outage 'shop-20261101T115801Z'") as refused:
        do(view, "adjustment.add", {**wish, "outage": "shop-20261101T115801Z"})
    assert refused.value.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"service": "shpo"}, "there is no service 'shpo': did you mean \"shop\"?"),
        ({"service": None}, "`outage`, or `service` with `start` and `end`"),
        ({"end": rfc3339(NOW + 1)}, "is still to come: an adjustment is about time that was measured"),
        ({"end": rfc3339(NOW - 2 * HOUR)}, "must end after it starts"),
        ({"class": "excuse"}, "there is no class 'excuse' of an adjustment: did you mean \"excused\"?"),
        ({"class": None}, 'class is missing: write "excused" or "counted"'),
        ({"reason": ""}, "reason is missing"),
    ],
)
def test_a_wrong_adjustment_is_refused(view: View, change: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        do(view, "adjustment.add", {**SPAN, **change})
    assert said in str(refused.value)
    with view.database.reading() as cursor:
        assert entries.adjustments(cursor) == ()


def test_another_person_approves_and_anybody_withdraws(view: View) -> None:
    do(view, "adjustment.add", {**SPAN, "id": "a-1"})
    with pytest.raises(EntryRefused, match="another person has to approve it") as refused:
        do(view, "adjustment.approve", {"id": "a-1", "person": "alice"})
    assert refused.value.status == HTTPStatus.UNPROCESSABLE_ENTITY
    found = do(view, "adjustment.approve", {"id": "a-1", "person": "bob"}, NOW + 1)
    assert (found["state"], found["approvers"], found["decided"]) == ("approved", ["bob"], rfc3339(NOW + 1))
    with pytest.raises(EntryRefused, match="reason is missing"):
        do(view, "adjustment.withdraw", {"id": "a-1", "person": "bob"})
    found = do(view, "adjustment.withdraw", {"id": "a-1", "person": "bob", "reason": "wrong"})
    assert (found["state"], found["withdrawn_by"], found["holds"]) == ("withdrawn", "bob", {"gold": False})


def test_one_that_is_not_there_is_not_found(view: View) -> None:
    do(view, "adjustment.add", {**SPAN, "id": "a-1"})
    for what in ("adjustment.approve", "maintenance.cancel"):
        with pytest.raises(EntryRefused, match="there is no ") as refused:
            do(view, what, {"id": "a-2", "person": "bob"})
        assert refused.value.status == HTTPStatus.NOT_FOUND
    with pytest.raises(EntryRefused, match='did you mean "a-1"'):
        do(view, "adjustment.approve", {"id": "a-2", "person": "bob"})
