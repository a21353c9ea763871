"""The part of the OpenAPI document about access: how one proves who one is, tokens, the audit log."""

from collections.abc import Mapping
from typing import Any, Final

from slawatch.answers.access import MOST
from slawatch.core.access import ACTIONS, ROLES
from slawatch.web._operation import IDEMPOTENCY, PAGES, in_path, in_query, one_of, operation, ref

_JSON: Final = "application/json"
_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Final = {"type": "integer", "minimum": 1}
_ROLE: Final = {"type": "string", "enum": list(ROLES)}
_WHOSE: Final = {
    "description": "`all`, or the keys of organisations.",
    "oneOf": [{"const": "all"}, {"type": "array", "items": _TEXT}],
}

SECURITY: Final[list[Mapping[str, Any]]] = [{"token": []}, {"session": []}, {}]
SCHEMES: Final[Mapping[str, Any]] = {
    "token": {
        "type": "http", "scheme": "bearer",
        "description": "A token that `slawatch token create` printed; it begins with `slw_`.",
    },
    "session": {
        "type": "apiKey", "in": "cookie", "name": "__Host-slawatch",
        "description": (
            "The session of who signed in at /login; without TLS the cookie is called `slawatch`. Whatever "
            "changes something must then bring the header `X-CSRF-Token` that a page tells."
        ),
    },
}  # fmt: skip


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_TOKEN: Final = {
    "id": _TEXT, "name": _TEXT, "role": _ROLE, "organizations": _WHOSE,
    "state": one_of(("valid", "expired", "revoked")), "created_at": _TIME, "created_by": _TEXT,
    "expires_at": _MAYBE_TIME, "revoked_at": _MAYBE_TIME, "used_at": _MAYBE_TIME,
}  # fmt: skip

SCHEMAS: Final[dict[str, Any]] = {
    "Me": _object(
        name=_TEXT, known_by=one_of(("socket", "local", "password", "oidc", "proxy", "token")), role=_ROLE,
        person={"type": ["string", "null"]}, organizations=_WHOSE,
        may={"type": "array", "items": {"type": "string", "enum": list(ACTIONS)}},
    ),
    "Token": _object(**_TOKEN),
    "Tokens": _object(tokens={"type": "array", "items": ref("Token")}, next={"type": ["string", "null"]}),
    "NewToken": _object(**_TOKEN, secret={"type": "string", "description": "Shown this once."}),
    "Erased": _object(
        pseudonym=_TEXT, rows={"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "Audit": _object(
        audit={"type": "array", "items": ref("AuditLine")}, next={"type": ["integer", "null"]}
    ),
    "AuditLine": _object(
        number={"type": "integer", "minimum": 1}, at=_TIME, person=_TEXT, source=_TEXT, action=_TEXT,
        subject=_TEXT, outcome=one_of(("allowed", "refused")), detail={"type": "object"},
    ),
}  # fmt: skip


def paths() -> dict[str, Any]:
    """Return the paths."""
    return {
        "/api/v1/me": {
            "get": operation(
                "me", "access", "Who asks, and what they may.", {_JSON: {"schema": ref("Me")}}
            )
        },
        "/api/v1/tokens": {
            "get": operation(
                "tokens", "access", "All tokens, without their secrets.", {_JSON: {"schema": ref("Tokens")}},
                errors=(400, 503), query=PAGES,
            ),
            "post": _create(),
        },
        "/api/v1/tokens/{id}/revoke": {
            "parameters": [in_path("id", "the token's, or its name")],
            "post": operation(
                "revokeToken", "access", "Let a token not hold any more, from now on.",
                {_JSON: {"schema": ref("Token")}}, errors=(404, 503),
            ),
        },
        "/api/v1/audit": {"get": _audit()},
        "/api/v1/people/erase": {"post": _erase()},
    }  # fmt: skip


def _create() -> dict[str, Any]:
    wish = {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "role": {**_ROLE, "default": "viewer"},
        "organizations": {"type": "array", "items": _TEXT, "minItems": 1, "description": "Absent: all."},
        "expires": {"type": "string", "default": "90d", "description": "A length, a time, or `never`."},
    }
    found = operation(
        "createToken", "access", "Make a token; its secret is in the answer and nowhere else.", {},
        errors=(400, 422, 503), query=[IDEMPOTENCY],
        requestBody={
            "required": True,
            "content": {_JSON: {"schema": {"type": "object", "properties": wish, "required": ["name"]}}},
        },
    )  # fmt: skip
    del found["responses"]["200"]
    made = {"description": "Made.", "content": {_JSON: {"schema": ref("NewToken")}}}
    return {**found, "responses": {"201": made, **found["responses"]}}


def _erase() -> dict[str, Any]:
    wish = {
        "name": {"type": "string", "minLength": 2, "description": "The key in [people] or [users]."},
        "also": {
            "type": "array", "items": {"type": "string", "minLength": 2},
            "description": "What else they are known by: a full name, a mail address, a number.",
        },
    }  # fmt: skip
    return operation(
        "erasePerson", "access", "Put a pseudonym wherever a person is named, for good.",
        {_JSON: {"schema": ref("Erased")}},
        errors=(400, 409, 422, 503),
        requestBody={
            "required": True,
            "content": {_JSON: {"schema": {"type": "object", "properties": wish, "required": ["name"]}}},
        },
    )  # fmt: skip


def _audit() -> dict[str, Any]:
    return operation(
        "audit", "access", "The audit log, the latest first: every change and every refusal.",
        {_JSON: {"schema": ref("Audit")}},
        errors=(400, 503),
        query=[
            in_query("since", "a date, or a time with an offset"),
            in_query("until", "the same, exclusive"),
            in_query("person", "only what this one did"),
            in_query("action", "only this action; with a dot at its end, all that begin so"),
            in_query("outcome", "only these", one_of(("allowed", "refused"))),
            in_query("before", "only lines with a smaller number: the next page", _COUNT),
            in_query("cursor", "the same: `next` of the page before", _COUNT),
            in_query("limit", "at most so many", {**_COUNT, "maximum": MOST, "default": 100}),
        ],
    )  # fmt: skip


def guarded(found: dict[str, Any]) -> dict[str, Any]:
    """Return paths of which each says how it answers who may not use it, or sends too much."""
    for path, entry in found.items():
        if not path.startswith(("/api/", "/metrics")):
            continue
        for method, one in entry.items():
            if method == "parameters":
                continue
            more = (401, 403, 408, 413) if method == "post" else (401, 403)
            for status in more:
                one["responses"].setdefault(str(status), {"$ref": f"#/components/responses/E{status}"})
    return found
