"""The parts that an OpenAPI document is made of."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from slawatch.answers.paging import MOST, USUAL


def ref(name: str) -> dict[str, str]:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
    name: str,
    tag: str,
    summary: str,
    content: Mapping[str, Any],
    *,
    said: str = "The answer.",
    errors: Iterable[int] = (),
    query: Iterable[Mapping[str, Any]] = (),
    description: str = "",
    **more: Any,
) -> dict[str, Any]:
    """Return one method of a path.

    Args:
        name: unique in the document.
        tag: the group it belongs to.
        summary: what it does, in one line.
        content: of the good answer, by media type.
        said: what the good answer is.
        errors: the statuses of problems that it may answer with.
        query: its parameters.
        description: more than the summary says.
        more: further keys of OpenAPI.
    """
    found: dict[str, Any] = {"operationId": name, "tags": [tag], "summary": summary}
    if description:
        found["description"] = description
    if parameters := list(query):
        found["parameters"] = parameters
    found["responses"] = {
        "200": {"description": said, "content": dict(content)},
        **{
            str(status): {"$ref": f"#/components/responses/E{status}"}
            for status in sorted({*errors, 421, 500})
        },
    }
    return {**found, **more}


def in_path(name: str, text: str) -> dict[str, Any]:
    """Return a parameter that is a part of the path."""
    return {
        "name": name, "in": "path", "required": True, "description": text,
        "schema": {"type": "string", "minLength": 1},
    }  # fmt: skip


def in_query(name: str, text: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "description": text, "schema": schema or {"type": "string"}}


PAGES: Final = (
    in_query(
        "limit", "so many at most", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    ),
    in_query("cursor", "`next` of the page before"),
)
"""The parameters of a list that is handed out in pages."""

IDEMPOTENCY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
    "description": "the same key is answered as before, for a day, and nothing is done twice",
}  # fmt: skip
"""The header of a write that may come again."""


def one_of(values: Iterable[str], default: str = "") -> dict[str, Any]:
    """Return the schema of a choice."""
    schema: dict[str, Any] = {"type": "string", "enum": list(values)}
    return {**schema, "default": default} if default else schema
