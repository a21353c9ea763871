"""The API's description: every route is in it, and a generator of odd requests finds no fault by it."""

import re
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import trio
from starlette.applications import Starlette
from starlette.routing import Route

from slawatch.answers import export as export_answers
from slawatch.answers import report as report_answers
from slawatch.web.app import build
from slawatch.web.openapi import document

from .conftest import Served, View


def routes(view: View) -> dict[str, set[str]]:
    """Return the methods of every route that is no page, by its path."""
    app: Any = build(view)
    while not isinstance(app, Starlette):
        app = app.whole.app if hasattr(app, "whole") else app._app
    found: dict[str, set[str]] = {}
    for route in app.routes:
        assert isinstance(route, Route)
        path = re.sub(r":\w+}", "}", route.path)
        if path.startswith(("/api/", "/heartbeat", "/healthz", "/readyz", "/metrics")):
            found.setdefault(path, set()).update(
                {method.lower() for method in route.methods or ()} - {"head"}
            )
    return found


def test_every_route_is_described_and_nothing_else(view: View) -> None:
    described = {
        path: {name for name in entry if name != "parameters"} for path, entry in document()["paths"].items()
    }
    assert described == routes(view)


def test_every_parameter_of_a_report_is_described() -> None:
    report = document()["paths"]["/api/v1/report"]["get"]
    assert tuple(p["name"] for p in report["parameters"]) == report_answers.PARAMETERS
    export = document()["paths"]["/api/v1/export"]["get"]
    formats = next(p for p in export["parameters"] if p["name"] == "format")["schema"]["enum"]
    assert formats == list(export_answers.MEDIA)


def test_references_lead_somewhere_and_operations_have_names_of_their_own() -> None:
    found = document()
    assert found["openapi"] == "3.1.0"
    for reference in re.findall(r"'\$ref': '#/components/(\w+)/(\w+)'", str(found)):
        assert reference[1] in found["components"][reference[0]]
    names = [
        operation["operationId"]
        for entry in found["paths"].values()
        for method, operation in entry.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


async def test_it_is_served(served: Served) -> None:
    answer = await served.public.get("/api/v1/openapi.json")
    assert answer.json() == document()


ENDLESS = {"/api/v1/events"}
PATHS = sorted(document()["paths"].keys() - ENDLESS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", PATHS)
async def test_odd_requests_find_no_fault(served: Served, path: str) -> None:
    """No answer is a server error, has an undescribed status, or a body that does not fit its schema."""
    config = served.view.config
    served.view.config = replace(config, web=replace(config.web, local="admin"))
    await trio.to_thread.run_sync(partial(generate, path, f"http://127.0.0.1:{served.port}"))


def generate(path: str, base: str) -> None:
    import schemathesis
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    @schemathesis.serializer("application/toml")
    def toml(_: Any, value: Any) -> bytes:
        return str(value).encode("utf-8", "replace")

    schema = schemathesis.openapi.from_dict(document())
    checks = [
        not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    ]  # fmt: skip
    for found in schema.include(path=path).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        )  # fmt: skip
        def run(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=base, checks=checks)

        from hypothesis import given

        given(case=operation.as_strategy())(run)()
