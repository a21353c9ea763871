"""What is sent, and that no secret of it comes out again."""

import json
from pathlib import Path
from urllib.parse import quote

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.checks.servers import (
    Web,
    asked,
    attempt,
    ok,
    request_of,
    serve,
)

from slawatch.checks._http_expect import parse_json_paths
from slawatch.checks.http import Auth, Expect, Options, probe
from slawatch.core.sample import Cause, Outcome
from slawatch.core.text import Secret


async def test_what_is_sent(nursery: trio.Nursery, tmp_path: Path) -> None:
    web = Web()
    port = await serve(nursery, web)
    url = f"http://127.0.0.1:{port}/"
    file = tmp_path / "body"
    file.write_bytes(b"\x00from a file")
    await asked(url, method="POST", body="grüße", headers={"X-One": "1", "User-Agent": "me"})
    await asked(url, method="PUT", body_json={"a": [1, True]})
    await asked(url, method="POST", body_file=str(file))
    await asked(url, method="POST")
    first, second, third, fourth = web.requests
    assert first.startswith(b"POST / HTTP/1.1\r\n")
    assert first.endswith("\r\n\r\ngrüße".encode())
    assert b"Content-Length: 7\r\n" in first
    assert b"X-One: 1\r\n" in first
    assert b"User-Agent: me\r\n" in first
    assert first.count(b"User-Agent") == 1
    assert b"Content-Type: application/json\r\n" in second
    assert json.loads(second.partition(b"\r\n\r\n")[2]) == {"a": [1, True]}
    assert third.endswith(b"\x00from a file")
    assert b"Content-Length: 0\r\n" in fourth


async def test_a_body_file_that_is_missing_is_our_own_fault(nursery: trio.Nursery) -> None:
    found = await asked("http://127.0.0.1:1/", method="POST", body_file="/nowhere/at/all")
    assert (found.outcome, found.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "/nowhere/at/all" in found.reason


async def test_credentials(nursery: trio.Nursery) -> None:
    web = Web()
    port = await serve(nursery, web)
    url = f"http://127.0.0.1:{port}/"
    await asked(url, auth=Auth(type="basic", username="aladdin", password=Secret("opensesame")))
    await asked(url, auth=Auth(type="bearer", token=Secret("abc.def")))
    await asked(f"http://aladdin:open%73esame@127.0.0.1:{port}/")
    await asked(url, headers={"Authorization": Secret("Custom x")})
    assert b"Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n" in web.requests[0]
    assert b"Authorization: Bearer abc.def\r\n" in web.requests[1]
    assert b"Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n" in web.requests[2]
    assert b"Authorization: Custom x\r\n" in web.requests[3]


async def test_refused_credentials_have_a_cause_of_their_own(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(ok(status="401 Unauthorized")))
    found = await asked(f"http://u:p@127.0.0.1:{port}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.AUTH)
    assert (await asked(f"http://127.0.0.1:{port}/")).cause is Cause.STATUS


async def test_secrets_that_a_server_repeats_are_struck_out(nursery: trio.Nursery) -> None:
    async def mirror(stream: trio.abc.Stream) -> None:
        request = await request_of(stream)
        lines = [line for line in request.split(b"\r\n") if line.lower().startswith((b"x-key", b"auth"))]
        await stream.send_all(ok(request, "Leak: " + b" ".join(lines).decode()))

    port = await serve(nursery, mirror)
    seen = attempt()
    found = await asked(
        f"http://127.0.0.1:{port}/path?key=hunter2",
        seen,
        headers={"X-Key": Secret('s3cret"quoted')},
        auth=Auth(type="basic", username="u", password=Secret("pass-word")),
        expect=Expect(header={"leak": "nothing"}),
    )
    assert found.outcome is Outcome.DOWN
    told = found.reason + seen.transcript() + seen.doing
    for secret in ("s3cret", "pass-word", "dTpwYXNzLXdvcmQ="):
        assert secret not in told
    assert "***" in told


async def test_secrets_in_a_malformed_answer_and_in_the_url_are_not_shown(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(b"s3cret-token is what you sent\r\n\r\n"))
    seen = attempt()
    found = await asked(f"http://user:s3cret-token@127.0.0.1:{port}/?token=in-the-query", seen)
    assert found.cause is Cause.PROTOCOL
    assert "s3cret" not in found.reason + seen.transcript()
    assert "in-the-query" not in found.reason + seen.transcript()
    seen = attempt()
    with trio.fail_after(5):
        options = Options(url=Secret(f"http://127.0.0.1:{port}/hooks/T0PS3CRET", "env HOOK"))
        await probe(options, seen)
    assert "T0PS3CRET" not in seen.transcript() + repr(options)


async def test_credentials_stay_with_their_server(nursery: trio.Nursery) -> None:
    other = Web()
    elsewhere = await serve(nursery, other)
    web = Web(ok(b"", f"Location: http://127.0.0.1:{elsewhere}/", status="302 Found"))
    port = await serve(nursery, web)
    await asked(
        f"http://u:p@127.0.0.1:{port}/", headers={"X-Key": Secret("k"), "X-Open": "o", "Cookie": "c=1"}
    )
    assert b"Authorization" in web.requests[0]
    assert b"Authorization" not in other.requests[0]
    assert b"X-Key" not in other.requests[0]
    assert b"Cookie" not in other.requests[0]
    assert b"X-Open: o" in other.requests[0]
    assert f"Host: 127.0.0.1:{elsewhere}".encode() in other.requests[0]


@settings(max_examples=100, deadline=None)
@given(
    st.text("abc\"'\\%/+= é<&#x", min_size=4, max_size=40).map(lambda text: f"q7{text}"),
    st.sampled_from(["body", "header", "malformed", "redirect", "json"]),
)
def test_no_secret_comes_back_in_any_form(secret: str, way: str) -> None:
    async def mirror(stream: trio.abc.Stream) -> None:
        request = await request_of(stream)
        sent = next(line for line in request.split(b"\r\n") if line.startswith(b"X-Key: "))[7:]
        quoted = json.dumps({"a": sent.decode("latin-1")}).encode()
        answers = {
            "body": ok(b"you sent " + sent),
            "header": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nEcho: you sent " + sent + b"\r\n\r\n",
            "malformed": b"oops " + sent,
            "redirect": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /" + sent + b"\r\n\r\n",
            "json": ok(quoted),
        }
        await stream.send_all(answers[way])

    async def one() -> None:
        async with trio.open_nursery() as nursery:
            port = await serve(nursery, mirror)
            seen = attempt()
            expect = Expect(header={"echo": "other"}) if way == "header" else Expect(body_contains="other")
            if way == "json":
                expect = Expect(json=parse_json_paths({"$.a": "other"}))
            found = await asked(
                f"http://127.0.0.1:{port}/",
                seen,
                headers={"X-Key": Secret(secret)},
                expect=expect,
                max_redirects=1,
            )
            assert found.outcome is Outcome.DOWN
            told = found.reason + seen.transcript()
            assert secret.strip() not in told
            assert quote(secret.strip()) not in told
            nursery.cancel_scope.cancel()

    trio.run(one)
