"""The part of the OpenAPI document about alerts, incidents, silences, duty and messages."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from slawatch.answers import acting, entering_alerting, incidents, notifications
from slawatch.answers import alerts as alerts_answers
from slawatch.core.incident import SEVERITIES
from slawatch.web._operation import IDEMPOTENCY, PAGES, in_path, in_query, one_of, operation, ref
from slawatch.web.alert_routes import ACTIONS

_JSON: Final = "application/json"
_TEXT: Final = {"type": "string"}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: Final = {"type": ["integer", "null"]}
_TRUTH: Final = {"type": "boolean"}
_SEVERITY: Final = {"type": "string", "enum": list(SEVERITIES)}
_READ: Final = (400, 401, 403, 404, 503)
_WRITTEN: Final = (400, 401, 403, 404, 408, 409, 413, 422, 503)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _page(name: str, schema: str) -> dict[str, Any]:
    return _object(**{name: _list(ref(schema)), "next": _MAYBE_TEXT})


_ALERT: Final = {
    "id": _TEXT, "state": one_of(("firing", "resolved")), "severity": _TEXT, "title": _TEXT, "check": _TEXT,
    "service": _TEXT, "organization": _TEXT,
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "since": _TIME, "fired_at": _TIME, "resolved_at": _MAYBE_TIME, "seconds": _NUMBER, "actual": _MAYBE_TEXT,
    "threshold": _MAYBE_TEXT, "resolution": _MAYBE_TEXT, "stale": _TRUTH, "flapping": _TRUTH,
    "suppressed": _list(_object(kind=_TEXT, by=_TEXT, text=_TEXT, until=_MAYBE_TIME)),
    "incident": _MAYBE_COUNT, "incident_state": _MAYBE_TEXT, "guard_until": _MAYBE_TIME,
    "reports": _COUNT,
}  # fmt: skip
_INCIDENT: Final = {
    "id": _COUNT, "state": one_of(("triggered", "acked", "snoozed", "resolved", "merged")),
    "exhausted": _TRUTH, "severity": _TEXT, "title": _TEXT, "service": _TEXT, "organization": _TEXT,
    "opened_at": _TIME, "seconds": _NUMBER, "acker": _MAYBE_TEXT, "acked_at": _MAYBE_TIME,
    "snoozed_until": _MAYBE_TIME, "assignee": _MAYBE_TEXT, "commander": _MAYBE_TEXT,
    "communications": _MAYBE_TEXT, "resolved_at": _MAYBE_TIME, "resolved_by": _MAYBE_TEXT,
    "resolution": _MAYBE_TEXT, "suppressed": _list(_TEXT), "members": _COUNT, "people_told": _COUNT,
    "merged": _list(_COUNT), "merged_into": _MAYBE_COUNT, "manual": _TRUTH, "next_at": _MAYBE_TIME,
    "next_kind": _MAYBE_TEXT, "nobody_to_tell": _TRUTH,
}  # fmt: skip
_MESSAGE: Final = {
    "id": _TEXT, "state": one_of(notifications.STATES), "kind": _TEXT, "to": _TEXT, "channel": _TEXT,
    "incident": _MAYBE_COUNT, "service": _MAYBE_TEXT, "severity": _MAYBE_TEXT, "level": _MAYBE_COUNT,
    "cycle": _MAYBE_COUNT, "reason": _MAYBE_TEXT, "detail": _MAYBE_TEXT, "created_at": _TIME,
    "not_before": _MAYBE_TIME, "expires_at": _MAYBE_TIME, "tries": _COUNT, "answer": _MAYBE_TEXT,
    "why": _MAYBE_TEXT, "provider_id": _MAYBE_TEXT, "superseded_by": _MAYBE_TEXT,
    "possible_duplicate": _TRUTH,
}  # fmt: skip
_HAPPENED: Final = _object(at=_TIME, kind=_TEXT, text=_TEXT, by=_MAYBE_TEXT)
_TOLD: Final = {"to": _TEXT, "channel": _TEXT, "kind": _TEXT, "at": _TIME, "provider_id": _MAYBE_TEXT}
_NEXT: Final = _object(
    **{
        "at": _TIME, "in": _NUMBER, "kind": _TEXT, "text": _TEXT, "withheld": _TRUTH,
        "messages": _list(_object(to=_TEXT, channel=_TEXT)),
    }
)  # fmt: skip
_SAID: Final = {
    "type": "object", "required": ["kind", "text"],
    "properties": {"kind": _TEXT, "text": _TEXT, "by": _TEXT, "until": _MAYBE_TIME, "key": _TEXT},
}  # fmt: skip

SCHEMAS: Final[dict[str, Any]] = {
    "Alert": _object(**_ALERT),
    "Alerts": _page("alerts", "Alert"),
    "AlertWhole": _object(
        **_ALERT,
        violations=_list(
            _object(
                start=_TIME, confirmed=_TIME, end=_MAYBE_TIME, seconds=_NUMBER, severity=_TEXT,
                actual=_MAYBE_TEXT, threshold=_MAYBE_TEXT, resolution=_MAYBE_TEXT, incident=_MAYBE_COUNT,
            )
        ),
        timeline=_list(_HAPPENED),
    ),
    "Explanation": _object(
        alert={"anyOf": [ref("Alert"), {"type": "null"}]}, why=_list(_SAID), told=_list(_object(**_TOLD)),
        not_told=_list(_SAID), next=_list(_NEXT),
    ),
    "Incident": _object(**_INCIDENT),
    "Incidents": _page("incidents", "Incident"),
    "IncidentWhole": _object(
        **_INCIDENT, policy=_TEXT, generation=_COUNT, reopened=_COUNT, level=_MAYBE_COUNT, cycle=_COUNT,
        next=_list(_NEXT), alerts=_list(ref("Alert")), children=_list(ref("Alert")),
        told=_list(_object(**_TOLD, open=_TRUTH)),
        owed=_list(
            _object(
                key=_TEXT, kind=_TEXT, to=_TEXT, channel=_TEXT, state=_TEXT, attempts=_COUNT,
                not_before=_TIME, answer=_MAYBE_TEXT,
            )
        ),
        notes=_list(_object(at=_TIME, by=_TEXT, text=_TEXT)),
        published=_list(_object(at=_TIME, by=_TEXT, text=_TEXT)),
        timeline=_list(
            _object(number=_COUNT, at=_TIME, kind=_TEXT, text=_TEXT, by=_MAYBE_TEXT, origin=_MAYBE_TEXT)
        ),
    ),
    "Done": _object(incident={"anyOf": [ref("Incident"), {"type": "null"}]}, events=_list(_HAPPENED)),
    "Silence": {
        **_object(
            id=_TEXT, state=one_of(("pending", "active", "expired")), match=_TEXT,
            fault=_MAYBE_TEXT,
            matchers=_list(_object(label=_TEXT, operator=one_of(("=", "!=", "=~", "!~")), value=_TEXT)),
            author=_TEXT, comment=_TEXT, start=_TIME, end=_TIME, updated=_TIME, hits=_list(_TEXT),
            **{"from": _TEXT},
        ),
    },
    "Silences": _page("silences", "Silence"),
    "Tried": _object(match=_TEXT, hits=_list(_TEXT), alerts=_list(ref("Alert"))),
    "Override": _object(
        id=_TEXT, what=one_of(("override", "swap")), schedule=_TEXT, who=_TEXT, kind=_MAYBE_TEXT,
        replaces=_MAYBE_TEXT, taken_by=_MAYBE_TEXT, start=_TIME, end=_TIME, reason=_TEXT,
        state=one_of(("offered", "planned", "active", "over", "cancelled")),
        entered=_object(at=_TIME, person=_TEXT, **{"from": _TEXT}),
        cancelled={"type": ["object", "null"]}, holds={"type": ["object", "null"]},
    ),
    "OnCall": _list(
        {
            "type": "object",
            "required": ["schedule", "people", "shift", "layer", "override", "recorded"],
            "properties": {
                "schedule": _TEXT, "at": _TIME, "people": _list(_TEXT),
                "shift": _object(start=_MAYBE_TIME, end=_MAYBE_TIME), "layer": _MAYBE_COUNT,
                "override": {"type": ["boolean", "null"]}, "recorded": _TRUTH,
            },
        }
    ),
    "OnCallRecord": _object(
        schedules=_list(
            _object(
                schedule=_TEXT, until=_TIME, changes=_list(_object(at=_TIME, person=_TEXT, came=_TRUTH)),
            )
        )
    ),
    "Overrides": _page("overrides", "Override"),
    "OverrideEntered": {
        "allOf": [ref("Override"), {"type": "object", "properties": {"remarks": _list(_TEXT)}}]
    },
    "Notification": _object(**_MESSAGE),
    "Notifications": _page("notifications", "Notification"),
    "NotificationWhole": {
        "type": "object",
        "required": [*_MESSAGE, "attempts"],
        "properties": {
            **_MESSAGE,
            "attempts": _list(
                _object(
                    number=_COUNT, started_at=_TIME, seconds=_NUMBER, verdict=_TEXT, status=_MAYBE_COUNT,
                    answer=_MAYBE_TEXT, provider_id=_MAYBE_TEXT, possible_duplicate=_TRUTH,
                )
            ),
            "events": _list(_HAPPENED),
        },
    },
}  # fmt: skip

_SUMMARIES: Final[Mapping[str, str]] = {
    "ack": "Acknowledge it: its escalation stops.",
    "unack": "Give it back: its escalation begins anew.",
    "snooze": "Be quiet for a while.",
    "assign": "Give it, or a role in it, to somebody.",
    "note": "Write a note into its timeline.",
    "publish": "Publish a text on the status page; an empty one withdraws.",
    "escalate": "Tell the next level now.",
    "resolve": "End it.",
    "merge": "Make it part of another.",
    "reassign": "Move it to another escalation policy.",
}
_TYPES: Final[Mapping[str, dict[str, Any]]] = {
    "generation": {"type": ["integer", "string"], "description": "refuse where it is another by now"},
    "into": {"type": ["integer", "string"]},
    "force": _TRUTH,
    "everything": _TRUTH,
    "priority": {"type": ["integer", "string"]},
    "severity": _SEVERITY,
    "role": one_of(("assignee", "commander", "communications"), "assignee"),
    "kind": one_of(get_args(entering_alerting.Kind), "replace"),
    "for": {"type": "string", "description": "how long, such as `2h`"},
}


def paths() -> dict[str, Any]:
    """Return what the document says of each path."""
    incident = [in_path("number", "the incident's")]
    pages = list(PAGES)
    whose = [
        in_query("severity", "at least that severe", one_of(SEVERITIES)),
        in_query("service", "only this one's"),
        in_query("org", "only this organisation's"),
    ]
    return {
        "/api/v1/alerts": {
            "get": _read(
                "alerts", "What fires, or what fired and is over.", "Alerts",
                [in_query("state", "of the alerts", one_of(alerts_answers.STATES, "firing")), *whose,
                 in_query("check", "only this check's or rule's"), in_query("incident", "only of this one"),
                 *pages],
            )
        },
        "/api/v1/alerts/{id}": {
            "parameters": [in_path("id", "its fingerprint, or the name of its check")],
            "get": _read("alert", "An alert, its timeline, and every time that it fired.", "AlertWhole"),
        },
        "/api/v1/alerts/{id}/explain": {
            "parameters": [in_path("id", "its fingerprint, or the name of a check")],
            "get": _read("explainAlert", "Why it fired, who was told, why nobody else.", "Explanation"),
        },
        "/api/v1/incidents": {
            "get": _read(
                "incidents", "Incidents, those that nobody has first.", "Incidents",
                [in_query("state", "of the incidents", one_of(incidents.STATES, "open")), *whose,
                 in_query("assignee", "only those that somebody has"), *pages],
            ),
            "post": _written("openIncident", "Open one by hand.", "Done", acting.KEYS["open"], ("title",)),
        },
        "/api/v1/incidents/{number}": {
            "parameters": incident,
            "get": _read("incident", "All about an incident.", "IncidentWhole"),
        },
        "/api/v1/incidents/{number}/postmortem": {
            "parameters": incident,
            "get": operation(
                "postmortem", "alerting", "The draft of a postmortem.",
                {"text/markdown": {"schema": {"type": "string"}}}, errors=_READ,
            ),
        },
        **{
            f"/api/v1/incidents/{{number}}/{action}": {
                "parameters": incident,
                "post": _written(
                    f"{action}Incident", _SUMMARIES[action], "Done", acting.KEYS[action],
                    _NEEDED.get(action, ()),
                ),
            }
            for action in ACTIONS
        },
        "/api/v1/silences": {
            "get": _read("silences", "The silences, with what each hits now.", "Silences",
                         [in_query("expired", "those that are over, too", {"type": "boolean"}), *pages]),
            "post": _entry("addSilence", "Silence alerts.", "Silence", "silence.add", ("match", "comment")),
        },
        "/api/v1/silences/try": {
            "post": _written("trySilence", "What a silence would hit now; nothing is stored.", "Tried",
                             entering_alerting.KEYS["silence.add"], ("match",)),
        },
        "/api/v1/silences/{id}/change": _of_one(
            "changeSilence", "Change a silence.", "Silence", "silence.change"
        ),
        "/api/v1/silences/{id}/expire": _of_one(
            "expireSilence", "End a silence now.", "Silence", "silence.expire"
        ),
        "/api/v1/oncall": {
            "get": _read(
                "onCall", "Who is on call, now, at another time, or in a span.", "OnCall",
                [in_query("schedule", "only this one"), in_query("at", "a time; now by default"),
                 in_query("from", "the shifts from then on"), in_query("to", "until then, exclusive")],
            )
        },
        "/api/v1/oncall/record": {
            "get": _read(
                "onCallRecord", "When who came on call and went, as it was recorded.", "OnCallRecord", []
            )
        },
        "/api/v1/oncall.ics": {
            "parameters": [
                in_query("schedule", "only this one"), in_query("person", "only their shifts"),
                in_query("from", "the shifts from then on; from a week ago by default"),
                in_query("to", "until then, exclusive; three months ahead by default"),
            ],
            "get": operation(
                "onCallFeed", "alerting", "The shifts as an iCalendar (RFC 5545) to subscribe to.",
                {"text/calendar": {"schema": {"type": "string"}}}, errors=_READ,
            ),
        },
        "/api/v1/overrides": {
            "get": _read("overrides", "Overrides and swaps that were entered.", "Overrides",
                         [in_query("over", "those that are over, too", {"type": "boolean"}), *pages]),
            "post": _entry("addOverride", "Put somebody on call for a while.", "OverrideEntered",
                           "override.add", ("schedule", "who")),
        },
        "/api/v1/overrides/{id}/cancel": _of_one(
            "cancelOverride", "Call an override off.", "OverrideEntered", "override.cancel"
        ),
        "/api/v1/swaps": {
            "post": _entry("offerSwap", "Offer a shift.", "OverrideEntered", "swap.add", ("schedule", "who")),
        },
        "/api/v1/swaps/{id}/take": _of_one("takeSwap", "Take a shift.", "OverrideEntered", "swap.take"),
        "/api/v1/swaps/{id}/cancel": _of_one(
            "cancelSwap", "Call a swap off.", "OverrideEntered", "swap.cancel"
        ),
        "/api/v1/notifications": {
            "get": _read(
                "notifications", "Messages, the latest first.", "Notifications",
                [in_query("state", "of the messages", one_of(notifications.STATES)),
                 in_query("channel", "only through this one"), in_query("to", "only to them"),
                 in_query("incident", "only about this one"), *pages],
            )
        },
        "/api/v1/notifications/{id}": {
            "parameters": [in_path("id", "its idempotency key")],
            "get": _read("notification", "A message, with every attempt.", "NotificationWhole"),
        },
        "/api/v1/notifications/{id}/retry": {
            "parameters": [in_path("id", "its idempotency key")],
            "post": _written(
                "retryNotification", "Send a dead one again.", "NotificationWhole", ("person",), ()
            ),
        },
    }  # fmt: skip


_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "assign": ("to",), "note": ("text",), "merge": ("into",), "reassign": ("policy",),
}  # fmt: skip


def _read(name: str, summary: str, schema: str, query: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return operation(
        name, "alerting", summary, {_JSON: {"schema": ref(schema)}}, errors=_READ, query=query or ()
    )


def _written(
    name: str, summary: str, schema: str, keys: tuple[str, ...], needed: tuple[str, ...]
) -> dict[str, Any]:
    texts = {key: _TYPES.get(key, _TEXT) for key in keys}
    found = operation(
        name, "alerting", summary, {_JSON: {"schema": ref(schema)}}, errors=_WRITTEN,
        query=[IDEMPOTENCY],
        description="`person` is who does it; whoever signed in or sent a token does it in their own name.",
    )  # fmt: skip
    if keys:
        body = {"type": "object", "properties": texts, "required": list(needed)}
        found["requestBody"] = {"required": True, "content": {_JSON: {"schema": body}}}
    return found


def _entry(name: str, summary: str, schema: str, what: str, needed: tuple[str, ...]) -> dict[str, Any]:
    return _written(name, summary, schema, entering_alerting.KEYS[what], needed)


def _of_one(name: str, summary: str, schema: str, what: str) -> dict[str, Any]:
    keys = tuple(key for key in entering_alerting.KEYS[what] if key != "id")
    return {
        "parameters": [in_path("id", "as the list shows it")],
        "post": _written(name, summary, schema, keys, ()),
    }
