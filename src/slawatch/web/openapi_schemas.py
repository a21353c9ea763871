"""The JSON of the API as JSON Schema, for the OpenAPI document."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_NUMBER: Final = {"type": ["number", "null"]}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}
_STATE: Final = {"type": "string", "enum": ["up", "degraded", "down", "unknown"]}
_COLUMN: Final = {"type": "array", "items": _MAYBE_NUMBER}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    """Return an object; `required` names what is always there, `*` for all of it."""
    names = list(properties) if required == "*" else required.split()
    return {"type": "object", "properties": properties, "required": names}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_CLASSES: Final = (
    "up", "degraded", "down", "unknown", "excused", "maintenance", "outside_hours", "not_monitored", "future",
)  # fmt: skip

SCHEMAS: Final[dict[str, Any]] = {
    "Problem": _object(
        "type title status detail",
        type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT, problems=_TEXTS,
    ),
    "Check": _object(
        "*",
        check=_TEXT, state=_STATE, since=_MAYBE_TIME, last_sample=_MAYBE_TIME, latency=_MAYBE_NUMBER,
        failing={"type": "boolean"}, reason=_TEXT,
    ),
    "Service": _object(
        "*",
        service=_TEXT, organization=_MAYBE_TEXT, state=_STATE, since=_MAYBE_TIME, checks=_list(_ref("Check")),
        availability=_object("*", **{"24h": _MAYBE_NUMBER, "7d": _MAYBE_NUMBER, "30d": _MAYBE_NUMBER}),
        budget_remaining=_MAYBE_NUMBER,
    ),
    "Daemon": _object(
        "running version since lag",
        running={"type": "boolean"}, version=_TEXT, since=_MAYBE_TIME, lag=_MAYBE_NUMBER, queued=_COUNT,
        ready={"type": "boolean"}, trouble=_TEXTS,
    ),
    "Status": _object(
        "*",
        at=_TIME, daemon=_ref("Daemon"), services=_list(_ref("Service")), alerts=_list({"type": "object"}),
        incidents=_list({"type": "object"}), channels=_list({"type": "object"}),
    ),
    "Latency": _object(
        "*",
        service=_TEXT, window=_TEXT, start=_TIME, end=_TIME, step=_NUMBER,
        points=_object(
            "*", time=_list(_NUMBER), p50=_COLUMN, p95=_COLUMN, max=_COLUMN, count=_list(_COUNT)
        ),
        overall=_object(
            "*", p50=_MAYBE_NUMBER, p95=_MAYBE_NUMBER, p99=_MAYBE_NUMBER, max=_MAYBE_NUMBER, count=_COUNT
        ),
    ),
    "Report": _object(
        "schema agreement terms organization period services objectives",
        schema=_TEXT, agreement=_MAYBE_TEXT, terms=_TEXTS, organization=_MAYBE_TEXT,
        period=_object("*", label=_TEXT, start=_TIME, end=_TIME, timezone=_TEXT, seconds=_NUMBER),
        services=_list(_ref("ServiceReport")),
        objectives=_list(
            _object(
                "id target measured verdict",
                id=_TEXT, target=_TEXT, measured=_TEXT,
                verdict={"type": "string", "enum": ["met", "missed", "no data", "undecided"]},
                budget={"type": ["object", "null"]},
            )
        ),
        integrity={"type": "object"},
    ),
    "ServiceReport": _object(
        "service ledger availability outages latency samples",
        service=_TEXT, ledger=_object("*", **dict.fromkeys(_CLASSES, _NUMBER)),
        availability=_object("percent exact shown", percent=_MAYBE_NUMBER, exact=_MAYBE_TEXT, shown=_TEXT),
        outages=_list(
            _object(
                "id start end seconds counted_seconds reason",
                id=_TEXT, start=_TIME, end=_MAYBE_TIME, seconds=_NUMBER, counted_seconds=_NUMBER,
                reason=_TEXT,
            )
        ),
        latency={"type": "object", "additionalProperties": _MAYBE_NUMBER}, samples=_COUNT,
    ),
    "Files": _object("*", files=_list(_object("*", name=_TEXT, text=_TEXT))),
    "Reloaded": _object(
        "*", digest=_TEXT, added=_TEXTS, changed=_TEXTS, removed=_TEXTS, warnings=_TEXTS
    ),
    "Window": _object(
        "id services start end announced reason state source entered cancelled",
        id=_MAYBE_TEXT, services=_TEXTS, start=_TIME, end=_TIME, announced=_MAYBE_TIME, reason=_TEXT,
        earlier=_list(_object("*", start=_TIME, end=_TIME, announced=_MAYBE_TIME)),
        state={"type": "string", "enum": ["planned", "running", "over", "cancelled"]},
        source={"type": "string", "enum": ["configuration", "entered"]},
        entered={"type": ["object", "null"]}, cancelled={"type": ["object", "null"]}, remarks=_TEXTS,
    ),
    "Windows": _object("*", maintenance=_list(_ref("Window"))),
    "Adjustment": _object(
        "*", id=_TEXT, service=_TEXT, **{"class": {"type": "string", "enum": ["excused", "counted"]}},
        outage=_MAYBE_TEXT, start=_TIME, end=_TIME, reason=_TEXT, evidence=_MAYBE_TEXT,
        state={"type": "string", "enum": ["proposed", "approved", "withdrawn"]}, author=_TEXT,
        entered=_object("*", at=_TIME, **{"from": _TEXT}), approvers=_TEXTS, withdrawn_by=_MAYBE_TEXT,
        decided=_MAYBE_TIME, note=_TEXT,
        holds={"type": "object", "additionalProperties": {"type": "boolean"}},
    ),
    "Adjustments": _object("*", adjustments=_list(_ref("Adjustment"))),
    "Imported": _object("*", rows=_COUNT, added=_COUNT, checks=_COUNT, start=_MAYBE_TIME, end=_MAYBE_TIME),
}  # fmt: skip
