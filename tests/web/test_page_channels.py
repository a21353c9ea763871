"""The page about channels: how each stands, what waits, what came of the attempts."""

from pathlib import Path

import pytest

from slawatch.config.load import Config, load
from slawatch.core.channel import Standing
from slawatch.core.instant import MINUTE
from slawatch.core.notification import Verdict
from slawatch.core.turn import State
from slawatch.web.page_channels import arrange

from .conftest import NOW
from .duty import DUTY, Duty

BROKEN = Standing("open", NOW - MINUTE, "503 five times", queued=2, dead=1)
FINE = Standing("ok", NOW - MINUTE, warning="the template email.html is broken")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


def test_how_each_stands(config: Config) -> None:
    found = arrange(config, State(), {"chat": BROKEN}, ())
    chat, hook = found.channels
    assert (chat.name, chat.glyph, chat.state, chat.why, chat.queued, chat.dead) == (
        "chat", "down", "Down", "503 five times", 2, 1,
    )  # fmt: skip
    assert (hook.glyph, hook.state) == ("unknown", "Not used yet")


def test_a_channel_that_refused_what_it_was_given_last_is_not_shown_as_well(config: Config) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.verdict = Verdict.PERMANENT
    duty.fire()
    chats = [attempt for attempt in duty.attempts if attempt.channel == "chat"]
    chat, hook = arrange(config, duty.state, {"chat": FINE, "hook": FINE}, chats).channels
    assert (chat.glyph, chat.state, chat.warning) == ("degraded", "Refused the last message", FINE.warning)
    assert "503" in chat.why
    assert (hook.glyph, hook.state, hook.since) == ("unknown", "Nothing was sent lately", None)


def test_what_is_not_through_and_may_be_tried_again(config: Config) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.verdict = Verdict.PERMANENT
    duty.fire()
    found = arrange(config, duty.state, {}, list(reversed(duty.attempts)))
    dead = [one for one in found.waiting if one.dead]
    assert {one.who for one in dead} >= {"Alice Arnold"}
    assert "503" in dead[0].why
    assert {one.verdict for one in found.attempts} == {"Refused"}
    only = arrange(config, duty.state, {}, (), chosen="nothing")
    assert only.waiting == ()


def test_what_went_through_waits_no_more(config: Config) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.fire()
    found = arrange(config, duty.state, {}, duty.attempts)
    assert found.waiting == ()
    assert [(one.who, one.glyph, one.status) for one in found.attempts] == [("Alice Arnold", "up", 200)]
