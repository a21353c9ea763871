"""The one ASGI app: health, heartbeats, metrics, events and the JSON API; the dashboard's pages join it.

It is built once for who sees everything, and once for each set of organisations that somebody sees alone.
"""

import hmac
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import aclosing, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from slawatch.answers import export as export_answers
from slawatch.answers import latency as latency_answers
from slawatch.answers import status as status_answers
from slawatch.answers.scoped import Scoped
from slawatch.answers.view import Refused, View
from slawatch.config.model import Config
from slawatch.core.instant import Instant, rfc3339
from slawatch.web import exposition, problem
from slawatch.web.access import PUBLIC, Guarded, Unknown, concern, route
from slawatch.web.access_routes import AccessRoutes
from slawatch.web.ack_pages import AckPages
from slawatch.web.alert_routes import AlertRoutes
from slawatch.web.auditing import Auditing
from slawatch.web.credentials import Credentials
from slawatch.web.current import Current
from slawatch.web.door import Built, Door, undeclared
from slawatch.web.duty_pages import DutyPages
from slawatch.web.entry_routes import EntryRoutes
from slawatch.web.events import STREAMS, EventStream, Streams
from slawatch.web.feed import Feed
from slawatch.web.metric_routes import MetricRoutes
from slawatch.web.metrics import Metrics
from slawatch.web.pages import Pages
from slawatch.web.problem import Problem
from slawatch.web.public_pages import PublicPages
from slawatch.web.reading import Pipe, Poured
from slawatch.web.replay_routes import ReplayRoutes
from slawatch.web.report_pages import ReportPages
from slawatch.web.report_routes import ReportRoutes
from slawatch.web.signing_in import SigningIn, on_unknown
from slawatch.web.trial_routes import TrialRoutes
from slawatch.web.unchanged import Tagged

if TYPE_CHECKING:
    import duckdb

    from slawatch.core.text import Secret

_log = logging.getLogger("slawatch.web")

_EXPORT_LIMIT: Final = 1800.0
_REPORT_LIMIT: Final = 120.0
_LONGEST_BODY: Final = 1 << 20
_BODY_SECONDS: Final = 10.0
_UPLOAD_SECONDS: Final = 60.0
_SPOOL_PIECE: Final = 1 << 20


def build(view: View) -> problem.Guard:
    """Return the app of a running daemon."""
    current = Current(view)
    credentials, auditing = Credentials(view, current.readers), Auditing(view)
    whole = _assemble(
        current,
        [
            *SigningIn(current, credentials, auditing).routes(),
            *AccessRoutes(current, credentials, auditing).routes(),
        ],
    )

    def of(organizations: frozenset[str]) -> Starlette:
        theirs = Current(Scoped(view, organizations), current.readers.limiter)
        # All routes are there, so that who may not use one is told so; none of these shows a service.
        return _assemble(
            theirs,
            [
                *SigningIn(theirs, credentials, auditing).routes(),
                *AccessRoutes(theirs, credentials, auditing).routes(),
            ],
        )

    return problem.Guard(Tagged(Door(view, credentials, auditing, Built(whole, whole.routes), of)))


def _assemble(current: Current, more: list[Guarded]) -> Starlette:
    """Return the app on a view of the daemon."""
    feed = Feed(current)
    streams = Streams(feed)
    reports = ReportRoutes(current)
    routes: list[BaseRoute] = [
        *_Web(current, streams, Metrics(current)).routes(),
        *EntryRoutes(current).routes(),
        *AlertRoutes(current).routes(),
        *MetricRoutes(current).routes(),
        *ReplayRoutes(current).routes(),
        *reports.routes(),
        *ReportPages(current, feed, reports).routes(),
        *TrialRoutes(current).routes(),
        *more,
        *Pages(current, feed, streams).routes(),
        *DutyPages(current, feed).routes(),
        *PublicPages(current).routes(),
        *AckPages(current).routes(),
    ]
    if open_doors := undeclared(routes):
        raise TypeError(f"who may use {', '.join(open_doors)}? make routes by slawatch.web.access.route")
    starlette = Starlette(
        routes=routes,
        exception_handlers={
            Unknown: on_unknown,
            Problem: problem.on_problem,
            HTTPException: problem.on_http,
            Exception: problem.on_fault,
        },
    )
    starlette.router.redirect_slashes = False
    return starlette


class _Web:
    """The endpoints."""

    def __init__(self, current: Current, streams: Streams, metrics: Metrics) -> None:
        self._view = current.view
        self._streams = streams
        self._metrics = metrics
        self._current = current
        self._readers = current.readers
        self._importing = trio.Lock()
        self._spooling = trio.CapacityLimiter(1)

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route("/healthz", self.healthz, PUBLIC),
            route("/readyz", self.readyz, PUBLIC),
            route("/metrics", self.metrics, "read"),
            route("/heartbeat/{key}", self.heartbeat, PUBLIC, methods=["GET", "HEAD", "POST"], longest=None),
            route("/api/v1/openapi.json", self.openapi, "read"),
            route("/api/v1/events", self.events, "read"),
            route("/api/v1/status", self.status, "read"),
            route("/api/v1/services/{service:path}/latency", self.latency, "read"),
            route("/api/v1/report", self.report, "read"),
            route("/api/v1/export", self.export, "read"),
            route("/api/v1/db", self.db, "own.read"),
            route("/api/v1/reload", self.reload, "config.reload", methods=["POST"]),
            route("/api/v1/import", self.import_samples, "samples.import", methods=["POST"], longest=None),
        ]

    async def healthz(self, _: Request) -> Response:
        """The daemon's loop turns."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """The daemon probes and stores."""
        live = self._view.live()
        if live.ready:
            # Whoever asks here need not be known: no names.
            more = "nobody can be told of trouble with slawatch: no channel works\n" if live.unheard else ""
            return PlainTextResponse(f"ready\n{more}")
        return PlainTextResponse("not ready\n", HTTPStatus.SERVICE_UNAVAILABLE)

    async def heartbeat(self, request: Request) -> Response:
        """A job says that it ran."""
        now = self._view.clock.now()
        name = _called(self._view.config, request.path_params["key"])
        if name is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no heartbeat check answers to this address")
        await _discard(request)
        self._view.ping(name, now)
        return PlainTextResponse("ok\n")

    async def status(self, request: Request) -> Response:
        """What every service is now."""
        try:
            answer = await self._current.status(request.query_params.get("org"), agreements=True)
        except status_answers.NoSuchOrganization as error:
            raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
        return await self._current.render(JSONResponse, answer)  # type: ignore[no-any-return]

    async def latency(self, request: Request) -> Response:
        """How fast a service answered, over one of a few windows."""
        name, window = request.path_params["service"], request.query_params.get("window", "24h")
        if name not in self._view.config.services:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no service {name!r}")
        if window not in latency_answers.WINDOWS:
            raise Problem(
                HTTPStatus.BAD_REQUEST, f"window must be one of {', '.join(latency_answers.WINDOWS)}"
            )
        found = await self._current.latencies(name, window)
        return await self._current.render(lambda: JSONResponse(latency_answers.answer(found)))  # type: ignore[no-any-return]

    async def metrics(self, _: Request) -> Response:
        """Everything that Prometheus may want to know."""
        return Response(
            await self._metrics.page(self._streams.open), headers={"Content-Type": exposition.MEDIA}
        )

    async def events(self, request: Request) -> EventStream:
        """What changes, as it does."""
        service = request.query_params.get("service", "")
        organization = request.query_params.get("org", "")
        if service and service not in self._view.config.services:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no service {service!r}")
        if organization and organization not in self._view.config.organizations:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no organization {organization!r}")
        if self._streams.open >= STREAMS:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{STREAMS} clients listen already: try again later"
            )
        return EventStream(self._streams, service, organization)

    async def openapi(self, _: Request) -> Response:
        """This API, described."""
        from slawatch.web import openapi

        return JSONResponse(openapi.document())

    async def report(self, request: Request) -> Response:
        """Reports on a period, as JSON, as a page, as a table, or as several files at once."""
        from slawatch.answers import report as report_answers
        from slawatch.answers.requested import ReportRefused

        config, now = self._view.config, self._view.clock.now()
        query = dict(request.query_params)
        try:
            found = await self._readers.read(
                lambda cursor: report_answers.asked(config, cursor, query, now), limit=_REPORT_LIMIT
            )
        except ReportRefused as refused:
            raise Problem(HTTPStatus.BAD_REQUEST, str(refused)) from None
        answer = Response(found.text, media_type=found.media)
        if found.media == "text/html":
            answer.headers["Content-Security-Policy"] = problem.STANDALONE
        return answer

    async def export(self, request: Request) -> Response:
        """Stored samples, or the outages and ledgers that follow from them, as they come from the store."""
        config, now = self._view.config, self._view.clock.now()
        try:
            wish = export_answers.wish(request.query_params, config, now)
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from None

        def work(cursor: "duckdb.DuckDBPyConnection", pipe: Pipe) -> None:
            export_answers.export(cursor, config, wish, pipe, now)

        media = export_answers.MEDIA[wish.format]
        return Poured(self._readers, work, media, wish.filename, limit=_EXPORT_LIMIT)

    async def db(self, _: Request) -> Response:
        """What the store holds."""
        data_dir = self._view.config.data_dir
        return JSONResponse(
            await self._readers.read(lambda cursor: export_answers.database(cursor, data_dir))
        )

    async def reload(self, request: Request) -> Response:
        """Read the config again and apply it."""
        try:
            done = await self._view.commands.reload()
        except Refused as refused:
            raise _refusal(refused, HTTPStatus.CONFLICT) from None
        concern(request, "config", digest=done.digest)
        return JSONResponse(
            {
                "digest": done.digest,
                "added": done.added,
                "changed": done.changed,
                "removed": done.removed,
                "warnings": done.warnings,
            }
        )

    async def import_samples(self, request: Request) -> Response:
        """Store the samples in the body, all or nothing."""
        suffix = request.query_params.get("format", "")
        if suffix not in export_answers.MEDIA:
            raise Problem(HTTPStatus.BAD_REQUEST, f"format must be one of {', '.join(export_answers.MEDIA)}")
        async with self._importing:
            path = await self._spool(request, suffix)
            try:
                done = await self._view.commands.import_samples(path)
            except Refused as refused:
                told = _refusal(refused, HTTPStatus.UNPROCESSABLE_ENTITY)
                name = request.query_params.get("name", "the file")
                raise Problem(told.status, told.detail.replace(str(path), name), told.lines) from None
            finally:
                _remove(path)
        concern(request, "samples", rows=done.rows, added=done.added)
        return JSONResponse(
            {
                "rows": done.rows,
                "added": done.added,
                "checks": done.checks,
                "start": _stamp(done.start),
                "end": _stamp(done.end),
            }
        )

    async def _spool(self, request: Request, suffix: str) -> Path:
        """Write the body to a file beside the database: its rows may come in any order, so all are needed."""
        try:
            number, name = tempfile.mkstemp(f".{suffix}", "import-", self._view.config.data_dir)
            path = Path(name)
            try:
                with os.fdopen(number, "wb", buffering=0) as file:
                    await self._fill(request, file.write)
            except BaseException:
                _remove(path)
                raise
        except OSError as error:
            raise Problem(
                HTTPStatus.INSUFFICIENT_STORAGE, f"cannot write to the data directory: {error.strerror}"
            ) from None
        return path

    async def _fill(self, request: Request, write: Callable[[memoryview], int]) -> None:
        pending = bytearray()
        async with aclosing(request.stream()) as pieces:
            while True:
                piece = None
                with trio.move_on_after(_UPLOAD_SECONDS):
                    piece = await anext(pieces, b"")
                if piece is None:
                    raise Problem(
                        HTTPStatus.REQUEST_TIMEOUT, f"no more of the file came for {_UPLOAD_SECONDS:.0f} s"
                    )
                pending += piece
                if not piece or len(pending) >= _SPOOL_PIECE:
                    await trio.to_thread.run_sync(_write_all, write, bytes(pending), limiter=self._spooling)
                    pending.clear()
                if not piece:
                    return


def _called(config: Config, key: str) -> str | None:
    """Return the name of the heartbeat check that answers to a key: its token, or its name if it has none."""
    found = None
    for check in config.checks.values():
        if check.type != "heartbeat":
            continue
        token: Secret | None = check.options.token
        expected = check.name if token is None else token.value
        # No early end: the time taken must not tell how much of a token was right.
        if hmac.compare_digest(expected.encode(), key.encode("utf-8", "surrogateescape")):
            found = check.name
    return found


async def _discard(request: Request) -> None:
    """Read what a job sends along, so that it sees our answer; it is not kept."""
    length = 0
    with suppress(ClientDisconnect), trio.move_on_after(_BODY_SECONDS):
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                length += len(piece)
                if length > _LONGEST_BODY:
                    return


def _refusal(refused: Refused, status: HTTPStatus) -> Problem:
    if refused.busy:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, str(refused), refused.problems)


def _write_all(write: Callable[[memoryview], int], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[write(rest) :]


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _stamp(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
