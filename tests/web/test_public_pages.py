"""The public status pages: for everybody, cacheable, and nothing in them that nobody published."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from slawatch.config.load import Config, load
from slawatch.core.command import Ack, Publish, Resolve, Write
from slawatch.core.instant import DAY, MINUTE
from slawatch.core.turn import State
from slawatch.store.database import Database
from slawatch.web import rendering
from slawatch.web.keeping import Kept

from .conftest import NOW, Served, View
from .duty import DUTY, Duty
from .test_pages import HTML, Page

ATOM = "{http://www.w3.org/2005/Atom}"
SECRETS = (
    "db.example", "shop.example", "internal", "refused", "shop-db", "shop-home", "Alice", "alice", "Bob",
    "primary", "chat", "hook", "5432", "db7", "note to ourselves", "mended the cable", "person:", "api",
)  # fmt: skip
"""Names of hosts, checks, people and channels, reasons and notes: all that stands in the installation."""
MAINTENANCE = """
[[maintenance]]
services = ["shop", "api"]
start = 2026-11-03T22:00:00+01:00
end = 2026-11-04T00:00:00+01:00
reason = "new disks in db7"
[[maintenance]]
services = ["shop"]
start = 2026-11-05T22:00:00+01:00
end = 2026-11-06T00:00:00+01:00
announced = 2026-11-02T00:00:00+01:00
"""


@pytest.fixture
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Config:
    path = tmp_path / "slawatch.toml"
    written = getattr(request, "param", "")
    text = DUTY + MAINTENANCE
    if written:
        text = text.replace('status_page = { about = "What we run" }', written)
    path.write_text(text)
    return load(path, env={})


@pytest.fixture
def duty(config: Config, database: Database, view: View, monkeypatch: pytest.MonkeyPatch) -> Duty:
    async def make_anew(self: object, key: object, make: object) -> object:
        return await make()  # type: ignore[operator]

    monkeypatch.setattr(Kept, "get", make_anew)
    found = Duty(config, NOW - 30 * MINUTE)
    found.fire()
    found.give(
        Ack(by="person:alice", incident=1), Write(by="person:alice", incident=1, text="note to ourselves")
    )
    view.alert_state = found.state
    return found


class Words(HTMLParser):
    """All text and every attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


async def everything(served: Served, slug: str = "acme") -> str:
    """Return all that the outside is shown: every address, text and attribute, and the headers."""
    found = []
    for path in ("", "/status.json", "/feed.atom", "/badge.svg", "/badges/shop.svg",
                 "/badges/shop.svg?show=availability"):  # fmt: skip
        answer = await served.public.get(f"/status/{slug}{path}", headers=HTML)
        assert answer.status_code == 200, (path, answer.text)
        found += [str(answer.headers), answer.text, *Words(answer.text).words]
    return "\n".join(found)


async def test_nothing_leaks_that_nobody_published(served: Served, duty: Duty) -> None:
    text = await everything(served)
    assert "shop" in text
    for secret in SECRETS:
        assert secret not in text.replace("/api", ""), secret


async def test_a_published_text_is_shown_and_nothing_else_of_the_incident(served: Served, duty: Duty) -> None:
    duty.give(Publish(by="person:alice", incident=1, text="Orders fail.\nWe are on it. <b>"))
    served.view.alert_state = duty.state
    text = await everything(served)
    assert "Orders fail." in text
    assert "&lt;b&gt;" in text
    for secret in SECRETS:
        assert secret not in text, secret
    found = (await served.public.get("/status/acme/status.json")).json()
    (incident,) = found["incidents"]
    assert incident["services"] == ["shop"]
    assert incident["state"] == "acknowledged"
    assert incident["updates"][0]["text"].startswith("Orders fail.")
    duty.give(Resolve(by="person:alice", incident=1, note="mended the cable"))
    served.view.alert_state = duty.state
    text = await everything(served)
    assert "mended the cable" not in text
    assert '"resolved"' in text
    duty.give(Publish(by="person:alice", incident=1, text=""))
    served.view.alert_state = duty.state
    assert "Orders fail." not in await everything(served)


async def test_one_that_alerting_has_forgotten_is_still_there(
    served: Served, duty: Duty, database: Database
) -> None:
    duty.give(Publish(by="person:alice", incident=1, text="Orders fail."))
    duty.give(Resolve(by="person:alice", incident=1))
    duty.store(database)
    served.view.alert_state = State()
    text = await everything(served)
    assert "Orders fail." in text
    served.view.clock.at = NOW + 60 * DAY
    assert "Orders fail." not in await everything(served)


@pytest.mark.parametrize("config", ['status_page = { publish = "automatic" }'], indirect=True)
async def test_automatic_shows_that_there_is_one_and_never_why(served: Served, duty: Duty) -> None:
    text = await everything(served)
    found = (await served.public.get("/status/acme/status.json")).json()
    assert [i["services"] for i in found["incidents"]] == [["shop"]]
    for secret in SECRETS:
        assert secret not in text.replace("/api", ""), secret


@pytest.mark.parametrize("config", ['status_page = { maintenance = "reasons" }'], indirect=True)
async def test_reasons_of_maintenance_are_shown_where_somebody_wants_it(served: Served, duty: Duty) -> None:
    assert "new disks in db7" in await everything(served)


async def test_maintenance_is_shown_once_it_is_announced_and_of_the_pages_services(
    served: Served, duty: Duty
) -> None:
    found = (await served.public.get("/status/acme/status.json")).json()
    assert [window["services"] for window in found["maintenance"]] == [["shop"]]
    assert "reason" not in found["maintenance"][0]
    served.view.clock.at = NOW + DAY
    found = (await served.public.get("/status/acme/status.json")).json()
    assert len(found["maintenance"]) == 2


@pytest.mark.parametrize("config", ['status_page = { maintenance = "none" }'], indirect=True)
async def test_maintenance_is_not_shown_where_nobody_wants_it(served: Served, duty: Duty) -> None:
    assert (await served.public.get("/status/acme/status.json")).json()["maintenance"] == []


async def test_the_page_is_sound_under_the_policy_and_cacheable(served: Served, duty: Duty) -> None:
    duty.give(Publish(by="person:alice", incident=1, text="Orders fail."))
    served.view.alert_state = duty.state
    answer = await served.public.get("/status/acme", headers=HTML)
    assert answer.headers["content-security-policy"] == rendering.POLICY
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert "set-cookie" not in answer.headers
    found = Page(answer.text)
    assert len(found.ids) == len(set(found.ids))
    tags = [tag for tag, _ in found.tags]
    assert tags.count("h1") == tags.count("main") == 1
    allowed = re.compile(r"/status/acme(/(feed\.atom|status\.json))?|/static/.+|#.+")
    assert all(allowed.fullmatch(a) for a in found.addresses), found.addresses
    again = await served.public.get("/status/acme", headers={**HTML, "If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.text == ""


async def test_the_feed_is_atom(served: Served, duty: Duty) -> None:
    duty.give(Publish(by="person:alice", incident=1, text="Orders fail.\x08"))
    served.view.alert_state = duty.state
    answer = await served.public.get("/status/acme/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for holder in (root, *entries):
        for name in ("id", "title", "updated"):
            assert holder.findtext(f"{ATOM}{name}")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    assert "Orders fail." in (entries[0].findtext(f"{ATOM}content") or "")


async def test_other_pages_may_embed_what_is_made_for_it(served: Served, duty: Duty) -> None:
    for path in ("status.json", "badge.svg", "badges/shop.svg", "feed.atom"):
        answer = await served.public.get(f"/status/acme/{path}")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    page = await served.public.get("/status/acme")
    assert page.headers["cross-origin-resource-policy"] == "same-origin"


async def test_there_is_no_other_page(served: Served, duty: Duty) -> None:
    for path in (
        "/status/other",
        "/status/none",
        "/status/acme/badges/api.svg",
        "/status/acme/badges/none.svg",
    ):
        answer = await served.public.get(path)
        assert answer.status_code == 404, path
        assert "Other" not in answer.text


async def test_it_is_there_where_the_store_is_not(
    served: Served, duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        from slawatch.store.errors import StoreError

        raise StoreError("no")

    monkeypatch.setattr(served.view, "cursor", refuse)
    answer = await served.public.get("/status/acme/status.json")
    assert answer.status_code == 200
    assert json.loads(answer.text)["state"] == "down"
