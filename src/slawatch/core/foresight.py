"""What of an agreement's running period is worth an alert: a budget that burns, a breach or tier ahead."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from slawatch.core.agreement import Percent
from slawatch.core.alert import fingerprint
from slawatch.core.burn import BurnRule, burning
from slawatch.core.credit import percent_text
from slawatch.core.evaluation import Evaluation
from slawatch.core.incident import rank
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant
from slawatch.core.pledge import loss_of, promise_of
from slawatch.core.series import KIND, sole
from slawatch.core.signal import Finding, Look, length
from slawatch.core.stake import Stake
from slawatch.core.text import Duration, format_duration

Severity = Literal["info", "low", "medium", "high", "critical"]
Switch = Literal["off", "info", "low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A pair of windows over which an error budget burns too fast.

    Attributes:
        budget: the percentage of the period's budget that is gone after the long window at just this rate.
        long: the window that says that it matters.
        short: the window that says that it still goes on.
        severity: of the alert while both burn faster.

    Raises:
        ValueError: windows that make no pair.
    """

    budget: Percent
    long: Duration
    short: Duration
    severity: Severity = "high"

    def __post_init__(self) -> None:
        if not 0 < self.short < self.long:
            raise ValueError("short: shorter than `long`, and longer than nothing")
        if not self.budget:
            raise ValueError("budget: more than 0 percent")

    @property
    def rule(self) -> BurnRule:
        """The rule that it makes."""
        urgent = rank(self.severity) >= rank("high")
        return BurnRule(Fraction(self.budget) / 100, self.long, self.short, "page" if urgent else "ticket")


BURNS: Final = (
    Burn(budget=Decimal(2), long=HOUR, short=5 * MINUTE, severity="critical"),
    Burn(budget=Decimal(5), long=6 * HOUR, short=30 * MINUTE, severity="high"),
    Burn(budget=Decimal(10), long=DAY, short=2 * HOUR, severity="medium"),
    Burn(budget=Decimal(10), long=3 * DAY, short=6 * HOUR, severity="low"),
)
"""Those of the SRE workbook ("Alerting on SLOs", table 5-8)."""


_MANY: Final = 100.0
"""From here on a rate is told in whole numbers."""
OF: Final = "agreement."
"""What the fingerprints of these alerts begin with; no rule may be called so."""
ENOUGH: Final = HOUR
"""No forecast rests on less of a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What is told of agreements; `off` leaves a part out.

    Attributes:
        burn: the windows.
        forecast: how bad it is that a period will be breached if it goes on as it does.
        tier: how bad it is that a tier of credits is near.
        tier_ahead: how near: so many percent of what may be lost before it are left.
        breached: how bad it is that a promise cannot be kept any more.
    """

    burn: tuple[Burn, ...] = BURNS
    forecast: Switch = "medium"
    tier: Switch = "medium"
    tier_ahead: Fraction = Fraction(1, 4)
    breached: Switch = "high"


def foresee(found: Evaluation, settings: Foresight, policy: Callable[[str], str], look: Look) -> None:
    """Note in a look what of an agreement is wrong, and what is fine.

    Args:
        found: its running period.
        settings: what is told.
        policy: the escalation policy of a service's incidents; asked with the service that decides the
            figure, or with nothing.
        look: where it is noted.
    """
    if found.running is None:
        return
    making = _Making(found, policy, look)
    making.burn(settings.burn)
    if settings.forecast != "off":
        making.forecast(settings.forecast)
    if settings.tier != "off":
        making.tiers(settings.tier, settings.tier_ahead)
    if settings.breached != "off":
        making.breached(settings.breached)


class _Making:
    """The alerts of one agreement."""

    def __init__(self, found: Evaluation, policy: Callable[[str], str], look: Look) -> None:
        self.found = found
        self.look = look
        self.key = found.agreement.key
        members = {name for one in found.subjects for name in one.members}
        decided = found.combined.decided_by
        self.service = decided if decided in members else sole(found.terms)
        self.policy = policy(self.service)

    def burn(self, burns: Iterable[Burn]) -> None:
        found = self.found
        promise = promise_of(found)
        if promise is None or not burns:
            return
        by_rule: dict[BurnRule, Burn] = {one.rule: one for one in burns}
        now, target = found.now, promise.target
        loss = loss_of(found)
        rules = burning(loss, now, target.value, found.period.length, by_rule)
        # What was only just begun to be watched says nothing of so long a window.
        firing = [
            one for one in rules if one.fires and loss(now - one.rule.long, now).counted >= one.rule.short
        ]
        name = fingerprint(f"{OF}burn_rate", (("agreement", self.key),))
        if not firing:
            self.look.fine[name] = "the budget burns no longer so fast"
            return
        worst = max(firing, key=lambda one: (rank(by_rule[one.rule].severity), -one.rule.long))
        rate = _rate(worst.long)
        self._wrong(
            name, "burn_rate", by_rule[worst.rule].severity,
            f"{self.key}: the error budget burns {rate} times too fast",
            since=self._lost_from(now - worst.rule.short),
            actual=f"{rate} over {format_duration(worst.rule.long)}, "
            f"{_rate(worst.short)} over {format_duration(worst.rule.short)}",
            threshold=f"> {_rate(worst.factor)} over both",
        )  # fmt: skip

    def _lost_from(self, start: Instant) -> Instant:
        """Return when losing began that a window from an instant up to now shows, as far as outages tell."""
        begun = [
            outage.start
            for subject in self.found.subjects
            for outage in subject.adjusted.outages
            if outage.counted and outage.end > start
        ]
        return max(start, min(begun, default=start))

    def forecast(self, severity: str) -> None:
        running, promise = self.found.running, promise_of(self.found)
        name = fingerprint(f"{OF}forecast", (("agreement", self.key),))
        ahead = running.exhaustion if running else None
        expected = running.forecast.expected if running else None
        best = running.forecast.best if running else None
        if (
            promise is None or ahead is None or expected is None or best is None or ahead.at is None
            or promise.target.met_by(expected) or not promise.target.met_by(best)
            or self.found.combined.loss.counted < ENOUGH
        ):  # fmt: skip
            self.look.fine[name] = "it goes on better than it did, or is breached already"
            return
        self._wrong(
            name, "forecast", severity,
            f"{self.key}: {promise.target} will be missed if it goes on: "
            f"the budget lasts {length(ahead.left or 0)}",
            since=self.found.now, actual=f"{percent_text(expected, floor=True)} %",
            threshold=str(promise.target),
        )  # fmt: skip

    def tiers(self, severity: str, near: Fraction) -> None:
        running = self.found.running
        for stake in running.standing.stakes if running else ():
            name = fingerprint(f"{OF}tier", (*self._period(), ("tier", str(stake.tier.number))))
            if stake.reached or not self._near(stake, near):
                self.look.fine[name] = "the tier is reached" if stake.reached else "the tier is far"
                continue
            due = "" if stake.amount is None else f" ({stake.amount} of credits)"
            self._wrong(
                name, "tier", severity,
                f"{self.key}: {length(stake.left)} until credits are due: {stake.tier}{due}",
                since=self.found.now, actual=f"{length(stake.left)} left",
                threshold=f"< {float(near * 100):g} % of what may be lost", once=True,
                more={"tier": str(stake.tier.number)},
            )  # fmt: skip

    def _near(self, stake: Stake, near: Fraction) -> bool:
        lost = self.found.combined.whole.bad
        return bool(lost) and bool(stake.allowed) and stake.left <= near * stake.allowed

    def breached(self, severity: str) -> None:
        promise = promise_of(self.found)
        name = fingerprint(f"{OF}breached", self._period())
        best = self.found.running.forecast.best if self.found.running else None
        if promise is None or best is None or promise.target.met_by(best):
            self.look.fine[name] = "it can be kept again, by an adjustment or by other terms"
            return
        self._wrong(
            name, "breached", severity,
            f"{self.key}: {promise.target} is missed for {self.found.period.label}, whatever comes",
            since=self.found.now, actual=f"{percent_text(best, floor=True)} % at best",
            threshold=str(promise.target), once=True,
        )  # fmt: skip

    def _period(self) -> tuple[tuple[str, str], ...]:
        return (("agreement", self.key), ("period", self.found.period.label))

    def _wrong(
        self, name: str, kind: str, severity: str, title: str, *, since: int, actual: str, threshold: str,
        once: bool = False, more: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        labels = {
            KIND: kind, "agreement": self.key, "period": self.found.period.label, **(more or {}),
        }  # fmt: skip
        self.look.wrong.append(
            Finding(
                fingerprint=name,
                severity=severity,
                title=title,
                since=since,
                check=kind,
                service=self.service,
                organization=self.found.agreement.organization,
                policy=self.policy,
                labels=tuple(sorted(labels.items())),
                actual=actual,
                threshold=threshold,
                once=once,
            )
        )


def _rate(rate: Fraction | Decimal | float | None) -> str:
    """Return how many times too fast a budget burns, as people read it.

    >>> _rate(Fraction(144, 10)), _rate(1000.0), _rate(None)
    ('14.4', '1,000', '0')
    """
    found = float(rate or 0)
    return f"{found:,.0f}" if found >= _MANY else f"{found:.3g}"
