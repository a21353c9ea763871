"""The bytes that servers send, in whatever pieces they come, and connections over unix sockets."""

import errno
import os
import socket
from pathlib import Path

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from slawatch.checks._attempt import Attempt
from slawatch.checks._database import LARGEST, Incoming, Target, UnixConnection, connect
from slawatch.checks._failure import Failure, OwnFault
from slawatch.core.sample import Cause


def target(path: str) -> Target:
    return Target(path, 0, "", None, "", None, "PING")


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.binary(max_size=30), max_size=6))
async def test_pieces_are_read_however_they_are_cut(chunks: list[bytes], lines: list[bytes]) -> None:
    whole = b"".join(chunks)
    ended = [line.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n" for line in lines]
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, trio.socket.from_stdlib_socket(theirs) as far:
        incoming = Incoming(UnixConnection(ours, "peer", "peer", 0))

        async def send() -> None:
            for chunk in [*chunks, *ended, whole]:
                await far.send(chunk)
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            assert b"".join([await incoming.exactly(len(chunk)) for chunk in chunks]) == whole
            assert [await incoming.line() + b"\r\n" for _ in ended] == ended
            await incoming.skip(len(whole) // 2)
            rest = len(whole) - len(whole) // 2
            assert await incoming.exactly(rest) == whole[len(whole) // 2 :]


async def test_an_end_in_the_middle_and_too_much_are_failures() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours:
        theirs.send(b"half")
        theirs.close()
        incoming = Incoming(UnixConnection(ours, "peer", "peer", 0))
        with pytest.raises(Failure, match="peer sends more than 16 MiB"):
            await incoming.exactly(LARGEST + 1)
        with pytest.raises(Failure, match="peer closed the connection"):
            await incoming.exactly(5)
        with pytest.raises(Failure, match="peer closed the connection"):
            await incoming.line()


async def test_a_socket_that_nobody_serves_is_a_failure(attempt: Attempt, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(path)
    with pytest.raises(Failure, match=f"{path}: connection refused") as refused:
        await connect(target(path), attempt)
    assert refused.value.cause is Cause.CONNECT


async def test_a_file_that_is_no_socket_is_a_failure(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="connection refused"):
        await connect(target(str(tmp_path / "file")), attempt)


async def test_a_socket_that_is_forbidden_to_us_is_our_own_fault(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect_ex", lambda _self, _path: errno.EACCES)
    with pytest.raises(OwnFault, match="slawatch is not allowed to use this socket"):
        await connect(target("/run/db.sock"), attempt)


async def test_a_path_too_long_for_a_socket_is_our_own_fault(attempt: Attempt) -> None:
    with pytest.raises(OwnFault, match="path too long"):
        await connect(target("/run/" + "x" * 200), attempt)


async def test_a_full_queue_is_waited_for(attempt: Attempt, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(0)
        filling = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            filling.append(client)
            if client.connect_ex(path) == errno.EAGAIN:
                break
        async with trio.open_nursery() as nursery:

            async def make_room() -> None:
                await trio.sleep(0.05)
                server.accept()[0].close()

            nursery.start_soon(make_room)
            with trio.fail_after(10):
                connection = await connect(target(path), attempt)
        assert connection.who == path
        connection.close()
        for client in filling:
            client.close()
    assert os.path.exists(path)  # noqa: ASYNC240, PTH110
