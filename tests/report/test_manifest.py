"""The manifest of a frozen report."""

import json

import pytest
from tests.report.packs import WORD, packed

from slawatch.report import manifest
from slawatch.report.manifest import ManifestUnreadable

MANIFEST = packed().manifest
TEXT = manifest.write(MANIFEST)


def test_it_is_read_as_it_was_written() -> None:
    assert manifest.read(TEXT) == MANIFEST
    assert manifest.write(manifest.read(TEXT)) == TEXT


def test_people_can_read_it_too() -> None:
    found = json.loads(TEXT)
    assert found["schema"] == "slawatch.frozen/1"
    assert found["frozen_at"] == "2026-11-02T07:15:31Z"
    assert found["period"] == {
        "label": "2026-10",
        "start": "2026-09-30T22:00:00Z",
        "end": "2026-10-31T23:00:00Z",
        "timezone": "Europe/Berlin",
    }
    assert found["public_key"] == WORD


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"slawatch.frozen/1"', '"slawatch.frozen/2"', "schema: 'slawatch.frozen/1' belongs here"),
        ('"number": 12', '"number": "12"', "number: a whole number belongs here"),
        ('"number": 12,', "", "number: it is missing"),
        ('"number": 12,', '"number": 12, "colour": 1,', "colour: this version of slawatch does not know it"),
        ('"number": 12,', '"number": 11, "number": 12,', "not written as slawatch writes it"),
        ('"number": 12,', '"number":  12,', "not written as slawatch writes it"),
        ("2026-11-02T07:15:31Z", "2026-11-02T08:15:31+01:00", "not written as slawatch writes it"),
        ("2026-11-02T07:15:31Z", "yesterday", "frozen_at: a time belongs here"),
        ('"start": "2026-09-30T22:00:00Z"', '"start": 3.5', "period.start: a whole number belongs here"),
        (WORD, "RW", "public_key: this is no public key"),
        ('"alice"', '"\\ud800"', "it holds half a character"),
        ("{", "", "it is not JSON"),
    ],
)
def test_anything_else_is_refused_with_the_place(before: str, after: str, said: str) -> None:
    assert before in TEXT.decode()
    with pytest.raises(ManifestUnreadable, match=said):
        manifest.read(TEXT.decode().replace(before, after, 1).encode())


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(ManifestUnreadable):
        manifest.read(text)
