"""What the pages about incidents show, arranged for their templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from slawatch.config.model import Config
from slawatch.config.status_pages import status_pages
from slawatch.config.world import world_of
from slawatch.core.alert import Alert, Reason
from slawatch.core.attempt import Attempt
from slawatch.core.event import Numbered
from slawatch.core.fate import WHY
from slawatch.core.incident import Incident, Note, Phase, rank
from slawatch.core.instant import Instant
from slawatch.core.outbox import Row, Stage
from slawatch.core.turn import Contact, State, World
from slawatch.core.upcoming import upcoming
from slawatch.web.naming import Names
from slawatch.web.page_alerts import AlertLine, alert_line
from slawatch.web.page_timeline import KINDS, Ran, Step, runs_of, steps_of, told

_GLYPHS: Final[Mapping[Phase, str]] = {
    Phase.TRIGGERED: "down", Phase.ACKED: "degraded", Phase.SNOOZED: "degraded", Phase.RESOLVED: "up",
    Phase.MERGED: "up",
}  # fmt: skip
_WORDS: Final[Mapping[Phase, str]] = {
    Phase.TRIGGERED: "Triggered", Phase.ACKED: "Acknowledged", Phase.SNOOZED: "Snoozed",
    Phase.RESOLVED: "Resolved", Phase.MERGED: "Merged",
}  # fmt: skip
_STAGES: Final[Mapping[str, str]] = {
    Stage.QUEUED: "waits to be sent", Stage.SENDING: "is being sent",
    Stage.RETRY_WAIT: "failed, is tried again", Stage.SENT: "sent", Stage.DEAD: "could not be sent",
    Stage.CANCELLED: "not sent",
}  # fmt: skip


class Line(NamedTuple):
    """One incident in a list.

    Attributes:
        id: its number.
        glyph: the state whose sign it has.
        state: in a word.
        organization: its name for people.
        services: the ones that it is about.
        since: when it was opened; until: when it ended, None while it is open.
        who: who has it; empty for nobody.
        alerts: how many of its alerts fire.
    """

    id: int
    title: str
    glyph: str
    state: str
    severity: str
    organization: str
    services: tuple[str, ...]
    since: Instant
    until: Instant | None
    who: str
    alerts: int


class Coming(NamedTuple):
    """One thing that will happen; `told`: by whom and through what, as `Alice by sms`."""

    at: Instant
    text: str
    told: tuple[str, ...]


class Sent(NamedTuple):
    """One message; `trouble` says what went wrong, or why it was not sent."""

    at: Instant
    who: str
    channel: str
    kind: str
    state: str
    attempts: int
    trouble: str
    glyph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """One incident.

    Attributes:
        line: as in a list.
        incident: as it is.
        zone: of the page's times.
        steps: its timeline, the latest first; `earlier`: there is more than is shown.
        coming: what happens next if nobody does anything.
        withheld: why nobody is told now.
        messages: who was told what through which channel, the latest first.
        workflows: that ran for it, the latest first.
        alerts: of it; `children`: those that it explains.
        roles: who has which part, by its name.
        policy: its name; empty for none.
        notes, published: what people wrote, the latest first.
        targets: to whom it can be assigned, with their names.
    """

    line: Line
    incident: Incident
    zone: str
    steps: tuple[Step, ...]
    earlier: bool
    coming: tuple[Coming, ...]
    withheld: tuple[Reason, ...]
    messages: tuple[Sent, ...]
    workflows: tuple[Ran, ...]
    alerts: tuple[AlertLine, ...]
    children: tuple[AlertLine, ...]
    roles: tuple[tuple[str, str], ...]
    policy: str
    notes: tuple[Note, ...]
    published: tuple[Note, ...]
    targets: tuple[tuple[str, str], ...]
    runbook: str


def zone_of(config: Config, organization: str | None) -> str:
    """Return whose clock the times of an incident follow."""
    owner = config.organizations.get(organization or "")
    return owner.timezone if owner is not None else config.timezone


def status_page_of(config: Config, organization: str) -> str:
    """Return where the status page of an organisation is, below `/status/`; empty where it has none."""
    found = (page.slug for page in status_pages(config).values() if page.organization.key == organization)
    return next(found, "")


def services_of(incident: Incident, alerts: Mapping[str, Alert]) -> tuple[str, ...]:
    """Return the services that an incident is about, its own first."""
    members = (alerts[name].service for name in incident.alerts if name in alerts)
    return tuple(dict.fromkeys(name for name in (incident.service, *members) if name))


def open_count(state: State) -> int:
    """Return how many incidents are open."""
    return sum(1 for incident in state.incidents.values() if incident.open)


def listed(
    config: Config, state: State, incidents: Iterable[Incident] | None = None, organization: str = ""
) -> tuple[Line, ...]:
    """Return incidents as lines: the open ones first, the worst and the latest before others.

    Args:
        config: for names.
        state: of alerting.
        incidents: which; by default all that the state has.
        organization: only this one's; empty for all.
    """
    names = Names(config)
    found = [
        incident
        for incident in (state.incidents.values() if incidents is None else incidents)
        if organization in ("", incident.organization)
    ]
    order = (Phase.TRIGGERED, Phase.ACKED, Phase.SNOOZED, Phase.RESOLVED, Phase.MERGED)

    def place(incident: Incident) -> tuple[int, int, int]:
        if not incident.open:
            return (len(order), 0, -incident.id)
        return (order.index(incident.state), -rank(incident.severity), -incident.id)

    return tuple(_line(incident, state.alerts, names) for incident in sorted(found, key=place))


def _line(incident: Incident, alerts: Mapping[str, Alert], names: Names) -> Line:
    who = incident.assignee or (incident.acker if incident.state is Phase.ACKED else "")
    word = _WORDS[incident.state]
    if incident.exhausted and incident.state is Phase.TRIGGERED:
        word = "Nobody answered"
    return Line(
        id=incident.id, title=incident.title, glyph=_GLYPHS[incident.state], state=word,
        severity=incident.severity, organization=names.organization(incident.organization),
        services=services_of(incident, alerts), since=incident.opened_at,
        until=None if incident.open else incident.resolved_at or incident.changed_at,
        who=names.one(who),
        alerts=sum(1 for name in incident.alerts if name in alerts and alerts[name].firing),
    )  # fmt: skip


def arrange(
    config: Config,
    state: State,
    number: int,
    events: Sequence[Numbered],
    attempts: Sequence[Attempt],
    now: Instant,
    *,
    earlier: bool = False,
    whole: bool = True,
) -> IncidentPage:
    """Arrange what is known of one incident.

    Args:
        config: for names, and for who is called next.
        state: of alerting, in which the incident is.
        number: the incident's.
        events: that belong to it, the latest first.
        attempts: at messages about it, the latest first.
        now: the present.
        earlier: there are more events than these.
        whole: the configuration is; else it does not say how people are reached.
    """
    names = Names(config)
    incident = state.incidents[number]
    reasons = [
        reason
        for name in incident.alerts
        if name in state.alerts and state.alerts[name].firing
        for reason in state.alerts[name].suppressed
    ]
    service = config.services.get(incident.service)
    runbook = service.runbook if service is not None else ""
    return IncidentPage(
        line=_line(incident, state.alerts, names),
        incident=incident,
        zone=zone_of(config, incident.organization),
        steps=tuple(steps_of((n.event for n in events), names)),
        earlier=earlier,
        coming=tuple(_coming(_world(config, whole=whole), state, number, names, now)),
        withheld=tuple(dict.fromkeys(reasons)) if incident.suppressed and incident.open else (),
        messages=tuple(_messages(state, number, attempts, names)),
        workflows=runs_of(state, number),
        alerts=tuple(alert_line(state.alerts[name]) for name in incident.alerts if name in state.alerts),
        children=tuple(alert_line(state.alerts[name]) for name in incident.children if name in state.alerts),
        roles=tuple(_roles(incident, names)),
        policy=incident.policy.name,
        notes=tuple(note._replace(by=names.one(note.by)) for note in reversed(incident.notes)),
        published=tuple(note._replace(by=names.one(note.by)) for note in reversed(incident.published)),
        targets=targets(config),
        runbook=runbook if runbook.startswith(("https://", "http://")) else "",
    )


def targets(config: Config) -> tuple[tuple[str, str], ...]:
    """Return to whom an incident can be assigned: the key, and the name for people."""
    people = ((f"person:{key}", person.shown) for key, person in config.people.items())
    teams = ((f"team:{key}", f"{team.shown} (team)") for key, team in config.teams.items())
    return (*people, *teams)


def _world(config: Config, *, whole: bool) -> World:
    """Return whom targets mean; where channels are not known, all are reached without one."""
    world = world_of(config)
    return world if whole else replace(world, contacts=lambda _recipient: (Contact(""),))


def _coming(world: World, state: State, number: int, names: Names, now: Instant) -> Iterable[Coming]:
    for one in upcoming(state, number, world, now):
        who = tuple(told(recipient, channel, names) for recipient, channel in one.messages)
        yield Coming(one.at, names.text(one.text), who)


def _messages(state: State, number: int, attempts: Sequence[Attempt], names: Names) -> list[Sent]:
    mine: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        mine.setdefault(attempt.key, []).append(attempt)
    rows = [row for row in state.rows.values() if row.incident == number]
    found = [_sent(row, mine.pop(row.key, []), names) for row in rows]
    found += [_attempted(several, names) for several in mine.values()]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _sent(row: Row, attempts: Sequence[Attempt], names: Names) -> Sent:
    stage = Stage(row.stage)
    latest = attempts[0] if attempts else None
    trouble = ""
    if stage in (Stage.DEAD, Stage.CANCELLED, Stage.RETRY_WAIT):
        trouble = "; ".join(text for text in (WHY.get(row.why, row.why), row.answer) if text)
    glyph = {Stage.SENT: "up", Stage.DEAD: "down", Stage.RETRY_WAIT: "degraded"}.get(stage, "unknown")
    return Sent(
        latest.ended_at if latest is not None else row.created_at, names.one(row.recipient), row.channel,
        KINDS.get(row.kind, row.kind), _STAGES[stage], row.attempt, trouble, glyph,
    )  # fmt: skip


def _attempted(attempts: Sequence[Attempt], names: Names) -> Sent:
    latest = attempts[0]
    ok = latest.verdict == "ok"
    return Sent(
        latest.ended_at, names.one(latest.recipient), latest.channel, KINDS.get(latest.kind, latest.kind),
        "sent" if ok else "could not be sent", len(attempts), "" if ok else latest.answer,
        "up" if ok else "down",
    )  # fmt: skip


def _roles(incident: Incident, names: Names) -> Iterable[tuple[str, str]]:
    for role, key in (
        ("Has it", incident.assignee),
        ("Leads", incident.commander),
        ("Informs others", incident.communications),
        ("Acknowledged by", incident.acker if incident.state is Phase.ACKED else ""),
    ):
        if key:
            yield role, names.one(key)
