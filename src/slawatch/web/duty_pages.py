"""The pages about what is wrong and who deals with it: incidents, alerts, on call, channels, silences."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from slawatch.answers import acting, entries
from slawatch.answers import silences as silences_answers
from slawatch.answers.entering import EntryRefused
from slawatch.answers.view import Refused
from slawatch.config.entered import with_entered
from slawatch.config.model import Config
from slawatch.core.attempt import Attempt
from slawatch.core.event import Numbered
from slawatch.core.incident import Incident
from slawatch.core.instant import Instant
from slawatch.core.recorded import Record
from slawatch.core.turn import State
from slawatch.web import page_alerts, page_channels, page_incidents, page_oncall, page_silences, rendering
from slawatch.web.access import Guarded, concern, principal_of, route, shown
from slawatch.web.current import Current, snapshot
from slawatch.web.entry_routes import own_id
from slawatch.web.feed import Feed
from slawatch.web.forms import form, localise, number_of
from slawatch.web.page_overview import shared_zone
from slawatch.web.problem import Problem

if TYPE_CHECKING:
    import duckdb
T = TypeVar("T")
_LIMIT: Final = 30.0
_EVENTS: Final = 300
_ATTEMPTS: Final = 50
_PAST: Final = 50
_ACTIONS: Final[Mapping[str, str]] = {
    "ack": "incident.ack", "unack": "incident.unack", "snooze": "incident.snooze",
    "assign": "incident.assign", "note": "incident.note", "escalate": "incident.escalate",
    "resolve": "incident.resolve", "publish": "publication.write",
}  # fmt: skip
_ENTRIES: Final[Mapping[str, tuple[str, str]]] = {
    "/silences/add": ("silence.add", "/silences"),
    "/silences/expire": ("silence.expire", "/silences"),
    "/maintenance/add": ("maintenance.add", "/silences#maintenance"),
    "/maintenance/cancel": ("maintenance.cancel", "/silences#maintenance"),
    "/oncall/override": ("override.add", "/oncall"),
    "/oncall/cancel": ("override.cancel", "/oncall"),
}
"""Each form of an entry: its address, what it enters, and the page that shows it then."""


_Duty: TypeAlias = tuple[Config, list[Mapping[str, Any]], Mapping[str, Record]]
"""Shifts with what was entered, that itself, and what is on record."""


class _Told(NamedTuple):
    """What the store knows about one incident.

    Attributes:
        state: in which it is, though alerting may have forgotten it.
        events: the latest first.
        attempts: the latest first.
        config: with the overrides and swaps that were entered: they say who is called next.
    """

    state: State
    events: list[Numbered]
    attempts: list[Attempt]
    config: Config


class DutyPages:
    """The endpoints that people open in a browser, and the forms on them, which work without script."""

    def __init__(self, current: Current, feed: Feed) -> None:
        self._current = current
        self._view = current.view
        self._feed = feed

    def routes(self) -> list[Guarded]:
        """Return where the pages are."""
        return [
            route("/incidents", self.incidents, "read"),
            route("/incidents/{id:int}", self.incident, "read"),
            route("/alerts", self.alerts, "read"),
            route("/oncall", self.oncall, "read"),
            route("/channels", self.channels, "read"),
            route("/silences", self.silences, "read"),
            *(
                route(f"/incidents/{{id:int}}/{action}", self._act(action), needs, methods=["POST"])
                for action, needs in _ACTIONS.items()
            ),
            *(
                route(path, self._enter(what, back), what, methods=["POST"])
                for path, (what, back) in _ENTRIES.items()
            ),
            route("/channels/retry", self.retry, "notification.retry", methods=["POST"]),
        ]

    async def incidents(self, request: Request) -> Response:
        """All incidents: the open ones first, then those that are over."""
        organization = self._organization(request)
        before = number_of(request, "before")

        def ask(cursor: "duckdb.DuckDBPyConnection") -> list[Incident]:
            from slawatch.store import alert_history

            return alert_history.incidents(cursor, before=before, limit=_PAST + 1)

        past, trouble = await self._ask(ask, list[Incident]())
        state = self._view.alerting()
        config, _, now = snapshot(self._view)

        def arrange() -> dict[str, Any]:
            of_mine = (i for i in state.incidents.values() if i.open)
            over = [state.incidents.get(i.id, i) for i in past[:_PAST]]
            over = [i for i in over if not i.open and organization in ("", i.organization)]
            return {
                "open": page_incidents.listed(config, state, () if before else of_mine, organization),
                "over": page_incidents.listed(config, state, over),
                "earlier": past[_PAST - 1].id if len(past) > _PAST else None,
                "stream": rendering.stream(org=organization), "zone": shared_zone(config), "trouble": trouble,
                "organization": organization, "organizations": config.organizations, "before": before,
            }  # fmt: skip

        return await self._page(request, "incidents.html", arrange, state, now)

    async def incident(self, request: Request) -> Response:
        """One incident: what happened, who was told, what comes next, and what can be done about it."""
        return await self._incident(request)

    async def _incident(
        self, request: Request, notice: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        number: int = request.path_params["id"]
        state = self._view.alerting()
        config, _, now = snapshot(self._view)
        told, trouble = await self._ask(
            lambda cursor: _told(cursor, config, state, number), _Told(state, [], [], config)
        )
        if number not in told.state.incidents:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no incident {number}")

        def arrange() -> dict[str, Any]:
            found = page_incidents.arrange(
                told.config, told.state, number, told.events[:_EVENTS], told.attempts, now,
                earlier=len(told.events) > _EVENTS, whole=self._view.scope is None,
            )  # fmt: skip
            public = page_incidents.status_page_of(config, found.incident.organization)
            return {
                "shown": found, "zone": found.zone, "trouble": trouble, "notice": notice, "path": "",
                "status_page": public, "channels": config.channels,
            }  # fmt: skip

        return await self._page(request, "incident.html", arrange, state, now, status)

    async def alerts(self, request: Request) -> Response:
        """What fires, and why nobody is told of it where nobody is; with `all`, what fired lately as well."""
        organization = self._organization(request)
        everything = request.query_params.get("show") == "all"
        state = self._view.alerting()
        config, _, now = snapshot(self._view)

        def arrange() -> dict[str, Any]:
            mine = [a for a in state.alerts.values() if organization in ("", a.organization)]
            return {
                "lines": page_alerts.alert_lines(a for a in mine if a.firing or everything),
                "incidents": {a.fingerprint: state.incidents.get(a.incident or 0) for a in mine},
                "untold": page_alerts.untold(state), "everything": everything,
                "organization": organization, "stream": rendering.stream(org=organization),
                "zone": shared_zone(config),
            }  # fmt: skip

        return await self._page(request, "alerts.html", arrange, state, now)

    async def oncall(self, request: Request) -> Response:
        """Who is on call now and next, two weeks ahead, and where nobody is."""
        return await self._oncall(request)

    async def _oncall(
        self, request: Request, notice: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        config, _, now = snapshot(self._view)

        def ask(cursor: "duckdb.DuckDBPyConnection") -> _Duty:
            from slawatch.store import duty

            listed = silences_answers.overrides(cursor, now)["overrides"]
            records = duty.records(cursor, config.schedules)
            return with_entered(config, duty.overrides(cursor)), listed, records

        otherwise: _Duty = (config, [], {})
        (effective, entered, records), trouble = await self._ask(ask, otherwise)
        state = self._view.alerting()

        def arrange() -> dict[str, Any]:
            found = page_oncall.arrange(effective, entered, now, config, records)
            zones = {rota.zone for rota in found.rotas}
            return {
                "shown": found, "zone": zones.pop() if len(zones) == 1 else shared_zone(config),
                "trouble": trouble, "notice": notice, "path": "/oncall",
            }  # fmt: skip

        return await self._page(request, "oncall.html", arrange, state, now, status)

    async def channels(self, request: Request) -> Response:
        """How each channel stands, and what came of every attempt."""
        return await self._channels(request)

    async def _channels(
        self, request: Request, notice: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        config, _, now = snapshot(self._view)
        chosen = request.query_params.get("channel", "")
        if chosen and chosen not in config.channels:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no channel {chosen!r}")
        before = number_of(request, "before")

        def ask(cursor: "duckdb.DuckDBPyConnection") -> list[Attempt]:
            from slawatch.store import alerting

            return alerting.attempts(cursor, channel=chosen or None, before=before, limit=_ATTEMPTS + 1)

        attempts, trouble = await self._ask(ask, list[Attempt]())
        state, standings = self._view.alerting(), self._view.channels()

        def arrange() -> dict[str, Any]:
            earlier = attempts[_ATTEMPTS - 1].started_at if len(attempts) > _ATTEMPTS else None
            found = page_channels.arrange(
                config, state, standings, attempts[:_ATTEMPTS], chosen=chosen, earlier=earlier
            )
            return {
                "shown": found, "zone": shared_zone(config), "trouble": trouble, "notice": notice,
                "path": "/channels", "whole": self._view.scope is None, "channels": config.channels,
            }  # fmt: skip

        return await self._page(request, "channels.html", arrange, state, now, status)

    async def silences(self, request: Request) -> Response:
        """What keeps people from being told: silences and maintenance, now and to come."""
        return await self._silences(request)

    async def _silences(
        self, request: Request, notice: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        config, _, now = snapshot(self._view)
        listed, trouble = await self._ask(
            lambda cursor: entries.maintenance(cursor, config, now)["maintenance"],
            list[Mapping[str, Any]](),
        )
        state, silences = self._view.alerting(), self._view.silences()

        match = request.query_params.get("match", "")[:500]

        def arrange() -> dict[str, Any]:
            found = page_silences.arrange(config, silences, state.alerts.values(), listed, now)
            return {
                "shown": found, "zone": shared_zone(config), "trouble": trouble, "notice": notice,
                "path": "/silences", "match": match,
            }  # fmt: skip

        return await self._page(request, "silences.html", arrange, state, now, status)

    def _act(self, action: str) -> Callable[[Request], Any]:
        async def act(request: Request) -> Response:
            number: int = request.path_params["id"]
            if number not in self._view.alerting().incidents:
                raise Problem(HTTPStatus.NOT_FOUND, f"there is no incident {number} to do anything about")
            wish = await self._wish(request)
            concern(request, f"incident:{number}")
            try:
                command = acting.command(
                    action, number, wish, self._view.config, self._view.clock.now(), "web"
                )
                await self._view.commands.act(command)
            except (EntryRefused, Refused) as refused:
                return await self._incident(request, *_refusal(refused))
            return RedirectResponse(f"/incidents/{number}", HTTPStatus.SEE_OTHER)

        return act

    def _enter(self, what: str, back: str) -> Callable[[Request], Any]:
        async def enter(request: Request) -> Response:
            wish: dict[str, Any] = {**await self._wish(request), "source": "web"}
            config = self._view.config
            if what.endswith(".add"):
                own_id(request, wish)
            if what == "maintenance.add":
                name = wish.pop("service", "")
                wish["services"] = [name] if name else []
                if name in config.services:
                    localise(wish, page_incidents.zone_of(config, config.services[name].organization))
            elif what == "override.add":
                wish.setdefault("start", "now")
                schedule = config.schedules.get(wish.get("schedule", ""))
                if schedule is not None:
                    localise(wish, schedule.timezone)
            try:
                await self._view.commands.enter(what, wish)
            except (EntryRefused, Refused) as refused:
                again = self._oncall if back == "/oncall" else self._silences
                return await again(request, *_refusal(refused))
            return RedirectResponse(back, HTTPStatus.SEE_OTHER)

        return enter

    async def retry(self, request: Request) -> Response:
        """Send a message again that was given up."""
        wish = await self._wish(request)
        key = wish.pop("key", "")
        row = self._view.alerting().rows.get(key)
        channel = self._view.config.channels.get(row.channel) if row is not None else None
        if row is None or channel is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no such message any more")
        concern(request, f"message:{key}")
        try:
            now = self._view.clock.now()
            command = acting.retry(key, channel.worth, wish, self._view.config, now, "web")
            await self._view.commands.act(command)
        except (EntryRefused, Refused) as refused:
            return await self._channels(request, *_refusal(refused))
        return RedirectResponse("/channels", HTTPStatus.SEE_OTHER)

    async def _wish(self, request: Request) -> dict[str, str]:
        """Return what a form asks for, signed with who sends it; a field that was left empty is not there."""
        fields = await form(request)
        fields.pop("csrf", None)
        found = {name: text for name, text in fields.items() if text.strip()}
        who = principal_of(request)
        return {**found, "person": who.person or who.name}

    def _organization(self, request: Request) -> str:
        organization = request.query_params.get("org", "")
        if organization and organization not in self._view.config.organizations:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no organization {organization!r}")
        return organization

    async def _ask(self, work: "Callable[[duckdb.DuckDBPyConnection], T]", otherwise: T) -> tuple[T, str]:
        """Return what the store says, or the other and why it could not be asked."""
        try:
            return await self._current.readers.read(work, limit=_LIMIT), ""
        except Problem as problem:
            return otherwise, problem.detail

    async def _page(
        self,
        request: Request,
        template: str,
        arrange: Callable[[], dict[str, Any]],
        state: State,
        now: Instant,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Return a page; what it shows is arranged in the thread that renders it."""
        await self._feed.look()
        usual = {
            "now": now, "since": f"{self._feed.epoch}-{self._feed.version}", "stream": rendering.stream(),
            "path": request.url.path, "me": shown(request), "open_count": page_incidents.open_count(state),
            "unheard": self._view.live().unheard, "known": self._view.config.services,
        }  # fmt: skip
        return rendering.response(
            await self._current.render(lambda: rendering.page(template, **{**usual, **arrange()})), status
        )


def _told(cursor: "duckdb.DuckDBPyConnection", config: Config, state: State, number: int) -> _Told:
    from slawatch.store import alert_history, alerting, duty

    incident = state.incidents.get(number) or alert_history.incident(cursor, number)
    if incident is None:
        return _Told(state, [], [], config)
    missing = [name for name in (*incident.alerts, *incident.children) if name not in state.alerts]
    alerts = {**alert_history.alerts(cursor, missing), **state.alerts} if missing else state.alerts
    whole = State(
        alerts=alerts, incidents={**state.incidents, number: incident}, rows=state.rows,
        workflows=state.workflows, next_incident=state.next_incident, epoch=state.epoch, down=state.down,
    )  # fmt: skip
    events = alerting.events(cursor, incident=number, limit=_EVENTS + 1)
    attempts = alerting.attempts(cursor, incident=number, limit=200)
    return _Told(whole, events, attempts, with_entered(config, duty.overrides(cursor)))


def _refusal(refused: EntryRefused | Refused) -> tuple[str, HTTPStatus]:
    if isinstance(refused, EntryRefused):
        return str(refused), HTTPStatus(refused.status)
    status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.CONFLICT
    return "; ".join((str(refused), *refused.problems)), status
