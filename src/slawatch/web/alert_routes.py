"""The endpoints about alerts, incidents, silences, duty and messages."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers import acting, asking, asking_duty, silences
from slawatch.answers import incidents as incidents_answers
from slawatch.answers.asking import Seen
from slawatch.answers.timeline import entry
from slawatch.answers.view import Refused
from slawatch.answers.wish import EntryRefused
from slawatch.core.civil import told_in
from slawatch.core.command import Command
from slawatch.core.dispatch import Retried
from slawatch.core.event import Event
from slawatch.core.instant import HOUR
from slawatch.store import alert_history
from slawatch.web.access import Guarded, concern, principal_of, route, signed
from slawatch.web.current import Current
from slawatch.web.entry_routes import body_of, own_id
from slawatch.web.problem import Problem
from slawatch.web.repeating import KEPT, REUSED, Repeating, asked_of, digest_of, key_of, name_by
from slawatch.web.unchanged import in_force

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

_LISTS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "alerts": asking.alerts,
    "incidents": asking.incidents,
    "notifications": asking.notifications,
    "silences": asking.silences,
    "overrides": asking.overrides,
}
_ENTRIES: Final[Mapping[str, str]] = {
    "/api/v1/swaps": "swap.add",
    "/api/v1/silences/{id}/change": "silence.change",
    "/api/v1/silences/{id}/expire": "silence.expire",
    "/api/v1/overrides/{id}/cancel": "override.cancel",
    "/api/v1/swaps/{id}/take": "swap.take",
    "/api/v1/swaps/{id}/cancel": "swap.cancel",
}
_BOTH: Final[Mapping[str, tuple[str, str]]] = {
    "/api/v1/silences": ("silences", "silence.add"),
    "/api/v1/overrides": ("overrides", "override.add"),
}
_PREFIX: Final = {"silence.add": "s", "override.add": "o", "swap.add": "x"}
ACTIONS: Final = tuple(action for action in acting.KEYS if action != "open")
"""What can be done to an incident."""


class AlertRoutes:
    """Answers about alerting, and takes commands."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._view = current.view
        self._readers = current.readers
        self._repeating = Repeating()

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        post = ("POST",)
        return [
            *(
                route(f"/api/v1/{name}", partial(self.listed, name), "read")
                for name in ("alerts", "notifications")
            ),
            route("/api/v1/incidents", self.incidents, {"GET": "read", "POST": "incident.open"}),
            *(
                route(path, partial(self.listed_or_entered, name, what), {"GET": "read", "POST": what})
                for path, (name, what) in _BOTH.items()
            ),
            route("/api/v1/oncall", self.on_call, "read"),
            route("/api/v1/oncall/gaps", self.on_call_gaps, "read"),
            route("/api/v1/oncall/record", self.on_call_record, "read"),
            route("/api/v1/oncall.ics", self.on_call_feed, "read"),
            route("/api/v1/silences/try", self.tried, "read", methods=post),
            *(
                route(path, partial(self.entered, what), what, methods=post)
                for path, what in _ENTRIES.items()
            ),
            route("/api/v1/alerts/{id:path}/explain", partial(self.one, asking.explained), "read"),
            route("/api/v1/alerts/{id:path}", partial(self.one, asking.alert), "read"),
            route("/api/v1/incidents/{number:int}", self.incident, "read"),
            route("/api/v1/incidents/{number:int}/postmortem", self.postmortem, "read"),
            *(
                route(
                    f"/api/v1/incidents/{{number:int}}/{action}", partial(self.acted, action),
                    "publication.write" if action == "publish" else f"incident.{action}", methods=post,
                )
                for action in ACTIONS
            ),
            route(
                "/api/v1/notifications/{id:path}/retry", self.retried, "notification.retry", methods=post
            ),
            route("/api/v1/notifications/{id:path}", partial(self.one, asking.notification), "read"),
        ]  # fmt: skip

    async def listed(self, name: str, request: Request) -> Response:
        """A list, a page of it."""
        query = dict(request.query_params)
        return await self._read(request, lambda cursor, seen: _LISTS[name](cursor, seen, query))

    async def on_call(self, request: Request) -> Response:
        """Who is on call."""
        query, seen = dict(request.query_params), self._seen(request)
        return JSONResponse(await self._asked(lambda cursor: asking_duty.on_call(cursor, seen, query)))

    async def on_call_gaps(self, request: Request) -> Response:
        """When nobody is on call."""
        query, seen = dict(request.query_params), self._seen(request)
        in_force(request, seen.config.digest)
        return JSONResponse(await self._asked(lambda cursor: asking_duty.on_call_gaps(cursor, seen, query)))

    async def on_call_record(self, request: Request) -> Response:
        """When who came on call and went, as it was recorded."""
        seen = self._seen(request)
        return JSONResponse(await self._asked(lambda cursor: asking_duty.on_call_record(cursor, seen)))

    async def on_call_feed(self, request: Request) -> Response:
        """The shifts as a calendar to subscribe to."""
        query, seen = dict(request.query_params), self._seen(request)
        made = await self._asked(lambda cursor: asking_duty.on_call_feed(cursor, seen, query))
        return Response(made, headers={"Content-Type": "text/calendar; charset=utf-8"})

    async def one(self, ask: Callable[..., dict[str, Any]], request: Request) -> Response:
        """One of them, whole."""
        name = request.path_params["id"]
        return await self._read(request, lambda cursor, seen: ask(cursor, seen, name))

    async def incident(self, request: Request) -> Response:
        """An incident: its timeline, who was told, what happens next."""
        number = request.path_params["number"]
        return await self._read(request, lambda cursor, seen: asking.incident(cursor, seen, number))

    async def postmortem(self, request: Request) -> Response:
        """The draft of an incident's postmortem."""
        seen, number = self._seen(request), request.path_params["number"]
        try:
            text = await self._readers.read(lambda cursor: asking.draft(cursor, seen, number))
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        return Response(text, headers={"Content-Type": "text/markdown; charset=utf-8"})

    async def tried(self, request: Request) -> Response:
        """What a silence would hit now; nothing is stored."""
        wish, seen = await body_of(request), self._seen(request)
        try:
            return JSONResponse(await self._current.render(asking.tried, seen, wish))
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None

    async def entered(self, what: str, request: Request) -> Response:
        """A silence, override or swap is made or changed."""
        wish = signed(request, {**await body_of(request), **request.path_params}, source=True)
        if what in _PREFIX:
            own_id(request, wish)
        key = key_of(request)
        if what in _PREFIX:
            name_by(key, _PREFIX[what], wish)

        async def work() -> dict[str, Any]:
            try:
                found = await self._view.commands.enter(what, wish)
            except EntryRefused as error:
                raise Problem(error.status, str(error)) from None
            except Refused as refused:
                raise _unstored(refused) from None
            if what.startswith("silence."):
                silence = next((s for s in self._view.silences() if s.id == found["id"]), None)
                alerts = self._view.alerting().alerts.values()
                found["hits"] = silences.hits(silence.match, alerts) if silence is not None else []
            return found

        done = await self._once(request, wish, work)
        concern(request, f"{what.partition('.')[0]}:{done['id']}", signed=wish["person"])
        return JSONResponse(done)

    async def listed_or_entered(self, name: str, what: str, request: Request) -> Response:
        """A list, or a new entry."""
        if request.method == "POST":
            return await self.entered(what, request)
        return await self.listed(name, request)

    async def incidents(self, request: Request) -> Response:
        """Incidents, or a new one, opened by hand."""
        if request.method == "POST":
            return await self._act(request, "open", 0)
        return await self.listed("incidents", request)

    async def acted(self, action: str, request: Request) -> Response:
        """Something is done to an incident."""
        return await self._act(request, action, request.path_params["number"])

    async def retried(self, request: Request) -> Response:
        """A dead message is sent again."""
        key = request.path_params["id"]
        wish = signed(request, await body_of(request))
        concern(request, f"notification:{key}")

        async def work() -> dict[str, Any]:
            row = self._view.alerting().rows.get(key)
            if row is None:
                seen = self._seen(request)
                await self._asked(lambda cursor: asking.notification(cursor, seen, key))
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY, "its incident is over since long: nothing to say"
                )
            config, now = self._view.config, self._view.clock.now()
            channel = config.channels.get(row.channel)
            worth = channel.worth if channel is not None else HOUR
            try:
                command = acting.retry(key, worth, wish, config, now, _origin(request))
            except EntryRefused as error:
                raise Problem(error.status, str(error)) from None
            events = await self._do(command)
            seen = self._seen(request)
            found = await self._asked(lambda cursor: asking.notification(cursor, seen, key))
            return found | {"events": _shown(events)}

        return JSONResponse(await self._once(request, wish, work))

    async def _act(self, request: Request, action: str, number: int) -> Response:
        wish = signed(request, await body_of(request))
        key, asked = key_of(request), digest_of(asked_of(request, wish))

        async def work() -> dict[str, Any]:
            config, now = self._view.config, self._view.clock.now()
            if key is not None and now - self._view.live().since < KEPT:
                kept = await self._asked(lambda cursor: alert_history.keyed(cursor, digest_of(key)))
                if kept is not None and kept.asked != asked:
                    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, REUSED)
                if kept is not None:
                    return self._done(kept.incident, kept.events)
            try:
                command = acting.command(action, number, wish, config, now, _origin(request))
            except EntryRefused as error:
                raise Problem(error.status, str(error)) from None
            if number and number not in self._view.alerting().incidents:
                await self._gone(request, number)
            if key is not None:
                command = replace(command, key=f"{digest_of(key)} {asked}")
            events = await self._do(command)
            return self._done(number or _opened(events), events)

        done = await self._once(request, wish, work)
        named = number or (done["incident"] or {}).get("id", 0)
        concern(request, f"incident:{named}", signed=wish["person"])
        return JSONResponse(done)

    def _done(self, number: int, events: tuple[Event, ...]) -> dict[str, Any]:
        incident = self._view.alerting().incidents.get(number)
        found = None if incident is None else incidents_answers.line(incident, self._view.clock.now())
        return {"incident": found, "events": _shown(events)}

    async def _gone(self, request: Request, number: int) -> None:
        """Say why nothing can be done to an incident that alerting has forgotten, or that never was.

        Raises:
            Problem: always.
        """
        seen = self._seen(request)
        found = await self._asked(lambda cursor: asking.incident(cursor, seen, number))
        at = f" at {found['resolved_at']}" if found["resolved_at"] else ""
        said = f"incident {number} was resolved{at}: it can only be read any more"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told_in(said, self._view.config.timezone))

    async def _do(self, command: Command | Retried) -> tuple[Event, ...]:
        try:
            return await self._view.commands.act(command)
        except Refused as refused:
            if refused.busy:
                raise _unstored(refused) from None
            said = told_in(str(refused), self._view.config.timezone)
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, said, refused.problems) from None

    async def _once(
        self, request: Request, wish: Mapping[str, Any], work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        now = self._view.clock.now()
        key, asked = key_of(request), asked_of(request, wish)
        found: dict[str, Any] = await self._repeating.once(key, asked, now, work)
        return found

    async def _read(
        self, request: Request, work: "Callable[[duckdb.DuckDBPyConnection, Seen], dict[str, Any]]"
    ) -> Response:
        seen = self._seen(request)
        found = await self._asked(lambda cursor: work(cursor, seen))
        return await self._current.render(JSONResponse, found)  # type: ignore[no-any-return]

    async def _asked(self, work: "Callable[[duckdb.DuckDBPyConnection], T]") -> T:
        try:
            return await self._readers.read(work)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None

    def _seen(self, _request: Request) -> Seen:
        view = self._view
        return Seen(view.config, view.alerting(), view.clock.now(), view.channels(), view.live().checks)


def _origin(request: Request) -> str:
    return "cli" if principal_of(request).kind == "socket" else "api"


def _shown(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    found = (entry(0, event) for event in events)
    return [{key: one[key] for key in ("at", "kind", "text", "by")} for one in found if one is not None]


def _opened(events: tuple[Event, ...]) -> int:
    named = (event.subject.partition(":")[2] for event in events if event.kind == "incident.opened")
    return int(next(named, "0"))


def _unstored(refused: Refused) -> Problem:
    status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, str(refused), refused.problems)
