"""The description of what people try: its examples fit its schemas."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slawatch.core.access import ACTIONS
from slawatch.web.openapi import document
from slawatch.web.openapi_trials import SCHEMAS, paths


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def examples() -> list[tuple[str, Any, Any]]:
    found = []
    for path, entry in paths().items():
        for method, operation in entry.items():
            if method == "parameters":
                continue
            contents = [operation["responses"]["200"]["content"]]
            contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
            for content in contents:
                for media in content.values():
                    if "example" in media:
                        found.append((f"{method} {path}", media["schema"], media["example"]))
    return found


@pytest.mark.parametrize(("where", "schema", "example"), examples(), ids=lambda one: str(one)[:40])
def test_examples_fit(where: str, schema: Any, example: Any) -> None:
    components = {"schemas": document()["components"]["schemas"]}
    Draft202012Validator({**schema, "components": components}).validate(example)


def test_each_write_has_an_example_of_what_to_send() -> None:
    for path, entry in paths().items():
        if "post" in entry:
            (media,) = entry["post"]["requestBody"]["content"].values()
            assert "example" in media, path


def test_each_says_what_role_it_takes() -> None:
    for entry in paths().values():
        if "post" in entry:
            assert any(f"the role {role}" in entry["post"]["description"] for role in set(ACTIONS.values()))
