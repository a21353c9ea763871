"""Server-sent events: each client is told what changed, when its turn comes, and never waits for another."""

import math
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import trio
from starlette.types import Receive, Scope, Send

from slawatch.web.feed import Event, Feed

if TYPE_CHECKING:
    from collections.abc import Iterable

TURN: Final = 2.0
"""Seconds between two turns of a client; with the feed's own second, it is never more than five behind."""
BEAT: Final = 10.0
"""Seconds after which a client is told that nothing has changed."""
QUIET: Final = 5.0
"""Seconds after which a comment keeps a connection without news from being taken for dead."""
RETRY: Final = 2_000
"""Milliseconds after which a browser connects again."""
STREAMS: Final = 1_500
"""So many clients at once; what is left of the server's connections is for everything else."""
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Streams:
    """The clients of the event stream.

    Attributes:
        open: how many there are.
    """

    def __init__(self, feed: Feed) -> None:
        self.open = 0
        self._feed = feed
        self._served = 0

    async def serve(self, scope: Scope, send: Send, *, service: str = "", organization: str = "") -> None:
        """Answer one client until it goes or the server stops.

        Args:
            scope: of the request; its state holds `stopping`, which ends the stream.
            send: to the client; it waits while the client does not read, and then the news wait too.
            service: only this one's changes.
            organization: only that one's changes.
        """
        self.open += 1
        self._served += 1
        try:
            await self._converse(scope, send, service, organization)
        finally:
            self.open -= 1

    async def _converse(self, scope: Scope, send: Send, service: str, organization: str) -> None:
        stopping: trio.Event = scope["state"]["stopping"]
        feed = self._feed
        pause = TURN * (self._served * _GOLDEN % 1.0)
        await feed.look()
        seen = _position(scope, feed.epoch)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send(_body(f"retry: {RETRY}\n\n"))
        beat = spoke = -math.inf
        while not stopping.is_set():
            await feed.look()
            now = trio.current_time()
            news, version = feed.since(seen, service, organization), feed.version
            text = _words(news, feed.epoch)
            if news or now - beat >= BEAT:
                text += f"event: now\nid: {feed.epoch}-{version}\ndata: {feed.beat}\n\n"
                beat = now
            elif now - spoke >= QUIET:
                text += ": nothing new\n\n"
            if text:
                await send(_body(text))
                spoke = now
            seen = version
            with trio.move_on_after(pause):
                await stopping.wait()
            pause = TURN
        await send({"type": "http.response.body", "body": b""})


def _words(news: "Iterable[Event]", epoch: str) -> str:
    return "".join(f"event: {e.name}\nid: {epoch}-{e.version}\ndata: {e.data}\n\n" for e in news)


def _position(scope: Scope, epoch: str) -> int:
    """Return the version that the client has seen; 0 for one that has seen none, or those of another run."""
    said = next((value for name, value in scope["headers"] if name == b"last-event-id"), b"").decode(
        "latin-1"
    )
    if not said:
        said = parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
    run, _, number = said.partition("-")
    if run != epoch or not number.isascii() or not number.isdigit() or len(number) > 15:
        return 0
    return int(number)


def _body(text: str) -> dict[str, object]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


class EventStream:
    """The answer to one client, as an ASGI app."""

    def __init__(self, streams: Streams, service: str, organization: str) -> None:
        self._streams = streams
        self._service = service
        self._organization = organization

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Stream; the server cancels it once the client has gone."""
        if scope["method"] == "HEAD":
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._streams.serve(scope, send, service=self._service, organization=self._organization)
