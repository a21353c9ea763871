"""Alerts: what is wrong with one thing, from its first bad result to its end.

Two halves. `Course` is the evaluator's: it takes each result and says when an alert fires, changes or ends
(soft and hard, `recover_after`, flapping, no data). `Alert` is what the dispatcher keeps of one that fired,
with the reasons why nobody is told of it. Suppression is no state: a suppressed alert fires and is seen.

ok --bad--> soft (1 .. attempts-1) --bad--> firing --ok, `recover_after` times--> ok
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from slawatch.core.flapping import Flaps
from slawatch.core.flapping import push as push_flap
from slawatch.core.instant import Instant, Micros


class Reason(NamedTuple):
    """Why nobody is told of an alert.

    Attributes:
        kind: silence, maintenance, dependency, inhibited, quiet_hours, start_grace.
        by: the silence, window, check or rule that does it.
        text: one line for people.
        until: when it ends by itself, if that is known.
        waits: nothing is known against it: the result of what it depends on is awaited.
    """

    kind: str
    by: str = ""
    text: str = ""
    until: Instant | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert that fired, as long as it matters.

    Attributes:
        fingerprint: the check and the identity labels; the severity is no part of it.
        check: what it is about; a check's or rule's name.
        service, organization: whose it is.
        labels: all labels, sorted by name.
        policy: the escalation policy of its incident.
        severity: now.
        title: one line.
        since: the start of the first bad result.
        fired_at: when it was confirmed.
        firing: whether it is still bad.
        stale: no result for too long.
        flapping: it changes too often to be told of each change.
        suppressed: why nobody is told now; empty for what is told.
        incident: the incident that it belongs to, if any.
        actual, threshold: what was measured, and what it violated.
        resolved_at, resolution: when it ended, and how.
        guard_until: after a resolve by hand, no new incident before then.
        guard_results: nor before so many bad results, whichever comes first.
        reports: how often it was reported.
    """

    fingerprint: str
    check: str
    severity: str
    title: str
    since: Instant
    fired_at: Instant
    service: str = ""
    organization: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    policy: str = ""
    firing: bool = True
    stale: bool = False
    flapping: bool = False
    suppressed: tuple[Reason, ...] = ()
    incident: int | None = None
    actual: str = ""
    threshold: str = ""
    resolved_at: Instant | None = None
    resolution: str = ""
    guard_until: Instant | None = None
    guard_results: int = 0
    reports: int = 1


def fingerprint(check: str, identity: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the name of an alert for ever: its check and the labels that tell it from others of that check.

    >>> fingerprint("shop-home"), fingerprint("disk", (("mount", "/var"), ("host", "a")))
    ('shop-home', 'disk{host="a",mount="/var"}')
    """
    if not identity:
        return check
    inside = ",".join(f'{name}="{value}"' for name, value in sorted(identity))
    return f"{check}{{{inside}}}"


class Occurrence(NamedTuple):
    """One report of an alert by a source that says itself when it starts and ends.

    Attributes:
        starts, ends: half-open; updated: when it was reported.
        assumed: the end was not said but assumed (a timeout).
    """

    starts: Instant
    ends: Instant
    updated: Instant
    assumed: bool = False


def merge(older: Occurrence, newer: Occurrence, now: Instant) -> Occurrence:
    """Return one occurrence of two overlapping reports, whichever way round they are given.

    The start is the earliest. The end of the newer report holds; between an end that was said and one that
    was assumed the said one wins where it has passed; two said ends: the later one.
    Source: Alertmanager, `alert/alert.go`.
    """
    if older.updated > newer.updated:
        older, newer = newer, older
    ends, assumed = newer.ends, newer.assumed
    if newer.ends <= now:
        if older.ends <= now and older.ends > newer.ends:
            ends, assumed = older.ends, older.assumed
    elif older.ends > newer.ends and not older.assumed:
        ends, assumed = older.ends, False
    return Occurrence(min(older.starts, newer.starts), ends, newer.updated, assumed)


@dataclass(frozen=True, slots=True)
class Course:
    """What the evaluator knows of one alert that may fire.

    Attributes:
        severity: of the last result; empty for ok.
        hard: the severity that is confirmed; empty for ok.
        bad: bad results in a row while not firing.
        good: ok results in a row while firing.
        since: the start of the first bad result of the row.
        last: when the last result came.
        stale: it fires, and no result came for too long.
        flaps: the last changes, for flap detection.
        told: the severity that the dispatcher was given last; empty for ok.
    """

    severity: str = ""
    hard: str = ""
    bad: int = 0
    good: int = 0
    since: Instant = 0
    last: Instant = 0
    stale: bool = False
    flaps: Flaps = field(default_factory=Flaps)
    told: str = ""

    @property
    def kind(self) -> str:
        """`ok`, `soft` or `firing`."""
        return "firing" if self.hard else "soft" if self.bad else "ok"


class Settings(NamedTuple):
    """How results make an alert.

    Attributes:
        attempts: bad results in a row that confirm it.
        recover_after: ok results in a row that end it.
        stale_after: without a result for so long a firing alert is stale; two intervals and the timeout.
        flapping: whether changes are counted.
    """

    attempts: int = 3
    recover_after: int = 1
    stale_after: Micros = 0
    flapping: bool = True


class Change(NamedTuple):
    """What a result changed.

    Attributes:
        kind: soft, fired, severity_up, severity_down, resolved, flapping_started, flapping_ended, stale or
            fresh.
        severity: after it; empty for ok.
        since: the start of the first bad result.
    """

    kind: str
    severity: str
    since: Instant


def step(
    course: Course, severity: str, at: Instant, settings: Settings, rank: dict[str, int] | None = None
) -> tuple[Course, tuple[Change, ...]]:
    """Take one result, in the order of their starts; a result that says nothing (unknown) is not one.

    Args:
        course: what was known.
        severity: of a bad result; empty for ok.
        at: when it was taken.
        settings: how results make an alert.
        rank: the order of severities where they are not slawatch's own.

    >>> course, changes = step(Course(), "critical", 10, Settings(attempts=1))
    >>> course.kind, [change.kind for change in changes]
    ('firing', ['fired'])
    """
    found: list[Change] = []
    hard, bad, good, since, told = course.hard, course.bad, course.good, course.since, course.told
    if course.stale:
        found.append(Change("fresh", severity, since))
    if severity:
        good = 0
        since = since if bad or hard else at
        bad = 0 if hard else bad + 1
        if hard:
            hard = severity
        elif bad >= settings.attempts:
            hard, bad = severity, 0
        else:
            found.append(Change("soft", severity, since))
    else:
        bad = 0
        good = good + 1 if hard else 0
        if hard and good >= settings.recover_after:
            hard, good = "", 0
    flaps = course.flaps
    if settings.flapping and (hard == severity or (not hard and not severity)):
        flaps = push_flap(flaps, hard)
    if flaps.flapping and not course.flaps.flapping:
        found.append(Change("flapping_started", hard, since))
    if not flaps.flapping:
        if course.flaps.flapping:
            found.append(Change("flapping_ended", hard, since))
        found += _difference(told, hard, since, rank)
        told = hard
    elif hard and not told:
        found.append(Change("fired", hard, since))
        told = hard
    if not hard and not bad:
        since = 0 if not told else since
    return Course(severity, hard, bad, good, since, at, False, flaps, told), tuple(found)


def _difference(told: str, hard: str, since: Instant, rank: dict[str, int] | None) -> list[Change]:
    if told == hard:
        return []
    if not told:
        return [Change("fired", hard, since)]
    if not hard:
        return [Change("resolved", "", since)]
    places = rank or {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
    up = places.get(hard, -1) > places.get(told, -1)
    return [Change("severity_up" if up else "severity_down", hard, since)]


def overdue(course: Course, now: Instant, settings: Settings) -> tuple[Course, tuple[Change, ...]]:
    """Say that no result came for too long, once: a firing alert is stale, which does not end it."""
    if (
        not course.hard
        or course.stale
        or not settings.stale_after
        or now < course.last + settings.stale_after
    ):
        return course, ()
    stale = Course(
        course.severity, course.hard, course.bad, course.good, course.since, course.last, True, course.flaps,
        course.told,
    )  # fmt: skip
    return stale, (Change("stale", course.hard, course.since),)
