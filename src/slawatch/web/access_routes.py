"""The endpoints about access: who asks, API tokens, the audit log."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers import access, erasure
from slawatch.answers.paging import PageError, page_of
from slawatch.answers.view import Refused
from slawatch.answers.wish import EntryRefused
from slawatch.core.access import ACTIONS, Principal
from slawatch.core.instant import Instant
from slawatch.web.access import Guarded, concern, principal_of, route
from slawatch.web.auditing import Auditing
from slawatch.web.credentials import Credentials
from slawatch.web.current import Current
from slawatch.web.entry_routes import body_of
from slawatch.web.problem import Problem
from slawatch.web.repeating import Repeating, asked_of, key_of


class AccessRoutes:
    """Tells who asks what they may, makes and revokes tokens, shows the log."""

    def __init__(self, current: Current, credentials: Credentials, auditing: Auditing) -> None:
        self._current = current
        self._view = current.view
        self._credentials = credentials
        self._auditing = auditing
        self._repeating = Repeating()

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route("/api/v1/me", self.me, "read"),
            route("/api/v1/tokens", self.tokens, {"GET": "token.list", "POST": "token.create"}),
            route("/api/v1/tokens/{id}/revoke", self.revoke, "token.revoke", methods=["POST"]),
            route("/api/v1/audit", self.audit, "audit.read"),
            route("/api/v1/people/erase", self.erase, "person.erase", methods=["POST"]),
        ]

    async def me(self, request: Request) -> Response:
        """Who asks, and what they may."""
        who = principal_of(request)
        return JSONResponse(
            {
                "name": who.name, "known_by": who.kind, "role": who.role, "person": who.person or None,
                "organizations": "all" if who.organizations is None else sorted(who.organizations),
                "may": [action for action in ACTIONS if who.may(action)],
            }
        )  # fmt: skip

    async def tokens(self, request: Request) -> Response:
        """All tokens, or a new one."""
        await self._credentials.ready()
        now = self._view.clock.now()
        if request.method != "POST":
            found = access.tokens(self._credentials.tokens(), now)["tokens"]
            order = {line["id"]: place for place, line in enumerate(found)}
            query = request.query_params
            try:
                return JSONResponse(page_of("tokens", found, lambda line: (order[line["id"]],), query))
            except PageError as error:
                raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None
        wish = await body_of(request)

        async def work() -> dict[str, Any]:
            return await self._create(principal_of(request), wish, now)

        made: dict[str, Any] = await self._repeating.once(key_of(request), asked_of(request, wish), now, work)
        concern(
            request, f"token:{made['id']}", name=made["name"], role=made["role"],
            organizations=made["organizations"],
        )  # fmt: skip
        return JSONResponse(made, HTTPStatus.CREATED)

    async def _create(self, who: Principal, wish: Mapping[str, Any], now: Instant) -> dict[str, Any]:
        try:
            name, role, organizations, expires_at = access.wanted(wish, self._view.config, who, now)
            by = str(wish.get("person") or who.name) if who.kind == "socket" else who.name
            made = await self._credentials.create(name, role, organizations, expires_at, by)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        except ValueError as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        except Refused as refused:
            raise _unstored(refused) from None
        return {**access.token(made.token, now), "secret": made.secret}

    async def revoke(self, request: Request) -> Response:
        """Let a token not hold any more."""
        await self._credentials.ready()
        try:
            token = access.find(self._credentials.tokens(), request.path_params["id"])
            concern(request, f"token:{token.id}", name=token.name)
            token = await self._credentials.revoke(token)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        except Refused as refused:
            raise _unstored(refused) from None
        return JSONResponse(access.token(token, self._view.clock.now()))

    async def erase(self, request: Request) -> Response:
        """Put a pseudonym in the place of a person wherever they are named."""
        try:
            found = await self._view.commands.erase(erasure.names_of(await body_of(request)))
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        except Refused as refused:
            raise _unstored(refused) from None
        self._credentials.forget()
        concern(request, found["pseudonym"], rows=sum(found["rows"].values()))
        return JSONResponse(found)

    async def audit(self, request: Request) -> Response:
        """The audit log, the latest first."""
        self._auditing.settle()
        query, zone = dict(request.query_params), self._view.config.timezone
        try:
            found: dict[str, Any] = await self._current.readers.read(
                lambda cursor: access.audit(cursor, query, zone)
            )
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        return JSONResponse(found)


def _unstored(refused: Refused) -> Problem:
    status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, str(refused), refused.problems)
