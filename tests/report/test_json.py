"""The JSON report: the shape that scripts rely on."""

import json as text_json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases
from tests.report.golden import check_golden

from slawatch.core.instant import seconds
from slawatch.report import json
from slawatch.report.build import build
from slawatch.report.report import CLASSES

OF_REPORT = {
    "schema",
    "agreement",
    "terms",
    "organization",
    "period",
    "services",
    "objectives",
    "credit",
    "integrity",
}
OF_SERVICE = {"service", "ledger", "availability", "outages", "latency", "samples"}
OF_FIGURE = {"percent", "exact", "shown", "low", "high", "unknown_as", "maintenance_ignored", "as_measured"}
OF_OUTAGE = {"id", "start", "end", "seconds", "counted_seconds", "reason"}
OF_OBJECTIVE = {"id", "target", "measured", "verdict", "budget"}


def test_the_shape_is_that_of_the_contract() -> None:
    found = text_json.loads(json.render([cases.october()]))
    assert found.keys() >= OF_REPORT
    assert found["schema"] == "slawatch.report/1"
    assert found["terms"] == ["2026-01-01"]
    assert found["period"] == {
        "label": "2026-10",
        "start": "2026-09-30T22:00:00Z",
        "end": "2026-10-31T23:00:00Z",
        "timezone": "Europe/Berlin",
        "seconds": 2682000.0,
    }
    shop = found["services"][0]
    assert shop.keys() >= OF_SERVICE
    assert tuple(shop["ledger"]) == CLASSES
    assert sum(shop["ledger"].values()) == 2682000.0
    assert shop["availability"].keys() >= OF_FIGURE
    assert tuple(shop["availability"]["unknown_as"]) == ("up", "down", "exclude")
    assert all(outage.keys() >= OF_OUTAGE for outage in shop["outages"])
    assert shop["latency"] == {"p50": 0.08612, "p95": 0.2314, "p99": 0.61295}
    assert all(objective.keys() >= OF_OBJECTIVE for objective in found["objectives"])
    assert found["objectives"][0]["budget"].keys() == {"seconds", "spent", "remaining"}
    assert found["objectives"][1]["budget"] is None
    assert found["integrity"] == {"evidence_sha256": cases.october().evidence_sha256, "frozen": False}


def test_several_reports_are_an_array() -> None:
    found = text_json.loads(json.render([cases.october(), cases.two_services()]))
    assert [report["agreement"] for report in found] == ["acme-gold", "acme-silver"]
    assert text_json.loads(json.render([])) == []


def test_no_data_is_null() -> None:
    report = build(cases.GOLD, [cases.SHOP], {}, (), (), cases.OCTOBER, cases.OCTOBER.end)
    figure = json.value(report)["services"][0]["availability"]
    assert figure["percent"] is None
    assert figure["exact"] is None
    assert figure["shown"] == "no data"
    assert figure["unknown_as"] == {"up": None, "down": None, "exclude": None}
    assert json.value(report)["services"][0]["latency"] == {"p50": None, "p95": None, "p99": None}


def test_an_outage_that_goes_on_has_no_end() -> None:
    now = cases.at("2026-10-07T14:10:00")
    outage = json.value(cases.october(now=now))["services"][0]["outages"][-1]
    assert outage["end"] is None
    assert outage["ongoing"] is True
    assert outage["seconds"] == seconds(now - cases.at("2026-10-07T14:03:12.400"))


@given(st.fractions(0, 100))
def test_only_a_hundred_is_a_hundred(percent: Fraction) -> None:
    found = json.number(percent)
    assert found is not None
    assert abs(Fraction(found) - percent) < Fraction(1, 10**12)
    assert (found >= 100) == (percent >= 100)


def test_the_text_is_the_golden_one() -> None:
    check_golden("october.json", json.render([cases.october()]))
