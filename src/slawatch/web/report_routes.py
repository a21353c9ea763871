"""The endpoints of frozen reports: list, freeze, restate, verify, download."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

import trio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers.view import Refused
from slawatch.answers.wish import EntryRefused
from slawatch.store.errors import StoreError
from slawatch.web import problem
from slawatch.web.access import Guarded, concern, route, signed
from slawatch.web.current import Current
from slawatch.web.entry_routes import body_of
from slawatch.web.problem import Problem
from slawatch.web.repeating import Repeating, asked_of, key_of

if TYPE_CHECKING:
    import duckdb

    from slawatch.answers.freezing import Asked
    from slawatch.answers.requested import Plan
    from slawatch.store.database import Database
    from slawatch.store.frozen import Frozen

T = TypeVar("T")

_LIMIT: Final = 300.0
"""Seconds that reading the evidence of a report, or verifying one, may take."""


class ReportRoutes:
    """Answers about frozen reports, and freezes.

    What it needs is imported when it is asked for: few daemons freeze, and those once a month.
    """

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers
        self._render = current.render
        self._repeating = Repeating()
        self._making = trio.CapacityLimiter(1)

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        post = ("POST",)
        return [
            route("/api/v1/reports", self.reports, {"GET": "read", "POST": "report.freeze"}),
            route("/api/v1/reports/overdue", self.overdue, "read"),
            route("/api/v1/reports/key", self.key, "read"),
            route("/api/v1/reports/{number:int}", self.report, "read"),
            route("/api/v1/reports/{number:int}/pack", self.pack, "read"),
            route("/api/v1/reports/{number:int}/html", self.html, "read"),
            route("/api/v1/reports/{number:int}/verify", self.verify, "read"),
            route("/api/v1/reports/{number:int}/restate", self.restate, "report.restate", methods=post),
        ]

    async def reports(self, request: Request) -> Response:
        """Frozen reports, or new ones."""
        if request.method == "POST":
            return await self._frozen(request)
        from slawatch.answers import reports as reports_answers

        config, query = self._view.config, dict(request.query_params)
        return await self._json(lambda cursor: reports_answers.listed(cursor, config, query))

    async def overdue(self, request: Request) -> Response:
        """Periods that are over and not frozen."""
        from slawatch.answers import reports as reports_answers

        config, now, query = self._view.config, self._view.clock.now(), dict(request.query_params)
        return await self._json(lambda cursor: reports_answers.overdue(cursor, config, now, query))

    async def key(self, _: Request) -> Response:
        """The public half of the key that signs."""
        from slawatch.answers import reports as reports_answers

        config = self._view.config
        return await self._json(lambda _: reports_answers.key(config))

    async def report(self, request: Request) -> Response:
        """One frozen report."""
        return JSONResponse(await self.found(request.path_params["number"]))

    async def found(self, number: int) -> dict[str, Any]:
        """Return a frozen report as it is shown whole.

        Raises:
            Problem: there is none of that number, or the store cannot be read.
        """
        from slawatch.answers import reports as reports_answers

        return await self._read(lambda cursor: reports_answers.shown(cursor, number))

    async def pack(self, request: Request) -> Response:
        """The file that the customer is given."""
        from slawatch.answers import reports as reports_answers

        number = request.path_params["number"]

        def work(cursor: "duckdb.DuckDBPyConnection") -> tuple[str, bytes]:
            found = reports_answers.find(cursor, number)
            name = reports_answers.filename(number, found.agreement or found.report, found.label)
            return name, reports_answers.pack(cursor, number)

        name, data = await self._read(work)
        return Response(
            data,
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def html(self, request: Request) -> Response:
        """Its page, as it was frozen."""
        from slawatch.answers import reports as reports_answers

        number = request.path_params["number"]
        page = await self._read(lambda cursor: reports_answers.page(cursor, number))
        return Response(
            page,
            headers={
                "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": problem.STANDALONE,
            },
        )  # fmt: skip

    async def verify(self, request: Request) -> Response:
        """Whether it still holds: everything in it is worked out again."""
        return JSONResponse(await self.verified(request.path_params["number"]))

    async def verified(self, number: int) -> dict[str, Any]:
        """Return whether a report still holds.

        Raises:
            Problem: there is none of that number, or the store cannot be read.
        """
        from slawatch.answers import verifying

        config = self._view.config
        found = await self._read(lambda cursor: verifying.material(cursor, number))
        try:
            return await trio.to_thread.run_sync(verifying.verified, found, config, limiter=self._making)
        except StoreError as error:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None

    async def restate(self, request: Request) -> Response:
        """Another takes its place."""
        number = request.path_params["number"]
        wish = signed(request, await body_of(request), source=True)

        async def work() -> dict[str, Any]:
            return await self.found((await self.restating(number, wish)).number)

        done = await self._once(request, wish, work)
        concern(request, f"report:{done['number']}", restates=number, signed=wish["person"])
        return JSONResponse(done)

    async def _frozen(self, request: Request) -> Response:
        wish = signed(request, await body_of(request), source=True)

        async def work() -> dict[str, Any]:
            from slawatch.answers import reports as reports_answers

            made, refused = await self.freezing(wish)
            return reports_answers.outcome(made, refused)

        done = await self._once(request, wish, work)
        numbers = [one["number"] for one in done["frozen"]]
        concern(request, f"report:{','.join(map(str, numbers))}", signed=wish["person"])
        return JSONResponse(done)

    async def freezing(
        self, wish: Mapping[str, Any]
    ) -> "tuple[list[Frozen], list[tuple[str, EntryRefused]]]":
        """Freeze what a wish asks for; return what was frozen, and what was not, and why.

        Raises:
            Problem: nothing was frozen.
        """
        from slawatch.answers import freezing

        config, now = self._view.config, self._view.clock.now()
        try:
            request, asked = freezing.read(wish, config, now)
            plans = freezing.chosen(config, request, now)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        made: list[Frozen] = []
        refused: list[tuple[str, EntryRefused]] = []
        for plan in plans:
            try:
                made.append(await self._freeze(plan, asked))
            except EntryRefused as error:
                refused.append((freezing.title(plan), error))
        if not made:
            lines = [str(error) for _, error in refused]
            more = lines if len(lines) > 1 else ()
            raise Problem(refused[0][1].status, lines[0] if not more else "nothing was frozen", more)
        return made, refused

    async def restating(self, number: int, wish: Mapping[str, Any]) -> "Frozen":
        """Freeze a report that takes the place of another.

        Raises:
            Problem: it is not done.
        """
        from slawatch.answers import freezing

        config, now = self._view.config, self._view.clock.now()
        try:
            plan, asked = await self._readers.read(
                lambda cursor: freezing.restated(config, cursor, number, wish, now)
            )
            return await self._freeze(plan, asked)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None

    async def _freeze(self, plan: "Plan", asked: "Asked") -> "Frozen":
        from slawatch.answers import freezing
        from slawatch.store import frozen

        config, now = self._view.config, self._view.clock.now()
        waiting, before = self._view.live().lag, asked.restates

        def read(cursor: "duckdb.DuckDBPyConnection") -> Any:
            found = freezing.made(config, cursor, plan, asked, now, waiting)
            return found, None if before is None else frozen.pack(cursor, before.number)

        found, earlier = await self._readers.read(read, limit=_LIMIT)
        whose = freezing.owner(found)

        def head(database: "Database") -> frozen.Head:
            with database.reading() as cursor:
                return frozen.head(cursor, whose)

        for _ in range(freezing.TRIES):
            place = await self._write(head)
            try:
                report, data = await trio.to_thread.run_sync(
                    freezing.packed, config, found, asked, place, now, earlier, limiter=self._making
                )
            except StoreError as error:
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
            try:
                await self._write(partial(frozen.append, report=report, pack=data))
            except frozen.HeadMoved:
                continue
            except frozen.FrozenAlready as other:
                raise freezing.already(other.by) from None
            return report
        raise freezing.crowded()

    async def _write(self, work: "Callable[[Database], T]") -> T:
        try:
            return await self._view.commands.write(work)
        except Refused as refused:
            status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.INTERNAL_SERVER_ERROR
            raise Problem(status, str(refused), refused.problems) from None

    async def _read(self, work: "Callable[[duckdb.DuckDBPyConnection], T]") -> T:
        try:
            return await self._readers.read(work, limit=_LIMIT)
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None

    async def _json(self, work: "Callable[[duckdb.DuckDBPyConnection], dict[str, Any]]") -> Response:
        found = await self._read(work)
        return await self._render(JSONResponse, found)  # type: ignore[no-any-return]

    async def _once(
        self, request: Request, wish: Mapping[str, Any], work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        now = self._view.clock.now()
        found: dict[str, Any] = await self._repeating.once(
            key_of(request), asked_of(request, wish), now, work
        )
        return found
