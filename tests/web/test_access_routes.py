"""Who asks, tokens and the audit log over the API."""

import json
from pathlib import Path

import pytest

from slawatch.core.audit import Audited
from slawatch.core.instant import DAY
from slawatch.store import audit
from slawatch.store.batch import Batch
from slawatch.store.writer import Writer

from .conftest import NOW, View
from .guests import configured, guests, token


async def test_a_token_is_made_shown_once_used_and_revoked(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    admin = token(view, "admin", name="root")
    async with guests(view, tmp_path) as served, served.client(admin) as client:
        wish = {"name": "prometheus", "role": "viewer", "organizations": ["acme"], "expires": "30d"}
        answer = await client.post("/api/v1/tokens", json=wish)
        assert answer.status_code == 201
        made = answer.json()
        secret = made.pop("secret")
        assert secret.startswith("slw_")
        assert (made["role"], made["organizations"], made["created_by"]) == ("viewer", ["acme"], "token:root")
        assert made["expires_at"] == "2026-12-01T12:00:00Z"
        async with served.client(secret) as its:
            found = (await its.get("/api/v1/me")).json()
            assert (found["name"], found["known_by"], found["role"]) == (
                "token:prometheus",
                "token",
                "viewer",
            )
            assert found["may"] == ["read", "session.end"]
        listed = (await client.get("/api/v1/tokens")).json()["tokens"]
        assert [one["name"] for one in listed] == ["root", "prometheus"]
        assert listed[1]["used_at"] == "2026-11-01T12:00:00Z"
        assert secret not in json.dumps(listed)
        assert (await client.post("/api/v1/tokens", json=wish)).status_code == 422
        answer = await client.post("/api/v1/tokens/prometheus/revoke")
        assert answer.json()["state"] == "revoked"
        async with served.client(secret) as its:
            answer = await its.get("/api/v1/me")
            assert (answer.status_code, answer.json()["detail"]) == (
                401, "the token 'prometheus' is revoked",
            )  # fmt: skip
        assert (await client.post("/api/v1/tokens", json=wish)).status_code == 201
        view.clock.at += 90 * DAY
        listed = (await client.get("/api/v1/tokens")).json()["tokens"]
        assert [one["state"] for one in listed] == ["valid", "revoked", "expired"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 400), ({"name": ""}, 400), ({"name": 7}, 400), ({"name": "a\nb"}, 400),
        ({"name": "a" * 101}, 400),
        ({"name": "a", "role": "root"}, 400), ({"name": "a", "organizations": []}, 400),
        ({"name": "a", "organizations": "acme"}, 400), ({"name": "a", "organizations": ["acne"]}, 400),
        ({"name": "a", "organizations": [7]}, 400), ({"name": "a", "expires": 7}, 400),
        ({"name": "a", "expires": "soon"}, 400), ({"name": "a", "expires": "2020-01-01"}, 400),
        ({"name": "a", "expires": "0s"}, 400), ({"name": "a", "rôle": "x"}, 400),
        ({"name": "a", "expires": "never"}, 201), ({"name": "a", "expires": "2027-01-01"}, 201),
    ],
    ids=str,
)  # fmt: skip
async def test_wishes(view: View, tmp_path: Path, wish: dict[str, object], status: int) -> None:
    async with guests(view, tmp_path) as served, served.owner() as owner:
        answer = await owner.post("/api/v1/tokens", json=wish)
        assert answer.status_code == status, answer.text
    with view.database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM token").fetchone() == (int(status == 201),)


async def test_nothing_is_revoked_that_is_not_there(view: View, tmp_path: Path) -> None:
    async with guests(view, tmp_path) as served, served.owner() as owner:
        assert (await owner.post("/api/v1/tokens/nope/revoke")).status_code == 404


async def test_the_log_is_read_a_page_at_a_time(view: View, tmp_path: Path) -> None:
    lines = [Audited(NOW + n, "alice", "a", "token.create", f"t:{n}", "allowed") for n in range(25)]
    Writer(view.database).write(Batch(99, audit=lines))
    with view.database.reading() as cursor:
        assert len(audit.listed(cursor)) == 25
    async with guests(view, tmp_path) as served, served.owner() as owner:
        first = (await owner.get("/api/v1/audit", params={"limit": 10})).json()
        assert [line["number"] for line in first["audit"]] == list(range(25, 15, -1))
        second = (await owner.get("/api/v1/audit", params={"limit": 20, "before": first["next"]})).json()
        assert [line["number"] for line in second["audit"]] == list(range(15, 0, -1))
        assert second["next"] is None
        found = (await owner.get("/api/v1/audit", params={"person": "bob"})).json()
        assert found == {"audit": [], "next": None}
        for query in ({"limit": "0"}, {"limit": "x"}, {"since": "soon"}, {"before": "-1"}, {"who": "alice"}):
            assert (await owner.get("/api/v1/audit", params=query)).status_code == 400, query


async def test_the_owner_is_named_by_the_system(view: View, tmp_path: Path) -> None:
    async with guests(view, tmp_path) as served, served.owner() as owner:
        found = (await owner.get("/api/v1/me")).json()
        assert (found["known_by"], found["role"], found["organizations"]) == ("socket", "admin", "all")


async def test_the_same_key_makes_a_token_once(view: View, tmp_path: Path) -> None:
    async with guests(view, tmp_path) as served, served.owner() as owner:
        wish, key = {"name": "deploys"}, {"Idempotency-Key": "once"}
        made = [await owner.post("/api/v1/tokens", json=wish, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in made] == [201, 201]
        assert made[0].json() == made[1].json()
        listed = (await owner.get("/api/v1/tokens")).json()
        assert [line["name"] for line in listed["tokens"]] == ["deploys"]
        assert (await owner.post("/api/v1/tokens", json=wish)).status_code == 422
