"""Checks without results: told after two intervals and a timeout, whatever the reason is.

How long nothing came is measured with the loop's own clock, which neither a stepped wall clock nor a sleep of
the machine can move.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from slawatch import checks
from slawatch.answers.view import Live, LiveCheck
from slawatch.config.model import Config
from slawatch.core.alert import fingerprint
from slawatch.core.check import Check
from slawatch.core.instant import MINUTE, SECOND, Instant, Micros
from slawatch.core.sample import Outcome
from slawatch.core.series import KIND, META, SELF, TROUBLE
from slawatch.core.signal import Finding, Look, length

SLACK: Final[Micros] = 5 * SECOND
"""How long a result may be on its way to us."""
EXCUSED: Final[Micros] = 5 * MINUTE
"""For so long missing probers explain missing results: that they are missing is told at once."""
MANY: Final = 5
"""From so many silent checks on, if they are half of all, the fault is ours and told once."""


@dataclass(slots=True)
class _Heard:
    """When a check was heard of last.

    Attributes:
        sample: the start of its last sample then.
        at: by the loop's clock.
        fresh: whether a result that tells something came since, or was there in time.
    """

    sample: Instant | None
    at: Micros
    fresh: bool


def limit(check: Check) -> Micros:
    """Return after how long without a result a check has none.

    >>> limit(Check(name="a", service="s", type="tcp", options=None, interval=30 * SECOND)) // SECOND
    75
    """
    return 2 * check.interval + check.timeout + SLACK


def name_of(check: str) -> str:
    """Return the fingerprint of the alert that a check has no results."""
    return fingerprint(check, ((KIND, "no_data"),))


class Missing:
    """What is known of the coming of results."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}
        self._short_since: Micros | None = None

    def look(
        self,
        config: Config,
        live: Live,
        now: Instant,
        steady: Micros,
        look: Look,
        matters: Collection[str] | None = None,
    ) -> None:
        """Note in a look which checks have no results.

        Args:
            config: in force.
            live: what the daemon says.
            now: by the wall clock.
            steady: by the loop's clock.
            look: where it is noted.
            matters: of which checks it is worth a note that results come: those with alerts; None for all.
        """
        excused = self._excused(live, steady)
        silent: list[tuple[Check, Micros, LiveCheck]] = []
        for name in [name for name in self._heard if name not in config.checks]:
            del self._heard[name]
        active = 0
        for check in config.checks.values():
            seen = live.checks.get(check.name)
            if seen is None:
                continue
            active += 1
            silence = self._silence(check, seen, now, steady)
            if silence >= limit(check):
                silent.append((check, silence, seen))
            elif self._heard[check.name].fresh and (matters is None or check.name in matters):
                look.fine[name_of(check.name)] = "results come again"
                look.fresh.append(fingerprint(check.name))
        everywhere = len(silent) >= MANY and 2 * len(silent) >= active
        name = fingerprint(SELF, ((KIND, "meta"), (TROUBLE, "results")))
        if everywhere:
            look.wrong.append(_of_all(name, len(silent), active, config, now))
        else:
            look.fine[name] = "results come again"
        for check, silence, seen in silent:
            look.silent.append(fingerprint(check.name))
            if not everywhere and not excused:
                look.wrong.append(_of_one(check, silence, seen, config, now))

    def excuse(self, still: Micros) -> None:
        """Take a time in which the daemon itself stood still from the silence: nobody listened."""
        for heard in self._heard.values():
            heard.at += still

    def _silence(self, check: Check, seen: LiveCheck, now: Instant, steady: Micros) -> Micros:
        """Return for how long nothing was heard of a check."""
        known = seen.outcome is not None and seen.outcome is not Outcome.UNKNOWN
        if not known and seen.last_sample is not None and checks.load(check.type).passive:
            known = True
        heard = self._heard.get(check.name)
        if heard is None:
            # After a start there is time for one probe, however old the last sample is.
            age = 0 if seen.last_sample is None else max(now - seen.last_sample, 0)
            patience = check.interval + check.timeout + SLACK
            at = steady - min(age, max(limit(check) - patience, 0))
            fresh = known and age < limit(check)
            self._heard[check.name] = _Heard(seen.last_sample, at, fresh)
        elif seen.last_sample != heard.sample:
            heard.sample = seen.last_sample
            if known:
                heard.at, heard.fresh = steady, True
        return steady - self._heard[check.name].at

    def _excused(self, live: Live, steady: Micros) -> bool:
        if live.probers <= len(live.counters):
            self._short_since = None
            return False
        if self._short_since is None:
            self._short_since = steady
        return steady - self._short_since < EXCUSED


def _of_one(check: Check, silence: Micros, seen: LiveCheck, config: Config, now: Instant) -> Finding:
    service = config.services.get(check.service)
    why = f": {seen.reason}" if seen.reason and seen.outcome is Outcome.UNKNOWN else ""
    return Finding(
        fingerprint=name_of(check.name), severity=config.alerting.no_data,
        title=f"{check.name} has no results", since=now - silence, check=check.name, service=check.service,
        organization=(service.organization or "") if service else "",
        policy=service.escalation if service else "", labels=((KIND, "no_data"),),
        actual=f"none for {length(silence)}{why}", threshold=f"> {length(limit(check))}",
    )  # fmt: skip


def _of_all(name: str, silent: int, active: int, config: Config, now: Instant) -> Finding:
    return Finding(
        fingerprint=name, severity=config.alerting.no_data,
        title=f"slawatch has no results of {silent} of {active} checks", since=now, check=SELF, service=SELF,
        policy=META, labels=((KIND, "meta"), (TROUBLE, "results")), actual=f"{silent} without results",
        threshold=f">= {MANY} and half of all",
    )  # fmt: skip
