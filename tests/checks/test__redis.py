"""Redis's protocol, spoken with a real server, and with servers that break it."""

from collections.abc import Iterator
from functools import partial

import pytest
import trio
from tests.checks import database_servers
from tests.checks.database_servers import Server

from slawatch.checks import _redis
from slawatch.checks._attempt import Attempt
from slawatch.checks._expected import parse_expected
from slawatch.checks._tls import TlsSettings
from slawatch.checks.database import Options, probe
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Secret

PASSWORD = Secret("s3cret-p4ss", "env REDIS_PASSWORD")


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with database_servers.redis_with_tls(tmp_path_factory.mktemp("redis-tls")) as server:
        yield server


async def ask(attempt: Attempt, port: int, **keys: object) -> Observation:
    given = {"host": "127.0.0.1", "password": PASSWORD, **keys}
    options = Options(engine="redis", port=port, **given)  # type: ignore[arg-type]
    seen = await probe(options, attempt)
    assert "s3cret" not in f"{seen}{attempt.transcript()}"
    return seen


async def test_ping(attempt: Attempt, redis: Server) -> None:
    seen = await ask(attempt, redis.port, expect=parse_expected("PONG"))
    assert seen.outcome is Outcome.UP
    assert seen.latency is not None
    assert (attempt.connect or 0) + (attempt.first_byte or 0) <= seen.latency


async def test_by_user_by_socket_and_in_another_database(attempt: Attempt, redis: Server) -> None:
    assert (await ask(attempt, redis.port, user="watcher", database="3")).outcome is Outcome.UP
    assert (await ask(attempt, redis.port, host=redis.socket)).outcome is Outcome.UP
    await ask(attempt, redis.port, database="3", query="SET 'a key' \"in three\"")
    for number, outcome in (("3", Outcome.UP), ("0", Outcome.DOWN)):
        seen = await ask(
            attempt, redis.port, database=number, query="GET 'a key'", expect=parse_expected("in three")
        )
        assert seen.outcome is outcome


async def test_over_tls(attempt: Attempt, over_tls: Server) -> None:
    seen = await ask(attempt, over_tls.port, password=None, tls=TlsSettings(ca_file=over_tls.ca))
    assert seen.outcome is Outcome.UP
    assert attempt.tls is not None
    seen = await ask(attempt, over_tls.port, password=None, tls=True)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CERTIFICATE)


@pytest.mark.parametrize(
    ("keys", "cause", "reason"),
    [
        ({"password": Secret("wrong")}, Cause.AUTH, "WRONGPASS"),
        ({"password": None}, Cause.AUTH, "NOAUTH"),
        ({"user": "nobody"}, Cause.AUTH, "WRONGPASS"),
        ({"user": "watcher", "query": "FLUSHALL"}, Cause.AUTH, "NOPERM"),
        ({"database": "99"}, Cause.STATUS, "out of range"),
        ({"query": "NONSENSE 1"}, Cause.STATUS, "unknown command"),
        ({"query": "EVAL 'return {1, redis.error_reply(\"MYERR no\")}' 0"}, Cause.STATUS, "MYERR no"),
    ],
)
async def test_refusals(
    attempt: Attempt, redis: Server, keys: dict[str, object], cause: Cause, reason: str
) -> None:
    seen = await ask(attempt, redis.port, **keys)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause), seen
    assert reason in seen.reason


@pytest.mark.parametrize(
    ("query", "expect", "outcome"),
    [
        ("ECHO 'hello there'", "hello there", Outcome.UP),
        ("DBSIZE", ">= 0", Outcome.UP),
        ("TTL nothing", "-2", Outcome.UP),
        ("GET nothing", "1", Outcome.DOWN),
        ("INFO replication", "/(?m)^role:master\\r?$/", Outcome.UP),
        ("ROLE", "master", Outcome.UP),
        ("EVAL 'return {{{7}}}' 0", "7", Outcome.UP),
        ("EVAL 'return {}' 0", "7", Outcome.DOWN),
        ("EVAL 'return string.rep(\"x\", 3000000)' 0", "/^x+$/", Outcome.UP),
    ],
)
async def test_answers(attempt: Attempt, redis: Server, query: str, expect: str, outcome: Outcome) -> None:
    seen = await ask(attempt, redis.port, query=query, expect=parse_expected(expect))
    assert seen.outcome is outcome, seen


async def test_a_probe_that_is_cut_off_says_where_it_was(attempt: Attempt, redis: Server) -> None:
    with trio.move_on_after(0.3) as scope:
        await ask(attempt, redis.port, query="BLPOP nothing 60")
    assert scope.cancelled_caught
    assert attempt.doing.startswith("waiting for the answer of 127.0.0.1")


@pytest.mark.parametrize(
    ("said", "cause", "reason"),
    [
        (b"", Cause.PROTOCOL, "closed the connection"),
        (b"+PONG", Cause.PROTOCOL, "closed the connection"),
        (b"$100\r\nshort\r\n", Cause.PROTOCOL, "closed the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Cause.PROTOCOL, "does not answer as Redis does: HTTP/1.1 400"),
        (b"$-2\r\n", Cause.PROTOCOL, "does not answer as Redis does"),
        (b"$ten\r\n", Cause.PROTOCOL, "does not answer as Redis does"),
        (b"$99999999999999999999\r\n", Cause.PROTOCOL, "does not answer as Redis does"),
        (b"$999999999\r\n", Cause.CONTENT, "more than 16 MiB"),
        (b"*1\r\n" * 40, Cause.PROTOCOL, "does not answer as Redis does"),
        (b"\r\n", Cause.PROTOCOL, "does not answer as Redis does"),
        (b"-LOADING Redis is loading\r\n", Cause.CONNECT, "says: LOADING"),
        (b"-ERR max number of clients reached\r\n", Cause.CONNECT, "max number"),
        (b"-DENIED protected mode\r\n", Cause.AUTH, "protected mode"),
        (b"x" * (17 << 20), Cause.CONTENT, "more than 16 MiB"),
    ],
)
async def test_servers_that_break_the_protocol(
    attempt: Attempt, nursery: trio.Nursery, said: bytes, cause: Cause, reason: str
) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some()
            try:
                await stream.send_all(said)
                await stream.send_eof()
                async for _ in stream:
                    pass
            except trio.BrokenResourceError:
                return

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    with trio.fail_after(20):
        seen = await ask(attempt, port, password=None)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause), seen
    assert reason in seen.reason


def test_words_of_a_command() -> None:
    assert _redis.words("SET 'a b' \"c d\" e") == ["SET", "a b", "c d", "e"]
    assert _redis._encode(["GET", "ä"]) == b"*2\r\n$3\r\nGET\r\n$2\r\n\xc3\xa4\r\n"
