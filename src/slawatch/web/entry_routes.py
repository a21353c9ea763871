"""The endpoints of what people enter at run time: maintenance windows and adjustments."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final

import trio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers import entries
from slawatch.answers.entering import EntryRefused
from slawatch.answers.paging import PageError, page_of
from slawatch.answers.view import Refused
from slawatch.web.access import Guarded, concern, principal_of, route, signed
from slawatch.web.current import Current
from slawatch.web.problem import Problem
from slawatch.web.repeating import Repeating, asked_of, key_of, name_by

_LONGEST_BODY: Final = 1 << 18
_BODY_SECONDS: Final = 10.0
_PREFIX: Final = {"maintenance.add": "m", "adjustment.add": "a"}


class EntryRoutes:
    """Lists what was entered, and takes entries."""

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers
        self._repeating = Repeating()

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        actions = [
            ("/api/v1/maintenance/{id}/change", "maintenance.change"),
            ("/api/v1/maintenance/{id}/cancel", "maintenance.cancel"),
            ("/api/v1/adjustments/{id}/approve", "adjustment.approve"),
            ("/api/v1/adjustments/{id}/withdraw", "adjustment.withdraw"),
        ]
        return [
            route("/api/v1/maintenance", self.maintenance, {"GET": "read", "POST": "maintenance.add"}),
            route("/api/v1/adjustments", self.adjustments, {"GET": "read", "POST": "adjustment.add"}),
            *(route(path, self._action(what), what, methods=["POST"]) for path, what in actions),
        ]

    async def maintenance(self, request: Request) -> Response:
        """All windows, or a new one."""
        if request.method == "POST":
            return await self._enter(request, "maintenance.add")
        config, now = self._view.config, self._view.clock.now()
        found = await self._readers.read(lambda cursor: entries.maintenance(cursor, config, now))
        return _page(request, "maintenance", found, entries.place_of_window)

    async def adjustments(self, request: Request) -> Response:
        """All adjustments, or a new one."""
        if request.method == "POST":
            return await self._enter(request, "adjustment.add")
        config, now = self._view.config, self._view.clock.now()
        found = await self._readers.read(lambda cursor: entries.adjusted(cursor, config, now))
        return _page(request, "adjustments", found, entries.place_of_adjustment)

    def _action(self, what: str) -> Callable[[Request], Awaitable[Response]]:
        async def act(request: Request) -> Response:
            return await self._enter(request, what, id=request.path_params["id"])

        return act

    async def _enter(self, request: Request, what: str, **given: str) -> Response:
        wish = signed(request, {**await body_of(request), **given}, source=True)
        if not given:
            own_id(request, wish)
        key = key_of(request)
        if what in _PREFIX:
            name_by(key, _PREFIX[what], wish)

        async def work() -> dict[str, Any]:
            try:
                return await self._view.commands.enter(what, wish)
            except EntryRefused as error:
                raise Problem(error.status, str(error)) from None
            except Refused as refused:
                status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.INTERNAL_SERVER_ERROR
                raise Problem(status, str(refused), refused.problems) from None

        now = self._view.clock.now()
        found: dict[str, Any] = await self._repeating.once(key, asked_of(request, wish), now, work)
        concern(request, f"{what.partition('.')[0]}:{found['id']}", signed=wish["person"])
        return JSONResponse(found)


def _page(
    request: Request, name: str, found: Mapping[str, Any], place: Callable[[Any], tuple[Any, ...]]
) -> Response:
    try:
        return JSONResponse(page_of(name, found[name], place, request.query_params))
    except PageError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None


def own_id(request: Request, wish: Mapping[str, Any]) -> None:
    """Refuse an id for something new from who sees some organisations only.

    Ids are one space for all of them: the answer to one that is taken would tell what others have.

    Raises:
        Problem: it names one.
    """
    if wish.get("id") not in (None, "") and principal_of(request).organizations is not None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "id: slawatch chooses it for who sees some organisations only: leave it out; with the header "
            "Idempotency-Key a request that comes again is done once",
        )


async def body_of(request: Request, longest: int = _LONGEST_BODY) -> dict[str, Any]:
    """Return the JSON object in the body.

    Args:
        request: the one.
        longest: bytes that it may have.

    Raises:
        Problem: it is none, too long, or does not come.
    """
    text = await bytes_of(request, longest)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    return found


async def bytes_of(request: Request, longest: int) -> bytes:
    """Return the body.

    Args:
        request: the one.
        longest: bytes that it may have.

    Raises:
        Problem: it is too long, or does not come.
    """
    text = bytearray()
    with trio.move_on_after(_BODY_SECONDS) as scope:
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                text += piece
                if len(text) > longest:
                    raise Problem(HTTPStatus.BAD_REQUEST, f"the body is longer than {longest} bytes")
    if scope.cancelled_caught:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {_BODY_SECONDS:.0f} s")
    return bytes(text)
