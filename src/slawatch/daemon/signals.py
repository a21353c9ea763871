"""Alerts that are no plain state of a check: rules on metrics, agreements, missing results, slawatch itself.

Everything is worked out in a thread, on a cursor of its own, from snapshots of the daemon; the loop only
hands the outcome to the dispatcher. What is told follows from the alerts that fire, so nothing is told twice.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import trio

from slawatch.answers.measuring import Memory, measure, pledges
from slawatch.answers.view import View
from slawatch.config.model import Config
from slawatch.config.problem import ConfigError
from slawatch.core.alert import Alert
from slawatch.core.dispatch import Fired, Input
from slawatch.core.foresight import OF, foresee
from slawatch.core.instant import SECOND, Instant, Micros, rfc3339
from slawatch.core.rule import Rule
from slawatch.core.series import KIND, Series, series
from slawatch.core.signal import TIMED, Look, Watched, judge, reconcile, resumed
from slawatch.core.stall import NOTED
from slawatch.core.workflow_turn import Occasion
from slawatch.daemon.missing import Missing
from slawatch.daemon.troubles import Troubles
from slawatch.daemon.writing import Run, WriterThread
from slawatch.store.windows import Value, in_time
from slawatch.web.problem import Problem
from slawatch.web.reading import Readers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from slawatch.answers.view import Live

log = logging.getLogger("slawatch.signals")

EVERY: Final[Micros] = 5 * SECOND
"""From one look at the coming of results and at slawatch itself to the next."""
AGREEMENTS_EVERY: Final[Micros] = 15 * SECOND
LIMIT: Final = 50.0
"""Seconds that an evaluation may take."""
_FIRST: Final[Micros] = 2 * SECOND
"""How long after the start the first rules are evaluated: probes go first."""
_PAUSE: Final = 0.05
_OCCASIONS: Final[Mapping[str, str]] = {
    "forecast": "agreement.at_risk", "tier": "agreement.tier", "breached": "agreement.breached",
}  # fmt: skip


_Seen: TypeAlias = tuple[Look, Callable[[Alert], bool]]
"""What was found, and whether what an alert is about still exists."""


class Read(Protocol):
    """How the store is read: in a thread, or inline in simulated tests."""

    def __call__(self, work: "Callable[[DuckDBPyConnection], Any]", *, limit: float) -> Awaitable[Any]:
        """Return what the work returns.

        Raises:
            Problem: the store cannot be read now.
        """
        ...


@dataclass(slots=True)
class _Rule:
    """A rule, what it watches, and when it is evaluated next, by the loop's clock."""

    rule: Rule
    series: tuple[Series, ...]
    due: Micros


class Signals:
    """Looks again and again, and tells the dispatcher what follows.

    Attributes:
        troubles: of slawatch itself; a configuration that is refused is noted there.
    """

    def __init__(
        self,
        view: View,
        give: Callable[..., None],
        *,
        read: Read | None = None,
        run: Run | None = None,
        steady: Callable[[], float] = trio.current_time,
    ) -> None:
        """Prepare.

        Args:
            view: the daemon, as it can be seen.
            give: takes inputs of alerting.
            read: reads the store.
            run: runs what takes a while without the store.
            steady: seconds of a clock that is never set.
        """
        self.troubles = Troubles()
        self._view = view
        self._give = give
        self._read = Readers(view).read if read is None else read
        self._run = WriterThread() if run is None else run
        self._steady = steady
        self._missing = Missing()
        self._memory = Memory()
        self._config: Config | None = None
        self._rules: list[_Rule] = []
        self._watched: dict[str, Watched] = {}
        self._names: frozenset[str] = frozenset()
        self._agreements_due: Micros = 0
        self._plain_due: Micros = 0
        self._told: set[str] | None = None
        self._said = ""

    async def run(self) -> None:
        """Look, for ever: a store that takes its time holds up neither the look at results nor at itself."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._again, self.look, lambda: self._plain_due)
            nursery.start_soon(self._again, self.evaluate, self.due)

    async def _again(self, work: Callable[[], Awaitable[None]], due: Callable[[], Micros]) -> None:
        while True:
            await work()
            pause = (due() - self._now()) / SECOND
            await trio.sleep(min(max(pause, _PAUSE), EVERY / SECOND))

    def due(self) -> Micros:
        """Return when there are rules or agreements to evaluate, by the loop's clock."""
        return min([self._agreements_due, *(one.due for one in self._rules)])

    def reread(self, load: Callable[[], Config]) -> Config:
        """Return a configuration that is read anew; that one is refused stands until another is not.

        Raises:
            ConfigError: it is wrong.
        """
        try:
            found = load()
        except ConfigError as error:
            self.troubles.refused = tuple(str(problem) for problem in error.problems)
            raise
        self.troubles.refused = ()
        return found

    async def look(self) -> None:
        """Look at the coming of results, and at slawatch itself."""
        steady, now = self._now(), self._view.clock.now()
        if steady < self._plain_due:
            return
        late, self._plain_due = steady - self._plain_due, steady + EVERY
        if late > NOTED:
            self._missing.excuse(late)
        live, channels, config = self._view.live(), self._view.channels(), self._view.config

        alerts = self._view.alerting().alerts

        def work() -> Look:
            look = Look()
            firing = {alert.check for alert in alerts.values() if alert.firing}
            self._missing.look(config, live, now, steady, look, firing)
            self.troubles.look(live, channels, now, steady, look)
            return look

        self._tell(await self._run(work), now, partial(_is_watched, config))

    async def evaluate(self) -> None:
        """Evaluate the rules and agreements that are due."""
        self._configure(self._view.config)
        steady, now = self._now(), self._view.clock.now()
        rules = [one for one in self._rules if one.due <= steady]
        agreements = steady >= self._agreements_due
        if not rules and not agreements:
            return
        for one in rules:
            one.due = max(one.due + one.rule.every, steady + one.rule.every // 2)
        if agreements:
            self._agreements_due = steady + AGREEMENTS_EVERY
        config, live, alerts = self._view.config, self._view.live(), self._view.alerting().alerts
        parts = []
        if rules:
            parts.append(partial(self._of_rules, config, rules, live, alerts, now))
        if agreements:
            parts.append(partial(self._of_agreements, config, now))
        why = ""
        for work in parts:
            try:
                look, exists = await self._seen(work)
            except Problem as problem:
                why = problem.detail
            except Exception:
                log.exception("a fault in evaluating rules or agreements")
                why = "a fault of slawatch: its log says more"
            else:
                if self._config is config:
                    self._tell(look, now, exists)
        self._blind(why)

    async def _seen(self, work: "Callable[[DuckDBPyConnection], _Seen]") -> _Seen:
        """Return what some reading comes to; one that nobody waits for any more ends soon."""
        memory = self._memory
        found: _Seen | None = None
        failure: Exception | None = None

        async def halt() -> None:
            try:
                await trio.sleep_forever()
            finally:
                memory.halted = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(halt)
            try:
                found = await self._read(work, limit=LIMIT)
            except Exception as error:  # noqa: BLE001 (raised again, out of the nursery)
                failure = error
            nursery.cancel_scope.cancel()
        memory.halted = False
        if failure is not None:
            raise failure
        assert found is not None
        return found

    def _now(self) -> Micros:
        return int(self._steady() * SECOND)

    def _blind(self, why: str) -> None:
        if why and why != self._said:
            log.warning("rules and agreements are not evaluated: %s", why)
        self._said = self.troubles.blind = why

    def _configure(self, config: Config) -> None:
        """Take over a configuration; what it does not change goes on undisturbed."""
        if self._config is config:
            return
        before = {one.rule: one.due for one in self._rules}
        first = self._now() + _FIRST
        if self._config is None:
            self._agreements_due = first
        self._config = config
        self._memory = Memory(latest=self._memory.latest)
        self._rules = [
            _Rule(
                rule, series(rule, config.services, config.checks, config.agreements),
                before.get(rule, first),
            )
            for rule in config.rules
        ]  # fmt: skip
        names = {one.fingerprint for rule in self._rules for one in rule.series}
        self._watched = {name: known for name, known in self._watched.items() if name in names}
        self._names = frozenset(names)
        self._agreements_due = min(self._agreements_due, first)

    def _of_rules(
        self,
        config: Config,
        rules: list[_Rule],
        live: "Live",
        alerts: Mapping[str, Alert],
        now: Instant,
        cursor: "DuckDBPyConnection",
    ) -> _Seen:
        """Evaluate rules, in the thread."""
        look = Look()
        watched = [one for rule in rules for one in rule.series]
        found = measure(cursor, config, {one.wish for one in watched}, now, live, self._memory)
        for one in watched:
            known = self._watched.get(one.fingerprint)
            if known is None:
                alert = alerts.get(one.fingerprint)
                known = resumed(alert) if alert is not None and alert.firing else Watched()
            number, unit = _compared(one, found[one.wish])
            self._watched[one.fingerprint] = judge(one, known, number, unit, now, look)
        return look, partial(_exists, self._names, None)

    def _of_agreements(self, config: Config, now: Instant, cursor: "DuckDBPyConnection") -> _Seen:
        """Look at the running periods of agreements, in the thread."""
        if self._told is None:
            self._told = _told_ever(cursor)
        look = Look()
        for key, made in pledges(cursor, config, now, self._memory).items():
            before = len(look.wrong)
            foresee(made, config.alerting.foresight, partial(_policy, config), look)
            quiet = all(finding.once for finding in look.wrong[before:])
            (self._memory.quiet.add if quiet else self._memory.quiet.discard)(key)
        names = {one.fingerprint for one in look.wrong} | look.fine.keys()
        return look, partial(_exists, self._names, names)

    def _tell(self, look: Look, now: Instant, exists: Callable[[Alert], bool]) -> None:
        alerts = self._view.alerting().alerts
        inputs = reconcile(look, alerts, now, told=self._told or (), exists=exists)
        for given in inputs:
            if isinstance(given, Fired):
                log.info("alert %s: %s", given.alert.severity, given.alert.title)
        occasions = [one for given in inputs if (one := _occasion(given)) is not None]
        once = {finding.fingerprint for finding in look.wrong if finding.once}
        if self._told is not None:
            fired = {given.alert.fingerprint for given in inputs if isinstance(given, Fired)}
            self._told |= once & fired
        if inputs:
            self._give(*inputs, *occasions)


def _compared(one: Series, value: Value) -> tuple[float | None, str]:
    """Return what the thresholds of a rule are compared with, and its unit."""
    if one.wish.metric.unit == "any" and any(condition.unit == "s" for _, condition in one.rule.severities):
        return in_time(value), TIMED
    return value.number, value.unit


def _policy(config: Config, service: str) -> str:
    found = config.services.get(service)
    return found.escalation if found else ""


def _is_watched(config: Config, alert: Alert) -> bool:
    return dict(alert.labels).get(KIND) != "no_data" or alert.check in config.checks


def _exists(names: frozenset[str], foreseen: set[str] | None, alert: Alert) -> bool:
    kind = dict(alert.labels).get(KIND)
    if kind == "rule":
        return alert.fingerprint in names
    if kind in ("burn_rate", *_OCCASIONS):
        return foreseen is None or alert.fingerprint in foreseen
    return True


def _occasion(given: Input) -> Occasion | None:
    """Return what workflows hear of an alert of an agreement."""
    if not isinstance(given, Fired):
        return None
    alert = given.alert
    labels = dict(alert.labels)
    on = _OCCASIONS.get(labels.get(KIND, ""))
    if on is None:
        return None
    described = {
        **labels, "service": alert.service, "organization": alert.organization, "severity": alert.severity,
    }  # fmt: skip
    apart = f"{alert.fingerprint}@{rfc3339(alert.fired_at)}"
    return Occasion(
        on=on, text=alert.title, labels=(described,), title=alert.title, apart=apart, alert=alert.fingerprint
    )


def _told_ever(cursor: "DuckDBPyConnection") -> set[str]:
    """Return the fingerprints of what happened once and was told."""
    rows = cursor.execute(
        "SELECT DISTINCT subject FROM alert_event WHERE kind = 'alert.fired' AND "
        "(subject LIKE ? OR subject LIKE ?)",
        [f"alert:{OF}tier{{%", f"alert:{OF}breached{{%"],
    ).fetchall()
    return {subject.removeprefix("alert:") for (subject,) in rows}
