"""The endpoint that reads the store for `slawatch replay`."""

from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.web.access import Guarded, route
from slawatch.web.current import Current
from slawatch.web.entry_routes import body_of
from slawatch.web.problem import Problem

_LONGEST_BODY: Final = 8 << 20
_LIMIT: Final = 120.0
"""Seconds that the reading may take."""


class ReplayRoutes:
    """Reads what a replay needs, in a thread, for who sees the installation as a whole."""

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers
        self._render = current.render

    def routes(self) -> list[Guarded]:
        """Return where it is."""
        return [route("/api/v1/replay", self.material, "own.read", methods=("POST",), longest=_LONGEST_BODY)]

    async def material(self, request: Request) -> Response:
        """The samples of a time that can change anything for alerting."""
        from slawatch.answers import replay  # with all of the simulation, which few daemons are asked for

        try:
            wish = replay.read_wish(await body_of(request, _LONGEST_BODY))
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None
        digest = self._view.config.digest
        found: dict[str, Any] = await self._readers.read(
            lambda cursor: replay.material(cursor, wish, digest), limit=_LIMIT
        )
        made: Response = await self._render(JSONResponse, found)
        return made
