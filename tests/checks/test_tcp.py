"""The tcp check against real servers: connecting, talking, TLS."""

import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio
import trustme
from hypothesis import given
from hypothesis import strategies as st

from slawatch.checks._address import parse_address
from slawatch.checks._attempt import Attempt
from slawatch.checks._tls import TlsSettings
from slawatch.checks.tcp import LISTENED_TO, Options, pattern, probe, unescape
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Secret

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]
Script = Callable[[Stream], Awaitable[None]]


async def listen(nursery: trio.Nursery, script: Script, tls: ssl.SSLContext | None = None) -> int:
    """Serve connections by a script; returns the port."""

    async def serve(plain: trio.SocketStream) -> None:
        stream: Stream = plain
        if tls is not None:
            stream = trio.SSLStream(plain, tls, server_side=True)
        try:
            async with stream:
                await script(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    return int(listeners[0].socket.getsockname()[1])


async def ask(attempt: Attempt, port: int, host: str = "127.0.0.1", **keys: object) -> Observation:
    with trio.fail_after(20):
        return await probe(Options(address=parse_address(f"{host}:{port}"), **keys), attempt)  # type: ignore[arg-type]


async def silent(stream: Stream) -> None:
    await stream.receive_some()


async def smtp(stream: Stream) -> None:
    """A mail server, which dribbles."""
    for piece in (b"22", b"0 mail.exa", b"mple ESMTP ready\r\n"):
        await stream.send_all(piece)
        await trio.sleep(0.01)
    heard = b""
    while not heard.endswith(b"\r\n"):
        heard += await stream.receive_some()
    await stream.send_all(b"250-mail.example greets " + heard.split()[1] + b"\r\n250 STARTTLS\r\n")
    await stream.receive_some()


async def test_a_port_that_is_open_is_up(attempt: Attempt, nursery: trio.Nursery) -> None:
    seen = await ask(attempt, await listen(nursery, silent))
    assert (seen.outcome, seen.reason, seen.measures) == (Outcome.UP, "", ())
    assert seen.latency is not None
    assert attempt.connect is not None
    assert seen.latency >= attempt.connect
    assert (attempt.dns, attempt.tls, attempt.first_byte, attempt.transfer) == (None, None, None, None)


async def test_a_name_is_resolved(attempt: Attempt, nursery: trio.Nursery) -> None:
    port = await listen(nursery, silent)
    seen = await ask(attempt, port, "localhost", ip_version=4)
    assert seen.outcome is Outcome.UP
    assert attempt.dns is not None


async def test_a_port_on_which_nobody_listens_is_down(attempt: Attempt, refused: int) -> None:
    seen = await ask(attempt, refused)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert seen.reason == f"127.0.0.1 port {refused}: connection refused"
    assert seen.reason in attempt.transcript()


async def test_a_conversation(attempt: Attempt, nursery: trio.Nursery) -> None:
    seen = await ask(
        attempt,
        await listen(nursery, smtp),
        banner=r"/^220 .*ESMTP/",
        send=r"EHLO slawatch\r\n",
        expect=r"250 STARTTLS\r\n",
    )
    assert seen.outcome is Outcome.UP, seen
    assert attempt.first_byte is not None
    assert attempt.transfer is not None
    assert seen.latency is not None
    assert seen.latency >= (attempt.connect or 0) + attempt.first_byte + attempt.transfer
    assert 'sent "EHLO slawatch\\r\\n"' in attempt.transcript()
    assert "greets slawatch" in attempt.transcript()


async def test_what_the_banner_said_is_not_taken_for_the_answer(
    attempt: Attempt, nursery: trio.Nursery
) -> None:
    async def confusing(stream: Stream) -> None:
        await stream.send_all(b"hello, I say OK to nobody\n")
        await stream.receive_some()

    seen = await ask(attempt, await listen(nursery, confusing), banner="hello", send="x", expect="OK")
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.PROTOCOL)


async def test_without_sending_both_are_read_in_order(attempt: Attempt, nursery: trio.Nursery) -> None:
    async def talkative(stream: Stream) -> None:
        await stream.send_all(b"one two three")
        await stream.receive_some()

    port = await listen(nursery, talkative)
    assert (await ask(attempt, port, banner="one", expect="three")).outcome is Outcome.UP


async def test_bytes_of_any_kind(attempt: Attempt, nursery: trio.Nursery) -> None:
    async def binary(stream: Stream) -> None:
        assert await stream.receive_some() == b"\x00\xff\\\r\n\tgr\xc3\xbc\xc3\x9f"
        await stream.send_all(b"\xde\xad\x00\xbe\xef")

    port = await listen(nursery, binary)
    seen = await ask(attempt, port, send=r"\0\xff\\\r\n\tgrüß", expect=r"\xad\x00\xbe")
    assert seen.outcome is Outcome.UP, seen


@pytest.mark.parametrize(
    ("said", "keys", "cause", "reason"),
    [
        (
            b"",
            {"banner": "220"},
            Cause.PROTOCOL,
            "closed the connection without a word, expected the banner 220",
        ),
        (
            b"554 no\r\n",
            {"banner": "220"},
            Cause.CONTENT,
            'closed the connection after "554 no\\r\\n", expected',
        ),
        (b"a\x00\xff\x1b[31m", {"expect": "b"}, Cause.CONTENT, 'after "a\\x00\\xff\\x1b[31m"'),
        (b"x" * (LISTENED_TO + 1), {"expect": "y"}, Cause.CONTENT, "is not in the first 64 KiB"),
        (b"z" * 1000, {"expect": "y"}, Cause.CONTENT, "z" * 120 + '..."'),
    ],
)
async def test_something_else_is_down(
    attempt: Attempt, nursery: trio.Nursery, said: bytes, keys: dict[str, object], cause: Cause, reason: str
) -> None:
    async def wrong(stream: Stream) -> None:
        await stream.send_all(said)

    seen = await ask(attempt, await listen(nursery, wrong), **keys)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, cause)
    assert reason in seen.reason


async def test_a_reset_is_down(attempt: Attempt, nursery: trio.Nursery) -> None:
    async def reset(stream: Stream) -> None:
        assert isinstance(stream, trio.SocketStream)
        await stream.receive_some()
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    seen = await ask(attempt, await listen(nursery, reset), send="x", expect="y")
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.PROTOCOL)
    assert "connection reset" in seen.reason


async def test_cut_off_it_says_what_it_waited_for_and_what_came(
    attempt: Attempt, nursery: trio.Nursery
) -> None:
    async def stubborn(stream: Stream) -> None:
        await stream.send_all(b"554 no")
        await stream.receive_some()

    port = await listen(nursery, stubborn)
    with trio.move_on_after(0.3) as scope:
        await ask(attempt, port, banner="220")
    assert scope.cancelled_caught
    assert attempt.doing == f'waiting for the banner 220 from 127.0.0.1 port {port}, which sent "554 no"'


async def test_a_secret_is_sent_and_never_shown(attempt: Attempt, nursery: trio.Nursery) -> None:
    async def echo(stream: Stream) -> None:
        heard = await stream.receive_some()
        await stream.send_all(b"-ERR bad password: " + heard)

    secret = Secret(r"AUTH hunter2\r\n", "env AUTH")
    port = await listen(nursery, echo)
    seen = await ask(attempt, port, send=secret, expect="+OK")
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONTENT)
    assert "-ERR bad password: ***" in seen.reason
    assert "hunter2" not in f"{seen}{attempt.transcript()}{attempt.doing}"


async def test_a_slow_answer_is_degraded(attempt: Attempt, nursery: trio.Nursery) -> None:
    port = await listen(nursery, silent)
    seen = await ask(attempt, port, degraded_over=1)
    assert (seen.outcome, seen.cause) == (Outcome.DEGRADED, Cause.SLOW)
    assert "longer than 1us" in seen.reason


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


async def test_over_tls(
    attempt: Attempt, nursery: trio.Nursery, server_tls: ssl.SSLContext, ca_file: str
) -> None:
    port = await listen(nursery, smtp, server_tls)
    tls = TlsSettings(ca_file=ca_file)
    seen = await ask(attempt, port, tls=tls, banner="220 ", send=r"EHLO x\r\n", expect="STARTTLS")
    assert seen.outcome is Outcome.UP, seen
    assert attempt.tls is not None
    assert seen.measures[0].name == "certificate_days"
    assert seen.measures[0].value > 1


async def test_few_days_left_of_the_certificate_are_degraded(
    attempt: Attempt, nursery: trio.Nursery, server_tls: ssl.SSLContext, ca_file: str
) -> None:
    port = await listen(nursery, silent, server_tls)
    tls = TlsSettings(ca_file=ca_file)
    seen = await ask(attempt, port, tls=tls, certificate_days=1_000_000)
    assert (seen.outcome, seen.cause) == (Outcome.DEGRADED, Cause.CERTIFICATE)
    assert "fewer than 1000000" in seen.reason
    assert (await ask(attempt, port, tls=tls, certificate_days=1)).outcome is Outcome.UP


async def test_a_certificate_that_we_cannot_trust_is_down(
    attempt: Attempt, nursery: trio.Nursery, server_tls: ssl.SSLContext
) -> None:
    port = await listen(nursery, silent, server_tls)
    seen = await ask(attempt, port, tls=True)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CERTIFICATE)
    assert (await ask(attempt, port, tls=TlsSettings(verify=False))).outcome is Outcome.UP


async def test_a_server_without_tls_is_down(attempt: Attempt, nursery: trio.Nursery) -> None:
    async def plain(stream: Stream) -> None:
        await stream.receive_some()
        await stream.send_all(b"what is this?\n" * 10)

    seen = await ask(attempt, await listen(nursery, plain), tls=TlsSettings(verify=False))
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.TLS)


async def test_a_missing_file_of_ours_is_unknown(attempt: Attempt, nursery: trio.Nursery) -> None:
    port = await listen(nursery, silent)
    seen = await ask(attempt, port, tls=TlsSettings(ca_file="/nowhere/ca.pem"))
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "/nowhere/ca.pem" in seen.reason


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"send": ""}, "nothing to send"),
        ({"send": r"\q"}, r"unknown escape sequence \\q"),
        ({"send": Secret("hidden\\")}, "unknown escape sequence"),
        ({"certificate_days": 14}, "certificate_days needs tls"),
    ],
)
def test_keys_that_cannot_work_are_refused(keys: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as refused:
        Options(address=parse_address("db:1"), **keys)  # type: ignore[arg-type]
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("plain", b"plain"),
        (r"\r\n\t\0\\", b"\r\n\t\0\\"),
        (r"\x00\xfF\x7e", b"\x00\xff~"),
        ("a\r\nb", b"a\r\nb"),
        (r"\\n", b"\\n"),
        ("é", b"\xc3\xa9"),
    ],
)
def test_escape_sequences(text: str, data: bytes) -> None:
    assert unescape(text) == data


@pytest.mark.parametrize("text", ["\\", "\\x", "\\x1", "\\xg0", "\\u00e9", "\\\n"])
def test_what_is_no_escape_sequence(text: str) -> None:
    with pytest.raises(ValueError, match="unknown escape sequence"):
        unescape(text)


@given(st.binary())
def test_any_bytes_can_be_written(data: bytes) -> None:
    assert unescape("".join(f"\\x{byte:02x}" for byte in data)) == data


def test_patterns() -> None:
    assert pattern("a.c").search(b"abc") is None
    assert pattern("/a.c/").search(b"abc")
    assert pattern(r"\x2fa.c/").search(b"/a.c/")
    with pytest.raises(ValueError, match="is not a regular expression"):
        pattern("/(/")
