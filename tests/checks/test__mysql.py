"""MySQL and MariaDB through the driver: a real server, servers that break the protocol, threads that end."""

import sys
from functools import partial
from types import FrameType

import pymysql
import pytest
import trio
from tests.checks.database_servers import Server

from slawatch.checks import _mysql
from slawatch.checks._attempt import Attempt
from slawatch.checks._expected import parse_expected
from slawatch.checks._tls import TlsSettings
from slawatch.checks.database import Options, probe
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Secret

PASSWORD = Secret("s3cret-p4ss", "env DB_PASSWORD")


async def ask(attempt: Attempt, port: int, **keys: object) -> Observation:
    given = {"host": "127.0.0.1", "user": "watcher", "password": PASSWORD, "database": "shop", **keys}
    options = Options(engine="mysql", port=port, **given)  # type: ignore[arg-type]
    seen = await probe(options, attempt)
    assert "s3cret" not in f"{seen}{attempt.transcript()}"
    return seen


def talking() -> bool:
    """Tell whether a thread still talks to a database."""
    for frame in sys._current_frames().values():
        walk: FrameType | None = frame
        while walk is not None:
            if walk.f_code is _mysql._converse.__code__:
                return True
            walk = walk.f_back
    return False


async def silent() -> bool:
    """Wait until no thread talks to a database any more."""
    with trio.move_on_after(5):
        while talking():  # noqa: ASYNC110 (threads that were given up tell nobody of their end)
            await trio.sleep(0.01)
    return not talking()


async def test_by_password(attempt: Attempt, mariadb: Server) -> None:
    seen = await ask(attempt, mariadb.port, query="SELECT database()", expect=parse_expected("shop"))
    assert seen.outcome is Outcome.UP
    assert seen.latency is not None
    assert attempt.connect is not None
    assert attempt.first_byte is not None
    assert attempt.connect + attempt.first_byte <= seen.latency
    assert "-MariaDB" in attempt.transcript()


async def test_by_unix_socket(attempt: Attempt, mariadb: Server) -> None:
    seen = await ask(attempt, mariadb.port, host=mariadb.socket)
    assert seen.outcome is Outcome.UP


async def test_over_tls(attempt: Attempt, mariadb: Server) -> None:
    seen = await ask(
        attempt, mariadb.port, user="onlytls", database="", tls=TlsSettings(ca_file=mariadb.ca),
        query="SELECT variable_value FROM information_schema.session_status "
        "WHERE variable_name = 'Ssl_version'",
        expect=parse_expected("/^TLSv1/"),
    )  # fmt: skip
    assert seen.outcome is Outcome.UP, seen


async def test_tls_with_an_authority_that_we_do_not_know(attempt: Attempt, mariadb: Server) -> None:
    seen = await ask(attempt, mariadb.port, tls=True)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CERTIFICATE)


@pytest.mark.parametrize(
    ("keys", "cause", "reason"),
    [
        ({"password": Secret("wrong")}, Cause.AUTH, "Access denied for user 'watcher'"),
        ({"password": None}, Cause.AUTH, "Access denied"),
        ({"password": Secret("größer \U0001f600")}, Cause.AUTH, "Access denied"),
        ({"user": "nobody-at-all"}, Cause.AUTH, "(1045)"),
        ({"user": "onlytls"}, Cause.AUTH, "(1045)"),
        ({"database": "no_such_one"}, Cause.AUTH, "(1044)"),
        ({"query": "SELEC 1"}, Cause.STATUS, "SQL syntax"),
        ({"query": "SELECT * FROM no_such_table"}, Cause.STATUS, "doesn't exist (1146)"),
        ({"query": "KILL CONNECTION_ID()"}, Cause.CONNECT, "(1927)"),
    ],
)
async def test_refusals(
    attempt: Attempt, mariadb: Server, keys: dict[str, object], cause: Cause, reason: str
) -> None:
    seen = await ask(attempt, mariadb.port, **keys)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause), seen
    assert reason in seen.reason


@pytest.mark.parametrize(
    ("query", "expect", "outcome"),
    [
        ("SELECT 6 * 7", "42", Outcome.UP),
        ("SELECT seq FROM seq_5_to_200000", "5", Outcome.UP),
        ("SELECT NULL", "1", Outcome.DOWN),
        ("SELECT 1 WHERE false", "1", Outcome.DOWN),
        ("SELECT ''", "", Outcome.UP),
        ("SELECT 'grün'", "grün", Outcome.UP),
        ("SELECT 100 % 7, '%s'", "2", Outcome.UP),
        ("SELECT true", "1", Outcome.UP),
        ("SELECT x'ff'", "\ufffd", Outcome.UP),
        ("SELECT now()", "/^20\\d\\d-/", Outcome.UP),
        ("SHOW DATABASES LIKE 'shop'", "shop", Outcome.UP),
        ("CREATE TEMPORARY TABLE seen (x int)", None, Outcome.UP),
    ],
)
async def test_answers(
    attempt: Attempt, mariadb: Server, query: str, expect: str | None, outcome: Outcome
) -> None:
    expected = parse_expected(expect) if expect is not None else None
    seen = await ask(attempt, mariadb.port, query=query, expect=expected)
    assert seen.outcome is outcome, seen


async def test_a_plugin_that_the_driver_cannot_do_is_our_own_fault(attempt: Attempt, mariadb: Server) -> None:
    seen = await ask(attempt, mariadb.port, user="unusual", database="")
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS), seen
    assert "ed25519" in seen.reason or "pynacl" in seen.reason


async def test_a_probe_that_is_cut_off_ends_its_thread(attempt: Attempt, mariadb: Server) -> None:
    with trio.move_on_after(0.5) as scope:
        await ask(attempt, mariadb.port, query="SELECT SLEEP(60)")
    assert scope.cancelled_caught
    assert await silent()
    assert _mysql._PLACES.borrowed_tokens == 0


async def test_a_probe_that_is_cut_off_over_tls_ends_its_thread_too(
    attempt: Attempt, mariadb: Server
) -> None:
    tls = TlsSettings(ca_file=mariadb.ca)
    with trio.move_on_after(1) as scope:
        await ask(attempt, mariadb.port, query="SELECT SLEEP(60)", tls=tls)
    assert scope.cancelled_caught
    assert await silent()


async def test_a_server_that_never_speaks_holds_no_thread_once_cut_off(
    attempt: Attempt, nursery: trio.Nursery
) -> None:
    port = await listen(nursery, b"")
    with trio.move_on_after(0.3) as scope:
        await ask(attempt, port)
    assert scope.cancelled_caught
    assert attempt.doing.startswith("logging in to 127.0.0.1")
    assert await silent()


async def test_when_all_threads_are_busy_the_check_is_unknown(
    nursery: trio.Nursery, mariadb: Server, monkeypatch: pytest.MonkeyPatch, attempt: Attempt
) -> None:
    monkeypatch.setattr(_mysql, "_PLACES", trio.CapacityLimiter(1))
    attempt.timeout = SECOND
    async with trio.open_nursery() as hanging:
        first = Attempt("first", 60 * SECOND, attempt.resolver)
        hanging.start_soon(partial(ask, first, mariadb.port, query="SELECT SLEEP(60)"))
        while not _mysql._PLACES.borrowed_tokens:  # noqa: ASYNC110
            await trio.sleep(0.01)
        seen = await ask(attempt, mariadb.port)
        hanging.cancel_scope.cancel()
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "all 1 threads for MySQL are busy" in seen.reason


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x05\0\0\0\x0a5.7",
        b"\x01\0\0\0\x0a",
        b"\x04\0\0\0\x0aabc",
        b"\x09\0\0\0\xff\x10\x04oh no..",
        b"\x02\0\0\0\xff\x10",
        b"\0\0\0\0",
        b"\xff\xff\xff\0",
        b"-ERR unknown command\r\n",
        bytes(range(256)),
    ],
)
async def test_servers_that_break_the_protocol(attempt: Attempt, nursery: trio.Nursery, said: bytes) -> None:
    port = await listen(nursery, said, close=True)
    with trio.fail_after(10):
        seen = await ask(attempt, port)
    assert seen.outcome is Outcome.DOWN, seen
    assert seen.cause in (Cause.PROTOCOL, Cause.STATUS, Cause.CONNECT), seen
    assert "127.0.0.1" in seen.reason


async def test_tls_is_demanded_and_never_forgone(attempt: Attempt, nursery: trio.Nursery) -> None:
    greeting = (
        b"\x0a5.5.5-10.11\0" + b"\1\0\0\0" + b"saltsalt\0" + b"\xff\xf7" + b"\x21" + b"\2\0" + b"\xff\x01"
        + b"\x15" + b"\0" * 10 + b"saltsaltsalt\0" + b"mysql_native_password\0"
    )  # fmt: skip
    port = await listen(nursery, len(greeting).to_bytes(3, "little") + b"\0" + greeting)
    with trio.fail_after(10):
        seen = await ask(attempt, port, tls=TlsSettings(verify=False))
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.TLS), seen
    assert "SSL is required" in seen.reason


def test_the_driver_is_new_enough_to_demand_tls() -> None:
    assert pymysql.VERSION[:2] >= (1, 2)


async def listen(nursery: trio.Nursery, said: bytes, *, close: bool = False) -> int:
    """Serve connections that are told something; returns the port."""

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.send_all(said)
            if close:
                await stream.send_eof()
            async for _ in stream:
                pass

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    return int(listeners[0].socket.getsockname()[1])
