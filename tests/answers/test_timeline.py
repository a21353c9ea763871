"""Timelines as people read them, and what happens next."""

import pytest
from tests.alerts import NOW, Play

from slawatch.answers.timeline import entry, parts_of, people, phase_text, upcoming
from slawatch.core.command import Ack, Snooze
from slawatch.core.event import Event
from slawatch.core.instant import HOUR, MINUTE, rfc3339
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence


def upcoming_of(play: Play) -> list[tuple[str, str]]:
    found = upcoming(play.state, 1, play.world, play.now)
    assert all(one["at"] == rfc3339(play.now + round(one["in"] * 1_000_000)) for one in found)
    return [(one["kind"], one["text"]) for one in found]


def test_the_next_level_is_named_with_whom_it_means_then(play: Play) -> None:
    play.fire()
    assert upcoming_of(play) == [
        ("contact", "next contact: bob through text"),
        ("level", "level 1 is told: carol through text, channel:hook"),
        ("level", "level 0 is told for the second time: bob through chat"),
        ("contact", "next contact: bob through text"),
        ("level", "level 1 is told for the second time: carol through text, channel:hook"),
        ("level", "every level was told: from then on a reminder each 24 h"),
    ]


def test_an_acknowledgement_and_a_snooze_end(play: Play) -> None:
    play.fire()
    play.give(Ack(by="person:alice", incident=1))
    assert upcoming_of(play)[:2] == [
        ("ack_reminder", "reminder: the acknowledgement by alice expires in 5 min: alice through chat"),
        (
            "ack_timeout",
            (
                "the acknowledgement by alice expires: escalation begins anew; level 0 is told: "
                "alice through chat, bob through chat"
            ),
        ),
    ]
    assert phase_text(play.state.incidents[1]) == "acked by alice"
    play.give(Snooze(by="eve", incident=1, length=HOUR))
    kind, text = upcoming_of(play)[0]
    assert (kind, text) == (
        "snooze_end", "the snooze ends: escalation begins anew; level 0 is told: bob through chat",
    )  # fmt: skip
    assert phase_text(play.state.incidents[1]) == f"snoozed until {rfc3339(NOW + HOUR)}"


def test_what_is_withheld_says_so(play: Play) -> None:
    play.silences = (
        Silence(id="s", match=parse("service=shop"), author="a", comment="c", start=0, end=NOW + HOUR),
    )
    play.fire()
    play.give(after=MINUTE)
    first, *_ = upcoming(play.state, 1, play.world, play.now)
    assert (first["at"], first["withheld"]) == (rfc3339(NOW + HOUR), False)
    assert [one["to"] for one in first["messages"]] == ["person:bob"]


def test_nothing_follows_what_is_over(play: Play) -> None:
    play.fire()
    play.end()
    assert upcoming_of(play) == []
    assert phase_text(play.state.incidents[1]) == "resolved"


BOB = "row:7:1:trigger:0:0:person:bob:sms"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event(0, "row.sent", BOB, "ok"), "person:bob through sms: told"),
        (
            Event(0, "row.sent", "row:7:1:resolve:-1:1:channel:hook:hook"),
            "channel:hook: told that it is over",
        ),
        (
            Event(0, "row.dead", BOB, "permanent: trigger to person:bob"),
            "person:bob through sms: trigger given up: permanent",
        ),
        (
            Event(0, "row.failed", "row:7:1:ack:0:0:person:bob:sms", "retry: 503"),
            "person:bob through sms: ack failed: retry: 503",
        ),
        (
            Event(0, "row.cancelled", BOB, "ttl: trigger to person:bob"),
            "person:bob through sms: trigger not sent: ttl",
        ),
        (Event(0, "incident.noted", "incident:7", "called"), "note: called"),
        (
            Event(0, "level.fired", "incident:7", "level 0 is told: person:bob"),
            "level 0 is told: person:bob",
        ),
        (
            Event(0, "level.fired", "incident:7", "level 0 is told for the second time: person:bob"),
            "level 0 is told for the second time: person:bob",
        ),
        (
            Event(0, "incident.suppression", "incident:7", "quiet_hours, silence"),
            "nobody is told: quiet hours, silence",
        ),
        (Event(0, "incident.suppression", "incident:7", "suppression ended"), "suppression ended"),
        (Event(0, "alert.suppression", "alert:x", "silence"), "nobody is told of x: silence"),
        (Event(0, "alert.fired", "alert:x", "x is down", changes=(("severity", "high"),)), "alert x, high"),
    ],
)
def test_events_are_told_in_words(event: Event, text: str) -> None:
    found = entry(3, event)
    assert found is not None
    assert (found["number"], found["text"]) == (3, text)


@pytest.mark.parametrize(
    "event",
    [
        Event(0, "incident.changed", "incident:7"),
        Event(0, "row.queued", BOB),
        Event(0, "row.cancelled", BOB, "superseded: trigger"),
        Event(0, "alert.reported", "alert:x", "duplicate"),
        Event(0, "incident.forgotten", "incident:7", "x", gone=True),
    ],
)
def test_what_nobody_needs_to_read_is_left_out(event: Event) -> None:
    assert entry(1, event) is None


def test_keys_are_taken_apart() -> None:
    assert parts_of("1:1:trigger:0:0:person:a:b:chat") == ("trigger", "person:a:b", "chat")
    assert parts_of("odd") == ("", "odd", "")
    assert people(["person:a", "team:b"]) == "a, team:b"
