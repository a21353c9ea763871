"""The API, described in OpenAPI 3.1."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

from slawatch import __version__
from slawatch.answers import entering, export, latency, report
from slawatch.report.csv import TABLES
from slawatch.web import (
    exposition,
    openapi_access,
    openapi_alerting,
    openapi_reports,
    openapi_schemas,
    openapi_trials,
    problem,
)
from slawatch.web._operation import IDEMPOTENCY, PAGES, in_path, in_query, one_of, operation, ref

_JSON: Final = "application/json"
_TEXT: Final = "text/plain"

_REASONS: Final[Mapping[int, str]] = {
    400: "The request cannot be understood; `detail` says why.",
    401: "Nobody is known to ask: sign in, or send a token.",
    403: "Not for this role, or about more than the organisations of who asks.",
    404: "There is no such thing.",
    405: "The path does not take this method.",
    408: "The body did not come in time.",
    409: "The new configuration is wrong; the old one goes on.",
    412: "Another configuration is in force than `If-Match` names.",
    413: "The body is too long.",
    421: "The Host header names no host of this machine.",
    422: "A row is wrong, or the answer is no; nothing was stored.",
    429: "Too often; `detail` says when to try again.",
    500: "A fault in slawatch; its log says more.",
    503: "The store cannot be read now; try again after `Retry-After`.",
    507: "The data directory cannot be written.",
}


@cache
def document() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "slawatch",
            "version": __version__,
            "summary": "What every service is now, how available it was, and whether promises were kept.",
            "description": (
                "Times are RFC 3339, lengths in JSON are seconds, percentages are percent numbers. Errors "
                "are problem documents (RFC 9457). Everything but health and heartbeats needs a session or "
                "a token wherever anybody can sign in; another organisation's things are as if not there."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "state", "description": "What is true now."},
            {"name": "record", "description": "What was measured, and what follows from it."},
            {"name": "alerting", "description": "Who is told of what, and what people do about it."},
            {"name": "health", "description": "Whether slawatch itself works."},
            {"name": "commands", "description": "For operators of the daemon."},
            {"name": "access", "description": "Who asks, tokens, and who did what."},
        ],
        "security": openapi_access.SECURITY,
        "paths": openapi_access.guarded(
            {
                "/healthz": {"get": _health("healthz", "Whether the daemon's loop turns.", ready=False)},
                "/readyz": {"get": _health("readyz", "Whether it probes and stores.", ready=True)},
                "/metrics": {"get": _metrics()},
                "/heartbeat/{key}": {
                    "parameters": [in_path("key", "the check's token, or its name if it has none")],
                    "get": _heartbeat("heartbeatGet"),
                    "post": _heartbeat("heartbeatPost"),
                },
                "/api/v1/openapi.json": {"get": _openapi()},
                "/api/v1/events": {"get": _events()},
                "/api/v1/status": {"get": _status()},
                "/api/v1/services/{service}/latency": {
                    "parameters": [in_path("service", "its name")],
                    "get": _latency(),
                },
                "/api/v1/metrics": {"get": _catalogue()},
                "/api/v1/metrics/{metric}": {
                    "parameters": [in_path("metric", "its name, such as `latency_p95`")],
                    "get": _metric(),
                },
                "/api/v1/report": {"get": _report()},
                "/api/v1/export": {"get": _export()},
                "/api/v1/db": {"get": _db()},
                "/api/v1/maintenance": {
                    "get": _entries("maintenance", "Windows", "All maintenance windows."),
                    "post": _entry("addMaintenance", "Announce a window.", "Window", "maintenance.add"),
                },
                "/api/v1/maintenance/{id}/change": {
                    "parameters": [in_path("id", "the window's")],
                    "post": _entry("changeMaintenance", "Move a window.", "Window", "maintenance.change"),
                },
                "/api/v1/maintenance/{id}/cancel": {
                    "parameters": [in_path("id", "the window's")],
                    "post": _entry("cancelMaintenance", "Call a window off.", "Window", "maintenance.cancel"),
                },
                "/api/v1/adjustments": {
                    "get": _entries(
                        "adjustments", "Adjustments", "All adjustments, whether they hold or not."
                    ),
                    "post": _entry("addAdjustment", "Propose one.", "Adjustment", "adjustment.add"),
                },
                "/api/v1/adjustments/{id}/approve": {
                    "parameters": [in_path("id", "the adjustment's")],
                    "post": _entry(
                        "approveAdjustment", "Agree with one.", "Adjustment", "adjustment.approve"
                    ),
                },
                "/api/v1/adjustments/{id}/withdraw": {
                    "parameters": [in_path("id", "the adjustment's")],
                    "post": _entry(
                        "withdrawAdjustment", "Let one not hold.", "Adjustment", "adjustment.withdraw"
                    ),
                },
                **openapi_alerting.paths(),
                **openapi_access.paths(),
                **openapi_trials.paths(),
                **openapi_reports.paths(),
                "/api/v1/replay": {"post": _replay()},
                "/api/v1/reload": {"post": _reload()},
                "/api/v1/import": {"post": _import()},
            }
        ),
        "components": {
            "securitySchemes": openapi_access.SCHEMES,
            "schemas": {
                **openapi_schemas.SCHEMAS,
                **openapi_alerting.SCHEMAS,
                **openapi_access.SCHEMAS,
                **openapi_reports.SCHEMAS,
                **openapi_trials.SCHEMAS,
            },
            "responses": {
                f"E{status}": {
                    "description": text,
                    "content": {problem.MEDIA: {"schema": ref("Problem")}},
                }
                for status, text in _REASONS.items()
            },
        },
    }


def _health(name: str, summary: str, *, ready: bool) -> dict[str, Any]:
    plain = {_TEXT: {"schema": {"type": "string"}}}
    found = operation(name, "health", summary, plain, said="Yes.")
    del found["responses"]["421"]
    if ready:
        found["responses"]["503"] = {"description": "Not now.", "content": plain}
    return found


def _metrics() -> dict[str, Any]:
    return operation(
        "metrics", "health", "Everything that Prometheus may want to know.",
        {exposition.MEDIA.split(";")[0]: {"schema": {"type": "string"}}},
        said="The text format of Prometheus, a few seconds old at most.", errors=(403,),
    )  # fmt: skip


def _heartbeat(name: str) -> dict[str, Any]:
    found = operation(
        name, "state", "A job says that it ran.", {_TEXT: {"schema": {"type": "string"}}}, said="Noted.",
        errors=(404,), description="Answers everywhere. A body may be sent along; it is not kept.",
    )  # fmt: skip
    del found["responses"]["421"]
    return found


def _openapi() -> dict[str, Any]:
    return operation(
        "openapi", "health", "This document.", {_JSON: {"schema": {"type": "object"}}}, errors=(403,)
    )


def _events() -> dict[str, Any]:
    return operation(
        "events", "state", "What changes, as server-sent events.",
        {"text/event-stream": {"schema": {"type": "string"}}},
        said="A stream that does not end.",
        errors=(403, 404, 503),
        query=[
            in_query("service", "only this one's changes, and each of its samples"),
            in_query("org", "only the services of this organisation"),
            in_query("since", "the id of the last event that was seen; Last-Event-ID goes before it"),
        ],
        description=(
            "`service` brings one service as in `status`, with `shown`: its availabilities as text. "
            "`alerting` says that alerts, incidents, messages or silences changed: how many incidents are "
            "open, and what happened to which one last; "
            "`daemon` brings whether slawatch is ready and what troubles it, `config` that another "
            "configuration is in force, `now` that all up to a time has been told. A client that comes "
            "without an id, or with one of another run, is told everything."
        ),
    )  # fmt: skip


def _status() -> dict[str, Any]:
    return operation(
        "status", "state", "What every service is now.", {_JSON: {"schema": ref("Status")}},
        errors=(403, 404),
        query=[in_query("org", "only the services of this organisation")],
    )  # fmt: skip


def _latency() -> dict[str, Any]:
    return operation(
        "latency", "record", "How fast a service answered, over time.", {_JSON: {"schema": ref("Latency")}},
        errors=(400, 403, 404, 503),
        query=[
            in_query(
                "window",
                "how far back; `period` is the running period of the service's agreement",
                one_of(latency.WINDOWS, "24h"),
            )
        ],
    )  # fmt: skip


def _catalogue() -> dict[str, Any]:
    return operation(
        "metricCatalogue", "record", "Every metric that a rule may be about.",
        {_JSON: {"schema": ref("MetricCatalogue")}}, errors=(403,),
    )  # fmt: skip


def _metric() -> dict[str, Any]:
    return operation(
        "metric", "record", "What a metric comes to now.", {_JSON: {"schema": ref("MetricValues")}},
        errors=(400, 403, 404, 503),
        query=[
            in_query("service", "only this one"),
            in_query("check", "only this one"),
            in_query("agreement", "only this one, for a metric of agreements"),
            in_query("by", "one value for each", one_of(("service", "check"), "service")),
            in_query("window", "up to now, such as 5m"),
        ],
    )  # fmt: skip


def _report() -> dict[str, Any]:
    return operation(
        "report", "record", "Reports on a period.",
        {
            _JSON: {"schema": {"anyOf": [
                ref("Report"), {"type": "array", "items": ref("Report")}, ref("Files"),
            ]}},
            "text/html": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
        said="One report, several, or files; in the format that was asked for.",
        errors=(400, 403, 503),
        query=[
            in_query("month", "such as 2026-10"),
            in_query("quarter", "such as 2026-Q4"),
            in_query("year", "such as 2026"),
            in_query("period", "any of these, or a week such as 2026-W41, or a day such as 2026-10-05"),
            in_query("from", "a date, a local time, or a time with an offset"),
            in_query("to", "the same, exclusive; now by default"),
            in_query("agreement", "only this one"),
            in_query("org", "only this organisation's"),
            in_query("format", "of the answer", one_of(report.FORMATS, "json")),
            in_query("table", "for CSV", one_of(TABLES, TABLES[0])),
            in_query("files", "several formats at once, such as `html,csv`, as files"),
        ],
        description="Name exactly one of `month`, `quarter`, `year`, `period` and `from`.",
    )  # fmt: skip


def _export() -> dict[str, Any]:
    return operation(
        "export", "record", "Stored samples, or the outages and ledgers that follow from them.",
        {media.split(";")[0]: {"schema": {"type": "string"}} for media in export.MEDIA.values()},
        errors=(400, 403, 503),
        query=[
            in_query("what", "to export", one_of(get_args(export.What), "samples")),
            in_query("from", "a date, or a time with an offset"),
            in_query("to", "the same, exclusive"),
            in_query("format", "of the file", one_of(export.MEDIA, "csv")),
        ],
    )  # fmt: skip


def _db() -> dict[str, Any]:
    return operation(
        "db", "health", "What the store holds.", {_JSON: {"schema": {"type": "object"}}}, errors=(403, 503)
    )


def _entries(name: str, schema: str, summary: str) -> dict[str, Any]:
    return operation(
        name, "record", summary, {_JSON: {"schema": ref(schema)}}, errors=(400, 403, 503), query=PAGES
    )


def _entry(name: str, summary: str, schema: str, what: str) -> dict[str, Any]:
    texts: dict[str, Any] = {key: {"type": "string"} for key in entering.KEYS[what]}
    if "services" in texts:
        texts["services"] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    if not what.endswith(".add"):
        del texts["id"]
    return operation(
        name, "commands", summary, {_JSON: {"schema": ref(schema)}},
        errors=(400, 403, 404, 408, 422, 503), query=[IDEMPOTENCY],
        description=(
            "The same wish twice is stored once. Times are `now`, local ones of the configuration's zone, or "
            "have an offset. On the unix socket `person` is who decides it and `source` from where it comes; "
            "elsewhere that is who is known to ask."
        ),
        requestBody={
            "required": True,
            "content": {_JSON: {"schema": {"type": "object", "properties": texts, }}},
        },
    )  # fmt: skip


def _replay() -> dict[str, Any]:
    names = {"type": "array", "items": {"type": "string"}}
    count = {"type": "integer", "minimum": 1, "maximum": 1000}
    need = {
        "type": "array", "prefixItems": [count, count, count, {"type": "boolean"}], "items": False,
        "minItems": 4,
        "description": (
            "bad results that confirm a failure, at least and at most, good ones that end it, and whether "
            "degraded ones are bad"
        ),
    }  # fmt: skip
    instant = {"type": "integer", "description": "microseconds UTC since 1970"}
    return operation(
        "replay", "record", "The samples of a time that can change anything for alerting.",
        {_JSON: {"schema": {"type": "object"}}}, errors=(400, 403, 408, 503),
        said="What `slawatch replay` plays through the rules of alerting, and what people entered then.",
        requestBody={
            "required": True,
            "content": {_JSON: {"schema": {
                "type": "object", "required": ["start", "end", "checks", "neighbours"],
                "properties": {
                    "start": instant, "end": instant,
                    "checks": {"type": "object", "additionalProperties": need},
                    "neighbours": {"type": "object", "additionalProperties": names},
                    "gauges": {
                        "type": "array", "items": {"type": "array", "minItems": 6, "maxItems": 6},
                        "description": (
                            "of rules: metric, checks, window, pace, limits as [operator, threshold, "
                            "margin], and whether the lack of a value matters"
                        ),
                    },
                },
            }}},
        },
    )  # fmt: skip


def _reload() -> dict[str, Any]:
    return operation(
        "reload", "commands", "Read the configuration again and apply it, all or nothing.",
        {_JSON: {"schema": ref("Reloaded")}}, errors=(403, 409, 503),
    )  # fmt: skip


def _import() -> dict[str, Any]:
    return operation(
        "import", "commands", "Store the samples of a file, all or nothing.",
        {_JSON: {"schema": ref("Imported")}},
        errors=(400, 403, 408, 422, 503, 507),
        query=[
            {**in_query("format", "of the body", one_of(export.MEDIA)), "required": True},
            in_query("name", "of the file, for messages"),
        ],
        requestBody={
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    )  # fmt: skip
