"""PostgreSQL's protocol, spoken with a real server, and with servers that break it."""

import struct
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from tests.checks.database_servers import Server

from slawatch.checks._attempt import Attempt
from slawatch.checks._expected import parse_expected
from slawatch.checks._tls import TlsSettings
from slawatch.checks.database import Options, probe
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Secret

PASSWORD = Secret("s3cret-p4ss", "env DB_PASSWORD")
Script = Callable[[trio.SocketStream], Awaitable[None]]


async def ask(attempt: Attempt, port: int, **keys: object) -> Observation:
    given = {"host": "127.0.0.1", "user": "watcher", "password": PASSWORD, "database": "postgres", **keys}
    options = Options(engine="postgresql", port=port, **given)  # type: ignore[arg-type]
    seen = await probe(options, attempt)
    assert "s3cret" not in f"{seen}{attempt.transcript()}"
    return seen


async def test_by_scram(attempt: Attempt, postgresql: Server) -> None:
    seen = await ask(attempt, postgresql.port)
    assert seen.outcome is Outcome.UP
    assert "logged in to PostgreSQL" in attempt.transcript()
    assert attempt.tls is None
    assert attempt.connect is not None
    assert attempt.first_byte is not None


@pytest.mark.parametrize("user", ["md5user", "clear", "open"])
async def test_by_other_ways_to_log_in(attempt: Attempt, postgresql: Server, user: str) -> None:
    seen = await ask(
        attempt, postgresql.port, user=user, query="SELECT current_user", expect=parse_expected(user)
    )
    assert seen.outcome is Outcome.UP


async def test_by_a_password_beyond_ascii(attempt: Attempt, postgresql: Server) -> None:
    seen = await ask(attempt, postgresql.port, user="umlaut", password=Secret("p\u00e4ss\u2168\u00a0w\u00ad"))
    assert seen.outcome is Outcome.UP


async def test_by_unix_socket_or_its_folder(attempt: Attempt, postgresql: Server) -> None:
    for host in (postgresql.socket, postgresql.socket.rpartition("/")[0]):
        seen = await ask(attempt, postgresql.port, host=host, user="open", password=None)
        assert seen.outcome is Outcome.UP


async def test_over_tls(attempt: Attempt, postgresql: Server) -> None:
    query = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    seen = await ask(
        attempt, postgresql.port, user="onlytls", tls=TlsSettings(ca_file=postgresql.ca), query=query,
        expect=parse_expected("/^TLSv1/"),
    )  # fmt: skip
    assert seen.outcome is Outcome.UP
    assert attempt.tls is not None


async def test_tls_with_an_authority_that_we_do_not_know(attempt: Attempt, postgresql: Server) -> None:
    seen = await ask(attempt, postgresql.port, tls=True)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CERTIFICATE)


@pytest.mark.parametrize(
    ("keys", "cause", "reason"),
    [
        (
            {"password": Secret("wrong")},
            Cause.AUTH,
            'password authentication failed for user "watcher" (28P01)',
        ),
        ({"password": None}, Cause.AUTH, "asks for a password, and the check has none"),
        ({"user": "nobody-at-all"}, Cause.AUTH, "(28"),
        ({"user": "md5user", "password": Secret("wrong")}, Cause.AUTH, "(28P01)"),
        ({"user": "stranger"}, Cause.AUTH, "pg_hba.conf rejects"),
        ({"user": "onlytls"}, Cause.AUTH, "pg_hba.conf rejects"),
        ({"database": "no-such-one"}, Cause.STATUS, 'database "no-such-one" does not exist (3D000)'),
        ({"query": "SELEC 1"}, Cause.STATUS, "syntax error"),
        ({"query": "SELECT 1/0"}, Cause.STATUS, "division by zero (22012)"),
        (
            {"query": "SELECT pg_terminate_backend(pg_backend_pid())", "user": "open"},
            Cause.CONNECT,
            "(57P01)",
        ),
        ({"query": "COPY pg_class TO STDOUT; SELECT 1/0"}, Cause.STATUS, "division by zero"),
        ({"query": "CREATE TEMP TABLE t (x int); COPY t FROM STDIN"}, Cause.STATUS, "a check sends no data"),
    ],
)
async def test_refusals(
    attempt: Attempt, postgresql: Server, keys: dict[str, object], cause: Cause, reason: str
) -> None:
    seen = await ask(attempt, postgresql.port, **keys)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause)
    assert reason in seen.reason
    assert "\n" not in seen.reason


async def test_a_login_that_we_do_not_speak_is_our_own_fault(attempt: Attempt, postgresql: Server) -> None:
    seen = await ask(attempt, postgresql.port, user="kerberos")
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "GSSAPI" in seen.reason


@pytest.mark.parametrize(
    ("query", "expect", "outcome"),
    [
        ("SELECT count(*) FROM generate_series(1, 7)", "7", Outcome.UP),
        ("SELECT i, 'x' FROM generate_series(5, 300000) i", "5", Outcome.UP),
        ("SELECT repeat('x', 20), repeat('y', 3000000) UNION ALL SELECT 'z', 'z'", "x" * 20, Outcome.UP),
        ("SELECT NULL::int", "1", Outcome.DOWN),
        ("SELECT ''", "", Outcome.UP),
        ("SELECT 'grün'", "grün", Outcome.UP),
        ("SELECT true", "t", Outcome.UP),
        ("SELECT 1 WHERE false", "1", Outcome.DOWN),
        ("SELECT", "1", Outcome.DOWN),
        ("SET statement_timeout = 1000; SELECT 2; SELECT 3", "2", Outcome.UP),
        ("DO $$ BEGIN RAISE NOTICE 'hello'; END $$; SELECT 4", "4", Outcome.UP),
        ("-- nothing", None, Outcome.UP),
        ("CREATE TEMP TABLE seen (x int)", None, Outcome.UP),
    ],
)
async def test_answers(
    attempt: Attempt, postgresql: Server, query: str, expect: str | None, outcome: Outcome
) -> None:
    expected = parse_expected(expect) if expect is not None else None
    seen = await ask(attempt, postgresql.port, query=query, expect=expected)
    assert seen.outcome is outcome, seen


async def test_a_row_too_large_to_be_read(attempt: Attempt, postgresql: Server) -> None:
    seen = await ask(attempt, postgresql.port, query="SELECT repeat('x', 17 * 1024 * 1024)")
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONTENT)


async def test_a_probe_that_is_cut_off_says_where_it_was(attempt: Attempt, postgresql: Server) -> None:
    with trio.move_on_after(0.5) as scope:
        await ask(attempt, postgresql.port, query="SELECT pg_sleep(60)")
    assert scope.cancelled_caught
    assert attempt.doing.startswith("waiting for the query's answer from 127.0.0.1")
    assert attempt.connect is not None


async def test_no_connection_is_left_open(attempt: Attempt, postgresql: Server) -> None:
    for _ in range(40):
        assert (await ask(attempt, postgresql.port, user="open")).outcome is Outcome.UP


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


READY = message(b"R", struct.pack("!i", 0)) + message(b"Z", b"I")
SCRAM = message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
NOT_POSTGRESQL = "does not answer as PostgreSQL does"


@pytest.mark.parametrize(
    ("said", "cause", "reason"),
    [
        (b"", Cause.PROTOCOL, "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Cause.PROTOCOL, NOT_POSTGRESQL),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Cause.PROTOCOL, NOT_POSTGRESQL),
        (b"E\0\0\0\1", Cause.PROTOCOL, NOT_POSTGRESQL),
        (b"R\xff\xff\xff\xff", Cause.PROTOCOL, NOT_POSTGRESQL),
        (message(b"R", b"\0\0\0\5salt")[:7], Cause.PROTOCOL, "closed the connection"),
        (message(b"E", b"SFATAL\0C57P03\0Mstarting up\0\0"), Cause.CONNECT, "FATAL: starting up (57P03)"),
        (message(b"E", b"SFATAL\0C53300\0Mtoo many clients\0\0"), Cause.CONNECT, "too many clients (53300)"),
        (message(b"E", b""), Cause.STATUS, "says: ERROR: no message"),
        (READY, Cause.PROTOCOL, "closed the connection"),
        (READY + message(b"D", b""), Cause.PROTOCOL, "closed the connection"),
        (READY + message(b"D", b"\0\1\0\0\xff\xff"), Cause.PROTOCOL, "closed the connection"),
        (SCRAM + message(b"R", struct.pack("!i", 11) + b"r=x"), Cause.AUTH, "challenge that cannot be read"),
        (SCRAM + message(b"R", struct.pack("!i", 0)), Cause.PROTOCOL, "breaks off the SCRAM login"),
    ],
)  # fmt: skip
async def test_servers_that_break_the_protocol(
    attempt: Attempt, nursery: trio.Nursery, said: bytes, cause: Cause, reason: str
) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(said)
            await stream.send_eof()
            async for _ in stream:
                pass

    port = await listen(nursery, serve)
    with trio.fail_after(10):
        seen = await ask(attempt, port)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause), seen
    assert reason in seen.reason


async def test_mechanisms_that_we_do_not_speak_are_our_own_fault(
    attempt: Attempt, nursery: trio.Nursery
) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(message(b"R", struct.pack("!i", 10) + b"OAUTHBEARER\0\0"))

    seen = await ask(attempt, await listen(nursery, serve))
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "OAUTHBEARER only" in seen.reason


@pytest.mark.parametrize(
    ("answer", "cause", "reason"),
    [
        (b"N", Cause.TLS, "does not offer TLS"),
        (b"E", Cause.TLS, "does not offer TLS"),
        (b"H", Cause.PROTOCOL, NOT_POSTGRESQL),
        (b"", Cause.PROTOCOL, NOT_POSTGRESQL),
        (b"S" + READY, Cause.TLS, ""),
    ],
)
async def test_tls_is_demanded_and_never_forgone(
    attempt: Attempt, nursery: trio.Nursery, answer: bytes, cause: Cause, reason: str
) -> None:
    heard = bytearray()

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            heard.extend(await stream.receive_some())
            await stream.send_all(answer)
            await stream.send_eof()
            async for chunk in stream:
                heard.extend(chunk)

    seen = await ask(attempt, await listen(nursery, serve), tls=TlsSettings(verify=False))
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause), seen
    assert reason in seen.reason
    assert b"watcher" not in heard


async def listen(nursery: trio.Nursery, script: Script) -> int:
    """Serve connections by a script; returns the port."""
    listeners = await nursery.start(partial(trio.serve_tcp, script, 0, host="127.0.0.1"))
    return int(listeners[0].socket.getsockname()[1])
