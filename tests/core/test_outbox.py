"""The outbox: order, digests, waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.bucket import Bucket, Limit
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.outbox import BASE, CAP, Row, Stage, backoff, bundles, ordered, ready, webhook_delay


def row(key, kind="trigger", *, recipient="ann", channel="mail", incident=1, created=0, **more):
    return Row(
        key=key, incident=incident, generation=1, kind=kind, recipient=recipient, channel=channel,
        created_at=created, not_before=more.pop("not_before", created), expires_at=10**15, **more,
    )  # fmt: skip


def case(number):
    return next(c for c in cases("message_queue") if c["id"].split("/")[1].startswith(number))


def test_only_the_newest_status_of_an_incident_is_left():
    """GoAlert drops older status messages when it sends; here the newer one supersedes when it is decided."""
    found = case("004")
    by_lane = {}
    for message in found["messages"]:
        if not message.get("sent"):
            by_lane.setdefault(message["alert"], []).append(message)
    gone = [m["id"] for lane in by_lane.values() for m in sorted(lane, key=lambda m: m["log"])[:-1]]
    assert gone == found["expect"]["deleted"], "see the dispatcher: one unsent message in a lane"


def test_the_first_message_of_each_service_goes_first_then_by_kind():
    """GoAlert's order; it has types of messages that slawatch has not (verification, test)."""
    found = case("006")
    kinds = {"alert": "trigger", "verification": "trigger", "test": "trigger", "status": "update"}
    buckets = {"H": Bucket((Limit(1, MINUTE),), (-30 * SECOND,))}
    rows = [
        row(
            f"{i}",
            kinds[m["type"]],
            recipient=m["user"],
            incident=i,
            created=i,
            service=m.get("service", m["type"]),
        )
        for i, m in enumerate(found["pending"])
        if m["id"] is not None or m["user"] == "H"
    ]
    waiting = [one for one in ordered(rows, {"B": 1}) if buckets.get(one.recipient, Bucket()).allows(0)]
    services = [one.service for one in waiting if one.kind == "trigger"]
    assert len(set(services[:3])) == 3, "three services in the first three messages"
    assert services[-2:] == ["A", "B"] or services[-2:] == ["B", "A"], (
        "a second message of a service comes later"
    )
    assert [one.kind for one in waiting][-2:] == ["update", "update"]


def test_kinds_in_their_order():
    rows = [row(kind, kind, incident=i) for i, kind in enumerate(["reminder", "resolve", "ack", "trigger"])]
    assert [r.kind for r in ordered(rows)] == ["trigger", "ack", "resolve", "reminder"]


def test_one_message_of_a_lane_is_in_flight_and_none_overtakes():
    first, second = row("a"), row("b", "resolve", created=1, keeps_state=True)
    assert [r.key for r in ready([first, second], 5)] == ["a"]
    flying = row("a", stage=Stage.SENDING)
    assert ready([flying, second], 5) == []
    waiting = row("a", stage=Stage.RETRY_WAIT, not_before=100)
    assert ready([waiting, second], 5) == []
    assert [r.key for r in ready([row("a", stage=Stage.SENT), second], 5)] == ["b"]


def test_another_channel_is_not_held_up():
    rows = [row("a", stage=Stage.SENDING), row("b", channel="sms")]
    assert [r.key for r in ready(rows, 0)] == ["b"]


def test_what_a_bucket_does_not_allow_becomes_one_digest():
    rows = [row(f"{i}", incident=i) for i in range(40)]
    (bundle,) = bundles(rows, lambda _channel, _recipient: 1)
    assert len(bundle.rows) == 40
    found = bundles(rows, lambda _channel, _recipient: 10)
    assert [len(b.rows) for b in found] == [1] * 9 + [31]
    assert bundles(rows, lambda _channel, _recipient: 0) == []
    kept = [row(f"{i}", incident=i, keeps_state=True) for i in range(4)]
    assert [len(b.rows) for b in bundles(kept, lambda _channel, _recipient: 2)] == [1, 1]


def test_a_digest_of_one_recipient_does_not_delay_another():
    rows = [row(f"{i}", incident=i) for i in range(10)] + [row("x", recipient="bob", incident=11)]
    found = bundles(rows, lambda _channel, _recipient: 1)
    assert {b.recipient: len(b.rows) for b in found} == {"ann": 10, "bob": 1}


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_full_jitter(attempt, fraction):
    assert 0 <= backoff(attempt, fraction) <= min(CAP, BASE * 3 ** (attempt - 1))
    wait = webhook_delay(attempt, fraction)
    assert (wait is None) == (attempt >= 10)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 15), (3, 45), (4, 135), (5, 300), (50, 300)])
def test_the_longest_waits(attempt, seconds):
    assert backoff(attempt, 1.0) == seconds * SECOND
