"""One HTTP/1.1 exchange on a connection of our own, parsed by llhttp: the cheapest true probe there is."""

from typing import Any, Final

import httptools

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import Connection
from slawatch.checks._failure import Failure
from slawatch.checks._http_expect import Answer
from slawatch.clock import steady
from slawatch.core.sample import Cause

LONGEST_HEAD: Final = 65_536
"""Bytes of status line and headers, interim answers included; browsers take no more either."""

_PIECE: Final = 65_536


class _Reader:
    """Collects what llhttp finds. It and the parser hold each other: `part` them, or the collector has to."""

    __slots__ = ("bodiless", "chunked", "complete", "headers", "length", "parser", "parts", "size", "status")

    parser: Any

    def __init__(self, *, bodiless: bool) -> None:
        self.bodiless = bodiless
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.size = 0
        self.status = 0
        self.complete = False
        self.chunked = False
        self.length: int | None = None
        self.parser = httptools.HttpResponseParser(self)

    def part(self) -> None:
        """Let go of the parser."""
        self.parser = None

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come after the status is known: they are no part of the head.
        if not self.status:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self.headers.clear()
            return
        self.status = status
        for name, value in self.headers:
            if name == b"transfer-encoding":
                self.chunked = value.lower().rstrip().endswith(b"chunked")
            elif name == b"content-length" and value.isdigit():
                self.length = int(value)
        if self.bodiless or status in (101, 204, 304):
            self.complete = True

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        if self.status:
            self.complete = True


async def exchange(
    attempt: Attempt, connection: Connection, request: bytes, *, bodiless: bool, max_body: int, quote: bool
) -> Answer:
    """Send a request and read its answer; first byte and transfer are added to the attempt.

    Args:
        attempt: the probe under way.
        connection: open, used for nothing before.
        request: the whole request as it goes out.
        bodiless: the answer has no body whatever its headers say (HEAD).
        max_body: how much of the body is read.
        quote: a malformed answer may be quoted in the reason: it cannot repeat a secret of ours.

    Raises:
        Failure: no proper answer came.
    """
    start = steady()
    attempt.doing = f"waiting for the answer of {connection.who}"
    unsent: Failure | None = None
    try:
        await connection.send(request)
    except Failure as failure:
        # A server may answer (413, 401) and close before it has read all: it says more than the reset.
        unsent = failure
    try:
        data = await connection.receive(_PIECE)
    except Failure:
        if unsent is not None:
            raise unsent from None
        raise
    began = steady()
    attempt.first_byte = (attempt.first_byte or 0) + began - start
    reader = _Reader(bodiless=bodiless)
    parser = reader.parser
    try:
        await _read(attempt, connection, reader, data, max_body, quote)
    finally:
        attempt.transfer = (attempt.transfer or 0) + steady() - began
        reader.part()
    cut = reader.size > max_body or not reader.complete
    body = b"".join(reader.parts)
    return Answer(
        reader.status, reader.headers, body[:max_body] if cut else body, cut, parser.get_http_version()
    )


async def _read(
    attempt: Attempt, connection: Connection, reader: _Reader, data: bytes, max_body: int, quote: bool
) -> None:
    parser = reader.parser
    before_body = 0
    received = 0
    while True:
        if not data:
            _end(connection, reader, received)
            return
        received += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if not reader.status:
                reader.status = parser.get_status_code()
            reader.complete = True
        except httptools.HttpParserError as error:
            if not reader.complete:
                raise Failure(
                    Cause.PROTOCOL,
                    _malformed(connection, reader, error, data if quote and received == len(data) else b""),
                ) from None
        if reader.complete or reader.size > max_body:
            return
        if not reader.status:
            before_body += len(data)
            if before_body > LONGEST_HEAD:
                raise Failure(
                    Cause.PROTOCOL,
                    f"{connection.who}: the head of the answer is longer than {LONGEST_HEAD} bytes",
                )
        attempt.doing = f"reading the answer of {connection.who} ({received} bytes so far)"
        data = await connection.receive(_PIECE)


def _end(connection: Connection, reader: _Reader, received: int) -> None:
    """Judge an answer that ended because the other side closed.

    Raises:
        Failure: more was to come.
    """
    if not received:
        raise Failure(Cause.PROTOCOL, f"{connection.who} closed the connection without an answer")
    if not reader.status:
        raise Failure(
            Cause.PROTOCOL,
            f"{connection.who} closed the connection in the head of the answer, after {received} bytes",
        )
    if reader.chunked:
        raise Failure(
            Cause.PROTOCOL,
            f"{connection.who} closed the connection before the last chunk, after {reader.size} bytes",
        )
    if reader.length is not None:
        raise Failure(
            Cause.PROTOCOL,
            f"{connection.who} closed the connection after {reader.size} of {reader.length} bytes",
        )
    reader.complete = True


def _malformed(connection: Connection, reader: _Reader, error: httptools.HttpParserError, data: bytes) -> str:
    where = "the body" if reader.status else "the head"
    start = f", it starts with {data[:40]!r}" if data else ""
    said = str(error).strip() or type(error).__name__
    return f"{connection.who}: not a proper HTTP answer ({said} in {where}){start}"
