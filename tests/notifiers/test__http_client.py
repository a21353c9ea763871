"""The HTTP client: what is read, how long, and over what."""

import pytest
import trio
import trustme
from tests.notifiers.servers import Provider, Reply, providing

from slawatch.core.instant import SECOND
from slawatch.core.notification import Verdict
from slawatch.notifiers import _tls
from slawatch.notifiers._fault import Fault
from slawatch.notifiers._http_client import READ, Answer, Endpoint, post
from slawatch.notifiers._url import parse_url


async def ask(url: str, *, timeout: float = 5, body: bytes = b"{}", ca_file: str | None = None) -> Answer:
    endpoint = Endpoint(url=parse_url(url), ca_file=ca_file)
    with trio.fail_after(10):
        return await post(
            endpoint, {"X-A": "b"}, body, connect_timeout=SECOND, deadline=trio.current_time() + timeout
        )


async def test_an_answer_has_its_parts(provider: Provider) -> None:
    provider.answers(Reply(418, "short and stout\r\nindeed", {"X-Tea": "pot"}))
    found = await ask(f"{provider.url}/a?b=c")
    assert found.status == 418
    assert found.headers["x-tea"] == "pot"
    assert found.text() == "short and stout\r\nindeed"
    assert found.complete
    assert found.said == "418 short and stout indeed"
    (seen,) = provider.requests
    assert (seen.method, seen.target, seen.body) == ("POST", "/a?b=c", b"{}")
    assert seen.headers["connection"] == "close"


async def test_of_a_long_answer_the_beginning_is_read(provider: Provider) -> None:
    provider.answers(Reply(200, b"x" * 5_000_000))
    found = await ask(provider.url)
    assert len(found.body) == READ


async def test_an_answer_that_does_not_end_is_one_all_the_same(provider: Provider) -> None:
    provider.answers(Reply(202, act="half"))
    found = await ask(provider.url, timeout=1)
    assert (found.status, found.body, found.complete) == (202, b"{", False)


async def test_an_early_refusal_is_heard_though_the_message_is_not_wholly_written(provider: Provider) -> None:
    provider.answers(Reply(body=b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n", act="raw"))
    assert (await ask(provider.url, body=b"x" * 10_000_000)).status == 413


async def test_each_request_has_a_connection_of_its_own(provider: Provider) -> None:
    for _ in range(3):
        await ask(provider.url)
    assert provider.made == 3


async def test_the_certificate_must_be_for_the_name(authority: trustme.CA, ca_file: str) -> None:
    async with providing(authority, "other.example") as provider:
        with pytest.raises(Fault, match="certificate of localhost"):
            await ask(provider.url, ca_file=ca_file)


async def test_an_expired_certificate_is_waited_for_and_told(ca_file: str, authority: trustme.CA) -> None:
    import datetime as dt
    import ssl
    from functools import partial

    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_before=old, not_after=old).configure_cert(context)

    async def serve(stream: trio.SocketStream) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await trio.SSLStream(stream, context, server_side=True).do_handshake()
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(Fault, match="certificate has expired") as raised:
            await ask(f"https://localhost:{port}", ca_file=ca_file)
        nursery.cancel_scope.cancel()
    found = raised.value.delivery
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False)
    assert found.warnings == ("certificate of localhost: certificate has expired",)


async def test_tls_with_who_does_not_speak_it_is_the_configs_fault(provider: Provider, ca_file: str) -> None:
    with pytest.raises(Fault) as raised:
        await ask(provider.url.replace("http:", "https:"), ca_file=ca_file, timeout=2)
    assert raised.value.delivery.verdict in (Verdict.MISCONFIGURED, Verdict.RETRY)


@pytest.mark.parametrize("content", [None, "no certificate\n"])
async def test_authorities_that_cannot_be_used_are_the_configs_fault(
    secured: Provider, tmp_path: object, content: str | None
) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Fault, match="ca_file") as raised:
        await ask(secured.url, ca_file=str(path))
    assert raised.value.delivery.verdict is Verdict.MISCONFIGURED
    assert str(path) in str(raised.value)


def test_a_context_is_made_once(ca_file: str) -> None:
    assert _tls.context(ca_file) is _tls.context(ca_file)
    assert _tls.context(None) is _tls.context(None)
    assert _tls.context(None) is not _tls.context(ca_file)
    assert _tls.context(None, verify=False) is not _tls.context(None)


async def test_a_connection_that_is_not_taken_is_given_up_in_time() -> None:
    """A listener whose queue is full answers nobody."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        endpoint = Endpoint(url=parse_url(f"http://127.0.0.1:{port}"))
        with trio.fail_after(5), pytest.raises(Fault) as raised:
            await post(endpoint, {}, b"", connect_timeout=SECOND // 3, deadline=trio.current_time() + 4)
        for one in waiting:
            one.close()
    found = raised.value.delivery
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False)
    assert "within 0.333 s" in found.answer or "no answer" in found.answer
