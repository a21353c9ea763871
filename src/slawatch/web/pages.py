"""The pages of the dashboard: each gathers what it shows, and is rendered in a worker thread."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from slawatch.answers.latency import WINDOWS
from slawatch.core.instant import DAY
from slawatch.core.life import Unwatched, unwatched
from slawatch.web import access, page_alerts, page_incidents, page_overview, page_service, rendering
from slawatch.web.access import PUBLIC, Guarded, route
from slawatch.web.current import Current, Days, snapshot
from slawatch.web.events import Streams
from slawatch.web.feed import Feed
from slawatch.web.history import DAYS
from slawatch.web.page_incidents import open_count, services_of
from slawatch.web.problem import Problem

if TYPE_CHECKING:
    import duckdb

_LIMIT: Final = 30.0
_NO_SCRIPT_REFRESH: Final = 30
_PART: Final = "x-slawatch-part"
_FEW, _MANY = 20, 40
"""More services than the first can be searched; more than the second have a line each."""


class Pages:
    """The endpoints that people open in a browser."""

    def __init__(self, current: Current, feed: Feed, streams: Streams) -> None:
        self._current = current
        self._view = current.view
        self._feed = feed
        self._streams = streams

    def routes(self) -> list[Guarded]:
        """Return where the pages are."""
        return [
            route("/", self.overview, "read"),
            route("/wall", self.wall, "read"),
            route("/slawatch", self.own, "own.read"),
            route("/services/{service:path}", self.service, "read"),
            route("/static/{version}/{name:path}", self.static, PUBLIC),
            route("/favicon.ico", self.favicon, PUBLIC),
        ]

    async def overview(self, request: Request) -> Response:
        """All services, by organisation, those in trouble first."""
        return await self._overview(request, "overview.html")

    async def wall(self, request: Request) -> Response:
        """The same for a screen that nobody touches."""
        theme = request.query_params.get("theme", "")
        return await self._overview(
            request,
            "wall.html",
            theme=theme if theme in {"light", "dark"} else "",
            refresh=_NO_SCRIPT_REFRESH,
        )

    async def _overview(self, request: Request, template: str, **more: Any) -> Response:
        organization = request.query_params.get("org") or None
        if organization is not None and organization not in self._view.config.organizations:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no organization {organization!r}")
        find, only = request.query_params.get("find", "")[:200], request.query_params.get("state", "")
        if only and only not in rendering.STATES:
            raise Problem(HTTPStatus.BAD_REQUEST, f"state must be one of {', '.join(rendering.STATES)}")
        found = bool(find or only)
        # Who has the page open already asks for what the event stream does not bring, not for all services.
        whole = found or _PART not in request.headers
        since = await self._since()
        status = await self._current.status(organization)
        days = await self._current.days() if whole and template == "overview.html" else Days(0, {})
        config, live, now = snapshot(self._view)
        state = self._view.alerting()

        def render() -> bytes:
            shown = page_overview.overview(config, status, days.services, organization, find=find, only=only)
            still = (incident for incident in state.incidents.values() if incident.open)
            owners = [(key, owner.name) for key, owner in config.organizations.items()]
            return rendering.page(
                template, now=now, since=since, stream=_stream(org=organization or ""), shown=shown,
                zone=shown.zone, days=DAYS, organization=organization or "", path="/",
                open=page_incidents.listed(config, state, still, organization or ""),
                open_count=open_count(state), me=access.shown(request), unheard=live.unheard,
                known=config.services, find=find, only=only, found=found, whole=whole,
                few=_FEW, many=_MANY, organizations=owners, **more,
            )  # fmt: skip

        return _page(await self._current.render(render))

    async def service(self, request: Request) -> Response:
        """One service: its state and why, how fast it was, what was promised, what went wrong."""
        name: str = request.path_params["service"]
        if name not in self._view.config.services:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no service {name!r}")
        window = request.query_params.get("window", "24h")
        if window not in WINDOWS:
            raise Problem(HTTPStatus.BAD_REQUEST, f"window must be one of {', '.join(WINDOWS)}")
        since = await self._since()
        status = await self._current.status()
        days = await self._current.days()
        detail, latencies = None, None
        trouble = ""
        try:
            detail = await self._current.detail(name)
            latencies = await self._current.latencies(name, window)
        except Problem as problem:
            trouble = problem.detail
        promises = await self._current.promises()
        config, _, now = snapshot(self._view)
        if name not in config.services:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no service {name!r} any more")

        state = self._view.alerting()

        def render() -> bytes:
            shown = page_service.arrange(
                config, name, status, days.services.get(name), detail, latencies, promises or {}, now
            )
            about = [i for i in state.incidents.values() if name in services_of(i, state.alerts)]
            if detail is not None:
                about += [i for i in detail.incidents if i.id not in state.incidents]
            return rendering.page(
                "service.html", now=now, since=since, stream=_stream(service=name), shown=shown,
                zone=shown.zone, days=DAYS, windows=WINDOWS, window=window, trouble=trouble, path="",
                alerts=page_alerts.alert_lines(
                    a for a in state.alerts.values() if a.service == name and a.firing
                ),
                incidents=page_incidents.listed(config, state, about), untold=page_alerts.untold(state),
                open_count=open_count(state), known=config.services, me=access.shown(request),
            )  # fmt: skip

        return _page(await self._current.render(render))

    async def own(self, request: Request) -> Response:
        """How slawatch itself is."""
        from slawatch.store.evidence import life
        from slawatch.store.summary import summary

        since = await self._since()
        config, live, now = snapshot(self._view)
        start = now - 30 * DAY

        def ask(cursor: "duckdb.DuckDBPyConnection") -> tuple[Mapping[str, Any], tuple[Unwatched, ...]]:
            return summary(cursor, config.data_dir), unwatched(life(cursor, start, now), start, now)

        stored: Mapping[str, Any] | None = None
        gaps: tuple[Unwatched, ...] = ()
        trouble = ""
        try:
            stored, gaps = await self._current.readers.read(ask, limit=_LIMIT)
        except Problem as problem:
            trouble = problem.detail

        state, channels = self._view.alerting(), self._view.channels()

        def render() -> bytes:
            return rendering.page(
                "own.html", now=now, since=since, stream=_stream(), zone=config.timezone, live=live,
                telling=page_overview.telling(config, state, channels),
                config=config, stored=stored, gaps=tuple(reversed(gaps)), trouble=trouble,
                streams=self._streams.open, probing=page_overview.probing(live), path="/slawatch",
                open_count=open_count(self._view.alerting()),
                me=access.shown(request), unheard=live.unheard,
            )  # fmt: skip

        return _page(await self._current.render(render))

    async def static(self, request: Request) -> Response:
        """A style sheet, a script, a picture; its address changes with its content."""
        file = rendering.static_files().get(request.path_params["name"])
        if file is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is nothing at {request.url.path}")
        current = request.path_params["version"] == rendering.static_version()
        return Response(
            file.body,
            headers={
                "Content-Type": file.media,
                "Cache-Control": rendering.FOREVER if current else "no-store",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )

    async def favicon(self, _: Request) -> Response:
        """Where browsers look that were told of no icon."""
        return RedirectResponse(f"/static/{rendering.static_version()}/icon.svg", HTTPStatus.FOUND)

    async def _since(self) -> str:
        """Return the version of the feed that the page is at least as new as."""
        await self._feed.look()
        return f"{self._feed.epoch}-{self._feed.version}"


def _page(body: bytes) -> Response:
    return Response(
        body,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": rendering.POLICY,
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        },
    )


def _stream(**chosen: str) -> str:
    from urllib.parse import urlencode

    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/api/v1/events?{query}" if query else "/api/v1/events"
