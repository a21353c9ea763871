"""What a frozen report says about itself."""

import jsonschema
from tests.report import cases
from tests.report.packs import packed

from slawatch.report import inputs, json, pack
from slawatch.report.frozen import members
from slawatch.web import openapi


def test_a_report_that_is_not_frozen_says_only_that() -> None:
    assert members(None) == {"frozen": False}
    assert json.value(cases.october())["integrity"]["frozen"] is False


def test_a_frozen_report_keeps_the_published_shape() -> None:
    about = packed().manifest
    value = json.value(pack.frozen(inputs.made(cases.contract_inputs()), about))
    assert value["integrity"]["number"] == about.number
    schemas = openapi.document()["components"]
    jsonschema.validate(value, {"$ref": "#/components/schemas/Report", "components": schemas})
