"""The endpoints of maintenance and adjustments: read on both doors, written on the unix socket alone."""

from pathlib import Path

import pytest

from slawatch.answers.view import Refused
from slawatch.core.instant import HOUR, rfc3339

from .conftest import NOW, Served, View
from .guests import configured, guests, token

WINDOW = {
    "id": "m-1", "services": ["shop"], "start": rfc3339(NOW + HOUR), "end": rfc3339(NOW + 2 * HOUR),
    "person": "alice",
}  # fmt: skip
ADJUSTMENT = {
    "id": "a-1", "service": "shop", "start": rfc3339(NOW - HOUR), "end": rfc3339(NOW), "class": "excused",
    "reason": "their line", "person": "alice",
}  # fmt: skip


async def test_maintenance(served: Served) -> None:
    made = await served.control.post("/api/v1/maintenance", json=WINDOW)
    assert (made.status_code, made.json()["state"]) == (200, "planned")
    assert (await served.control.post("/api/v1/maintenance", json=WINDOW)).json() == made.json()
    changed = await served.control.post(
        "/api/v1/maintenance/m-1/change", json={"end": rfc3339(NOW + 3 * HOUR), "person": "alice"}
    )
    assert changed.json()["end"] == rfc3339(NOW + 3 * HOUR)
    done = await served.control.post("/api/v1/maintenance/m-1/cancel", json={"person": "bob"})
    assert done.json()["state"] == "cancelled"
    for door in (served.public, served.control):
        (line,) = (await door.get("/api/v1/maintenance")).json()["maintenance"]
        assert (line["id"], line["state"], line["cancelled"]["person"]) == ("m-1", "cancelled", "bob")


async def test_adjustments(served: Served) -> None:
    made = await served.control.post("/api/v1/adjustments", json=ADJUSTMENT)
    assert (made.status_code, made.json()["state"]) == (200, "proposed")
    own = await served.control.post("/api/v1/adjustments/a-1/approve", json={"person": "alice"})
    assert (own.status_code, own.headers["content-type"]) == (422, "application/problem+json")
    assert "another person has to approve it" in own.json()["detail"]
    done = await served.control.post("/api/v1/adjustments/a-1/approve", json={"person": "bob"})
    assert done.json()["approvers"] == ["bob"]
    gone = await served.control.post(
        "/api/v1/adjustments/a-1/withdraw", json={"person": "bob", "reason": "wrong"}
    )
    assert gone.json()["state"] == "withdrawn"
    (line,) = (await served.public.get("/api/v1/adjustments")).json()["adjustments"]
    assert (line["state"], line["note"]) == ("withdrawn", "wrong")


@pytest.mark.parametrize(
    "path", ["/api/v1/maintenance", "/api/v1/maintenance/m-1/cancel", "/api/v1/adjustments/a-1/approve"]
)
async def test_writing_is_for_the_unix_socket(served: Served, path: str) -> None:
    answer = await served.public.post(path, json=WINDOW)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert (await served.control.get("/api/v1/maintenance")).json() == {"maintenance": [], "next": None}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("maintenance", b"{", 400, "the body is no JSON"),
        ("maintenance", b"\xff", 400, "the body is no JSON"),
        ("maintenance", b"[" * 100_000, 400, "the body is no JSON"),
        ("maintenance", b"[]", 400, "the body must be a JSON object"),
        ("maintenance", b" " * 300_000, 400, "the body is longer than"),
        ("maintenance", b"{}", 400, "start is missing"),
        ("adjustments", b"{}", 400, "class is missing"),
        ("maintenance/m-9/cancel", b'{"person": "bob"}', 404, "there is no maintenance window 'm-9'"),
        ("maintenance/m-9/forget", b"{}", 404, "there is nothing at /api/v1/maintenance/m-9/forget"),
        ("adjustments/a-9/cancel", b"{}", 404, "there is nothing at /api/v1/adjustments/a-9/cancel"),
    ],
)
async def test_what_is_wrong_is_told(served: Served, path: str, body: bytes, status: int, said: str) -> None:
    answer = await served.control.post(f"/api/v1/{path}", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(("busy", "status"), [(True, 503), (False, 500)])
async def test_a_store_that_takes_nothing_is_told(served: Served, busy: bool, status: int) -> None:
    served.view.refuse = Refused("the disk is full", busy=busy)
    answer = await served.control.post("/api/v1/maintenance", json=WINDOW)
    assert (answer.status_code, answer.json()["detail"]) == (status, "the disk is full")
    assert ("retry-after" in answer.headers) is busy


async def test_lists_come_in_pages(served: Served) -> None:
    for n in range(5):
        wish = {**WINDOW, "id": f"m-{n}", "start": f"2026-12-0{9 - n}", "end": "2026-12-20"}
        assert (await served.control.post("/api/v1/maintenance", json=wish)).status_code == 200
    found: list[str] = []
    query = {"limit": "2"}
    while True:
        page = (await served.control.get("/api/v1/maintenance", params=query)).json()
        assert len(page["maintenance"]) <= 2
        found += [line["id"] for line in page["maintenance"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [f"m-{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=%21", "page=2", "limit=501"])
@pytest.mark.parametrize("path", ["maintenance", "adjustments", "tokens"])
async def test_a_page_that_is_none(served: Served, path: str, query: str) -> None:
    answer = await served.control.get(f"/api/v1/{path}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_the_same_key_announces_a_window_once(served: Served) -> None:
    wish = {key: text for key, text in WINDOW.items() if key != "id"}
    key = {"Idempotency-Key": "once"}
    made = [
        (await served.control.post("/api/v1/maintenance", json=wish, headers=key)).json() for _ in range(2)
    ]
    assert made[0] == made[1]
    other = await served.control.post("/api/v1/maintenance", json={**wish, "reason": "y"}, headers=key)
    assert other.status_code == 422
    listed = (await served.control.get("/api/v1/maintenance")).json()
    assert [line["id"] for line in listed["maintenance"]] == [made[0]["id"]]
    plain = await served.control.post("/api/v1/maintenance", json=wish)
    assert plain.json()["id"] != made[0]["id"]


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/api/v1/maintenance", WINDOW),
        ("/api/v1/adjustments", ADJUSTMENT),
        ("/api/v1/silences", {"match": "service=shop", "for": "1h", "comment": "x"}),
    ],
)
async def test_who_sees_some_cannot_find_out_which_ids_others_have(
    view: View, tmp_path: Path, path: str, wish: dict[str, str]
) -> None:
    view.config = configured(tmp_path)
    whole, some = token(view, "operator"), token(view, "operator", ("acme",))
    async with guests(view, tmp_path) as served, served.client(whole) as one, served.client(some) as other:
        made = await one.post(path, json={**wish, "id": "taken"})
        assert made.json()["id"] == "taken", made.text
        answers = [await other.post(path, json={**wish, "id": name}) for name in ("taken", "free")]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
        assert "Idempotency-Key" in answers[0].json()["detail"]
        plain = {key: text for key, text in wish.items() if key != "id"}
        again = [await other.post(path, json=plain, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert again[0].status_code == 200, again[0].text
        assert again[0].json()["id"] == again[1].json()["id"] != "taken"
