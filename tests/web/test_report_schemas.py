"""The parts that schemas are made of; that real reports fit them stands in `test_openapi_schemas.py`."""

import pytest
from jsonschema import Draft202012Validator

from slawatch.web.report_schemas import COUNT, MAYBE_TEXT, REPORT_SCHEMAS, TEXT, array, maybe, record, ref


@pytest.mark.parametrize("name", REPORT_SCHEMAS)
def test_each_is_a_schema_whose_required_keys_are_described(name: str) -> None:
    schema = REPORT_SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) <= set(schema["properties"])


def test_records_say_what_is_always_there() -> None:
    whole = record("*", name=TEXT, count=COUNT)
    assert whole["required"] == ["name", "count"]
    assert record("name", name=TEXT, count=COUNT)["required"] == ["name"]
    fits = Draft202012Validator(array(whole)).is_valid
    assert fits([{"name": "a", "count": 0}])
    assert not fits([{"name": "a"}])
    assert not fits([{"name": "a", "count": -1}])
    assert Draft202012Validator(maybe(whole)).is_valid(None)
    assert Draft202012Validator(MAYBE_TEXT).is_valid(None)
    assert ref("Trend") == {"$ref": "#/components/schemas/Trend"}
