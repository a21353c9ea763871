"""Errors of the API as problem documents (RFC 9457), and the guard that stands before the whole app."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slawatch.web.view import View

_log = logging.getLogger("slawatch.web")

MEDIA: Final = "application/problem+json"
OPEN_TO_ANY_HOST: Final = ("/healthz", "/readyz", "/heartbeat/")
"""Paths that jobs and load balancers call by whatever name; they show nothing."""
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
)


class Problem(Exception):  # noqa: N818 (the RFC's word)
    """An answer that is no good one.

    Attributes:
        status: of HTTP.
        detail: what was wrong with this request, and what to do, for people.
        lines: further lines, such as each mistake of a config.
    """

    def __init__(self, status: HTTPStatus, detail: str, lines: Iterable[str] = ()) -> None:
        super().__init__(detail)
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


async def on_problem(_: Request, error: Exception) -> Response:
    """Answer a `Problem` that an endpoint raised."""
    assert isinstance(error, Problem)
    answer = response(error.status, error.detail, error.lines)
    if error.status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "5"
    return answer


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not take {request.method}"
    else:
        detail = f"there is nothing at {request.url.path}"
    answer = response(status, detail)
    answer.headers.update(error.headers or {})
    return answer


async def on_fault(_: Request, __: Exception) -> Response:
    """Answer an error of our own; the guard logs it."""
    return response(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault in slawatch: its log says more")


class Guard:
    """Stands before the app: refuses foreign host names, adds headers to every answer, and logs faults once.

    A page on the internet can make a browser talk to a port of this machine under a name of its own (DNS
    rebinding) and would then read the answers; so whoever comes by way of loopback must name a host of ours.
    """

    def __init__(self, app: ASGIApp, view: View) -> None:
        self._app = app
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        if scope["type"] == "http" and not self._welcome(scope):
            refusal = response(
                HTTPStatus.MISDIRECTED_REQUEST,
                "the Host header names no host of this machine; add what a proxy sends to [web] hosts",
            )
            await refusal(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:  # noqa: BLE001 (logged with its traceback)
            _log.exception("a fault in answering %s %s", scope.get("method", ""), scope.get("path", ""))
            if not started and scope["type"] == "http":
                await (await on_fault(Request(scope), Exception()))(scope, receive, send_with_headers)

    def _welcome(self, scope: Scope) -> bool:
        server = scope.get("server")
        if scope["state"]["control"] or server is None or not _is_loopback(server[0]):
            return True
        if scope["path"].startswith(OPEN_TO_ANY_HOST):
            return True
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        named = _without_port(host).lower().rstrip(".")
        if named == "localhost" or named.endswith(".localhost") or _is_loopback(named):
            return True
        web = self._view.config.web
        return named in {name.lower() for name in web.hosts} or (
            web.listen is not None and named == web.listen.host.lower()
        )


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    return host.rsplit(":", 1)[0] if host.count(":") == 1 else host


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False
