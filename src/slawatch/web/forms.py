"""Bodies of forms: read once, with limits, as texts by name."""

from collections.abc import Mapping, MutableMapping
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import trio
from starlette.requests import Request

from slawatch.core.instant import rfc3339
from slawatch.core.period import parse_moment
from slawatch.web.problem import Problem

MEDIA: Final = "application/x-www-form-urlencoded"
LONGEST: Final = 1 << 16
SECONDS: Final = 10.0
_FIELDS: Final = 100


def is_form(headers: Mapping[str, str]) -> bool:
    """Say whether a body is that of a form."""
    return headers.get("content-type", "").split(";")[0].strip().lower() == MEDIA


async def form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of one that comes more than once, the last.

    Raises:
        Problem: it is no form, too long, or does not come.
    """
    if not is_form(request.headers):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {MEDIA}")
    return fields_of(await body(request))


async def body(request: Request, longest: int = LONGEST) -> bytes:
    """Return the body of a request.

    Raises:
        Problem: it is too long, or does not come.
    """
    found = bytearray()
    with trio.move_on_after(SECONDS) as waiting:
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) > longest:
                    raise Problem(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {longest} bytes"
                    )
    if waiting.cancelled_caught:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {SECONDS:.0f} s")
    return bytes(found)


def fields_of(found: bytes) -> dict[str, str]:
    """Return the fields of a form's body.

    >>> fields_of(b"name=alice&password=a+b%26c&name=bob")
    {'name': 'bob', 'password': 'a b&c'}

    Raises:
        Problem: it is none.
    """
    try:
        pairs = parse_qsl(found.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body is not what a form sends") from None
    return dict(pairs)


def localise(found: MutableMapping[str, Any], zone: str) -> None:
    """Give `start` and `end` of a form the offset of a zone; what is no time stays, to be refused later.

    >>> wish = {"start": "now", "end": "2026-12-01T22:00"}
    >>> localise(wish, "Europe/Berlin")
    >>> wish
    {'start': 'now', 'end': '2026-12-01T21:00:00Z'}
    """
    for key in ("start", "end"):
        with suppress(ValueError, OverflowError):
            if found.get(key, "now") != "now":
                found[key] = rfc3339(parse_moment(found[key], zone))


def number_of(request: Request, name: str) -> int | None:
    """Return a number of the address; None without one.

    Raises:
        Problem: it is none.
    """
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} must be a number")
    return int(text)
