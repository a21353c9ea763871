"""What the pages about incidents show, from alerting played through."""

from dataclasses import replace
from pathlib import Path

import pytest

from slawatch.config.load import Config, load
from slawatch.core.alert import Reason
from slawatch.core.command import Ack, Assign, Resolve, Write
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.notification import Verdict
from slawatch.web.page_incidents import IncidentPage, arrange, listed, open_count

from .conftest import NOW
from .duty import DUTY, Duty


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def duty(config: Config) -> Duty:
    found = Duty(config, NOW - 10 * MINUTE)
    found.fire()
    return found


def shown(duty: Duty, number: int = 1) -> IncidentPage:
    mine = [event for event in reversed(duty.events) if event.incident == number]
    return arrange(duty.config, duty.state, number, mine, list(reversed(duty.attempts)), duty.now)


def test_the_worst_and_the_latest_come_first_and_what_is_over_last(duty: Duty) -> None:
    duty.fire("api-a", "api", at=NOW - 9 * MINUTE, severity="low")
    duty.fire("backup", "jobs", at=NOW - 8 * MINUTE)
    duty.give(Ack(by="person:alice", incident=1), at=NOW - 7 * MINUTE)
    assert [line.id for line in listed(duty.config, duty.state)] == [3, 2, 1]
    duty.give(Resolve(by="person:bob", incident=3, note="mended"))
    assert [line.id for line in listed(duty.config, duty.state)] == [2, 1, 3]
    assert open_count(duty.state) == 2
    lines = {line.id: line for line in listed(duty.config, duty.state)}
    assert (lines[1].state, lines[1].who, lines[1].organization) == ("Acknowledged", "Alice Arnold", "Acme")
    assert lines[3].until == NOW - 7 * MINUTE
    assert [line.id for line in listed(duty.config, duty.state, organization="other")] == [2]


def test_the_timeline_has_names_and_each_thing_once(duty: Duty) -> None:
    duty.give(Write(by="person:alice", incident=1, text="the disk of person:bob is full"))
    texts = [step.text for step in shown(duty).steps]
    assert texts[0] == "Note: the disk of Bob Ray is full"
    assert texts[-1] in {"Alert: shop-db is down", "Opened: shop-db is down"}
    assert "Called Alice Arnold by chat" in texts
    assert len(texts) == len(set(texts))
    assert shown(duty).steps[0].by == "Alice Arnold"


def test_what_comes_next_is_told_with_names(duty: Duty) -> None:
    first = shown(duty).coming[0]
    assert first.at == NOW - 5 * MINUTE
    assert first.told == ("Bob Ray by hook",)
    duty.give(Ack(by="person:alice", incident=1))
    assert any("Alice Arnold" in one.text for one in shown(duty).coming)


def test_who_was_told_and_what_failed(duty: Duty) -> None:
    (message,) = shown(duty).messages
    assert (message.who, message.channel, message.kind, message.state) == (
        "Alice Arnold",
        "chat",
        "Called",
        "sent",
    )
    duty.verdict = Verdict.PERMANENT
    duty.give(at=NOW - 4 * MINUTE)
    failed = shown(duty).messages[0]
    assert failed.state == "could not be sent"
    assert "503" in failed.trouble
    forgotten = Duty(duty.config)
    forgotten.state = type(duty.state)(incidents=duty.state.incidents)
    forgotten.attempts = duty.attempts
    assert {m.who for m in shown(forgotten).messages} == {"Alice Arnold", "Bob Ray"}


def test_why_nobody_is_told_now(duty: Duty) -> None:
    duty.reasons = (Reason("silence", "s1", "silenced by alice", NOW + HOUR),)
    duty.give()
    page = shown(duty)
    assert [why.text for why in page.withheld] == ["silenced by alice"]
    assert page.alerts[0].quiet == duty.reasons
    duty.give(Resolve(by="x", incident=1))
    assert shown(duty).withheld == ()


def test_roles_and_whom_it_can_be_given_to(duty: Duty) -> None:
    duty.give(Assign(by="person:alice", incident=1, to="person:bob", role="commander"))
    assert ("Leads", "Bob Ray") in shown(duty).roles
    assert shown(duty).targets == (("person:alice", "Alice Arnold"), ("person:bob", "Bob Ray"))


def test_who_may_not_know_how_people_are_reached_is_told_who_is_called(duty: Duty) -> None:
    bare = {key: replace(person, contact=()) for key, person in duty.config.people.items()}
    theirs = replace(duty.config, channels={}, people=bare)
    page = arrange(theirs, duty.state, 1, [], [], duty.now, whole=False)
    assert page.coming[0].told == ("Bob Ray",)
