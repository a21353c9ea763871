"""The app over real sockets, on a real store."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trio

from slawatch.answers.view import Refused
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome

from .conftest import NOW, Served

TOKEN = "s3cret-token-of-the-nightly-job"

LOOKS = 2
"""How often the store is looked at for a `status`: for the services, and for the agreements."""


async def test_healthz_and_readyz(served: Served) -> None:
    assert (await served.public.get("/healthz")).text == "ok\n"
    assert (await served.public.get("/readyz")).status_code == 200
    served.view.state = replace(served.view.state, unheard="nothing goes through mail")
    answer = await served.public.get("/readyz")
    assert answer.status_code == 200
    assert "nobody can be told" in answer.text
    assert "mail" not in answer.text, "whoever asks here need not be known"
    served.view.state = replace(served.view.state, ready=False)
    assert (await served.public.get("/readyz")).status_code == 503
    assert (await served.public.get("/healthz")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_job_calls_by_its_checks_name(served: Served, method: str) -> None:
    answer = await served.public.request(method, "/heartbeat/backup")
    assert answer.status_code == 200
    assert served.view.pings == [("backup", NOW)]


async def test_a_job_with_a_token_is_known_by_that_alone(served: Served) -> None:
    assert (await served.public.get("/heartbeat/nightly")).status_code == 404
    assert (await served.public.get(f"/heartbeat/{TOKEN}x")).status_code == 404
    assert served.view.pings == []
    assert (await served.public.get(f"/heartbeat/{TOKEN}")).status_code == 200
    assert served.view.pings == [("nightly", NOW)]


@pytest.mark.parametrize("key", ["shop-home", "nope", "%00", "%ff%fe", "..%2f", "b" * 5000])
async def test_an_address_that_no_heartbeat_has_is_not_found(served: Served, key: str) -> None:
    answer = await served.public.get(f"/heartbeat/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.view.pings == []


async def test_what_a_job_sends_along_is_taken_and_dropped(served: Served) -> None:
    answer = await served.public.post("/heartbeat/backup", content=b"log " * 50_000)
    assert answer.status_code == 200
    answer = await served.public.delete("/heartbeat/backup")
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert served.view.pings == [("backup", NOW)]


async def test_status_is_that_of_the_running_daemon(served: Served) -> None:
    answer = (await served.public.get("/api/v1/status")).json()
    assert answer["daemon"]["running"] is True
    assert {s["service"]: s["state"] for s in answer["services"]} == {
        "shop": "down", "api": "up", "jobs": "unknown",
    }  # fmt: skip


async def test_status_of_one_organization(served: Served) -> None:
    answer = (await served.public.get("/api/v1/status", params={"org": "acme"})).json()
    assert [s["service"] for s in answer["services"]] == ["shop"]
    answer = await served.public.get("/api/v1/status", params={"org": "acne"})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no organization 'acne' (known: acme, other)"


async def test_the_store_is_asked_once_by_many_who_watch(served: Served) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(served.public.get, "/api/v1/status")
    assert served.view.cursors == LOOKS


async def test_a_new_config_asks_the_store_again(served: Served) -> None:
    await served.public.get("/api/v1/status")
    served.view.config = replace(served.view.config, digest="another")
    await served.public.get("/api/v1/status")
    assert served.view.cursors == 2 * LOOKS


async def test_states_are_live_though_the_figures_are_kept(served: Served) -> None:
    await served.public.get("/api/v1/status")
    served.view.clock.at = NOW + SECOND
    checks = dict(served.view.state.checks)
    checks["shop-db"] = replace(
        checks["shop-db"],
        outcome=Outcome.UP,
        since=NOW + SECOND // 2,
        last_sample=NOW + SECOND // 2,
        reason="",
    )
    served.view.state = replace(served.view.state, checks=checks)
    answer = (await served.public.get("/api/v1/status")).json()
    assert served.view.cursors == LOOKS
    shop = answer["services"][0]
    assert (shop["state"], shop["since"]) == ("up", "2026-11-01T12:00:00.5Z")


async def test_commands_are_for_operators_and_the_owner_alone(served: Served) -> None:
    for path in ("/api/v1/reload", "/api/v1/import?format=csv"):
        answer = await served.public.post(path, content=b"")
        assert answer.status_code == 403
        assert "takes the role operator" in answer.json()["detail"]
    assert served.view.imported == []
    answer = await served.control.post("/api/v1/reload")
    assert answer.json()["added"] == ["new"]
    assert (await served.control.get("/api/v1/reload")).status_code == 405


async def test_a_refused_reload_says_why(served: Served) -> None:
    served.view.refuse = Refused(
        "the new config is wrong; the old one goes on", ("a.toml:1: no", "a.toml:2: no")
    )
    answer = await served.control.post("/api/v1/reload")
    assert answer.status_code == 409
    assert answer.json()["problems"] == ["a.toml:1: no", "a.toml:2: no"]
    served.view.refuse = Refused("later", busy=True)
    assert (await served.control.post("/api/v1/reload")).status_code == 503


async def test_an_import_is_spooled_beside_the_database_and_cleared_away(served: Served) -> None:
    body = b"check,time,outcome\n" + b"x" * 3_000_000

    async def pieces() -> object:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    answer = await served.control.post("/api/v1/import?format=csv", content=pieces())  # type: ignore[arg-type]
    assert answer.json() == {
        "rows": 2, "added": 1, "checks": 1, "start": "1970-01-01T00:00:00Z", "end": "1970-01-01T00:00:01Z",
    }  # fmt: skip
    assert served.view.imported == [body]
    assert not list(served.view.config.data_dir.glob("import-*"))


async def test_a_refused_import_says_which_row(served: Served) -> None:
    served.view.refuse = Refused("FILE:7: there is no check 'x'")
    answer = await served.control.post("/api/v1/import?format=csv&name=my/a.csv", content=b"a")
    assert (answer.status_code, answer.json()["detail"]) == (422, "my/a.csv:7: there is no check 'x'")
    assert not list(served.view.config.data_dir.glob("import-*"))
    answer = await served.control.post("/api/v1/import?format=xml", content=b"a")
    assert answer.status_code == 400


async def test_an_import_whose_client_goes_away_leaves_nothing(served: Served) -> None:
    async with await trio.open_unix_socket(str(served.path)) as stream:
        await stream.send_all(
            b"POST /api/v1/import?format=csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc"
        )
        await trio.sleep(0.1)
    with trio.fail_after(5):
        while list(served.view.config.data_dir.glob("import-*")):  # noqa: ASYNC110
            await trio.sleep(0.01)
    assert served.view.imported == []


async def test_a_data_directory_that_cannot_be_written_is_one_clear_error(
    served: Served, tmp_path: Path
) -> None:
    served.view.config = replace(served.view.config, data_dir=tmp_path / "gone")
    answer = await served.control.post("/api/v1/import?format=csv", content=b"a")
    assert answer.status_code == 507
    assert "No such file or directory" in answer.json()["detail"]


async def test_export_streams_what_the_store_holds(served: Served) -> None:
    answer = await served.public.get("/api/v1/export", params={"what": "ledger", "from": "2026-11-01"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="slawatch-ledger.csv"'
    assert answer.text.splitlines()[0] == "service,start,end,class,observed,seconds"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"what": "secrets"}, "'secrets' cannot be exported"),
        ({"format": "xml"}, "'xml' is no format"),
        ({"from": "yesterday"}, "'yesterday' is not a time"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "`from` must come before `to`"),
    ],
)
async def test_an_export_that_cannot_be_is_refused(
    served: Served, parameters: dict[str, str], said: str
) -> None:
    answer = await served.public.get("/api/v1/export", params=parameters)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_a_report_is_made_from_the_store(served: Served) -> None:
    answer = await served.public.get("/api/v1/report", params={"month": "2026-11", "agreement": "gold"})
    assert answer.status_code == 200
    assert answer.json()["agreement"] == "gold"
    answer = await served.public.get("/api/v1/report", params={"month": "soon"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_closed_store_is_unavailable_and_health_goes_on(served: Served) -> None:
    served.view.database.close()
    answer = await served.public.get("/api/v1/db")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert (await served.public.get("/healthz")).status_code == 200


async def test_states_are_known_though_the_store_cannot_be_read(served: Served) -> None:
    fresh = (await served.public.get("/api/v1/status")).json()
    served.view.config = replace(served.view.config, digest="another")
    served.view.database.close()
    answer = (await served.public.get("/api/v1/status")).json()
    for one, other in zip(fresh["services"], answer["services"], strict=True):
        assert (one["state"], one["checks"]) == (other["state"], other["checks"])
        assert other["availability"] == {"24h": None, "7d": None, "30d": None}
    assert answer["services"][0]["since"] == fresh["services"][0]["since"]


async def test_a_fault_of_ours_is_told_without_its_details(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.view.broken = True
    answer = await served.public.get("/api/v1/status")
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "on purpose" not in answer.text
    served.server.stop()
    await trio.sleep(0.1)
    assert ["on purpose" in str(record.exc_info) for record in caplog.records if record.exc_info] == [True]
    caplog.clear()


async def test_no_answer_shows_a_secret(served: Served) -> None:
    for path in (
        "/api/v1/status",
        "/api/v1/db",
        "/api/v1/report?month=2026-11",
        "/api/v1/export?what=outages",
        "/x",
    ):
        answer: httpx.Response = await served.control.get(path)
        assert TOKEN not in answer.text
        assert TOKEN not in str(answer.headers)
