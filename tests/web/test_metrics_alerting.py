"""The metrics of alerting, from values."""

from pathlib import Path

from slawatch.config.load import load
from slawatch.core.command import Ack
from slawatch.core.instant import MINUTE
from slawatch.core.notification import Verdict
from slawatch.core.turn import State
from slawatch.store.alert_counts import Counts
from slawatch.web.exposition import render
from slawatch.web.metrics_alerting import families

from .conftest import NOW
from .duty import DUTY, Duty
from .prometheus import parse


class Ok:
    state, since, why, queued, dead = "ok", None, "", 0, 0


class Broken(Ok):
    state = "open"


def played(tmp_path: Path) -> Duty:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return Duty(load(path, env={}), NOW - 10 * MINUTE)


def test_what_is_open_and_how_long_it_waits(tmp_path: Path) -> None:
    duty = played(tmp_path)
    duty.fire()
    found = parse(render(families(duty.state, {}, None, NOW)).decode())
    open_ones = found["slawatch_incidents_open"].samples
    mine = (("severity", "critical"), ("state", "triggered"))
    assert open_ones["slawatch_incidents_open", mine] == 1
    assert found["slawatch_incident_unacknowledged_seconds"].samples[
        "slawatch_incident_unacknowledged_seconds", ()
    ] == 600  # fmt: skip
    assert "alerts_total" not in found, "the store cannot be read: nothing was counted"
    duty.give(Ack(by="person:alice", incident=1))
    found = parse(render(families(duty.state, {}, None, NOW)).decode())
    assert "slawatch_incident_unacknowledged_seconds" not in found


def test_whether_messages_get_through(tmp_path: Path) -> None:
    duty = played(tmp_path)
    duty.verdict = Verdict.RETRY
    duty.fire()
    counts = Counts()
    counts.tried["chat", "retry"] = 2
    found = parse(render(families(duty.state, {"chat": Broken(), "hook": Ok()}, counts, NOW)).decode())
    ups = found["slawatch_channel_up"].samples
    assert ups["slawatch_channel_up", (("channel", "chat"),)] == 0
    assert ups["slawatch_channel_up", (("channel", "hook"),)] == 1
    tried = found["slawatch_message_attempts_total"].samples
    assert tried["slawatch_message_attempts_total", (("channel", "chat"), ("verdict", "retry"))] == 2


def test_who_may_not_know_of_channels_is_told_nothing_of_them() -> None:
    counts = Counts()
    counts.tried["chat", "retry"] = 2
    page = render(families(State(), {}, counts, NOW)).decode()
    assert "chat" not in page
