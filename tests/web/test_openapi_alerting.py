"""The description of the API about alerting: what it answers fits."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from tests.alerts import Play

from slawatch.core.command import Write
from slawatch.web.openapi import document
from slawatch.web.openapi_alerting import SCHEMAS, paths

from .test_alert_routes import api, post  # noqa: F401 (a fixture)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def fits(path: str, method: str, answer: httpx.Response) -> None:
    """Fail where an answer is not as the document says."""
    described = document()["paths"][path][method]
    assert str(answer.status_code) in described["responses"], (path, answer.text)
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    components = {"schemas": document()["components"]["schemas"]}
    found = answer.json()
    Draft202012Validator({**schema, "components": components}).validate(found)
    if "$ref" in schema:
        known = components["schemas"][schema["$ref"].rpartition("/")[2]]
        if "properties" in known:
            assert set(found) <= set(known["properties"]), path


async def test_answers_fit(play: Play, api: httpx.AsyncClient) -> None:  # noqa: F811
    play.broken = {"chat"}
    play.fire("shop-home")
    play.give(Write(by="eve", incident=1, text="called"))
    (key,) = [key for key, row in play.state.rows.items() if row.stage == "dead"]
    for path, target in (
        ("/api/v1/alerts", "alerts"),
        ("/api/v1/alerts/{id}", "alerts/shop-home"),
        ("/api/v1/alerts/{id}/explain", "alerts/shop-home/explain"),
        ("/api/v1/alerts/{id}/explain", "alerts/api-a/explain"),
        ("/api/v1/incidents", "incidents"),
        ("/api/v1/incidents/{number}", "incidents/1"),
        ("/api/v1/notifications", "notifications"),
        ("/api/v1/oncall", "oncall"),
        ("/api/v1/oncall", "oncall?from=2026-11-02"),
        ("/api/v1/notifications/{id}", f"notifications/{key}"),
    ):
        fits(path, "get", await api.get(target))
    entries: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("/api/v1/silences", "silences", {"match": "a=b", "comment": "c", "for": "1h"}),
        ("/api/v1/silences/try", "silences/try", {"match": "service=shop"}),
        ("/api/v1/overrides", "overrides", {"schedule": "primary", "who": "carol", "for": "1h"}),
        ("/api/v1/incidents", "incidents", {"title": "x"}),
        ("/api/v1/incidents/{number}/ack", "incidents/1/ack", {}),
        ("/api/v1/notifications/{id}/retry", f"notifications/{key}/retry", {}),
    )
    for path, target, wish in entries:
        fits(path, "post", await post(api, target, **wish))
    fits("/api/v1/silences", "get", await api.get("silences"))
    fits("/api/v1/overrides", "get", await api.get("overrides"))


def test_every_action_is_described() -> None:
    described = paths()
    assert {"ack", "resolve", "merge"} <= {path.rpartition("/")[2] for path in described}
    body = described["/api/v1/incidents/{number}/assign"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["required"] == ["to"]
