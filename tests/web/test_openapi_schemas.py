"""The schemas of the API are schemas, and what the API answers fits them."""

from json import loads
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from tests.report import cases

from slawatch.report.json import render
from slawatch.web.openapi import document
from slawatch.web.openapi_schemas import SCHEMAS

from .conftest import Served


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def validate(name: str, found: Any) -> None:
    """Fail where an answer does not fit its schema, or says more than the schema does."""
    components = {"schemas": closed(document()["components"]["schemas"])}
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    Draft202012Validator(schema).validate(found)


def closed(schema: Any) -> Any:
    """Return a schema that allows nothing beside what it names, wherever it names anything."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


async def test_answers_fit(served: Served) -> None:
    async def json(path: str) -> Any:
        return (await served.control.get(path)).json()

    validate("Status", await json("/api/v1/status"))
    validate("Latency", await json("/api/v1/services/shop/latency"))
    validate("Report", await json("/api/v1/report?month=2026-11&agreement=gold"))
    validate("Report", await json("/api/v1/report?month=2026-11&org=other"))
    validate("Files", await json("/api/v1/report?month=2026-11&agreement=gold&files=csv,html"))
    validate("Problem", await json("/api/v1/nope"))
    window = {"services": ["shop"], "start": "2026-11-02", "end": "2026-11-03", "person": "alice"}
    validate("Window", (await served.control.post("/api/v1/maintenance", json=window)).json())
    validate("Windows", await json("/api/v1/maintenance"))
    span = {"service": "shop", "start": "2026-10-31", "end": "2026-11-01", "class": "excused"}
    made = await served.control.post(
        "/api/v1/adjustments", json={**span, "reason": "their line", "person": "alice"}
    )
    validate("Adjustment", made.json())
    validate("Adjustments", await json("/api/v1/adjustments"))
    validate("Reloaded", (await served.control.post("/api/v1/reload")).json())


def test_a_report_with_everything_in_it_fits() -> None:
    """Two versions, service hours, credits, adjustments, a quota, groups, rates, running and over."""
    for report in (cases.contract(), cases.october(), cases.october(None), cases.two_services()):
        validate("Report", loads(render([report])))


def test_the_test_would_notice_a_key_that_is_not_described() -> None:
    found = loads(render([cases.contract()]))
    assert found["trend"]["incidents"] == 14
    assert found["credit"]["working"]
    found["trend"]["novelty"] = 1
    with pytest.raises(ValidationError, match="novelty"):
        validate("Report", found)


async def test_a_running_month_fits(served: Served) -> None:
    path = "/api/v1/report?month=2026-11&agreement=gold"
    found = (await served.control.get(path)).json()
    assert found["running"]["rules"]
    validate("Report", found)
    status = (await served.control.get("/api/v1/status")).json()
    assert status["agreements"][0]["trend"]["periods"]
