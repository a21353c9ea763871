"""The JSON of the API as JSON Schema, for the OpenAPI document."""

from typing import Any, Final

from slawatch.web.report_schemas import REPORT_SCHEMAS

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
        ready={"type": "boolean"}, trouble=_TEXTS, unheard=_MAYBE_TEXT,
    ),
    "Status": _object(
        "*",
        at=_TIME, daemon=_ref("Daemon"), services=_list(_ref("Service")), alerts=_list({"type": "object"}),
        incidents=_list({"type": "object"}), channels=_list({"type": "object"}),
        agreements=_list(_ref("AgreementStanding")),
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
    "MetricCatalogue": _object(
        "*",
        metrics=_list(
            _object("*", metric=_TEXT, text=_TEXT, unit=_TEXT, method=_TEXT, about=_TEXT, over=_TEXT)
        ),
    ),
    "MetricValues": _object(
        "*",
        metric=_TEXT, text=_TEXT, unit=_TEXT, window=_MAYBE_NUMBER, window_text=_TEXT, at=_TIME,
        values=_list(
            _object(
                "*",
                service=_MAYBE_TEXT, check=_MAYBE_TEXT, agreement=_MAYBE_TEXT, value=_MAYBE_NUMBER,
                unit=_TEXT, shown=_TEXT,
            )
        ),
    ),
    **REPORT_SCHEMAS,
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
    "Windows": _object("*", maintenance=_list(_ref("Window")), next=_MAYBE_TEXT),
    "Adjustment": _object(
        "*", id=_TEXT, service=_TEXT, **{"class": {"type": "string", "enum": ["excused", "counted"]}},
        outage=_MAYBE_TEXT, start=_TIME, end=_TIME, reason=_TEXT, evidence=_MAYBE_TEXT,
        state={"type": "string", "enum": ["proposed", "approved", "withdrawn"]}, author=_TEXT,
        entered=_object("*", at=_TIME, **{"from": _TEXT}), approvers=_TEXTS, withdrawn_by=_MAYBE_TEXT,
        decided=_MAYBE_TIME, note=_TEXT,
        holds={"type": "object", "additionalProperties": {"type": "boolean"}},
    ),
    "Adjustments": _object("*", adjustments=_list(_ref("Adjustment")), next=_MAYBE_TEXT),
    "Imported": _object("*", rows=_COUNT, added=_COUNT, checks=_COUNT, start=_MAYBE_TIME, end=_MAYBE_TIME),
}  # fmt: skip
