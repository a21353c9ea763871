"""Problem documents, host names, and the headers of every answer."""

import logging

import pytest
import trio
from starlette.types import Message

from slawatch.web.problem import Guard

from .conftest import Served


async def test_what_is_not_there_is_a_problem_document(served: Served) -> None:
    answer = await served.public.get("/nope/../here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is nothing at /here",
    }  # fmt: skip


async def test_a_method_that_is_not_taken_names_those_that_are(served: Served) -> None:
    answer = await served.public.delete("/api/v1/status")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/status", "/nope"])
async def test_every_answer_has_the_careful_headers(served: Served, path: str) -> None:
    answer = await served.public.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


async def test_a_websocket_is_refused_and_no_fault_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)
        raise RuntimeError("the client has spoilt its connection")

    async def nothing(*_: object) -> None:
        raise AssertionError("nobody serves websockets")

    with caplog.at_level(logging.DEBUG):
        await Guard(nothing)({"type": "websocket", "path": "/"}, nothing, send)  # type: ignore[arg-type]
    assert [message["type"] for message in told] == ["websocket.close"]
    assert not caplog.records
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    assert (await served.public.get("/", headers=upgrade)).status_code == 403


async def test_a_client_that_vanishes_in_its_body_is_no_fault(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "slawatch.web"), trio.fail_after(10):
        stream = await trio.open_unix_socket(served.path)
        await stream.send_all(b"POST /api/v1/probe HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        await stream.aclose()
        while "a client went before" not in caplog.text:  # noqa: ASYNC110
            await trio.sleep(0.01)
    assert [record.levelname for record in caplog.records if record.exc_info] == []
    assert {record.levelname for record in caplog.records if "client went" in record.message} == {"DEBUG"}
