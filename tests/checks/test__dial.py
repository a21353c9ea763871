"""Connections: what a failed one says, which address wins, and whose fault it was."""

import errno
import resource
import socket
from pathlib import Path

import pytest
import trio
from tests.checks.servers import attempt, authority, ca_file, serve, serve_blocking, server_context

import slawatch.checks._dial as dial_module
from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import Connection, TlsSettings, dial
from slawatch.checks._dns import Resolver
from slawatch.checks._failure import Failure, OwnFault, own_fault
from slawatch.core.sample import Cause, Outcome


class Fixed(Resolver):
    """Knows one answer."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self.addresses = addresses

    async def resolve(self, host: str, version: int | None = None, *, within: int = 0) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        return self.addresses


async def echo(stream: trio.abc.Stream) -> None:
    async for data in stream:
        await stream.send_all(data)


async def unused_port() -> int:
    with trio.socket.socket() as sock:
        await sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def silent_port(nursery: trio.Nursery) -> int:
    """A port whose queue of connections is full: further ones get no answer."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)

    async def keep() -> None:
        try:
            await trio.sleep_forever()
        finally:
            for sock in (listener, *fillers):
                sock.close()

    nursery.start_soon(keep)
    return int(listener.getsockname()[1])


async def test_a_connection_sends_and_receives(nursery: trio.Nursery) -> None:
    port = await serve(nursery, echo)
    seen = attempt()
    connection = await dial(seen, "127.0.0.1", port)
    await connection.send(b"hello")
    assert await connection.receive() == b"hello"
    assert (connection.certificate, connection.alpn, connection.tls) == (None, None, None)
    assert connection.who == f"127.0.0.1 port {port}"
    connection.close()
    assert seen.connect is not None
    assert (seen.dns, seen.tls) == (None, None)


async def test_much_data_both_ways(nursery: trio.Nursery, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    for settled, tls in ((None, None), (server_context(), TlsSettings(ca_file=ca_file(tmp_path)))):
        port = await serve(nursery, echo, tls=settled)
        connection = await dial(attempt(), "127.0.0.1", port, tls=tls)
        came = bytearray()

        async def read(connection: Connection = connection, came: bytearray = came) -> None:
            while len(came) < len(data):
                came.extend(await connection.receive())

        with trio.fail_after(20):
            async with trio.open_nursery() as both:
                both.start_soon(read)
                await connection.send(data)
        connection.close()
        assert came == data


async def test_a_secured_connection_knows_its_certificate(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, echo, tls=server_context(alpn=("two", "one")))
    seen = attempt()
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    connection = await dial(seen, "localhost", port, tls=tls, alpn=("one", "two"))
    assert connection.alpn == "two"
    assert connection.certificate is not None
    assert connection.certificate.startswith(b"\x30")
    connection.close()
    assert None not in (seen.dns, seen.connect, seen.tls)
    assert "TLSv1.3" in seen.transcript()


async def test_refused_by_all_addresses() -> None:
    port = await unused_port()
    with pytest.raises(Failure) as caught:
        await dial(attempt(resolver=Fixed("127.0.0.1", "127.0.0.2")), "shop.test", port)
    assert type(caught.value) is Failure
    assert caught.value.cause is Cause.CONNECT
    assert caught.value.reason == (
        f"shop.test (127.0.0.1) port {port}: connection refused; "
        f"shop.test (127.0.0.2) port {port}: connection refused"
    )


async def test_the_address_that_answers_wins(nursery: trio.Nursery) -> None:
    port = await serve(nursery, echo, host="127.0.0.3")
    connection = await dial(attempt(resolver=Fixed("127.0.0.1", "127.0.0.2", "127.0.0.3")), "shop.test", port)
    assert connection.address == "127.0.0.3"
    connection.close()


async def test_a_silent_address_costs_a_head_start_only(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial_module, "STAGGER", 0.02)
    port = await silent_port(nursery)
    answering = await serve(nursery, echo, host="127.0.0.2", port=port)
    assert answering == port
    with trio.fail_after(5):
        connection = await dial(attempt(resolver=Fixed("127.0.0.1", "127.0.0.2")), "shop.test", port)
    assert connection.address == "127.0.0.2"
    connection.close()


async def test_a_silent_target_is_waited_for_until_cancelled(nursery: trio.Nursery) -> None:
    port = await silent_port(nursery)
    for addresses in (("127.0.0.1",), ("127.0.0.1", "127.0.0.1")):
        seen = attempt(resolver=Fixed(*addresses))
        with trio.move_on_after(0.05) as scope:
            await dial(seen, "shop.test", port)
        assert scope.cancelled_caught
        assert seen.doing.startswith("connecting to shop.test")
        assert seen.connect is None


async def test_families_alternate() -> None:
    assert dial_module._interleaved(("::1", "::2", "::3", "1.1.1.1")) == ["::1", "1.1.1.1", "::2", "::3"]
    assert dial_module._interleaved(("1.1.1.1", "1.1.1.2", "::1")) == ["1.1.1.1", "::1", "1.1.1.2"]


async def test_without_file_descriptors_the_fault_is_ours(nursery: trio.Nursery) -> None:
    port = await serve(nursery, echo)
    resolver = Resolver()
    seen, alone = attempt(resolver=Fixed("127.0.0.1", "127.0.0.2")), attempt(resolver=resolver)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as last:
        lowest = last.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(OwnFault) as one:
            await dial(alone, "127.0.0.1", port)
        with pytest.raises(OwnFault) as several:
            await dial(seen, "shop.test", port)
        with pytest.raises(OwnFault) as named:
            await dial(attempt(resolver=Resolver(servers=(("127.0.0.1", port),))), "shop.test", port)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for caught in (one, several, named):
        assert caught.value.outcome is Outcome.UNKNOWN
        assert caught.value.cause is Cause.OURS
        assert "no file descriptors left" in caught.value.reason


async def test_a_network_without_a_route_is_our_own_fault() -> None:
    with pytest.raises(Failure) as caught:
        # The unspecified part of 240.0.0.0/4 is routed nowhere: the kernel refuses at once.
        await dial(attempt(), "255.255.255.255", 9)
    assert caught.value.outcome is Outcome.UNKNOWN


def test_whose_fault_an_error_is() -> None:
    for code in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EPERM):
        assert own_fault(OSError(code, "")) is not None
    for code in (errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT):
        assert own_fault(OSError(code, ""), at_once=True) is None
    assert own_fault(OSError(errno.ENETUNREACH, ""), at_once=True) is not None
    assert own_fault(OSError(errno.ENETUNREACH, "")) is None


async def test_a_reset_is_a_failure_when_reading_and_when_sending(nursery: trio.Nursery) -> None:
    async def reset(stream: trio.abc.Stream) -> None:
        assert isinstance(stream, trio.SocketStream)
        await stream.receive_some(1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    port = await serve(nursery, reset)
    connection = await dial(attempt(), "127.0.0.1", port)
    await connection.send(b"xx")
    with pytest.raises(Failure, match="connection reset while we read"):
        await connection.receive()
    with pytest.raises(Failure, match="connection closed by the other side while we sent"):
        await connection.send(b"x")
    connection.close()


async def test_a_certificate_for_another_name(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, echo, tls=server_context("other.test"))
    with pytest.raises(Failure) as caught:
        await dial(attempt(), "localhost", port, tls=TlsSettings(ca_file=ca_file(tmp_path)))
    assert caught.value.cause is Cause.CERTIFICATE
    assert "not valid for 'localhost'" in caught.value.reason


async def test_a_key_with_a_password(nursery: trio.Nursery, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    from slawatch.core.text import Secret

    mine = authority().issue_cert("me.test")
    private = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    (tmp_path / "me.key").write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"right"),
        )
    )
    (tmp_path / "me.pem").write_bytes(mine.cert_chain_pems[0].bytes())
    port = await serve_blocking(nursery, server_context(client_ca=True))

    def settings(password: str | None) -> TlsSettings:
        return TlsSettings(
            ca_file=ca_file(tmp_path),
            certificate=str(tmp_path / "me.pem"),
            key=str(tmp_path / "me.key"),
            key_password=Secret(password) if password is not None else None,
        )

    (await dial(attempt(), "localhost", port, tls=settings("right"))).close()
    for password in ("wrong", None):
        port = await serve(nursery, echo, tls=server_context())
        with pytest.raises(OwnFault, match="cannot use certificate") as caught:
            await dial(attempt(), "localhost", port, tls=settings(password))
        assert "wrong" not in caught.value.reason.replace("is wrong", "")


async def test_the_attempt_has_room_for_the_resolver_to_give_up_first() -> None:
    class Watching(Fixed):
        within = 0

        async def resolve(self, host: str, version: int | None = None, *, within: int = 0) -> tuple[str, ...]:
            self.within = within
            return await super().resolve(host, version, within=within)

    resolver = Watching("127.0.0.1")
    seen = Attempt("test", 1_000_000, resolver)
    with pytest.raises(Failure):
        await dial(seen, "shop.test", await unused_port())
    assert 0 < resolver.within < 1_000_000
