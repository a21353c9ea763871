"""From what was found wrong to what alerting is told: every alert that is no plain state of one check.

Whoever looks (at rules, budgets, missing results, slawatch itself) says each time all that is wrong and all
that is fine. What is told follows from the comparison with the alerts that fire: so a restart tells nothing
twice, notices what ended meanwhile, and a rule that is gone takes its alerts with it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from slawatch.core.alert import Alert
from slawatch.core.dispatch import Ended, Fired, Input, Reported, SeverityChanged, Stale
from slawatch.core.instant import HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from slawatch.core.metric import Metric
from slawatch.core.rule import Watch, step
from slawatch.core.series import KIND, Series
from slawatch.core.text import spoken_duration

NOTICE: Final[Micros] = HOUR
"""For so long what happened once and cannot be mended is told; then it ends by itself."""
TIMED: Final = "time"
"""The unit of a measure that was turned into microseconds."""
KINDS: Final = ("rule", "no_data", "burn_rate", "forecast", "tier", "breached", "meta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong now.

    Attributes:
        fingerprint: of its alert.
        severity: now.
        title: one line.
        since: from when it is so, as far as is known.
        check: what it is about: a check, or the name of a rule or of what was found.
        service, organization, policy, labels: of its alert.
        actual, threshold: what was measured, and what it violates.
        once: it happened, and stays so: told once, for an hour at most, not again in its life.
    """

    fingerprint: str
    severity: str
    title: str
    since: Instant
    check: str
    service: str = ""
    organization: str = ""
    policy: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    actual: str = ""
    threshold: str = ""
    once: bool = False

    def alert(self, now: Instant) -> Alert:
        """Return the alert that it makes."""
        return Alert(
            fingerprint=self.fingerprint, check=self.check, severity=self.severity, title=self.title,
            since=min(self.since, now), fired_at=now, service=self.service, organization=self.organization,
            policy=self.policy, labels=self.labels, actual=self.actual, threshold=self.threshold,
        )  # fmt: skip


@dataclass(slots=True)
class Look:
    """What one look came to.

    Attributes:
        wrong: what is.
        fine: what was looked at and is not, by fingerprint, with how it is now.
        silent: what has no value now; what fires stays as it is, and is stale.
        fresh: what has one again, where nothing else is said of it.
    """

    wrong: list[Finding] = field(default_factory=list)
    fine: dict[str, str] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)


def reconcile(
    look: Look,
    alerts: Mapping[str, Alert],
    now: Instant,
    *,
    told: Collection[str] = (),
    exists: Callable[[Alert], bool] = lambda _alert: True,
) -> tuple[Input, ...]:
    """Return what alerting is told after a look.

    Args:
        look: what it came to.
        alerts: those that alerting knows, by fingerprint.
        now: the instant of the look.
        told: fingerprints of what happened once and was told already, ever.
        exists: whether what an alert of ours is about still exists.
    """
    return (
        *(given for finding in look.wrong for given in _of_wrong(finding, alerts, now, told)),
        *(
            Ended(name, text)
            for name, text in look.fine.items()
            if (alert := alerts.get(name)) is not None and alert.firing
        ),
        *(
            Stale(name)
            for name in look.silent
            if (alert := alerts.get(name)) is not None and alert.firing and not alert.stale
        ),
        *(
            Stale(name, stale=False)
            for name in look.fresh
            if (alert := alerts.get(name)) is not None and alert.firing and alert.stale
        ),
        *(
            Ended(alert.fingerprint, "no longer watched", removed=True)
            for alert in alerts.values()
            if alert.firing and dict(alert.labels).get(KIND) in KINDS and not exists(alert)
        ),
    )


def _of_wrong(
    finding: Finding, alerts: Mapping[str, Alert], now: Instant, told: Collection[str]
) -> Iterator[Input]:
    alert = alerts.get(finding.fingerprint)
    if alert is None or not alert.firing:
        if not finding.once or (alert is None and finding.fingerprint not in told):
            ended = alert.resolved_at if alert is not None else None
            if ended is not None and finding.since < ended:
                # What was told to be over does not go on in what begins now.
                finding = replace(finding, since=ended)
            yield Fired(finding.alert(now))
        return
    if finding.once and (alert.guard_until is not None or now - alert.fired_at >= NOTICE):
        yield Ended(finding.fingerprint, "told; it stays so")
        return
    if alert.stale:
        yield Stale(finding.fingerprint, stale=False)
    if alert.severity != finding.severity:
        yield SeverityChanged(finding.fingerprint, finding.severity, finding.actual, finding.threshold)
    if alert.guard_until is not None:
        yield Reported(finding.fingerprint)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a series between two looks.

    Attributes:
        watch: of its rule.
        since: from when the severity in force has held.
        worst: the value furthest beyond the threshold while it fires.
    """

    watch: Watch = field(default_factory=Watch)
    since: Instant = 0
    worst: float | None = None


def resumed(alert: Alert) -> Watched:
    """Return what is known of a series whose alert fired when slawatch stopped."""
    watch = Watch(alert.severity, ((alert.severity, alert.since),), None, alert.threshold)
    return Watched(watch, alert.since)


def judge(one: Series, known: Watched, value: float | None, unit: str, now: Instant, look: Look) -> Watched:
    """Take one value of a series, and note in a look what it comes to.

    Args:
        one: the series.
        known: of it.
        value: microseconds, percent or a plain number; None for no data.
        unit: that a probe gave of its measure; `TIMED` where its value is microseconds.
        now: the instant of the look.
        look: where it is noted.
    """
    if any(since > now for _, since in known.watch.pending):
        # The wall clock was set back.
        clamped = tuple((severity, min(since, now)) for severity, since in known.watch.pending)
        known = replace(known, watch=replace(known.watch, pending=clamped))
    watch = step(known.watch, one.rule, value, now)
    name = one.fingerprint
    if not watch.severity:
        look.fine[name] = _well(one, known, value, unit)
        return Watched(watch)
    if value is None and one.rule.missing == "keep":
        look.silent.append(name)
        return Watched(watch, known.since, known.worst)
    pending = dict(watch.pending)
    since = min(pending.get(watch.severity, now), known.since or now)
    worst = _worse(one, known.worst, value)
    actual = "no data" if value is None else shown(value, one.wish.metric, unit)
    found = Finding(
        fingerprint=name, severity=watch.severity, title=_title(one, actual, watch.threshold), since=since,
        check=one.check, service=one.service, organization=one.organization, policy=one.policy,
        labels=one.labels, actual=actual, threshold=watch.threshold,
    )  # fmt: skip
    look.wrong.append(found)
    return Watched(watch, since, worst)


def _title(one: Series, actual: str, threshold: str) -> str:
    whose, metric = one.wish.whose.text, one.wish.metric.name
    named = f"{one.rule.name}: " if one.rule.name else ""
    if actual == "no data":
        return f"{named}{metric} of {whose} has no data"
    return f"{named}{metric} of {whose} is {actual} ({threshold})"


def _well(one: Series, known: Watched, value: float | None, unit: str) -> str:
    metric = one.wish.metric
    text = f"{metric.name} has no data" if value is None else f"{metric.name} is {shown(value, metric, unit)}"
    worst = "" if known.worst is None else f"; at worst it was {shown(known.worst, metric, unit)}"
    limits = " and ".join(condition.text for _, condition in reversed(one.rule.severities))
    return f"{text}{worst} (the rule says {limits})"


def _worse(one: Series, worst: float | None, value: float | None) -> float | None:
    if worst is None or value is None:
        return value if worst is None else worst
    operators = [condition.operator[0] for _, condition in one.rule.severities]
    return min(worst, value) if "<" in operators else max(worst, value)


def shown(value: float, metric: Metric, unit: str = "") -> str:
    """Return a value as people read it.

    >>> from slawatch.core.metric import find
    >>> shown(1_234_567, find("latency_p95")), shown(99.98765, find("availability")), shown(3, find("probes"))
    ('1.235 s', '99.9876%', '3')
    """
    if metric.unit == "s" or unit == TIMED:
        return length(value)
    if metric.unit == "%":
        return f"{int(value * 10_000) / 10_000:g}%"
    return f"{value:.6g}{unit if metric.unit == 'any' and unit != 'c' else ''}"


def length(value: float) -> str:
    """Return a length as people read it: no finer than they care, below a minute in one unit.

    >>> length(90_061_234_567), length(1_053_000), length(304_200), length(1_234), length(12)
    ('1 d 1 h', '1.053 s', '304.2 ms', '1.234 ms', '12 µs')
    """
    micros = round(abs(value))
    sign = "\u2212" if value < 0 and micros else ""
    if micros >= MINUTE:
        return sign + spoken_duration(micros)
    if not micros:
        return "0 s"
    units = ((SECOND, "s"), (MILLISECOND, "ms"), (1, "µs"))
    unit, name = next(one for one in units if micros >= one[0])
    # Four digits tell 300.4 ms from a limit of 300 ms.
    decimals = max(0, 4 - len(str(micros // unit)))
    text = f"{micros / unit:.{decimals}f}"
    return f"{sign}{text.rstrip('0').rstrip('.') if '.' in text else text} {name}"
