"""Silences, overrides and swaps as they are entered."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.alerts import NOW, Play

from slawatch.answers.entering import enter
from slawatch.answers.entering_alerting import ACTIONS, KEYS
from slawatch.answers.wish import EntryRefused
from slawatch.core.instant import DAY, HOUR, MINUTE, rfc3339

Enter = Callable[..., dict[str, Any]]


@pytest.fixture
def entered(play: Play) -> Enter:
    def make(what: str, at: int = NOW, **wish: Any) -> dict[str, Any]:
        return enter(play.database, play.config, what, {"person": "alice", "source": "a@ops1", **wish}, at)

    return make


def test_a_silence_is_made_changed_and_ended(entered: Enter) -> None:
    made = entered("silence.add", match="service=shop", comment="disk", **{"for": "2h"}, id="s-1")
    assert (made["id"], made["state"], made["author"]) == ("s-1", "active", "alice")
    assert made["end"] == rfc3339(NOW + 2 * HOUR)
    longer = entered("silence.change", NOW + MINUTE, id="s-1", **{"for": "4h"}, person="bob")
    assert (longer["id"], longer["author"]) == ("s-1", "alice")
    assert longer["end"] == rfc3339(NOW + MINUTE + 4 * HOUR)
    other = entered("silence.change", NOW + MINUTE, id="s-1", match="service=api", person="bob")
    assert (other["id"] != "s-1", other["author"], other["state"]) == (True, "bob", "active")
    gone = entered("silence.expire", NOW + 2 * MINUTE, id=other["id"])
    assert gone["state"] == "expired"
    assert entered("silence.expire", NOW + 3 * MINUTE, id=other["id"]) == gone


def test_the_same_wish_twice_is_one_silence(entered: Enter) -> None:
    wish = {"match": "service=shop", "comment": "disk", "for": "2h", "id": "s-1"}
    made = entered("silence.add", **wish)
    assert entered("silence.add", NOW + MINUTE, **wish) == made
    with pytest.raises(EntryRefused, match="there is a silence s-1 already") as caught:
        entered("silence.add", **{**wish, "match": "service=api"})
    assert caught.value.status == 422


def test_a_pending_silence_begins_when_it_says(entered: Enter) -> None:
    made = entered(
        "silence.add", match="a=b", comment="c", start=rfc3339(NOW + HOUR), end=rfc3339(NOW + 2 * HOUR)
    )
    assert (made["state"], made["id"][:2]) == ("pending", "s-")


@pytest.mark.parametrize(
    ("what", "wish", "said", "status"),
    [
        ("silence.add", {"match": "a=b", "for": "1h"}, "comment is missing", 400),
        ("silence.add", {"match": "a=b", "comment": "c"}, "end is missing", 400),
        ("silence.add", {"comment": "c", "for": "1h"}, "match is missing", 400),
        ("silence.add", {"match": "a!=b", "comment": "c", "for": "1h"}, "match everything", 422),
        ("silence.add", {"match": "a=b", "comment": "c", "for": "31d"}, "needs --force", 422),
        ("silence.add", {"match": "a=b", "comment": "c", "end": "2026-11-01"}, "is over already", 400),
        (
            "silence.add",
            {"match": "a=b", "comment": "c", "start": "2026-12-02", "end": "2026-12-01"},
            "the end is before the start",
            422,
        ),
        ("silence.change", {"id": "s-9", "for": "1h"}, "there is no silence 's-9'", 404),
        ("silence.expire", {"id": "s-9"}, "there is no silence 's-9'", 404),
        ("override.add", {"who": "carol", "for": "1h"}, "schedule is missing", 400),
        ("override.add", {"schedule": "primry", "who": "carol", "for": "1h"}, 'did you mean "primary"', 400),
        ("override.add", {"schedule": "primary", "who": "carl", "for": "1h"}, 'did you mean "carol"', 400),
        ("override.add", {"schedule": "primary", "who": "carol"}, "end is missing", 400),
        (
            "override.add",
            {"schedule": "primary", "who": "carol", "for": "1h", "kind": "remov"},
            'did you mean "remove"',
            400,
        ),
        (
            "override.add",
            {"schedule": "primary", "who": "carol", "for": "1h", "kind": "add", "replaces": "bob"},
            "replaces has no meaning",
            400,
        ),
        (
            "override.add",
            {"schedule": "primary", "who": "carol", "start": "2026-10-01", "end": "2026-10-02"},
            "past shifts are never changed",
            422,
        ),
        (
            "override.add",
            {"schedule": "primary", "who": "carol", "start": "2026-12-02", "end": "2026-12-01"},
            "it must end after it starts",
            400,
        ),
        (
            "swap.add",
            {"schedule": "primary", "who": "carol", "for": "1h"},
            "carol is not on call in primary",
            422,
        ),
        (
            "swap.add",
            {"schedule": "primary", "who": "bob", "for": "1h", "taken_by": "bob"},
            "taken_by names the person who offers it",
            400,
        ),
        ("swap.take", {"id": "x-9", "who": "bob"}, "there is no override or swap 'x-9'", 404),
        ("override.cancel", {"id": "o-9"}, "there is no override or swap 'o-9'", 404),
        ("silence.add", {"matcher": "a=b"}, 'did you mean "match"', 400),
    ],
)
def test_what_makes_no_sense_is_refused(
    entered: Enter, what: str, wish: dict[str, Any], said: str, status: int
) -> None:
    with pytest.raises(EntryRefused) as caught:
        entered(what, **wish)
    assert said in str(caught.value)
    assert caught.value.status == status


def test_nothing_that_changes_nothing_is_changed(entered: Enter) -> None:
    entered("silence.add", match="a=b", comment="c", end=rfc3339(NOW + HOUR), id="s-1")
    with pytest.raises(EntryRefused, match="nothing would change"):
        entered("silence.change", id="s-1", comment="c")


def test_an_override_tells_where_it_leaves_nobody(entered: Enter) -> None:
    made = entered("override.add", schedule="primary", who="bob", kind="remove", **{"for": "1h"}, id="o-1")
    assert (made["state"], made["kind"]) == ("active", "remove")
    assert made["remarks"] == [
        "nobody is on call in primary from 2026-11-02T13:00:00+01:00 to 2026-11-02T14:00:00+01:00"
    ]
    added = entered("override.add", schedule="primary", who="carol", kind="add", **{"for": "1h"})
    assert added["remarks"] == []
    off = entered("override.cancel", NOW + MINUTE, id="o-1", reason="he is well again")
    assert (off["state"], off["end"], off["remarks"]) == ("cancelled", rfc3339(NOW + MINUTE), [])


def test_a_swap_is_offered_and_taken(entered: Enter) -> None:
    wish = {"schedule": "primary", "who": "bob", "start": rfc3339(NOW + HOUR), "end": rfc3339(NOW + DAY)}
    offer = entered("swap.add", **wish, id="x-1", person="bob")
    assert offer["state"] == "offered"
    assert offer["remarks"] == ["nothing changes until somebody takes it: slawatch oncall swap --take x-1"]
    taken = entered("swap.take", id="x-1", who="carol", person="carol")
    assert (taken["state"], taken["taken_by"], taken["remarks"]) == ("planned", "carol", [])
    # Who has given a shift away has none left to offer.
    with pytest.raises(EntryRefused, match="bob is not on call in primary"):
        entered("swap.add", **wish, id="x-3")


def test_both_agreed(entered: Enter) -> None:
    made = entered("swap.add", schedule="primary", who="bob", taken_by="alice", **{"for": "1h"})
    assert (made["state"], made["taken_by"]) == ("active", "alice")


def test_each_action_has_its_keys() -> None:
    assert set(ACTIONS) == set(KEYS)
    assert all({"person", "source"} <= set(keys) for keys in KEYS.values())
