"""What a message says: owed rows, and the state as it is now, made into what every channel can tell.

A row says that somebody is owed a message, and why; the words are found when it is sent, so that a message
that waited does not tell what is over. One row makes a message of its own, several make a digest.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from slawatch.core.alert import Alert
from slawatch.core.directory import Directory, address, readable, timezone_of
from slawatch.core.incident import Incident, Phase, rank
from slawatch.core.instant import DAY, SECOND, Instant, Micros, to_datetime
from slawatch.core.notification import Kind, Link, Notification
from slawatch.core.outbox import Row
from slawatch.core.scenario import why
from slawatch.core.series import META
from slawatch.core.text import spoken_duration
from slawatch.core.turn import State

_LISTED: Final = 10
_ENTRIES: Final = 50
_ANSWERABLE: Final = (Kind.TRIGGER, Kind.UPDATE, Kind.REMINDER)


def compose(rows: Sequence[Row], state: State, directory: Directory, now: Instant) -> Notification:
    """Return the message that rows of one channel and recipient make: what is true now.

    Args:
        rows: one, or several for a digest.
        state: of alerting.
        directory: what is needed of the config.
        now: when it is sent.
    """
    if len(rows) > 1:
        return _digest(rows, state, directory, now)
    (row,) = rows
    incident = state.incidents.get(row.incident)
    if incident is None:
        return _without_incident(row, directory)
    return _Words(row, incident, state, directory, now).notification()


def plain(rows: Sequence[Row], state: State, directory: Directory, now: Instant) -> Notification:
    """Return the message with the fewest words: what is sent where `compose` has a fault."""
    row = rows[0]
    incident = state.incidents.get(row.incident)
    many = len(rows) > 1
    return Notification(
        kind=Kind.DIGEST if many else Kind(row.kind),
        idempotency_key=digest_key(rows) if many else row.key, at=min(row.created_at, now),
        incident=str(incident.id) if incident is not None and not many else "",
        generation=row.generation, reopen=row.reopened, severity=row.severity or "critical",
        service=row.service,
        title=f"{len(rows)} messages" if many or incident is None else incident.title,
        summary="slawatch could not word this message: look at its pages.",
        details=_duplicate(rows), recipient=row.recipient, address=address(row, directory),
    )  # fmt: skip


def digest_key(rows: Sequence[Row]) -> str:
    """Return the idempotency key of a digest: the same rows have the same one, in whatever order."""
    keys = sorted(row.key for row in rows)
    return f"{keys[0]}+{hashlib.sha256(chr(10).join(keys).encode()).hexdigest()[:16]}"


def earlier(rows: Sequence[Row], state: State) -> str:
    """Return what the provider calls the first message about an incident to its recipient; empty for none."""
    row = rows[0]
    incident = state.incidents.get(row.incident) if len(rows) == 1 else None
    told = incident.told if incident is not None else ()
    lane = (row.recipient, row.channel)
    return next((one.provider_id for one in told if (one.recipient, one.channel) == lane), "")


def _organization(incident: Incident, directory: Directory) -> str:
    owner = directory.organizations.get(incident.organization)
    return owner.name if owner is not None else incident.organization


def _without_incident(row: Row, directory: Directory) -> Notification:
    return Notification(
        kind=Kind(row.kind), idempotency_key=row.key, at=row.created_at, severity=row.severity or "high",
        service=row.service, title=readable(row.reason or row.detail or "a message", directory),
        summary=readable(row.detail, directory) if row.reason else "",
        timezone=timezone_of(row, "", directory), details=_duplicate([row]), recipient=row.recipient,
        address=address(row, directory),
    )  # fmt: skip


def _duplicate(rows: Sequence[Row]) -> dict[str, str]:
    if not any(row.possible_duplicate for row in rows):
        return {}
    return {"possible duplicate": "an attempt before this one may have reached you"}


def _of(state: State, fingerprints: Sequence[str]) -> list[Alert]:
    return [state.alerts[name] for name in fingerprints if name in state.alerts]


def _began(incident: Incident, alerts: Sequence[Alert]) -> Instant:
    firing = [alert.since for alert in alerts if alert.firing]
    return min(firing or [alert.since for alert in alerts], default=incident.opened_at) or incident.opened_at


def _moment(at: Instant, now: Instant, timezone: str) -> str:
    """Return a time of day; with its date where it is not near.

    >>> _moment(0, 60_000_000, "Europe/Berlin")
    '01:00 CET'
    """
    local: datetime = to_datetime(at).astimezone(ZoneInfo(timezone))
    return local.strftime("%H:%M %Z" if abs(now - at) < DAY // 2 else "%Y-%m-%d %H:%M %Z")


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _LISTED
    return ", ".join(texts[:_LISTED]) + (f" and {more} more" if more > 0 else "")


class _Words:
    """The words about one incident for one recipient."""

    def __init__(
        self, row: Row, incident: Incident, state: State, directory: Directory, now: Instant
    ) -> None:
        self.row = row
        self.incident = incident
        self.state = state
        self.directory = directory
        self.now = now
        self.timezone = timezone_of(row, incident.organization, directory)
        self.alerts = _of(state, incident.alerts)
        self.firing = [alert for alert in self.alerts if alert.firing and not alert.suppressed]
        self.muted = [alert for alert in self.alerts if alert.firing and alert.suppressed]
        self.children = [alert for alert in _of(state, incident.children) if alert.firing]

    def notification(self) -> Notification:
        row, incident = self.row, self.incident
        over = row.kind == Kind.RESOLVE and incident.resolved_at is not None
        return Notification(
            kind=Kind(row.kind), idempotency_key=row.key,
            at=incident.resolved_at if over and incident.resolved_at is not None else row.created_at,
            incident=str(incident.id), generation=row.generation, reopen=row.reopened,
            severity=incident.severity, service=incident.service,
            organization=_organization(incident, self.directory), title=self.title(),
            summary="\n".join(self.summary()), reason=self.reason(), since=_began(incident, self.alerts),
            timezone=self.timezone, links=self.links(), details=self.details(), recipient=row.recipient,
            address=address(row, self.directory),
        )  # fmt: skip

    def title(self) -> str:
        """Return what is wrong, on one line."""
        text = self.incident.title
        if self.firing and all(alert.title != text for alert in self.firing) and not self.incident.manual:
            text = self.firing[0].title
        others = len(self.firing) - 1
        return f"{text} and {others} more" if others > 0 and self.row.kind != Kind.RESOLVE else text

    def summary(self) -> list[str]:
        """Return what is known, a line each."""
        row, incident = self.row, self.incident
        if row.kind == Kind.RESOLVE:
            only = self.alerts[0].actual if len(self.alerts) == 1 else ""
            return [self._ending(), *([f"It was: {only}"] if only else [])]
        lines = [self._news()]
        if incident.state is Phase.ACKED and row.kind == Kind.ACK:
            until = next((t.due_at for t in incident.live() if t.kind == "ack_timeout"), None)
            if until is not None:
                end = _moment(until, self.now, self.timezone)
                lines.append(f"If it is still open at {end}, it is escalated again.")
        lines += self._members()
        if self.muted:
            texts = [f"{alert.title} ({_why_muted(alert)})" for alert in self.muted]
            lines.append(f"Withheld: {_listed(texts)}")
        if self.children:
            lines.append(f"Explained by it: {_listed([alert.title for alert in self.children])}")
        if row.kind != Kind.ACK and incident.state is Phase.ACKED:
            lines.append(f"Acknowledged by {self.readable(incident.acker)}")
        return [line for line in lines if line]

    def _news(self) -> str:
        """Return what a message is about that is no page."""
        row, many = self.row, len(self.alerts)
        if row.kind == Kind.TRIGGER:
            return ""
        if row.reason == "new alerts":
            return f"{len(self.firing)} alerts fire now." if len(self.firing) > 1 else ""
        if row.reason == "resolved alerts":
            over = [f'"{alert.title}"' for alert in self.alerts if not alert.firing]
            return f"{len(over)} of {many} alerts {'is' if len(over) == 1 else 'are'} over: {_listed(over)}"
        if row.reason == "flapping":
            return "It changes again and again: the next message comes when that has ended."
        if row.reason == "severity raised":
            return f"Severity raised: {row.detail}"
        return _sentence(self.readable(row.detail or row.reason))

    def _members(self) -> list[str]:
        """Return a line for each alert; the title has said already what a single one is."""
        shown = self.firing[:_LISTED]
        if len(self.firing) == 1:
            alert = self.firing[0]
            return ["; ".join(_facts(alert, self.row.reason != "flapping"))]
        lines = []
        for alert in shown:
            facts = "; ".join(_facts(alert, self.row.reason != "flapping"))
            lines.append(alert.title + (f": {facts}" if facts else "") + _for(self.now - alert.since))
        more = len(self.firing) - len(shown)
        return [*lines, f"... and {more} more"] if more > 0 else lines

    def _ending(self) -> str:
        incident = self.incident
        if incident.merged_into is not None:
            return _sentence(self.readable(self.row.detail or incident.resolution))
        if incident.resolved_by:
            text = f"resolved by {self.readable(incident.resolved_by)}"
            note = incident.resolution
            if note and not note.startswith("resolved by "):
                text += f": {note}"
            return _sentence(text)
        if self.row.reason == "check removed":
            return "The check was removed from the configuration."
        many = len(self.alerts)
        if many > 1:
            return "Both alerts are over." if many == 2 else f"All {many} alerts are over."
        return _sentence(self._resolution())

    def _resolution(self) -> str:
        found = self.alerts[0].resolution if self.alerts else ""
        return found or self.readable(self.row.detail or self.incident.resolution) or "it is over"

    def reason(self) -> str:
        """Return why this recipient is told now."""
        row = self.row
        if row.kind == Kind.TRIGGER and self.incident.policy.name == META:
            text = "you are told of trouble with slawatch itself"
        elif row.kind == Kind.TRIGGER:
            text = why(row, self.incident, self.directory.world, self.state.down)
        elif row.reason == "assigned":
            text = "it was assigned to you"
        elif row.kind == Kind.REMINDER and row.reason == "escalation exhausted":
            text = "all levels were told, and nobody has acknowledged it"
        elif row.kind == Kind.REMINDER:
            text = "you acknowledged it"
        else:
            text = "you were told of it before" if row.recipient.startswith("person:") else ""
        late = f"late by {spoken_duration(row.late)}" if row.late and "late by" not in text else ""
        return self.readable(", ".join(part for part in (text, late) if part))

    def links(self) -> tuple[Link, ...]:
        """Return where to act and where to read on."""
        row, incident, directory = self.row, self.incident, self.directory
        found = []
        if row.kind in _ANSWERABLE and incident.state is Phase.TRIGGERED:
            found.append(
                Link("Acknowledge", directory.acknowledge(incident.id, row.generation, row.recipient))
            )
        if directory.url:
            found.append(Link("Incident", f"{directory.url.rstrip('/')}/incidents/{incident.id}"))
        service = directory.services.get(incident.service)
        if service is not None and service.runbook:
            found.append(Link("Runbook", service.runbook))
        return tuple(link for link in found if link.href)

    def details(self) -> dict[str, str]:
        """Return further facts."""
        incident = self.incident
        about_us = incident.policy.name == META
        checks = list(dict.fromkeys(alert.check for alert in (*self.firing, *self.muted)))
        labels: dict[str, None] = {}
        for alert in () if about_us else self.firing:
            labels |= dict.fromkeys(f"{name}={value}" for name, value in alert.labels)
        facts = {
            "check" if len(checks) == 1 else "checks": "" if about_us else _listed(checks),
            "labels": _listed(list(labels)),
            "assigned to": self.readable(incident.assignee),
            "commander": self.readable(incident.commander),
            "reopened": f"{incident.reopened} times" if incident.reopened > 1 else "",
        }
        return {name: text for name, text in facts.items() if text} | _duplicate([self.row])

    def readable(self, text: str) -> str:
        """Return a text with names that people know."""
        return readable(text, self.directory)


def _for(length: Micros) -> str:
    return f", for {spoken_duration(length)}" if length >= SECOND else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _facts(alert: Alert, told_of: bool) -> list[str]:
    facts = []
    if alert.actual:
        facts.append(alert.actual + (f" (limit {alert.threshold})" if alert.threshold else ""))
    if alert.stale:
        facts.append("no results any more")
    if alert.flapping and told_of:
        facts.append("it changes again and again")
    return facts


def _why_muted(alert: Alert) -> str:
    return ", ".join(dict.fromkeys(reason.kind.replace("_", " ") for reason in alert.suppressed))


def _digest(rows: Sequence[Row], state: State, directory: Directory, now: Instant) -> Notification:
    """Return one message that says of each incident what is true now."""
    found = [(row, state.incidents.get(row.incident)) for row in rows]
    open_ones = [incident for _, incident in found if incident is not None and incident.open]
    order = sorted(
        found,
        key=lambda one: (
            one[1] is not None and not one[1].open,
            -rank(one[1].severity if one[1] is not None else one[0].severity),
            one[0].created_at,
        ),
    )
    first = rows[0]
    timezone = timezone_of(first, "", directory)
    entries = [_entry(row, incident, state, directory, now) for row, incident in order]
    more = len(entries) - _ENTRIES
    services = list(dict.fromkeys(incident.service for incident in open_ones if incident.service))
    link = (Link("Incidents", f"{directory.url.rstrip('/')}/incidents"),) if directory.url else ()
    return Notification(
        kind=Kind.DIGEST, idempotency_key=digest_key(rows), at=max(row.created_at for row in rows),
        severity=max((one.severity for one in open_ones), key=rank, default="info"),
        title=_counted(found),
        summary=f"Affected: {_listed(services)}" if services else "",
        reason="more messages than your channel is sent at once: what they say now, in one",
        timezone=timezone, links=link, details=_duplicate(rows),
        entries=(*entries[:_ENTRIES], *([f"... and {more} more"] if more > 0 else ())),
        recipient=first.recipient, address=address(first, directory),
    )  # fmt: skip


def _counted(found: Sequence[tuple[Row, Incident | None]]) -> str:
    """Return how many incidents are open, acknowledged and over, and how many messages are about none."""
    counts = {"open": 0, "acknowledged": 0, "resolved": 0}
    others = 0
    for _, incident in found:
        if incident is None:
            others += 1
        elif not incident.open:
            counts["resolved"] += 1
        else:
            counts["open" if incident.state is Phase.TRIGGERED else "acknowledged"] += 1
    texts = [f"{number} {name}" for name, number in counts.items() if number]
    if texts:
        number, _, word = texts[0].partition(" ")
        texts[0] = f"{number} incident{'' if number == '1' else 's'} {word}"
    if others:
        texts.append(f"{others} message{'' if others == 1 else 's'}")
    return ", ".join(texts)


def _entry(row: Row, incident: Incident | None, state: State, directory: Directory, now: Instant) -> str:
    if incident is None:
        texts = (row.reason, " ".join(row.detail.split()))
        return readable(": ".join(text for text in texts if text), directory)
    words = _Words(row, incident, state, directory, now)
    title = words.title()
    about = title if not incident.service or incident.service in title else f"{incident.service}: {title}"
    lasted = (incident.resolved_at or now) - _began(incident, words.alerts)
    if incident.state is Phase.MERGED:
        text = f"{about}: part of incident {incident.merged_into}"
    elif incident.state is Phase.RESOLVED:
        text = f"Resolved: {about}, after {spoken_duration(lasted)}"
    elif incident.state is Phase.TRIGGERED:
        text = f"{incident.severity.upper()}: {about}{_for(lasted)}"
    else:
        by = f" by {words.readable(incident.acker)}" if incident.acker else ""
        word = "Snoozed" if incident.state is Phase.SNOOZED else "Acknowledged"
        text = f"{word}{by}: {about}{_for(lasted)}"
    return f"{text} (incident {incident.id})"
