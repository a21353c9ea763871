"""A change is made only by who meant it, and its body is neither too long nor too slow."""

import json
from pathlib import Path

import pytest
import trio

from slawatch.web import genuine, visiting

from .conftest import View
from .guests import PASSWORD, configured, field, guests, sign_in, token

RELOAD = "/api/v1/reload"


async def test_a_session_must_bring_back_what_only_our_pages_tell(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        right = visiting.csrf_of(client.cookies["slawatch"])
        assert (await client.post(RELOAD)).status_code == 403
        for wrong in ("", "x", right[:-1], right.upper(), "é", visiting.csrf_of("another")):
            answer = await client.post(RELOAD, headers=[(b"X-CSRF-Token", wrong.encode())])
            assert answer.status_code == 403, wrong
            assert "load it again" in answer.json()["detail"]
        assert (await client.post(RELOAD, headers={"X-CSRF-Token": right})).status_code == 200
        assert (await client.post(RELOAD, data={"csrf": right})).status_code == 200
        assert (await client.post(RELOAD, data={"csrf": "x"})).status_code == 403
        assert (await client.post(f"{RELOAD}?csrf={right}")).status_code == 403
        assert (await client.post(RELOAD, json={"csrf": right})).status_code == 403
    refused = [line for line in view.audit if line.outcome == "refused"]
    assert len(refused) == 10
    assert {line.action for line in refused} == {"config.reload"}


async def test_a_browser_that_says_it_was_another_site_is_not_believed(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        headers = {"X-CSRF-Token": visiting.csrf_of(client.cookies["slawatch"])}
        for site in ("cross-site", "same-site"):
            answer = await client.post(RELOAD, headers={**headers, "Sec-Fetch-Site": site})
            assert answer.status_code == 403
        answer = await client.post(RELOAD, headers={**headers, "Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 200


async def test_the_page_of_another_origin_is_not_believed(view: View, tmp_path: Path) -> None:
    view.config = configured(
        tmp_path, web='public_url = "https://watch.example"\nhosts = ["inner.example"]\n'
    )
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        headers = {"X-CSRF-Token": visiting.csrf_of(client.cookies["slawatch"])}
        for origin in (
            "https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "http://watch.example",
            "https://watch.example:444", "https://watch.example.evil.example", "file://", "http://[", "",
        ):  # fmt: skip
            answer = await client.post(RELOAD, headers={**headers, "Origin": origin})
            assert answer.status_code == 403, origin
            assert "another site" in answer.json()["detail"]
        # Pages that send no referrer, as ours, have the origin null.
        for origin in (served.url, "https://watch.example", "https://inner.example", "null"):
            answer = await client.post(RELOAD, headers={**headers, "Origin": origin})
            assert answer.status_code == 200, origin
        twice = [*headers.items(), ("Origin", served.url), ("Origin", "https://evil.example")]
        assert (await client.post(RELOAD, headers=twice)).status_code == 403


async def test_another_origin_signs_nobody_in(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        fields = {"name": "alice", "password": PASSWORD, "next": "/"}
        fields["csrf"] = field((await client.get("/login")).text, "csrf")
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await client.post("/login", data=fields, headers=headers)).status_code == 403
        answer = await client.post("/login", data=fields, headers={"Origin": served.url})
        assert answer.status_code == 303


async def test_a_page_on_the_internet_cannot_use_a_machine_without_login(view: View, tmp_path: Path) -> None:
    from dataclasses import replace

    view.config = replace(view.config, web=replace(view.config.web, local="operator"))
    async with guests(view, tmp_path) as served, served.client() as client:
        for headers in (
            {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
            {"Referer": "https://evil.example/"}, {"Cookie": "a=b"},
        ):  # fmt: skip
            answer = await client.post(RELOAD, headers=headers)
            assert answer.status_code == 403, headers
        # A program sends none of that.
        assert (await client.post(RELOAD)).status_code == 200
        page = await client.get("/api/v1/me")
        assert page.status_code == 200


async def test_a_token_needs_no_page(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    secret = token(view, "operator")
    async with guests(view, tmp_path) as served, served.client(secret) as client:
        assert (await client.post(RELOAD, headers={"Origin": "https://app.example"})).status_code == 200


async def test_the_form_that_proved_itself_is_still_there_for_the_endpoint(
    view: View, tmp_path: Path
) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        right = visiting.csrf_of(client.cookies["slawatch"])
        answer = await client.post("/api/v1/maintenance", data={"csrf": right, "x": "y"})
        assert answer.status_code == 400
        assert "no JSON" in answer.json()["detail"]


async def test_a_body_that_is_too_long_is_refused_before_it_comes(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    secret = token(view, "operator")
    async with guests(view, tmp_path) as served:
        for path in (RELOAD, "/login"):
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
            found = await raw(served.url, f"{head}Content-Length: {(1 << 20) + 1}\r\n\r\n", b"")
            assert found.startswith(b"HTTP/1.1 413"), found


async def raw(url: str, head: str, body: bytes) -> bytes:
    """Send a request by hand and return all that comes back."""
    async with await trio.open_tcp_stream("127.0.0.1", int(url.rpartition(":")[2])) as stream:
        await stream.send_all(head.encode() + body)
        found = b""
        with trio.fail_after(10):
            while b"}" not in found and (piece := await stream.receive_some(65536)):
                found += piece
    return found


async def test_a_body_without_a_length_is_counted(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    secret = token(view, "operator")
    async with guests(view, tmp_path) as served:
        head = f"POST {RELOAD} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        head = head.replace(RELOAD, "/api/v1/maintenance") + "Transfer-Encoding: chunked\r\n\r\n"
        found = await raw(served.url, head, (b"9c40\r\n" + b"x" * 40_000 + b"\r\n") * 10)
        assert found.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413")), found


async def test_a_body_that_does_not_come_is_not_waited_for(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genuine, "BODY_SECONDS", 0.3)
    view.config = configured(tmp_path)
    secret = token(view, "operator")
    async with guests(view, tmp_path) as served:
        head = f"POST /api/v1/maintenance HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        found = await raw(served.url, f"{head}Content-Length: 100\r\n\r\n", b"{")
        assert found.startswith(b"HTTP/1.1 408"), found
        assert json.loads(found.partition(b"\r\n\r\n")[2])["status"] == 408
