"""The CSV tables: what a program or a spreadsheet reads back is what the report says."""

import csv as text_csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases
from tests.report.golden import check_golden

from slawatch.core.evidence import Reason
from slawatch.core.instant import Instant, parse_rfc3339
from slawatch.report import csv
from slawatch.report.build import build
from slawatch.report.report import CLASSES, Report


def rows(text: str) -> list[dict[str, str]]:
    return list(text_csv.DictReader(io.StringIO(text, newline=""), strict=True))


def micros(cell: str) -> int:
    length = Decimal(cell) * 1_000_000
    assert length == int(length)
    return int(length)


@pytest.mark.parametrize("make", [cases.october, cases.two_services])
def test_the_ledger_reads_back_as_the_report(make) -> None:
    report: Report = make()
    found = rows(csv.render(report)["ledger"])
    assert len(found) == 31 * len(report.services)
    for service in report.services:
        mine = [row for row in found if row["service"] == service.service]
        for name in CLASSES:
            assert sum(micros(row[name]) for row in mine) == service.classes[name]
        for row in mine:
            length = parse_rfc3339(row["end"]) - parse_rfc3339(row["start"])
            assert sum(micros(row[name]) for name in CLASSES) == micros(row["seconds"]) == length


def test_outages_read_back_as_the_report() -> None:
    report = cases.october()
    found = rows(csv.render(report)["outages"])
    assert len(found) == len(report.services[0].outages)
    for row, outage in zip(found, report.services[0].outages, strict=True):
        assert row["id"] == outage.id
        assert (parse_rfc3339(row["start"]), parse_rfc3339(row["end"])) == (outage.start, outage.end)
        assert (micros(row["seconds"]), micros(row["counted_seconds"])) == (outage.length, outage.counted)
        assert row["reason"] == outage.reason


def test_objectives_read_back_as_the_report() -> None:
    report = cases.two_services()
    found = rows(csv.render(report)["objectives"])
    assert [(row["objective"], row["service"], row["verdict"]) for row in found] == [
        (o.id, v.service, v.verdict) for o in report.objectives for v in o.services
    ]
    assert found[0]["budget_remaining"]
    assert found[2]["budget_seconds"] == ""


def test_an_outage_that_goes_on_has_no_end() -> None:
    last = rows(csv.render(cases.october(now=cases.at("2026-10-07T14:10:00")))["outages"])[-1]
    assert (last["end"], last["ended_after"], last["ongoing"]) == ("", "", "true")


def test_lines_end_as_rfc_4180_has_it() -> None:
    for text in csv.render(cases.october()).values():
        assert text.endswith("\r\n")
        assert "\n" not in text.replace("\r\n", "")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = csv.safe(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize(
    "said", ['=cmd|"/c calc"!A1', "+1", "-2+3", "@SUM(A1)", 'a "quoted", thing\nand a line']
)
def test_what_a_service_said_is_kept_and_harmless(said: str) -> None:
    evidence = cases.shop_in_october()
    failing: tuple[str, Instant] = evidence.reasons[0][:2]
    report = build(
        cases.GOLD,
        [cases.SHOP],
        {"shop": replace(evidence, reasons=(Reason(*failing, said),))},
        (),
        (),
        cases.OCTOBER,
        cases.OCTOBER.end,
    )
    reason = rows(csv.render(report)["outages"])[0]["reason"]
    assert reason.removeprefix("'") == " ".join(said.split())
    assert reason[0] not in "=+-@"


@pytest.mark.parametrize("table", csv.TABLES)
def test_the_table_is_the_golden_one(table: str) -> None:
    check_golden(f"october-{table}.csv", csv.render(cases.october())[table])
