"""The page of a report on an agreement with everything that an agreement can have."""

import re

from tests.report import cases
from tests.report.golden import check_golden

from slawatch import __version__
from slawatch.report import csv, html

RUNNING = cases.at("2026-10-26T12:00:00")


def test_the_page_is_the_golden_one() -> None:
    page = html.render(cases.contract()).replace(f"slawatch {__version__}", "slawatch VERSION")
    check_golden("contract.html", page)


def test_the_sections_are_there_when_there_is_something_to_say() -> None:
    def headings(page: str) -> list[str]:
        return re.findall(r"<h2>(.*?)</h2>", page)

    assert headings(html.render(cases.contract()))[:4] == [
        "As measured and as adjusted", "Adjustments", "Credit", "The last periods",
    ]  # fmt: skip
    assert "While the period runs" in headings(html.render(cases.contract(now=RUNNING)))
    assert headings(html.render(cases.october()))[0] == "shop"


def test_the_tables_of_the_contract_are_the_golden_ones() -> None:
    tables = csv.render(cases.contract())
    for name in sorted(csv.PROMISED):
        check_golden(f"contract-{name}.csv", tables[name])
