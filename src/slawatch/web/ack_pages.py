"""The links in messages that acknowledge: a page that asks first, since mail programs follow links."""

from http import HTTPStatus
from typing import Any

import trio
from starlette.requests import Request
from starlette.responses import Response

from slawatch.answers.view import Refused
from slawatch.core.command import Ack
from slawatch.core.incident import Incident
from slawatch.core.instant import HOUR
from slawatch.core.link import LIFETIME, Link, LinkError, LinkOver, verify
from slawatch.store.errors import StoreError
from slawatch.store.keyfile import link_secret
from slawatch.web import rendering
from slawatch.web.access import PUBLIC, Guarded, concern, route, shown
from slawatch.web.current import Current, snapshot
from slawatch.web.forms import is_form
from slawatch.web.naming import Names
from slawatch.web.page_incidents import services_of, zone_of
from slawatch.web.problem import Problem

_LONGEST_BODY = 4096


class AckPages:
    """The endpoints of the links; the token is what lets somebody in, and it lets nobody do anything else."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._view = current.view
        self._secret: bytes | None = None

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route(
                "/ack/{token}", self.ack, {"GET": PUBLIC, "POST": PUBLIC}, longest=_LONGEST_BODY
            )
        ]  # fmt: skip

    async def ack(self, request: Request) -> Response:
        """Ask, and on the answer acknowledge."""
        try:
            link = verify(await self._key(), request.path_params["token"], self._view.clock.now())
        except LinkOver as error:
            number, hours = error.link.incident, LIFETIME // HOUR
            text = (
                f"{error}: it served for {hours} h. Nothing was changed. Acknowledge incident {number} by "
                f"the link of a later message, on its page, or with `slawatch incidents ack {number}`"
            )
            return await self._page(request, None, error.link, refused=text, status=HTTPStatus.GONE)
        except LinkError as error:
            raise Problem(HTTPStatus.GONE, str(error)) from None
        incident = self._view.alerting().incidents.get(link.incident)
        if incident is None:
            text = f"incident {link.incident} was resolved long ago"
            return await self._page(request, None, link, refused=text)
        if request.method != "POST":
            return await self._page(request, incident, link, refused=self._outdated(incident, link))
        concern(request, f"incident:{link.incident}", by=link.recipient, does="incident.ack")
        if not is_form(request.headers):
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be that of the page's form")
        by = link.recipient
        try:
            await self._view.commands.act(
                Ack(by=by, origin="link", incident=link.incident, generation=link.generation)
            )
        except Refused as refused:
            status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.CONFLICT
            return await self._page(request, incident, link, refused=str(refused), status=status)
        now_it_is = self._view.alerting().incidents.get(link.incident, incident)
        return await self._page(request, now_it_is, link, done=True)

    def _outdated(self, incident: Incident, link: Link) -> str:
        """Return why an acknowledgement would be refused; empty where it would not."""
        names = Names(self._view.config)
        if not incident.open:
            by = f" by {names.one(incident.resolved_by)}" if incident.resolved_by else ""
            return f"incident {incident.id} is over{by}: there is nothing left to acknowledge"
        if incident.generation != link.generation:
            who = f" by {names.one(incident.acker)}" if incident.acker else ""
            return f"this link is of an earlier turn: incident {incident.id} is now {incident.shown}{who}"
        return ""

    async def _key(self) -> bytes:
        """Return the secret; read once, for the file stays as it is while the daemon runs."""
        if self._secret is None:
            try:
                self._secret = await trio.to_thread.run_sync(link_secret, self._view.config.data_dir)
            except StoreError as error:
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
        return self._secret

    async def _page(
        self,
        request: Request,
        incident: Incident | None,
        link: Link,
        *,
        refused: str = "",
        done: bool = False,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        config, _, now = snapshot(self._view)
        state = self._view.alerting()
        names = Names(config)

        why = names.text(refused).replace(" acked ", " acknowledged ")

        def render() -> bytes:
            found: dict[str, Any] = {
                "incident": incident, "link": link, "refused": why, "done": done, "now": now,
                "who": names.one(link.recipient), "me": shown(request), "path": request.url.path,
                "zone": zone_of(config, incident.organization) if incident else config.timezone,
                "services": services_of(incident, state.alerts) if incident else (),
            }  # fmt: skip
            return rendering.page("ack.html", **found)

        answer = rendering.response(await self._current.render(render), status)
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer
