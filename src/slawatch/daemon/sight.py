"""What alerting asks of the checks: how things stand that others depend on, and when each was looked at."""

from collections.abc import Callable

from slawatch.config.alerting import dependencies
from slawatch.config.model import Config
from slawatch.core.check import Check
from slawatch.core.dependency import Graph, Standing, rechecks
from slawatch.core.instant import Instant
from slawatch.core.standing import of_check, of_service
from slawatch.core.state import CheckState, Confirmed, Recovered
from slawatch.core.turn import State


class Sight:
    """How checks and services stand, as far as dependencies care.

    Attributes:
        graph: the dependencies of the config in force.
    """

    def __init__(self, config: Config, state_of: Callable[[str], CheckState | None]) -> None:
        self.graph = Graph(())
        self._state_of = state_of
        self._recovered: dict[str, Instant] = {}
        self._asked: set[tuple[str, Instant]] = set()
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Take over a config."""
        self.graph = Graph(dependencies(config.services))
        self._config = config
        self._members: dict[str, list[Check]] = {}
        for check in config.checks.values():
            self._members.setdefault(check.service, []).append(check)
        parents = {edge.parent for edges in self.graph.parents.values() for edge in edges}
        self._parents = sorted(parents)

    def note(self, check: Check, event: Confirmed | Recovered) -> None:
        """Remember when a check recovered."""
        if isinstance(event, Recovered):
            self._recovered[check.name] = event.at

    def checked_at(self, name: str) -> Instant | None:
        """Return the start of the last result of a check; None for none."""
        state = self._state_of(name)
        return None if state is None else state.sampled_at

    def standings(self) -> dict[str, Standing]:
        """Return how everything stands that something depends on."""
        found: dict[str, Standing] = {}
        for name in self._parents:
            standing = self._check(self._config.checks[name]) if name in self._config.checks else None
            standing = standing or self._service(name)
            if standing is not None:
                found[name] = standing
        return found

    def _check(self, check: Check) -> Standing | None:
        state = self._state_of(check.name)
        return None if state is None else of_check(state, check.interval, self._recovered.get(check.name))

    def _service(self, name: str) -> Standing | None:
        checks = self._members.get(name, [])
        members = [standing for check in checks if (standing := self._check(check)) is not None]
        service = self._config.services.get(name)
        if not members:
            return None
        return of_service(service.join if service is not None else "all", len(checks), members)

    def first_results(self, check: str, service: str, since: Instant) -> bool:
        """Say whether a check and all that it depends on were looked at since an instant."""
        names = [check, *self.graph.ancestors(check), *self.graph.ancestors(service)]
        checks = [name for name in names if name in self._config.checks]
        for name in names:
            if name not in self._config.checks:
                checks += [member.name for member in self._members.get(name, ())]
        return all((at := self.checked_at(name)) is not None and at >= since for name in checks)

    def wanted(self, state: State, now: Instant) -> tuple[str, ...]:
        """Return the checks that are to be looked at now, each once for a failure that asks for it."""
        alerts = [alert for alert in state.alerts.values() if alert.firing and alert.check]
        if not alerts or not self._parents:
            return ()
        found: list[str] = []
        for name in rechecks(self.graph, self.standings(), alerts, now):
            members = [name] if name in self._config.checks else [c.name for c in self._members.get(name, ())]
            newest = max(alert.since for alert in alerts)
            for member in members:
                if (member, newest) not in self._asked:
                    self._asked.add((member, newest))
                    found.append(member)
        if len(self._asked) > 10_000:
            self._asked.clear()
        return tuple(found)
