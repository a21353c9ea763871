"""The schemas of the API are schemas, and what the API answers fits them."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slawatch.web.openapi import document
from slawatch.web.openapi_schemas import SCHEMAS

from .conftest import Served


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def validate(name: str, found: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    Draft202012Validator(schema).validate(found)


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
