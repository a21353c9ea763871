"""The Atom feed (RFC 4287) of a status page: incidents and maintenance as published."""

from typing import Final
from xml.etree import ElementTree as ET

from slawatch.core.instant import Instant, rfc3339
from slawatch.web.public_status import Public, PublicIncident, PublicWindow, names_of

MEDIA: Final = "application/atom+xml; charset=utf-8"
_SPACE: Final = "http://www.w3.org/2005/Atom"
_INCIDENT: Final = {"open": "Incident", "acknowledged": "Incident, being worked on", "resolved": "Resolved"}
_WINDOW: Final = {"planned": "Planned maintenance", "running": "Maintenance", "over": "Maintenance, over"}


def feed(public: Public, base: str, organization: str) -> bytes:
    """Return the feed.

    Args:
        public: the page.
        base: the address at which people reach slawatch; empty: the feed's addresses are relative.
        organization: its key, part of the ids, which stay as they are wherever the page is.
    """
    here = f"{base}/status/{public.slug}"
    root = ET.Element("feed", {"xmlns": _SPACE, "xml:lang": "en"})
    _add(root, "title", public.title)
    _add(root, "id", f"urn:slawatch:{organization}:status")
    _add(root, "updated", rfc3339(public.changed))
    ET.SubElement(root, "link", {"rel": "self", "href": f"{here}/feed.atom"})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": here})
    author = ET.SubElement(root, "author")
    _add(author, "name", public.title)
    for incident in public.incidents:
        _incident(root, incident, public, here, organization)
    for window in public.windows:
        _window(root, window, public, here, organization)
    ET.indent(root, "")
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _incident(root: ET.Element, one: PublicIncident, public: Public, here: str, organization: str) -> None:
    entry = _entry(
        root, f"{_INCIDENT[one.state]}: {names_of(one.services, public.title)}",
        f"urn:slawatch:{organization}:incident:{one.id}", one.opened, one.changed,
        f"{here}#incident-{one.id}",
    )  # fmt: skip
    lines = [f"{rfc3339(at)}: {text}" for at, text in one.updates]
    if one.resolved is not None:
        lines.insert(0, f"Resolved at {rfc3339(one.resolved)}.")
    lines.append(f"It began at {rfc3339(one.opened)}.")
    _add(entry, "content", "\n\n".join(lines), type="text")


def _window(root: ET.Element, one: PublicWindow, public: Public, here: str, organization: str) -> None:
    name = names_of(one.services, public.title)
    entry = _entry(
        root, f"{_WINDOW[one.state]}: {name}",
        f"urn:slawatch:{organization}:maintenance:{one.start}:{':'.join(one.services)}", one.announced,
        one.changed, f"{here}#maintenance",
    )  # fmt: skip
    text = f"From {rfc3339(one.start)} to {rfc3339(one.end)}."
    _add(entry, "content", f"{text}\n\n{one.reason}" if one.reason else text, type="text")


def _entry(
    root: ET.Element, title: str, name: str, published: Instant, updated: Instant, href: str
) -> ET.Element:
    entry = ET.SubElement(root, "entry")
    _add(entry, "title", title)
    _add(entry, "id", name)
    _add(entry, "published", rfc3339(published))
    _add(entry, "updated", rfc3339(updated))
    ET.SubElement(entry, "link", {"rel": "alternate", "href": href})
    return entry


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    # XML has no place for control characters, not even written as references.
    clean = "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))
    ET.SubElement(parent, name, attributes).text = clean
