"""The endpoints of the metrics: the catalogue, and what one of it comes to."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers import metrics
from slawatch.web.access import Guarded, route
from slawatch.web.current import Current
from slawatch.web.problem import Problem


class MetricRoutes:
    """Lists the metrics, and asks the store what they come to."""

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route("/api/v1/metrics", self.catalogue, "read"),
            route("/api/v1/metrics/{metric:path}", self.value, "read"),
        ]

    async def catalogue(self, _: Request) -> Response:
        """All metrics."""
        return JSONResponse(metrics.catalogue())

    async def value(self, request: Request) -> Response:
        """What a metric comes to for somebody over a window."""
        config = self._view.config
        name = request.path_params["metric"]
        try:
            metrics.known(name)
        except metrics.BadQuery as error:
            raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
        try:
            asked = metrics.query(config, name, dict(request.query_params))
        except metrics.BadQuery as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None
        if asked.metric.about == "slawatch" and self._view.scope is not None:
            raise Problem(HTTPStatus.FORBIDDEN, "how slawatch itself does is for its operators")
        now, live = self._view.clock.now(), self._view.live()
        return JSONResponse(
            await self._readers.read(lambda cursor: metrics.answer(cursor, config, asked, now, live))
        )
