"""Notices: rows about no incident, each told once."""

from slawatch.core.delivery import stale
from slawatch.core.dispatch import Answered, Claimed, Retried, Tick, steps
from slawatch.core.instant import DAY, HOUR
from slawatch.core.notice import KEPT, Notice
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage
from slawatch.core.turn import State, World

NOTICE = Notice("person:ann", "mail", "handoff:primary:7", "you are on call", "Until Monday.", 2 * HOUR)
WORLD = World(contacts=lambda _recipient: ())


def test_a_notice_is_a_row_of_no_incident() -> None:
    state, events = steps(State(), (NOTICE,), 100, WORLD)
    (row,) = state.rows.values()
    assert row.key == "0:0:meta:handoff:primary:7:person:ann:mail"
    assert (row.incident, row.kind, row.reason, row.detail) == (0, "meta", NOTICE.title, NOTICE.text)
    assert row.expires_at == 100 + 2 * HOUR
    assert [event.kind for event in events] == ["row.queued"]
    assert stale(row, None) == ""


def test_the_same_notice_again_is_none() -> None:
    state, _ = steps(State(), (NOTICE, NOTICE), 100, WORLD)
    again, events = steps(state, (NOTICE._replace(title="other words"),), 200, WORLD)
    assert again is state
    assert not events
    other, _ = steps(state, (NOTICE._replace(channel="sms"),), 200, WORLD)
    assert len(other.rows) == 2


def test_a_notice_that_is_too_old_is_not_sent() -> None:
    state, _ = steps(State(), (NOTICE,), 0, WORLD)
    state, _ = steps(state, (Tick(),), 2 * HOUR, WORLD)
    assert [(row.stage, row.why) for row in state.rows.values()] == [(Stage.CANCELLED, "ttl")]


def test_what_was_told_is_remembered_for_longer_than_a_week() -> None:
    state, _ = steps(State(epoch=1), (NOTICE, Claimed((NOTICE.row_key,))), 0, WORLD)
    state, _ = steps(state, (Answered(NOTICE.row_key, Delivery(verdict=Verdict.OK), 1), Tick()), 1, WORLD)
    state, _ = steps(state, (Tick(),), 8 * DAY, WORLD)
    assert state.rows[NOTICE.row_key].stage is Stage.SENT
    state, _ = steps(state, (Tick(),), KEPT, WORLD)
    assert not state.rows


def test_a_dead_notice_can_be_sent_again() -> None:
    state, _ = steps(State(epoch=1), (NOTICE, Claimed((NOTICE.row_key,))), 0, WORLD)
    refused = Answered(NOTICE.row_key, Delivery(verdict=Verdict.PERMANENT), 1)
    state, _ = steps(state, (refused,), 1, WORLD)
    assert state.rows[NOTICE.row_key].stage is Stage.DEAD
    state, _ = steps(state, (Retried(NOTICE.row_key, HOUR),), 2, WORLD)
    assert state.rows[NOTICE.row_key].unsent
