"""Rules, agreements, missing results and slawatch itself, on a virtual clock and a real store."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from tests.fakes import Clock, inline

from slawatch.answers.view import Live, LiveCheck
from slawatch.config.load import load
from slawatch.config.model import Config
from slawatch.config.problem import ConfigError
from slawatch.core.dispatch import Ended, Fired, Input, Tick, steps
from slawatch.core.event import Numbered
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.sample import Outcome, Sample
from slawatch.core.timeline import Held, step
from slawatch.core.turn import State, World
from slawatch.core.workflow_turn import Occasion
from slawatch.daemon.signals import Signals
from slawatch.store.batch import Batch
from slawatch.store.database import Database, StoreError
from slawatch.store.writer import Writer
from slawatch.web.problem import Problem

TOML = """
[slawatch]
data_dir = "data"
[organizations.acme]
[defaults.check]
interval = "30s"
timeout = "10s"
[services.shop]
organization = "acme"
[checks.home]
service = "shop"
type = "tcp"
address = "h:1"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""
RULE = """
[[rules]]
metric = "error_rate"
services = ["shop"]
window = "5m"
critical = "> 50%"
for = "1m"
"""


@dataclass
class Daemon:
    """What signals see of a daemon, and a dispatcher that steps and stores what they give."""

    config: Config
    clock: Clock
    database: Database
    state: State = field(default_factory=State)
    inputs: list[Input] = field(default_factory=list)
    trouble: str = ""
    heard: bool = True

    def __post_init__(self) -> None:
        self.writer = Writer(self.database)
        self.numbers = self.database.check_numbers(self.config.checks)
        self.sequence = self.events = 0
        self.held: dict[str, Held] = {}
        self.last: dict[str, int] = {}

    def sample(self, outcome: Outcome, check: str = "home", latency: int | None = 1_000) -> None:
        """Store a sample of now."""
        now, number = self.clock.now(), self.numbers[check]
        one = Sample(number, now, now, outcome, 0, latency, None, None, None, None, None, 70 * SECOND)
        self.held[check], made = step(self.held.get(check), now, outcome, one.holds)
        self.last[check] = now
        self.sequence += 1
        self.writer.write(Batch(self.sequence, [one], [(number, change) for change in made]))

    def give(self, *inputs: Input) -> None:
        """Step and store."""
        self.inputs += inputs
        self.state, events = steps(self.state, (*inputs, Tick()), self.clock.now(), World())
        numbered = [Numbered(self.events + n, event) for n, event in enumerate(events, 1)]
        self.events += len(events)
        self.sequence += 1
        self.writer.write(Batch(self.sequence, events=numbered))

    async def read(self, work: Callable[..., Any], *, limit: float) -> Any:
        assert limit > 0
        if self.trouble:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, self.trouble)
        with self.database.reading() as cursor:
            return work(cursor)

    def live(self) -> Live:
        checks = {
            name: LiveCheck(outcome=Outcome.UP, last_sample=self.last.get(name), holds=70 * SECOND)
            for name in self.config.checks
        }
        return Live(since=0, checks=checks)

    def alerting(self) -> State:
        return self.state

    def channels(self) -> dict[str, Any]:
        return {}

    def signals(self) -> Signals:
        return Signals(self, self.give, read=self.read, run=inline)  # type: ignore[arg-type]

    def firing(self) -> dict[str, str]:
        return {name: one.severity for name, one in self.state.alerts.items() if one.firing}

    def fired(self) -> list[str]:
        return [given.alert.fingerprint for given in self.inputs if isinstance(given, Fired)]


Make = Callable[..., Daemon]


def parsed(folder: Path, text: str) -> Config:
    path = folder / "slawatch.toml"
    path.write_text(text)
    return load(path, env={})


@pytest.fixture
def make(tmp_path: Path) -> Any:
    opened = []

    def made(text: str = TOML + RULE) -> Daemon:
        database = Database.open(tmp_path / "store")
        opened.append(database)
        return Daemon(parsed(tmp_path, text), Clock(), database)

    yield made
    for database in opened:
        database.close()


async def play(daemon: Daemon, signals: Signals, minutes: float, outcome: Outcome | None) -> None:
    """Let time pass, with a sample every half minute."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(signals.run)
        for _ in range(round(minutes * 2)):
            if outcome is not None:
                daemon.sample(outcome)
            await trio.sleep(30)
        nursery.cancel_scope.cancel()


ERRORS = 'error_rate of shop{service="shop"}'


async def test_a_rule_from_its_breach_to_its_end(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    daemon = make()
    signals = daemon.signals()
    await play(daemon, signals, 6, Outcome.UP)
    assert daemon.inputs == []
    began = daemon.clock.now()
    await play(daemon, signals, 8, Outcome.DOWN)
    alert = daemon.state.alerts[ERRORS]
    assert (alert.firing, alert.severity, alert.service, alert.organization) == (
        True,
        "critical",
        "shop",
        "acme",
    )
    assert (alert.actual[-1], alert.threshold) == ("%", "> 50%")
    # Half of five minutes' probes failed after 2.5 minutes, and a minute more confirmed it.
    assert 3 * MINUTE <= alert.fired_at - began <= 5 * MINUTE
    assert alert.fired_at - alert.since >= MINUTE
    await play(daemon, signals, 8, Outcome.UP)
    alert = daemon.state.alerts[ERRORS]
    assert not alert.firing
    assert alert.resolution.startswith("error_rate is ")
    assert "at worst it was 100% (the rule says > 50%)" in alert.resolution
    assert daemon.fired().count(ERRORS) == 1


async def test_a_restart_tells_nothing_twice_and_notices_what_ended(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    daemon = make()
    await play(daemon, daemon.signals(), 8, Outcome.DOWN)
    assert ERRORS in daemon.firing()
    since, count = daemon.state.alerts[ERRORS].since, len(daemon.fired())
    await play(daemon, daemon.signals(), 3, Outcome.DOWN)
    assert len(daemon.fired()) == count
    assert daemon.state.alerts[ERRORS].since == since
    # It ends while nobody looks.
    for _ in range(20):
        daemon.sample(Outcome.UP)
        await trio.sleep(30)
    await play(daemon, daemon.signals(), 1, Outcome.UP)
    assert ERRORS not in daemon.firing()


async def test_a_rule_that_is_gone_takes_its_alert_with_it(
    make: Make, autojump_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    daemon = make()
    signals = daemon.signals()
    await play(daemon, signals, 8, Outcome.DOWN)
    daemon.config = parsed(tmp_path, TOML)
    await play(daemon, signals, 2, Outcome.DOWN)
    assert Ended(ERRORS, "no longer watched", removed=True) in daemon.inputs
    daemon.config = parsed(tmp_path, TOML + RULE.replace("50%", "60%"))
    await play(daemon, signals, 4, Outcome.DOWN)
    assert daemon.state.alerts[ERRORS].threshold == "> 60%"


async def test_a_store_that_cannot_be_read_ends_nothing(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    daemon = make()
    signals = daemon.signals()
    await play(daemon, signals, 8, Outcome.DOWN)
    before = daemon.firing()
    daemon.trouble = "the store took longer than 50 s"
    await play(daemon, signals, 4, Outcome.UP)
    assert before.items() <= daemon.firing().items()
    name = 'slawatch{kind="meta",trouble="rules"}'
    assert daemon.state.alerts[name].actual == daemon.trouble
    daemon.trouble = ""
    await play(daemon, signals, 1, Outcome.UP)
    assert name not in daemon.firing()


async def test_a_budget_that_burns_and_is_gone(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    daemon = make(TOML)
    signals = daemon.signals()
    await play(daemon, signals, 70, Outcome.UP)
    await play(daemon, signals, 2, Outcome.DOWN)
    burn = 'agreement.burn_rate{agreement="gold"}'
    assert daemon.firing()[burn] == "critical"
    await play(daemon, signals, 50, Outcome.DOWN)
    period = daemon.clock.now()
    (breached,) = [name for name in daemon.firing() if name.startswith("agreement.breached")]
    assert daemon.fired().count(breached) == 1
    occasions = [one.on for one in daemon.inputs if isinstance(one, Occasion)]
    assert occasions == ["agreement.at_risk", "agreement.breached"]
    assert daemon.state.alerts[breached].service == "shop"
    # It stays so, and is told for an hour; a restart tells it no second time.
    await play(daemon, signals, 62, Outcome.UP)
    assert breached not in daemon.firing()
    assert daemon.firing()[burn] == "medium"
    daemon.state = replace(daemon.state, alerts={})
    await play(daemon, daemon.signals(), 5, Outcome.UP)
    assert daemon.fired().count(breached) == 1
    assert daemon.clock.now() - period < 3 * HOUR


async def test_no_results_are_an_alert_and_make_another_stale(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    daemon = make()
    signals = daemon.signals()
    await play(daemon, signals, 8, Outcome.DOWN)
    await play(daemon, signals, 3, None)
    assert daemon.firing()['home{kind="no_data"}'] == "high"
    await play(daemon, signals, 6, None)
    assert daemon.state.alerts[ERRORS].stale
    assert ERRORS in daemon.firing()
    await play(daemon, signals, 1.5, Outcome.DOWN)
    assert 'home{kind="no_data"}' not in daemon.firing()
    assert not daemon.state.alerts[ERRORS].stale


async def test_a_refused_configuration_is_told_until_one_is_taken(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    daemon = make()
    signals = daemon.signals()

    def wrong() -> Config:
        raise ConfigError(())

    with pytest.raises(ConfigError):
        signals.reread(wrong)
    assert signals.troubles.refused == ()
    bad = daemon.config.path
    bad.write_text("[slawatch]\nx = 1\n")
    with pytest.raises(ConfigError):
        signals.reread(lambda: load(bad, env={}))
    await signals.look()
    assert daemon.firing() == {'slawatch{kind="meta",trouble="config"}': "medium"}
    assert signals.reread(lambda: daemon.config) is daemon.config
    await trio.sleep(10)
    await signals.look()
    assert daemon.firing() == {}


async def test_a_rule_on_a_measure_compares_times_as_times(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    text = (
        TOML
        + '[[rules]]\nmetric = "measure_last:wait"\nchecks = ["home"]\ncritical = "> 200ms"\nevery = "30s"\n'
    )
    daemon = make(text)
    number, now = daemon.numbers["home"], daemon.clock.now()
    one = Sample(
        number, now, now, 0, 0, 1, None, None, None, None, None, SECOND, measures=(("wait", 0.25, "s"),)
    )
    daemon.writer.write(Batch(1, [one]))
    daemon.sequence = 1
    await play(daemon, daemon.signals(), 1, None)
    alert = daemon.state.alerts['measure_last:wait of home{check="home"}']
    assert (alert.check, alert.actual, alert.threshold) == ("home", "250 ms", "> 200ms")


async def test_slow_rules_hold_up_nothing_else(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    daemon = make()

    async def slow(_work: Callable[..., Any], *, limit: float) -> Any:
        await trio.sleep(limit)
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "too slow")

    signals = Signals(daemon, daemon.give, read=slow, run=inline)  # type: ignore[arg-type]
    daemon.sample(Outcome.UP)
    await play(daemon, signals, 1.75, None)
    assert list(daemon.firing()) == ['home{kind="no_data"}']


async def test_a_fault_in_rules_does_not_keep_agreements_from_being_seen(
    make: Make, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = make()

    async def faulty(work: Any, *, limit: float) -> Any:
        if work.func.__name__ == "_of_rules":
            raise ZeroDivisionError("on purpose")
        return await daemon.read(work, limit=limit)

    signals = Signals(daemon, daemon.give, read=faulty, run=inline)  # type: ignore[arg-type]
    await play(daemon, signals, 10, Outcome.UP)
    await play(daemon, signals, 2, Outcome.DOWN)
    assert 'agreement.burn_rate{agreement="gold"}' in daemon.firing()
    assert daemon.state.alerts['slawatch{kind="meta",trouble="rules"}'].actual.startswith(
        "a fault of slawatch"
    )
    assert "on purpose" in caplog.text


async def test_a_daemon_that_stops_does_not_wait_for_all_agreements(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    daemon, ended = make(TOML), []

    async def long(work: Any, *, limit: float) -> Any:
        assert limit > 0
        with trio.CancelScope(shield=True):
            await trio.sleep(5)
            with daemon.database.reading() as cursor:
                try:
                    work(cursor)
                except StoreError as error:
                    ended.append(str(error))

    signals = Signals(daemon, daemon.give, read=long, run=inline)  # type: ignore[arg-type]
    daemon.sample(Outcome.UP)
    with trio.move_on_after(4):
        await signals.run()
    assert ended == ["nobody waits for this answer any more"]
