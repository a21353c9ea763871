"""The text that tells a customer how to verify a report."""

from dataclasses import replace

from tests.report.packs import WORD, packed

from slawatch.report import readme
from slawatch.report.pack import unpack

ABOUT = packed().manifest


def test_it_says_how_to_verify_the_report_and_whose_key_signed_it() -> None:
    text = readme.text(ABOUT)
    assert text.startswith("Service level report no. 12\n")
    assert "Agreement acme-gold, 2026-10 (2026-09-30T22:00:00Z to 2026-10-31T23:00:00Z" in text
    assert "pip install slawatch" in text
    assert f"slawatch verify FILE.zip --key {WORD}" in text
    assert f"minisign -Vm manifest.json -P {WORD}" in text


def test_it_names_every_file_and_no_other() -> None:
    found = unpack(packed().data).files
    text = readme.text(ABOUT).partition("WHAT IS IN IT")[2]
    assert all(name in text for name in found if name != "README.txt")
    assert "changes.json" not in text
    assert "credits.csv" not in readme.text(replace(ABOUT, agreement=None))


def test_a_restatement_says_what_it_replaces() -> None:
    text = readme.text(replace(ABOUT, restates=7, reason="A window was missing"))
    assert "It replaces report 7. Reason: A window was missing" in text
    assert "changes.json" in text


def test_its_lines_fit_a_terminal_and_paper() -> None:
    assert max(map(len, readme.text(ABOUT).splitlines())) <= 100
