"""Badges: well-formed, said aloud, and safe whatever a service is called."""

from xml.etree import ElementTree as ET

import pytest

from slawatch.web.badge import badge

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("label", ["shop", "a" * 300, '<script>"&', "ünïcode", ""])
@pytest.mark.parametrize("state", ["up", "down", "degraded", "unknown", "no such state"])
def test_it_is_a_picture_that_says_what_it_shows(label: str, state: str) -> None:
    root = ET.fromstring(badge(label, state, state))
    assert root.tag == f"{SVG}svg"
    assert root.get("aria-label") == f"{label[:60]}: {state}"
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert texts == [label[:60], state]
    assert b"style=" not in badge(label, state, state)


def test_what_xml_has_no_place_for_is_left_out() -> None:
    root = ET.fromstring(badge("a\x01\0\u202eb\ufffe", "up", "up"))
    assert root.get("aria-label") == "ab: up"


def test_wider_words_make_a_wider_picture() -> None:
    widths = [int(ET.fromstring(badge("shop", words, "up")).get("width", 0)) for words in ("up", "99.99 %")]
    assert widths[0] < widths[1]
