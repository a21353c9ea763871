"""The endpoint that reads the store for `slawatch replay`."""

import json
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final

import trio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from slawatch.web import answer_replay
from slawatch.web.current import Current
from slawatch.web.problem import Problem, owner_only

_LONGEST_BODY: Final = 8 << 20
_BODY_SECONDS: Final = 10.0
_LIMIT: Final = 120.0
"""Seconds that the reading may take."""


class ReplayRoutes:
    """Reads what a replay needs, in a thread, for the owner of the daemon."""

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers
        self._render = current.render

    def routes(self) -> list[Route]:
        """Return where it is."""
        return [Route("/api/v1/replay", self.material, methods=["POST"])]

    async def material(self, request: Request) -> Response:
        """The samples of a time that can change anything for alerting."""
        owner_only(request)
        try:
            wish = answer_replay.read_wish(await _body(request))
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None
        digest = self._view.config.digest
        found: dict[str, Any] = await self._readers.read(
            lambda cursor: answer_replay.material(cursor, wish, digest), limit=_LIMIT
        )
        made: Response = await self._render(JSONResponse, found)
        return made


async def _body(request: Request) -> Any:
    text = bytearray()
    with trio.move_on_after(_BODY_SECONDS) as scope:
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                text += piece
                if len(text) > _LONGEST_BODY:
                    raise ValueError(f"the body is longer than {_LONGEST_BODY} bytes")
    if scope.cancelled_caught:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {_BODY_SECONDS:.0f} s")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is no JSON: {error}") from None
