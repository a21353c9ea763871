"""The feed: valid Atom with ids that stay."""

from xml.etree import ElementTree as ET

from markupsafe import Markup

from slawatch.core.instant import HOUR
from slawatch.web.atom import feed
from slawatch.web.public_status import Public, PublicIncident, PublicService, PublicWindow, Update

from .conftest import NOW

ATOM = "{http://www.w3.org/2005/Atom}"


def public(*incidents: PublicIncident) -> Public:
    return Public(
        slug="acme", title="Acme", about="", zone="UTC", state="up", headline="up",
        services=(PublicService("shop", "up", None, Markup(""), "no data"),), incidents=incidents,
        windows=(PublicWindow(("shop",), NOW, NOW + HOUR, "", "planned", NOW - HOUR, NOW - HOUR),),
    )  # fmt: skip


def incident(*updates: Update, resolved: int | None = None) -> PublicIncident:
    return PublicIncident(7, ("shop",), "resolved" if resolved else "open", NOW, resolved, updates)


def read(text: bytes) -> ET.Element:
    return ET.fromstring(text)


def test_an_entry_keeps_its_id_and_grows(tmp_path: object) -> None:
    first = read(feed(public(incident(Update(NOW + 1, "one"))), "https://watch.example", "acme"))
    later = read(feed(public(incident(Update(NOW + HOUR, "two"), resolved=NOW + 2 * HOUR)), "", "acme"))
    entries = [root.find(f"{ATOM}entry") for root in (first, later)]
    ids = {entry.findtext(f"{ATOM}id") for entry in entries if entry is not None}
    assert ids == {"urn:slawatch:acme:incident:7"}
    updated = [entry.findtext(f"{ATOM}updated") for entry in entries if entry is not None]
    assert updated[0] < updated[1]  # type: ignore[operator]
    link = first.find(f"{ATOM}link[@rel='self']")
    assert link is not None
    assert link.get("href") == "https://watch.example/status/acme/feed.atom"


def test_markup_and_control_characters_stay_text() -> None:
    root = read(feed(public(incident(Update(NOW, "<b> & \x00 \x0b end"))), "", "acme"))
    text = root.find(f"{ATOM}entry/{ATOM}content")
    assert text is not None
    assert "<b> &   end" in (text.text or "")


def test_without_anything_it_is_still_a_feed() -> None:
    found = Public(
        slug="a", title="A", about="", zone="UTC", state="up", headline="", services=(), incidents=(),
        windows=(),
    )  # fmt: skip
    assert read(feed(found, "", "a")).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
