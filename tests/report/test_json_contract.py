"""What an agreement adds to the JSON of a report."""

import json as text_json

from tests.report import cases

from slawatch.core.instant import HOUR, rfc3339
from slawatch.report import json, json_contract


def test_the_credit_has_the_keys_of_the_contract() -> None:
    found = text_json.loads(json.render([cases.contract(now=cases.at("2026-10-26T12:00:00"))]))
    assert found["terms"] == ["2026-01-01", "2026-10-20"]
    credit = found["credit"]
    assert list(credit)[:4] == ["percent", "amount", "currency", "working"]
    assert (credit["percent"], credit["amount"], credit["currency"]) == ("0", "0.00", "EUR")
    assert all(isinstance(line, str) for line in credit["working"])
    assert found["objectives"][0]["without_adjustments"]["verdict"] == "missed"
    assert [a["holds"] for a in found["adjustments"]] == [True, False]
    assert len(found["trend"]["periods"]) == 10
    assert found["trend"]["periods"][-1]["label"] == "2026-10"
    assert found["running"]["target"] == "99.95"
    assert [stake["amount"] for stake in found["running"]["stakes"]] == ["120.00", "300.00"]
    assert found["maintenance_quota"] == [
        {"service": "shop", "period": "2026-10", "allowed": 3600.0, "used": 3600.0}
    ]
    assert found["services"][0]["maintenance"][1]["late"] == 1800.0
    assert found["versions"][1]["start"] == rfc3339(cases.at("2026-10-20T00:00:00"))
    assert found["services"][0]["ledger"]["maintenance"] == HOUR // 1_000_000


def test_without_an_agreement_there_is_no_credit() -> None:
    assert json_contract.members(None) == {"credit": None}
    assert json_contract.members(cases.october().contract)["credit"] is None
