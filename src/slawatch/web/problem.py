"""Errors of the API as problem documents (RFC 9457), and the guard that gives every answer its headers."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import trio
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("slawatch.web")
_RENDERING: Final = trio.CapacityLimiter(2)

MEDIA: Final = "application/problem+json"
OPEN_TO_ANYONE: Final = ("/healthz", "/readyz", "/heartbeat/", "/static/")
"""Paths that jobs and load balancers call, by whatever name and from wherever; they show nothing."""
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)
"""Headers of every answer that does not bring its own."""
STANDALONE: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; "
    "sandbox allow-downloads"
)
"""The policy of a report, which carries its style with it to wherever it is kept; nothing in it can run."""
_BY_TLS: Final = (*_HEADERS, (b"strict-transport-security", b"max-age=31536000"))


class Problem(Exception):  # noqa: N818 (the RFC's word)
    """An answer that is no good one.

    Attributes:
        status: of HTTP.
        detail: what was wrong with this request, and what to do, for people.
        lines: further lines, such as each mistake of a config.
        wait: seconds after which the same may be asked again; None where that is not known.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, lines: Iterable[str] = (), *, wait: int | None = None
    ) -> None:
        super().__init__(detail)
        self.wait = wait
        self.status = status
        self.detail = detail
        self.lines = tuple(lines)


def response(status: HTTPStatus, detail: str, lines: Iterable[str] = ()) -> JSONResponse:
    """Return a problem document."""
    found: dict[str, Any] = {
        "type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail,
    }  # fmt: skip
    if problems := list(lines):
        found["problems"] = problems
    return JSONResponse(found, int(status), media_type=MEDIA)


def owner_only(request: Request) -> None:
    """Let only the unix socket in.

    Raises:
        Problem: the request came another way.
    """
    if not request.scope["state"]["control"]:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "this is served on the unix socket alone: use the command line on the daemon's host",
        )


async def answer_to(request: Request, status: HTTPStatus, detail: str, lines: Iterable[str] = ()) -> Response:
    """Return a problem as whoever asks can read it: a page for a browser, a document for everything else."""
    path = request.url.path
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or path.startswith(("/api/", "/heartbeat/", "/static/")):
        return response(status, detail, lines)
    from slawatch.web import rendering

    body = await trio.to_thread.run_sync(
        rendering.problem, status.phrase, detail, tuple(lines), limiter=_RENDERING
    )
    return Response(
        body,
        int(status),
        {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": rendering.POLICY},
    )


async def on_problem(request: Request, error: Exception) -> Response:
    """Answer a `Problem` that an endpoint raised."""
    assert isinstance(error, Problem)
    answer = await answer_to(request, error.status, error.detail, error.lines)
    if error.wait is not None or error.status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(error.wait or 5)
    return answer


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not take {request.method}"
    else:
        detail = f"there is nothing at {request.url.path}"
    answer = await answer_to(request, status, detail)
    answer.headers.update(error.headers or {})
    return answer


async def on_fault(request: Request, _: Exception) -> Response:
    """Answer an error of our own; the guard logs it."""
    return await answer_to(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "a fault in slawatch: its log says more"
    )


class Guard:
    """Stands before everything: adds headers to every answer, and logs faults once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            # There are none here. A client may have spoilt its connection before it hears so.
            with suppress(Exception):
                await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] == "http":
            scope = {**scope, "state": dict(scope["state"])}
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = [(name.lower(), value) for name, value in message.get("headers", ())]
                names = {name for name, _ in own}
                careful = _BY_TLS if scope["state"].get("https") else _HEADERS
                message["headers"] = own + [header for header in careful if header[0] not in names]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            _log.debug("a client went before the end of its body")
        except Exception:  # noqa: BLE001 (logged with its traceback)
            _log.exception("a fault in answering %s %s", scope.get("method", ""), scope.get("path", ""))
            if not started and scope["type"] == "http":
                await (await on_fault(Request(scope), Exception()))(scope, receive, send_with_headers)
