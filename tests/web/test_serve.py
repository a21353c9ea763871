"""The server against real clients, the rude ones above all."""

import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from slawatch.web import serve
from slawatch.web.serve import BindError, Listener, Server, bind_tcp, bind_unix

Patch = pytest.MonkeyPatch
GET = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer; /hasty before it has read the request, /slow after a second, /large much, /endless for ever."""
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/broken":
        raise RuntimeError("on purpose")
    while path != "/hasty" and (await receive()).get("more_body"):
        pass
    if path == "/slow":
        await trio.sleep(1)
    body = b"control" if scope["state"]["control"] else b"public"
    length = [(b"content-length", str(len(body)).encode())] if path in ("/ok", "/slow") else []
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if path in ("/endless", "/large"):
        count = 0
        while path == "/endless" or count < 80:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            count += 1
        body = b""
    await send({"type": "http.response.body", "body": body})


class Running:
    """A server and its address."""

    def __init__(self, server: Server, listeners: list[Listener], done: trio.Event) -> None:
        self.server = server
        self.port: int = listeners[0].socket.getsockname()[1]
        self.done = done

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def ask(self, path: bytes, headers: bytes = b"Connection: close\r\n") -> bytes:
        stream = await self.connect()
        async with stream:
            await stream.send_all(GET % (path, headers))
            return await read_all(stream)


async def read_all(stream: trio.SocketStream) -> bytes:
    answer = b""
    with trio.fail_after(10):
        while True:
            try:
                piece = await stream.receive_some(65536)
            except trio.BrokenResourceError:
                return answer
            if not piece:
                return answer
            answer += piece


@pytest.fixture
async def running(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setattr(serve, "AFTERWARDS", 0.1)
    listeners = bind_tcp("127.0.0.1", 0)
    server = Server(app, listeners, grace=0.3)
    done = trio.Event()

    async def run(task_status: trio.TaskStatus[None]) -> None:
        await server.run(task_status=task_status)
        done.set()

    await nursery.start(run)
    yield Running(server, listeners, done)
    server.stop()
    with trio.fail_after(5):
        await done.wait()


async def test_answers_and_keeps_the_connection(running: Running) -> None:
    async with await running.connect() as stream:
        for _ in range(3):
            await stream.send_all(GET % (b"ok", b""))
            answer = await stream.receive_some(4096)
            while b"public" not in answer:
                answer += await stream.receive_some(4096)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"hypercorn" not in answer.lower()


@pytest.mark.parametrize("path", [b"ok", b"hasty"])
@pytest.mark.parametrize("first", [b"Connection: close\r\n", b""])
async def test_pipelined_requests_in_one_write_do_not_end_the_server(
    running: Running, first: bytes, path: bytes
) -> None:
    for _ in range(20):  # which of Hypercorn's tasks meets the error is a matter of trio's scheduling
        async with await running.connect() as stream:
            await stream.send_all(GET % (path, first) + GET % (b"ok", b"Connection: close\r\n"))
            await read_all(stream)
    assert b"public" in await running.ask(b"ok")
    await settled(running)


async def settled(running: Running) -> None:
    """No connection is left behind by clients that have gone."""
    with trio.fail_after(5):
        while running.server.connections:  # noqa: ASYNC110 (a test looks from outside)
            await trio.sleep(0.01)


async def test_an_error_that_nobody_foresaw_ends_only_its_connection(
    running: Running, monkeypatch: Patch
) -> None:
    async def fail(self: object) -> None:
        raise LookupError("on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(serve.Conversation, "run", fail)
        assert await running.ask(b"ok") == b""
    assert b"public" in await running.ask(b"ok")


@pytest.mark.parametrize(
    "rude",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        b"GET /ok HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
        b"GET /ok HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: ??\r\nConnection: Upgrade\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" * 2,
    ],
)
async def test_no_bytes_of_a_client_end_the_server(running: Running, rude: bytes) -> None:
    async with await running.connect() as stream:
        try:
            await stream.send_all(rude)
            await stream.send_eof()
        except trio.BrokenResourceError:
            pass
        await read_all(stream)
    assert b"public" in await running.ask(b"ok")
    await settled(running)


async def test_a_reset_in_the_middle_of_an_answer_ends_only_that_connection(running: Running) -> None:
    stream = await running.connect()
    await stream.send_all(GET % (b"endless", b""))
    await stream.receive_some(10)
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    stream.socket.close()
    assert b"public" in await running.ask(b"ok")
    await settled(running)


async def test_a_head_that_comes_too_slowly_is_cut_off(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.server._settings, "keep_alive_timeout", 0.3)
    async with await running.connect() as stream:
        await stream.send_all(b"GET /ok HTTP/1.1\r\n")
        ended = False
        with trio.fail_after(5):
            while not ended:
                await trio.sleep(0.05)
                try:
                    await stream.send_all(b"X-More: 1\r\n")
                except trio.BrokenResourceError:
                    ended = True
    await settled(running)


async def test_a_client_that_takes_nothing_is_dropped(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 0.3)
    async with await running.connect() as stream:
        await stream.send_all(GET % (b"endless", b""))
        await settled(running)
    assert b"public" in await running.ask(b"ok")


async def test_a_client_that_takes_it_slowly_gets_it_all(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 1.0)
    async with await running.connect() as stream:
        await stream.send_all(GET % (b"large", b"Connection: close\r\n"))
        taken = 0
        while piece := await stream.receive_some(1 << 20):
            taken += len(piece)
            await trio.sleep(0.02)
    assert taken > 80 * 65536


async def test_stopping_is_not_held_up_by_a_client_that_has_stopped_reading(running: Running) -> None:
    async with await running.connect() as stuck, await running.connect() as idle:
        await stuck.send_all(GET % (b"endless", b""))
        await stuck.receive_some(10)
        await idle.send_all(GET % (b"ok", b""))
        await idle.receive_some(10)
        await trio.sleep(0.2)
        running.server.stop()
        with trio.fail_after(3):
            await running.done.wait()


async def test_stopping_lets_a_request_under_way_end(running: Running) -> None:
    running.server._grace = 5.0
    async with await running.connect() as stream:
        await stream.send_all(GET % (b"slow", b""))
        await trio.sleep(0.1)
        running.server.stop()
        assert b"public" in await read_all(stream)
        with trio.fail_after(3):
            await running.done.wait()


async def test_stopping_closes_the_door(running: Running) -> None:
    running.server.stop()
    with trio.fail_after(3):
        await running.done.wait()
    with pytest.raises(OSError):
        await running.connect()


async def test_cancelling_is_not_held_up_either(nursery: trio.Nursery) -> None:
    listeners = bind_tcp("127.0.0.1", 0)
    server = Server(app, listeners)
    port = listeners[0].socket.getsockname()[1]
    with trio.fail_after(5):
        async with trio.open_nursery() as inner:
            await inner.start(server.run)
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await stream.send_all(GET % (b"endless", b""))
            await stream.receive_some(10)
            await trio.sleep(0.1)
            inner.cancel_scope.cancel()
    await stream.aclose()


async def test_a_full_house_makes_the_next_one_wait(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PUBLIC_CONNECTIONS", 2)
    listeners = bind_tcp("127.0.0.1", 0)
    server = Server(app, listeners, grace=0.1)
    async with trio.open_nursery() as inner:
        await inner.start(server.run)
        small = Running(server, listeners, trio.Event())
        first, second, third = [await small.connect() for _ in range(3)]
        await third.send_all(GET % (b"ok", b"Connection: close\r\n"))
        with trio.move_on_after(0.2) as waited:
            await third.receive_some(10)
        assert waited.cancelled_caught
        await first.aclose()
        assert b"public" in await read_all(third)
        await second.aclose()
        await third.aclose()
        server.stop()


async def test_the_unix_socket_is_the_owners_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.sock"
    listener = bind_unix(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server = Server(app, [listener])
    async with trio.open_nursery() as inner:
        await inner.start(server.run)
        async with await trio.open_unix_socket(str(path)) as stream:
            await stream.send_all(GET % (b"ok", b"Connection: close\r\n"))
            assert b"control" in await read_all(stream)
        server.stop()
    assert not path.exists()


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.sock"
    bind_unix(path).socket.close()
    assert path.exists()
    bind_unix(path).close()
    assert not path.exists()


def test_a_socket_on_which_somebody_listens_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.sock"
    listener = bind_unix(path)
    with pytest.raises(BindError, match="another slawatch listens there"):
        bind_unix(path)
    assert path.exists()
    listener.close()


def test_closing_leaves_a_socket_that_somebody_else_has_put_there(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.sock"
    old = bind_unix(path)
    path.rename(tmp_path / "moved")
    new = bind_unix(path)
    old.close()
    assert path.exists()
    new.close()


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.sock"
    path.write_text("precious")
    with pytest.raises(BindError, match="no socket is in the way"):
        bind_unix(path)
    assert path.read_text() == "precious"


def test_a_path_longer_than_the_kernel_takes(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    listener = bind_unix(folder / "slawatch.sock")
    assert (folder / "slawatch.sock").is_socket()
    listener.close()


def test_a_port_in_use_is_one_clear_error() -> None:
    taken = bind_tcp("127.0.0.1", 0)
    port = taken[0].socket.getsockname()[1]
    with pytest.raises(BindError, match=rf"cannot listen on 127\.0\.0\.1:{port}: the port is in use"):
        bind_tcp("127.0.0.1", port)
    taken[0].close()


def test_a_host_that_is_not_ours_is_one_clear_error() -> None:
    with pytest.raises(BindError, match="no such address"):
        bind_tcp("192.0.2.1", 8470)
    with pytest.raises(BindError, match="is not an address of this machine"):
        bind_tcp("no-such-host.invalid", 8470)


def test_a_name_with_several_addresses_has_one_port() -> None:
    listeners = bind_tcp("localhost", 0)
    assert len({listener.socket.getsockname()[1] for listener in listeners}) == 1
    for listener in listeners:
        listener.close()
