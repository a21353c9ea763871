"""Answers that a client need not be sent again (RFC 9110, section 13): entity tags, made of the content."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_KEPT: Final = ("cache-control", "content-location", "date", "etag", "expires", "vary")


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
