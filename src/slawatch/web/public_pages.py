"""The public status pages: for everybody, without login, cacheable, and of what was published only."""

import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from slawatch.config.status_pages import Shown, status_pages
from slawatch.core.instant import MINUTE
from slawatch.core.turn import State
from slawatch.web import atom, public_status, rendering, unchanged
from slawatch.web.access import PUBLIC, Guarded, route
from slawatch.web.badge import badge
from slawatch.web.current import Current, snapshot
from slawatch.web.history import DAYS
from slawatch.web.keeping import Kept
from slawatch.web.problem import Problem
from slawatch.web.public_status import Public

_FRESH: Final = 10.0
_LIMIT: Final = 10.0
_CACHED: Final = {"Cache-Control": "public, max-age=15, stale-while-revalidate=60, stale-if-error=600"}
_ANYWHERE: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_BARE: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}


class PublicPages:
    """The endpoints of the status pages; each answer is made once every few seconds, however many ask."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._view = current.view
        self._found: Kept[tuple[str, str], Public] = Kept(_FRESH, most=64)
        self._bodies: Kept[tuple[str, str, str], bytes] = Kept(_FRESH, most=256)

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route("/status/{slug}", self.page, PUBLIC),
            route("/status/{slug}/status.json", self.json, PUBLIC),
            route("/status/{slug}/feed.atom", self.feed, PUBLIC),
            route("/status/{slug}/badge.svg", self.badge, PUBLIC),
            route("/status/{slug}/badges/{service:path}.svg", self.service_badge, PUBLIC),
        ]

    async def page(self, request: Request) -> Response:
        """The page."""
        page, public = await self._public(request)
        now = self._view.clock.now()

        def render() -> bytes:
            # Whole minutes: within one the page stays the same, and so does its tag.
            return rendering.page(
                "status.html", now=now - now % MINUTE, zone=public.zone, shown=public, days=DAYS,
                names_of=public_status.names_of, home=page.organization.name,
            )  # fmt: skip

        body = await self._body(page, "html", render)
        return unchanged.answer(request, body, {**rendering.PAGE_HEADERS, **_CACHED})

    async def json(self, request: Request) -> Response:
        """The same for programs and other pages."""
        page, public = await self._public(request)
        body = await self._body(
            page, "json", lambda: json.dumps(public_status.as_json(public), ensure_ascii=False).encode()
        )
        return unchanged.answer(
            request, body, {"Content-Type": "application/json", **_CACHED, **_ANYWHERE, **_BARE}
        )

    async def feed(self, request: Request) -> Response:
        """The incidents and the maintenance, for feed readers."""
        page, public = await self._public(request)
        base = self._view.config.web.public_url
        body = await self._body(page, "atom", lambda: atom.feed(public, base, page.organization.key))
        return unchanged.answer(request, body, {"Content-Type": atom.MEDIA, **_CACHED, **_ANYWHERE, **_BARE})

    async def badge(self, request: Request) -> Response:
        """How all the services are, as a picture."""
        _, public = await self._public(request)
        return _picture(request, badge(public.title, public.state, public.state))

    async def service_badge(self, request: Request) -> Response:
        """How one service is, or with `show=availability` how it was over ninety days, as a picture."""
        _, public = await self._public(request)
        name = request.path_params["service"]
        found = next((service for service in public.services if service.name == name), None)
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no service {name[:100]!r} on this page")
        words = found.share if request.query_params.get("show") == "availability" else found.state
        return _picture(request, badge(found.name, words, found.state))

    async def _public(self, request: Request) -> tuple[Shown, Public]:
        """Return what a page shows.

        Raises:
            Problem: there is no such page.
        """
        slug = request.path_params["slug"]
        config = self._view.config
        page = status_pages(config).get(slug)
        if page is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no status page at this address")

        async def make() -> Public:
            status = await self._current.status(page.organization.key)
            days = await self._current.days()
            config, _, now = snapshot(self._view)
            state: State = self._view.alerting()
            kept = public_status.Kept((), {}, config.maintenance)
            # What is true now is shown even where the store cannot be read.
            with suppress(Problem):
                kept = await self._current.readers.read(
                    lambda cursor: public_status.ask(cursor, config, page, state.incidents, now), limit=_LIMIT
                )
            incidents = (*state.incidents.values(), *kept.incidents)
            alerts = {**kept.alerts, **state.alerts}
            made: Public = await self._current.render(
                public_status.arrange, page, status, days.services, incidents, alerts, kept.windows, now
            )
            return made

        return page, await self._found.get((config.digest, slug), make)

    async def _body(self, page: Shown, kind: str, render: Callable[[], bytes]) -> bytes:
        async def make() -> bytes:
            body: bytes = await self._current.render(render)
            return body

        return await self._bodies.get((self._view.config.digest, page.slug, kind), make)


def _picture(request: Request, body: bytes) -> Response:
    return unchanged.answer(request, body, {"Content-Type": "image/svg+xml", **_CACHED, **_ANYWHERE, **_BARE})
