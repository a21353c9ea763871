from pathlib import Path

from tests.fakes import EPOCH, check

from slawatch.config.model import Config
from slawatch.core.alert import Alert
from slawatch.core.check import Service
from slawatch.core.dependency import Standing
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.sample import Outcome
from slawatch.core.state import CheckState, Recovered, Seen, step
from slawatch.core.turn import State
from slawatch.daemon.sight import Sight


def config(*names: str, **services: tuple[tuple[str, ...], ...]) -> Config:
    checks = {name: check(name, interval=MINUTE, service="c") for name in names}
    return Config(
        path=Path("x.toml"), data_dir=Path("x"), checks=checks,
        services={
            **{one.service: Service(name=one.service) for one in checks.values()},
            **{name: Service(name=name, depends_on=needs) for name, needs in services.items()},
        },
    )  # fmt: skip


class Eyes:
    def __init__(self, found: Config) -> None:
        self.states: dict[str, CheckState] = {}
        self.sight = Sight(found, self.states.get)

    def see(self, name: str, outcome: Outcome, at: int) -> None:
        self.states[name], events = step(self.states.get(name), Seen(at, outcome, 5 * MINUTE), 1)
        for event in events:
            if isinstance(event, Recovered):
                self.sight.note(check(name), event)


def firing(name: str, service: str, since: int) -> State:
    alert = Alert(
        fingerprint=name, check=name, severity="critical", title=name, since=since, fired_at=since,
        service=service,
    )  # fmt: skip
    return State(alerts={name: alert})


def test_only_what_others_depend_on_is_looked_up() -> None:
    eyes = Eyes(config("a", "b", c=(("b",),)))
    eyes.see("a", Outcome.DOWN, EPOCH)
    assert eyes.sight.standings() == {}
    eyes.see("b", Outcome.DOWN, EPOCH)
    assert eyes.sight.standings() == {"b": Standing(down=True, checked_at=EPOCH, interval=MINUTE)}
    eyes.see("b", Outcome.UP, EPOCH + SECOND)
    assert eyes.sight.standings()["b"].recovered_at == EPOCH + SECOND


def test_a_service_stands_as_its_checks_do() -> None:
    found = config("a", web=(("c",),))
    eyes = Eyes(found)
    assert eyes.sight.standings() == {}
    eyes.see("a", Outcome.DOWN, EPOCH)
    assert eyes.sight.standings()["c"].down


def test_a_parent_that_was_seen_before_the_failure_is_looked_at_once() -> None:
    eyes = Eyes(config("a", "b", c=(("b",),)))
    eyes.see("b", Outcome.UP, EPOCH - SECOND)
    state = firing("a", "c", EPOCH)
    assert eyes.sight.wanted(state, EPOCH + SECOND) == ("b",)
    assert eyes.sight.wanted(state, EPOCH + SECOND) == ()
    eyes.see("b", Outcome.UP, EPOCH + SECOND)
    assert eyes.sight.wanted(firing("a", "c", EPOCH), EPOCH + SECOND) == ()


def test_first_results_are_those_of_the_check_and_of_all_it_depends_on() -> None:
    eyes = Eyes(config("a", "b", c=(("b",),)))
    assert not eyes.sight.first_results("a", "c", EPOCH)
    eyes.see("a", Outcome.UP, EPOCH)
    assert not eyes.sight.first_results("a", "c", EPOCH)
    eyes.see("b", Outcome.UP, EPOCH - 1)
    assert not eyes.sight.first_results("a", "c", EPOCH)
    eyes.see("b", Outcome.UP, EPOCH + 1)
    assert eyes.sight.first_results("a", "c", EPOCH)


def test_a_reload_changes_what_is_looked_up() -> None:
    eyes = Eyes(config("a", "b", c=(("b",),)))
    eyes.see("b", Outcome.DOWN, EPOCH)
    eyes.sight.configure(config("a", "b"))
    assert eyes.sight.standings() == {}
