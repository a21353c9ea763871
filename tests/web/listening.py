"""A client of the event stream on a plain socket, which reads it as a browser does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import trio


class Got(NamedTuple):
    name: str
    id: str
    data: Any


class Listening:
    """One stream; `text` is all that came so far."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.ended = False
        self._stream = stream
        self._buffer = b""
        self._read = 0

    async def begin(self, target: str, headers: dict[str, str]) -> None:
        lines = [f"GET {target} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in headers.items())]
        await self._stream.send_all(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += await self._stream.receive_some(65536)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in rest)}

    async def _more(self) -> None:
        """Read a chunk of the body."""
        while b"\r\n" not in self._buffer:
            await self._fill()
        size, _, rest = self._buffer.partition(b"\r\n")
        length = int(size, 16)
        while len(rest) < length + 2:
            self._buffer = rest
            await self._fill()
            rest = self._buffer
        self.text += rest[:length].decode()
        self._buffer = rest[length + 2 :]
        self.ended = length == 0

    async def _fill(self) -> None:
        piece = await self._stream.receive_some(65536)
        if not piece:
            raise EOFError
        self._buffer += bytes(piece)

    async def next(self) -> Got | None:
        """Return the next event; None once the stream has ended in an orderly way."""
        while True:
            block, found, _ = self.text[self._read :].partition("\n\n")
            if not found:
                if self.ended:
                    return None
                await self._more()
                continue
            self._read += len(block) + 2
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "data" in fields:
                return Got(fields["event"], fields["id"], json.loads(fields["data"]))

    async def until_now(self) -> list[Got]:
        """Return what comes up to the next `now`."""
        found = []
        with trio.fail_after(10):
            while (event := await self.next()) is not None:
                found.append(event)
                if event.name == "now":
                    return found
        raise AssertionError("the stream ended")


@asynccontextmanager
async def listen(port: int, headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Listening]:
    """Open a stream on a port of this machine."""
    target = f"/api/v1/events?{urlencode(query)}" if query else "/api/v1/events"
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        listening = Listening(stream)
        with trio.fail_after(10):
            await listening.begin(target, headers or {})
        yield listening
