"""What a public status page shows: the state of its services, and of all the rest only what was published.

Nothing here is taken from a check, a reason, a note or a title: those may name hosts and people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from markupsafe import Markup

from slawatch.answers.entries import merged
from slawatch.config.model import Config
from slawatch.config.status_pages import Shown
from slawatch.core.alert import Alert
from slawatch.core.check import Maintenance
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import DAY, Instant, parse_rfc3339, rfc3339
from slawatch.web.history import Record
from slawatch.web.page_incidents import services_of
from slawatch.web.page_overview import headline
from slawatch.web.rendering import STATES

if TYPE_CHECKING:
    import duckdb

PAST: Final = 30 * DAY
"""What is over is shown for so long."""
AHEAD: Final = 60 * DAY
_MOST: Final = 100


class PublicService(NamedTuple):
    """One service; `drawing`: its last ninety days, `share` its availability over them."""

    name: str
    state: str
    since: Instant | None
    drawing: Markup
    share: str


class Update(NamedTuple):
    """One published text."""

    at: Instant
    text: str


class PublicIncident(NamedTuple):
    """One incident, as far as it was published.

    Attributes:
        id: its number.
        services: of the page's, the ones that it is about.
        state: `open`, `acknowledged` or `resolved`.
        opened, resolved: when; None while it is open.
        updates: the latest first.
    """

    id: int
    services: tuple[str, ...]
    state: str
    opened: Instant
    resolved: Instant | None
    updates: tuple[Update, ...]

    @property
    def changed(self) -> Instant:
        """When anything that is shown of it changed last."""
        return max(self.opened, self.resolved or 0, *(update.at for update in self.updates))


class PublicWindow(NamedTuple):
    """One announced window.

    Attributes:
        reason: only where the page shows reasons.
        state: planned, running or over.
        announced: when; where nobody wrote that down, today, or when it began.
        changed: when it was announced, began or ended, whichever was last.
    """

    services: tuple[str, ...]
    start: Instant
    end: Instant
    reason: str
    state: str
    announced: Instant
    changed: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """A status page.

    Attributes:
        state, headline: of all its services.
        incidents: the open ones first, then the latest.
        windows: under way, planned, and lately over.
    """

    slug: str
    title: str
    about: str
    zone: str
    state: str
    headline: str
    services: tuple[PublicService, ...]
    incidents: tuple[PublicIncident, ...]
    windows: tuple[PublicWindow, ...]

    @property
    def changed(self) -> Instant:
        """When anything but the services' states changed last; 0 where nothing ever was published."""
        told = (incident.changed for incident in self.incidents)
        return max((*told, *(window.changed for window in self.windows)), default=0)


class Kept(NamedTuple):
    """What the store knows for a page: incidents that alerting has forgotten, and all windows."""

    incidents: tuple[Incident, ...]
    alerts: Mapping[str, Alert]
    windows: tuple[Maintenance, ...]


def ask(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    page: Shown,
    known: Mapping[int, Incident],
    now: Instant,
) -> Kept:
    """Ask the store for what is not in the state any more; blocking, for a worker thread.

    Raises:
        StoreError: it cannot be read.
    """
    from slawatch.store import alert_history, alerting

    kinds = ["incident.published"]
    if page.page.publish == "automatic":
        kinds.append("incident.opened")
    events = alerting.events(cursor, kinds=kinds, since=now - PAST, limit=5 * _MOST)
    numbers = dict.fromkeys(n.incident for n in events if n.incident and n.incident not in known)
    found = [alert_history.incident(cursor, number) for number in list(numbers)[:_MOST]]
    incidents = tuple(incident for incident in found if incident is not None and _theirs(incident, page))
    members = {name for incident in incidents for name in incident.alerts}
    windows = merged(config, cursor).maintenance if page.page.maintenance != "none" else ()
    return Kept(incidents, alert_history.alerts(cursor, sorted(members)) if members else {}, windows)


def arrange(
    page: Shown,
    status: Mapping[str, Any],
    days: Mapping[str, Record],
    incidents: Iterable[Incident],
    alerts: Mapping[str, Alert],
    windows: Iterable[Maintenance],
    now: Instant,
) -> Public:
    """Arrange a status page.

    Args:
        page: what it shows.
        status: the answer of `status`.
        days: of the services; empty where the store cannot be read.
        incidents: of any organisation, each once.
        alerts: of these incidents, by fingerprint.
        windows: of maintenance, of any service.
        now: the present.
    """
    entries = {entry["service"]: entry for entry in status["services"]}
    services = tuple(
        _service(name, entries[name], days.get(name)) for name in page.services if name in entries
    )
    states = [service.state for service in services]
    return Public(
        slug=page.slug, title=page.title, about=page.page.about, zone=page.organization.timezone,
        state=next((state for state in STATES if state in states), "unknown"), headline=headline(states),
        services=services,
        incidents=tuple(_incidents(page, incidents, alerts, now)),
        windows=tuple(_windows(page, windows, now)),
    )  # fmt: skip


def _service(name: str, entry: Mapping[str, Any], record: Record | None) -> PublicService:
    since = parse_rfc3339(entry["since"]) if entry["since"] else None
    if record is None:
        return PublicService(name, entry["state"], since, Markup(""), "no data")
    return PublicService(name, entry["state"], since, record.drawing, record.share)


def _theirs(incident: Incident, page: Shown) -> bool:
    return incident.organization == page.organization.key


def _incidents(
    page: Shown, incidents: Iterable[Incident], alerts: Mapping[str, Alert], now: Instant
) -> Iterable[PublicIncident]:
    found = []
    for incident in incidents:
        if not _theirs(incident, page):
            continue
        services = tuple(name for name in page.services if name in services_of(incident, alerts))
        automatic = page.page.publish == "automatic" and services and incident.state is not Phase.MERGED
        if not incident.published and not automatic:
            continue
        over = None if incident.open else incident.resolved_at or incident.changed_at
        if over is not None and over < now - PAST:
            continue
        found.append(
            PublicIncident(
                incident.id, services, _STATES[incident.state], incident.opened_at, over,
                tuple(Update(note.at, note.text) for note in reversed(incident.published)),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.resolved is not None, -one.opened, -one.id))[:_MOST]


_STATES: Final[Mapping[Phase, str]] = {
    Phase.TRIGGERED: "open", Phase.ACKED: "acknowledged", Phase.SNOOZED: "acknowledged",
    Phase.RESOLVED: "resolved", Phase.MERGED: "resolved",
}  # fmt: skip


def _windows(page: Shown, windows: Iterable[Maintenance], now: Instant) -> Iterable[PublicWindow]:
    if page.page.maintenance == "none":
        return []
    found = []
    for window in windows:
        services = tuple(name for name in page.services if name in window.services)
        announced = window.announced is None or window.announced <= now
        near = window.end > now - PAST and window.start < now + AHEAD
        if not (services and announced and near):
            continue
        state = "planned" if now < window.start else "running" if now < window.end else "over"
        reason = window.reason if page.page.maintenance == "reasons" else ""
        known = window.announced if window.announced is not None else min(window.start, now - now % DAY)
        changed = {"planned": known, "running": max(known, window.start), "over": window.end}[state]
        found.append(PublicWindow(services, window.start, window.end, reason, state, known, changed))
    order = ("running", "planned", "over")
    return sorted(found, key=lambda one: (order.index(one.state), _near(one)))[:_MOST]


def _near(window: PublicWindow) -> Instant:
    return -window.start if window.state == "over" else window.start


def as_json(public: Public) -> dict[str, Any]:
    """Return a status page for other pages to embed."""
    return {
        "schema": "slawatch.status/1",
        "title": public.title,
        "state": public.state,
        "services": [
            {
                "service": service.name,
                "state": service.state,
                "since": _stamp(service.since),
                "availability_90d": None if service.share == "no data" else service.share[:-2],
            }
            for service in public.services
        ],
        "incidents": [
            {
                "id": one.id,
                "services": list(one.services),
                "state": one.state,
                "opened": rfc3339(one.opened),
                "resolved": _stamp(one.resolved),
                "updates": [{"at": rfc3339(at), "text": text} for at, text in one.updates],
            }
            for one in public.incidents
        ],
        "maintenance": [
            {
                "services": list(one.services),
                "start": rfc3339(one.start),
                "end": rfc3339(one.end),
                "state": one.state,
                **({"reason": one.reason} if one.reason else {}),
            }
            for one in public.windows
        ],
    }


def _stamp(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def names_of(services: Sequence[str], title: str) -> str:
    """Return what an incident or window is about, as its heading.

    >>> names_of(["shop", "mail"], "Acme"), names_of([], "Acme")
    ('shop, mail', 'Acme')
    """
    return ", ".join(services) or title
