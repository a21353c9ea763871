"""Who is let in: by what name, from where, and what is written down of it."""

from pathlib import Path

import pytest
import trio

from slawatch.store.database import StoreError
from slawatch.web.door import without_port

from .conftest import Served, View
from .guests import configured, guests, token
from .listening import Listening


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


async def test_a_stream_ends_when_its_token_does(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slawatch.web.door.LOOK_EVERY", 0.1)
    view.config = configured(tmp_path)
    secret = token(view, "viewer", name="wall")
    async with guests(view, tmp_path) as served:
        port = int(served.url.rpartition(":")[2])
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream, served.owner() as owner:
            listening = Listening(stream)
            await listening.begin("/api/v1/events", {"Authorization": f"Bearer {secret}"})
            assert listening.status == 200
            await listening.until_now()
            await trio.sleep(0.3)
            assert not listening.ended
            assert (await owner.post("/api/v1/tokens/wall/revoke", content=b"{}")).status_code == 200
            with trio.fail_after(10):
                while await listening.next() is not None:
                    pass


async def test_a_store_that_cannot_be_read_lets_nobody_in_who_proves_something(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token(view, "viewer")

    def cursor(_: View) -> None:
        raise StoreError("the disk is gone")

    async with guests(view, tmp_path) as served:
        monkeypatch.setattr(View, "cursor", cursor)
        async with served.client(secret) as client:
            answer = await client.get("/api/v1/status")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert (await client.get("/healthz")).status_code == 200
        # Who needs to prove nothing is shown what the daemon knows without the store.
        async with served.client() as client:
            assert (await client.get("/api/v1/status")).status_code == 200
        monkeypatch.undo()
        async with served.client(secret) as client:
            assert (await client.get("/api/v1/status")).status_code == 200


async def test_an_app_is_kept_for_each_set_of_organisations_and_not_for_ever(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slawatch.web.door._SCOPES", 1)
    view.config = configured(tmp_path)
    acme, other = token(view, "viewer", ("acme",)), token(view, "viewer", ("other",))
    async with guests(view, tmp_path) as served, served.client(acme) as one, served.client(other) as two:
        for _ in range(2):
            for client, name in ((one, "shop"), (two, "api")):
                services = (await client.get("/api/v1/status")).json()["services"]
                assert [service["service"] for service in services] == [name]


async def test_unknown_paths_and_methods_are_what_they_are(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        assert (await client.get("/nope")).status_code == 404
        assert (await client.delete("/api/v1/status")).status_code == 405
        assert (await client.put("/api/v1/reload")).status_code == 405
