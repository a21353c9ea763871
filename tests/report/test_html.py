"""The HTML report: whole, alone, harmless, and saying the same as the report it was made from."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from tests.report import cases
from tests.report.golden import check_golden

from slawatch import __version__
from slawatch.core.check import Organization
from slawatch.core.evidence import Reason
from slawatch.report import html
from slawatch.report.build import build
from slawatch.report.report import CLASSES, Report
from slawatch.report.wording import CLASS_NAMES

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}]]>"
REPORTS = {
    "october": cases.october,
    "two-services": cases.two_services,
    "no-agreement": lambda: cases.october(None),
    "running": lambda: cases.october(now=cases.at("2026-10-19T10:30:00")),
    "never-watched": lambda: build(
        cases.GOLD, [cases.SHOP], {}, (), (), cases.OCTOBER, cases.at("2026-12-01T00:00:00")
    ),
    "no-services": lambda: build(None, [], {}, (), (), cases.OCTOBER, cases.at("2026-12-01T00:00:00")),
    "quarter": lambda: cases.many(2, "2026-Q4"),
    "year": lambda: cases.many(1, "2026"),
    "day": lambda: cases.many(1, "2026-10-25"),
}


def hostile() -> Report:
    shop = replace(cases.SHOP, description=HOSTILE)
    evidence = cases.shop_in_october()
    reasons = tuple(Reason(r.check, r.at, HOSTILE) for r in evidence.reasons)
    windows = tuple(replace(window, reason=HOSTILE) for window in cases.WINDOWS)
    return build(
        replace(cases.GOLD, key=HOSTILE),
        [shop],
        {"shop": replace(evidence, reasons=reasons)},
        windows,
        cases.life_in_october(),
        cases.OCTOBER,
        cases.at("2026-11-02T08:15:30"),
        organization=Organization(key="acme", name=HOSTILE, timezone=cases.BERLIN),
        checks=cases.CHECKS,
    )


def parsed(page: str) -> ET.Element:
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def texts(element: ET.Element) -> str:
    return re.sub(r"[ \n]+", " ", "".join(element.itertext())).strip()


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_well_formed_and_its_ids_are_its_own(name: str) -> None:
    page = html.render(REPORTS[name]())
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    tree = parsed(page)
    ids = [found for e in tree.iter() if (found := e.get("id")) is not None]
    assert len(ids) == len(set(ids))
    targets = {href[1:] for e in tree.iter() if (href := e.get("href")) is not None}
    assert targets <= set(ids)


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_stands_alone(name: str) -> None:
    page = html.render(REPORTS[name]())
    assert not re.search(
        r"https?:|//[a-z]|@import|javascript:|<script|<link|<img|<iframe|\son\w+=", page, re.IGNORECASE
    )
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {"#unknown", "#maintenance", "#excused", "#unseen"}
    assert all(href.startswith("#") for href in re.findall(r'(?:href|src)="([^"]*)"', page))
    assert "default-src 'none'" in page


def test_what_others_wrote_stays_text() -> None:
    page = html.render(hostile())
    assert "<script" not in page
    assert "49" not in re.findall(r"\{\{.*?\}\}", page)
    tree = parsed(page)
    assert not list(tree.iter("script"))
    assert texts(tree).count(HOSTILE) >= 8

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag != "script"

    Tags().feed(page)


def micros(text: str) -> int:
    text = text.replace("\u202f", "").replace("–", "0")
    whole, _, rest = text.partition(".")
    return int(whole) * 1_000_000 + int(rest.ljust(6, "0") or 0)


@pytest.mark.parametrize("name", ["october", "two-services", "no-agreement", "running", "quarter", "year"])
def test_the_printed_seconds_add_up_to_the_period(name: str) -> None:
    report = REPORTS[name]()
    tree = parsed(html.render(report))
    tables = [t for t in tree.iter("table") if t.get("class") == "ledger"]
    assert len(tables) == len(report.services)
    for table, service in zip(tables, report.services, strict=True):
        body, foot = table.find("tbody"), table.find("tfoot")
        assert body is not None
        assert foot is not None
        printed = [micros(texts(row[2])) for row in body]
        assert sum(printed) == micros(texts(foot[0][2])) == report.period.end - report.period.start
        assert sorted(printed, reverse=True)[:1] == [max(service.classes.values())]


@pytest.mark.parametrize("name", ["october", "two-services", "running", "quarter", "year"])
def test_the_days_table_adds_up_to_the_ledger(name: str) -> None:
    report = REPORTS[name]()
    tree = parsed(html.render(report))
    tables = [t for t in tree.iter("table") if "Seconds in each class" in texts(t)]
    for table in tables:
        rows = [
            [micros(texts(cell)) for cell in row[1:-1]] for row in table.iter("tr") if row[0].text != "Day"
        ]
        *days, total = rows
        assert [sum(column) for column in zip(*days, strict=True)] == total
        assert sum(total) == report.period.end - report.period.start


def test_every_picture_has_words() -> None:
    for drawing in parsed(html.render(cases.two_services())).iter("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")
        assert drawing.get("aria-hidden") == "true" or drawing.get("role") == "img"


def test_verdicts_outages_and_gaps_are_on_the_page() -> None:
    said = texts(parsed(html.render(cases.october())))
    assert "Both objectives were met." in said
    assert "slawatch was stopped" in said
    assert "connection refused by db.example:5432" in said
    assert "database upgrade" in said
    assert cases.october().evidence_sha256 in said
    for name in CLASSES[:4]:
        assert CLASS_NAMES[name] in said


def test_the_repeated_hour_is_told_apart() -> None:
    assert "02:40:00 +02:00" in html.render(cases.october())


def test_no_data_is_neither_0_nor_100() -> None:
    said = texts(parsed(html.render(REPORTS["never-watched"]())))
    assert "There is no data to judge by." in said
    assert "no data" in said


def test_a_year_of_a_hundred_services_is_of_a_size_that_can_be_sent() -> None:
    page = html.render(cases.many(100, "2026"))
    assert len(page.encode()) < 8_000_000
    parsed(page)


def test_the_page_is_the_golden_one() -> None:
    page = html.render(cases.october()).replace(f"slawatch {__version__}", "slawatch VERSION")
    check_golden("october.html", page)
