"""Who is let in: by what name, from where, and what is written down of it."""

import pytest

from slawatch.web.door import without_port

from .conftest import Served


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
    assert without_port(host) == name
