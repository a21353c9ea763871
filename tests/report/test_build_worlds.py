"""Every form of a report says the same of the same world, to the digit."""

import csv as csv_reader
import io
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core import brute_contract as bc
from tests.core import contracts

from slawatch.core.agreement import Band, Fee, Objective
from slawatch.core.check import Service
from slawatch.core.instant import SECOND
from slawatch.report import csv, html, json
from slawatch.report.build import build
from slawatch.report.report import Report

many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

TERMS: dict[str, Any] = {
    "objectives": (
        Objective(id="strict", metric="availability", target="87.5"),
        Objective(id="loose", metric="availability", target="> 50"),
    ),
    "credits": (
        Band(at_least=Decimal(50), below=Decimal("87.5"), credit=Decimal(10)),
        Band(below=Decimal(50), credit=Decimal(30)),
    ),
    "fee": Fee(amount=Decimal("99.90"), currency="EUR"),
}


def reported(contract: bc.Contract, **more: Any) -> Report:
    return build(
        contracts.agreement(contract, **{**TERMS, **more}),
        [Service(name=name) for name in contract.samples],
        {name: contracts.evidence(contract, name) for name in contract.samples},
        contracts.windows(contract),
        (),
        contracts.period(contract),
        contracts.instants(contract, contract.now),
        calendars={
            f"hours-{number}": contracts.calendar(f"hours-{number}", terms.hours)
            for number, terms in enumerate(contract.versions)
            if terms.hours
        },
        adjustments=contracts.adjustments(contract),
        reach=contracts.instants(contract, contract.gathered),
        earlier=[],
    )


def rows(text: str) -> list[dict[str, str]]:
    return list(csv_reader.DictReader(io.StringIO(text, newline="")))


def micros(seconds: float | str) -> int:
    exact = Decimal(repr(seconds)) if isinstance(seconds, float) else Decimal(seconds)
    return int(exact * SECOND)


@many
@given(contracts.contracts(), st.sampled_from(["worst", "all", "mean"]))
def test_all_forms_agree(contract: bc.Contract, how: str) -> None:
    report = reported(contract, combine=how)
    said, tables, page = json.value(report), csv.render(report), html.render(report)
    ledgers(said, tables)
    objectives(report, said, tables)
    outages(report, said, tables, page)
    trend(report, said, tables)
    money(said, tables, page)


def ledgers(said: dict[str, Any], tables: dict[str, str]) -> None:
    summed: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows(tables["ledger"]):
        for name in said["services"][0]["ledger"]:
            summed[row["service"]][name] += micros(row[name])
    for service in said["services"]:
        assert dict(summed[service["service"]]) == {k: micros(v) for k, v in service["ledger"].items()}
        assert sum(map(micros, service["ledger"].values())) == micros(said["period"]["seconds"])
        found = service["availability"]
        if found["exact"] is None:
            assert (found["percent"], found["shown"]) == (None, "no data")
        else:
            assert float(Fraction(found["exact"]) * 100) == found["percent"]
            assert Fraction(found["shown"]) <= Fraction(found["exact"]) * 100


def objectives(report: Report, said: dict[str, Any], tables: dict[str, str]) -> None:
    told = {(row["service"], row["objective"]): row for row in rows(tables["objectives"])}
    running = said["running"]
    for one in said["objectives"]:
        for verdict in one["services"]:
            row = told[verdict["service"], one["id"]]
            assert (row["measured"], row["verdict"]) == (verdict["measured"], verdict["verdict"])
            assert row["behind"] == str(verdict["behind"]).lower()
            budget = verdict["budget"]
            assert (budget is None) == (row["budget_seconds"] == "")
            if budget:
                assert micros(row["budget_remaining"]) == micros(budget["remaining"])
                days = next(s.days for s in report.services if s.service == verdict["service"])
                lost = sum((day.lost for day in days), Fraction(0))
                assert abs(micros(budget["spent"]) - lost) < 1
        budget = one["budget"]
        if budget is None:
            assert one["measured"] == "no data"
            continue
        assert micros(budget["seconds"]) - micros(budget["spent"]) == micros(budget["remaining"])
        if report.complete:
            assert not one["behind"]
            left = budget["remaining"] > 0 if one["target"].startswith(">") else budget["remaining"] >= 0
            # What is left is told in whole microseconds; a `>` may be kept by less.
            if one["verdict"] in ("met", "missed") and one["measured"] != "no data":
                assert left == (one["verdict"] == "met") or budget["remaining"] == 0
        elif running and one["id"] == "strict" and running["forecast"]["best"] is not None:
            assert (budget["remaining"] >= 0) == (running["forecast"]["best"] >= 87.5)
        assert one["behind"] <= (budget["remaining"] >= 0)


def outages(report: Report, said: dict[str, Any], tables: dict[str, str], page: str) -> None:
    told = rows(tables["outages"])
    for service in said["services"]:
        mine = [row for row in told if row["service"] == service["service"]]
        assert [micros(row["counted_seconds"]) for row in mine] == [
            micros(outage["counted_seconds"]) for outage in service["outages"]
        ]
        assert service["outages_counted"] == sum(1 for row in mine if micros(row["counted_seconds"]))
    if report.contract is not None and report.contract.combine != "all":
        assert said["trend"]["failures"] == sum(s["outages_counted"] for s in said["services"])
    tile = re.findall(r"<dt>Down</dt><dd>.*?<small>(no outage|\d+ outages?)", page)
    counts = [0 if text == "no outage" else int(text.split()[0]) for text in tile]
    assert counts[-len(said["services"]) :] == [s["outages_counted"] for s in said["services"]]


def trend(report: Report, said: dict[str, Any], tables: dict[str, str]) -> None:
    (point,), (row,) = said["trend"]["periods"], rows(tables["trend"])
    assert point["percent"] == said["combined"]["percent"]
    assert (row["verdict"], row["standing"]) == (point["verdict"], point["standing"])
    assert int(row["outages"]) == point["failures"]
    assert micros(row["downtime"]) == micros(point["downtime"])
    assert (said["trend"]["judged"] == 1) == (point["standing"] in ("met", "missed"))
    if report.complete:
        assert point["standing"] != "running"


def money(said: dict[str, Any], tables: dict[str, str], page: str) -> None:
    if said["credit"] is None:
        # The span is no month, and the agreement is credited for months.
        assert rows(tables["credits"]) == []
        promised = any("credits are worked out for each month" in one for one in said["notices"])
        begun = said["generated_at"] > said["period"]["start"]
        assert promised or not said["tiers"] or not begun
        return
    (row,) = rows(tables["credits"])
    assert (row["percent"] or None, row["amount"] or None) == (
        said["credit"]["percent"],
        said["credit"]["amount"],
    )
    running = said["running"]
    if said["credit"]["amount"] is not None:
        assert said["credit"]["amount"] in page
    if running and running["due_already"] is not None and said["credit"]["amount"] is not None:
        # What is due already can only be less than if it ended as it stands.
        assert Decimal(running["due_already"]) <= Decimal(said["credit"]["amount"])
        reached = [stake for stake in running["stakes"] if stake["reached"]]
        assert bool(reached) == (Decimal(running["due_already"]) > 0)


@many
@given(contracts.contracts())
def test_the_agreement_is_its_worst_service(contract: bc.Contract) -> None:
    said = json.value(reported(contract))
    figures = [s["availability"]["percent"] for s in said["services"]]
    known = [figure for figure in figures if figure is not None]
    assert said["combined"]["percent"] == min(known, default=None)
    for one in said["objectives"]:
        verdicts = {verdict["verdict"] for verdict in one["services"]}
        assert ("missed" in verdicts) == (one["verdict"] == "missed")
        budgets = [verdict["budget"] for verdict in one["services"] if verdict["budget"]]
        if one["budget"]:
            shares = [Fraction(micros(b["spent"]), micros(b["seconds"]) or 1) for b in budgets]
            mine = Fraction(micros(one["budget"]["spent"]), micros(one["budget"]["seconds"]) or 1)
            assert abs(mine - max(shares)) < Fraction(1, 10**6)
