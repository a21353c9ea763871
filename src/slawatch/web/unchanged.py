"""Answers that a client need not be sent again (RFC 9110, section 13): entity tags, made of the content."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slawatch.web.problem import Problem

_KEPT: Final = ("cache-control", "content-location", "date", "etag", "expires", "vary")


_LONGEST: Final = 1 << 20
"""Longer answers are sent as they are: they are exports, and nobody asks for them again each minute."""
_API: Final = "/api/v1/"
_JSON: Final = b"application/json"


def tag(body: bytes) -> str:
    """Return the entity tag of a body.

    >>> tag(b"a")
    '"ca978112ca1bbdcafac231b39a23dc4d"'
    """
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(asked: str, etag: str) -> bool:
    """Say whether `If-None-Match` names a tag; weakly, as that header compares.

    >>> matches('"a", W/"b"', '"b"'), matches("*", '"b"'), matches('"a"', '"b"')
    (True, True, False)
    """
    named = (part.strip().removeprefix("W/") for part in asked.split(","))
    return any(part in ("*", etag) for part in named)


def answer(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a body with its tag, or 304 to a client that has it already."""
    etag = tag(body)
    found = {**{name.lower(): value for name, value in headers.items()}, "etag": etag}
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(
            status_code=HTTPStatus.NOT_MODIFIED,
            headers={name: value for name, value in found.items() if name in _KEPT},
        )
    return Response(body, headers=found)


class Tagged:
    """Gives the API's whole JSON answers a tag, so that a client that asks again is told that nothing is new.

    Such an answer may be kept by the client alone, which must ask each time whether it still holds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        asked = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        held: Message | None = None

        async def tagging(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _taggable(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            start, held = held, None
            body = message.get("body", b"")
            if message.get("more_body") or len(body) > _LONGEST:
                await send(start)
                await send(message)
                return
            etag = tag(body)
            own = [*start["headers"], (b"etag", etag.encode()), (b"cache-control", b"private, no-cache")]
            if matches(asked.decode("latin-1"), etag):
                kept = [(name, value) for name, value in own if name.decode() in _KEPT]
                await send({**start, "status": int(HTTPStatus.NOT_MODIFIED), "headers": kept})
                await send({"type": "http.response.body", "body": b""})
                return
            await send({**start, "headers": own})
            await send(message)

        await self._app(scope, receive, tagging)


def _taggable(start: Message) -> bool:
    """Say whether an answer may come again just so: fine, JSON, with no word of its own on that."""
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    return (
        start["status"] == HTTPStatus.OK
        and headers.get(b"content-type", b"").startswith(_JSON)
        and b"cache-control" not in headers
        and b"etag" not in headers
    )


def in_force(request: Request, digest: str) -> None:
    """Refuse a request that counts on another configuration than the one in force, by its `If-Match`.

    Raises:
        Problem: it does.
    """
    named = request.headers.get("if-match")
    if named is not None and named.strip() not in ("*", f'"{digest}"'):
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED, "another configuration is in force: reload, or leave If-Match out"
        )
