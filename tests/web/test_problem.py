"""Problem documents, host names, and the headers of every answer."""

import pytest

from slawatch.web.problem import _is_loopback, _without_port

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
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "[::2]:80"]
)
async def test_a_foreign_host_name_on_loopback_is_refused(served: Served, host: str) -> None:
    answer = await served.public.get("/api/v1/status", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.view.cursors == 0


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:8470", "[::1]:8470", "a.localhost", "localhost."]
)
async def test_a_host_name_of_ours_is_welcome(served: Served, host: str) -> None:
    assert (await served.public.get("/api/v1/status", headers={"Host": host})).status_code == 200


async def test_jobs_and_load_balancers_may_call_by_any_name(served: Served) -> None:
    for path in ("/healthz", "/readyz", "/heartbeat/backup"):
        assert (await served.public.get(path, headers={"Host": "monitor.example"})).status_code == 200


async def test_the_unix_socket_takes_any_host_name(served: Served) -> None:
    assert (await served.control.get("/api/v1/status", headers={"Host": "x"})).status_code == 200


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("a", "a"), ("[::1]:8470", "::1"), ("[::1]", "::1"), ("::1", "::1"), ("", "")],
)
def test_the_port_is_taken_off(host: str, name: str) -> None:
    assert _without_port(host) == name


def test_loopback_addresses() -> None:
    assert _is_loopback("127.8.9.1")
    assert _is_loopback("::1")
    assert not _is_loopback("10.0.0.1")
    assert not _is_loopback("localhost")
