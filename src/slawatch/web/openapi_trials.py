"""The part of the OpenAPI document about what people try: probes, messages, outages, configurations."""

from collections.abc import Mapping
from typing import Any, Final

from slawatch.answers.probe import PHASES
from slawatch.core.access import ACTIONS
from slawatch.core.sample import Cause
from slawatch.web._operation import IDEMPOTENCY, in_path, in_query, one_of, operation, ref

_JSON: Final = "application/json"
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer"}
_TRUTH: Final = {"type": "boolean"}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}
_MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_NUMBER: Final = {"type": ["number", "null"]}
_IF_MATCH: Final = {
    "name": "If-Match", "in": "header", "schema": _TEXT,
    "description": "the digest of a configuration, in quotes: refused where another one is in force",
}  # fmt: skip
_LENGTH: Final = {"type": "string", "description": "a length such as `5s`"}
_ERRORS: Final = (400, 404, 408, 412, 422, 503)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_HAPPENS: Final = {"t": {**_NUMBER, "description": "seconds after the beginning"}, "at": _TIME}
_FAULT: Final = _object(
    file=_TEXT, line={"type": "integer", "minimum": 0}, path=_TEXT, expected=_TEXT, found=_TEXT, message=_TEXT
)
_CHECKED: Final = {
    "ok": _TRUTH, "files": _TEXTS, "digest": _MAYBE_TEXT, "problems": _list(ref("ConfigFault")),
    "warnings": _list(ref("ConfigFault")),
    "more": {**_COUNT, "description": "how many mistakes and warnings there are beside those told"},
    "secrets_read": {
        **_TRUTH, "description": "whether secrets were fetched, and files looked at, that it names"
    },
    "counts": {
        "type": "object", "additionalProperties": _COUNT, "description": "how many there are of what is named"
    },
    "in_force": {**_TEXT, "description": "the digest of the configuration that the daemon runs on"},
}  # fmt: skip

SCHEMAS: Final[dict[str, Any]] = {
    "Probe": _object(
        check=_TEXT, type=_TEXT, at=_TIME, state=one_of(("up", "degraded", "down", "unknown")),
        cause=one_of(cause.name.lower() for cause in Cause), reason=_TEXT, latency=_MAYBE_NUMBER,
        took=_NUMBER, phases=_object(**dict.fromkeys(PHASES, _MAYBE_NUMBER)),
        measures=_list(_object(name=_TEXT, value=_NUMBER, unit=_TEXT)),
        transcript=_list(_object(after=_NUMBER, line=_TEXT)),
    ),
    "Rehearsal": _object(
        start=_TIME, end=_TIME, timezone=_TEXT, happenings=_list(_object(**_HAPPENS, text=_TEXT)),
        events=_list(
            _object(
                **_HAPPENS, kind=_TEXT, to=_TEXT, channel=_TEXT, level=_COUNT, cycle=_COUNT, reason=_TEXT
            )
        ),
        workflows=_list(_object(**_HAPPENS, text=_TEXT)), warnings=_TEXTS,
    ),
    "ChannelTest": _object(
        channel=_TEXT, type=_TEXT, ok=_TRUTH,
        messages=_list(
            _object(
                kind=_TEXT, verdict=_TEXT, answer=_TEXT, status={"type": ["integer", "null"]},
                provider_id=_TEXT, retry_after=_MAYBE_NUMBER, possible_duplicate=_TRUTH, warnings=_TEXTS,
                seconds=_NUMBER,
            )
        ),
    ),
    "ConfigFault": _FAULT,
    "ConfigChecked": _object(**_CHECKED),
    "Gaps": _list(
        _object(
            **{"schedule": _TEXT, "from": _TIME, "to": _TIME, "seconds": _NUMBER},
            gaps=_list(_object(start=_MAYBE_TIME, end=_MAYBE_TIME, seconds=_NUMBER)),
        )
    ),
}  # fmt: skip

_PROBE: Final = {
    "check": "shop-home", "type": "http", "at": "2026-11-23T12:00:00Z", "state": "down", "cause": "status",
    "reason": "HTTP status 503, expected 200-299", "latency": 0.031, "took": 0.032,
    "phases": {"dns": 0.001, "connect": 0.01, "tls": 0.015, "first_byte": 0.004, "transfer": 0.001},
    "measures": [{"name": "certificate_days", "value": 41.5, "unit": "d"}],
    "transcript": [{"after": 0.001, "line": "shop.example is 192.0.2.7"}],
}  # fmt: skip
_REHEARSAL: Final = {
    "start": "2026-11-23T12:00:00Z", "end": "2026-11-23T13:06:00Z", "timezone": "Europe/Berlin",
    "happenings": [{"t": 0.0, "at": "2026-11-23T12:00:00Z", "text": "shop-home goes down"}],
    "events": [
        {"t": 300.0, "at": "2026-11-23T12:05:00Z", "kind": "trigger", "to": "person:bob", "channel": "sms",
         "level": 1, "cycle": 0, "reason": "level 1 of default: nobody acknowledged within 5 min"}
    ],
    "workflows": [], "warnings": [],
}  # fmt: skip
_TESTED: Final = {
    "channel": "sms", "type": "sms", "ok": True,
    "messages": [
        {"kind": "message", "verdict": "ok", "answer": "queued", "status": 201, "provider_id": "SM1",
         "retry_after": None, "possible_duplicate": False, "warnings": [], "seconds": 0.4}
    ],
}  # fmt: skip
_WRONG: Final = {
    "ok": False, "files": [], "digest": None, "warnings": [], "more": 0, "secrets_read": False,
    "in_force": "5f1c", "counts": {},
    "problems": [
        {"file": "slawatch.toml", "line": 3, "path": "checks.shop-home.url", "expected": "", "found": "",
         "message": 'the key "url" is missing'}
    ],
}  # fmt: skip
_EVENT: Final = {
    "type": "object", "required": ["t", "do"],
    "properties": {
        "t": {"type": "string", "description": "how long after the beginning, such as `5m`"},
        "do": one_of(
            ("down", "up", "ack", "resolve", "silence", "restart", "channel_down", "channel_up")
        ),
        **dict.fromkeys(("check", "by", "channel", "match", "for", "note"), _TEXT),
    },
}  # fmt: skip


def paths() -> dict[str, Any]:
    """Return the paths."""
    return {
        "/api/v1/checks/{check}/probe": {
            "parameters": [in_path("check", "its name")],
            "post": _written(
                "probeCheck", "state", "Probe a check once, now; nothing is stored.", "Probe",
                {"timeout": _LENGTH}, {}, _PROBE, query=[_IF_MATCH], action="check.probe",
                more="It takes as long as the check's timeout allows, or less. A check that is called, a "
                "heartbeat, is not probed (422).",
            ),
        },
        "/api/v1/probe": {
            "post": _written(
                "probeTarget", "state", "Probe a URL or address that no check names.", "Probe",
                {"target": {"type": "string", "minLength": 1, "maxLength": 2000}, "timeout": _LENGTH},
                {"target": "https://shop.example/health"}, _PROBE, needed=["target"], action="target.probe",
                more="It is reached from the daemon's host.",
            )
        },
        "/api/v1/rehearse": {
            "post": _written(
                "rehearse", "alerting", "Play an imagined outage: who would be told, when, and why.",
                "Rehearsal",
                {"check": {**_TEXT, "description": "the one that goes down"}, "down_for": _LENGTH,
                 "events": {**_list(_EVENT), "maxItems": 1000, "description": "in the place of `check`"},
                 "at": {**_TEXT, "description": "when it begins; now by default"}, "for": _LENGTH,
                 "until": {**_TEXT, "description": "the same as a time"}},
                {"check": "shop-home", "down_for": "40m"}, _REHEARSAL, query=[_IF_MATCH],
                action="rehearsal.play",
                more="Nothing is sent, and nothing stored. It is played in the configuration in force, with "
                "the overrides, silences and maintenance that people entered.",
            )
        },
        "/api/v1/channels/{channel}/test": {
            "parameters": [in_path("channel", "its name")],
            "post": _written(
                "testChannel", "alerting", "Send a test message through a channel.", "ChannelTest",
                {"person": {**_TEXT, "description": "to this one, as an incident would"},
                 "address": {**_TEXT, "description": "to this mail address, number or member"}},
                {"person": "alice"}, _TESTED, query=[IDEMPOTENCY, _IF_MATCH], errors=(429,),
                action="channel.test",
                more="An alert that it opens at a provider is closed again. Three a minute go through one "
                "channel, ten through all.",
            ),
        },
        "/api/v1/config/check": {
            "get": operation(
                "checkFiles", "commands", "What a reload would say of the files as they are.",
                {_JSON: {"schema": ref("ConfigChecked")}}, errors=(503,), description=_takes("config.read"),
            ),
            "post": operation(
                "checkText", "commands", "What is wrong with a configuration; it is not put in force.",
                {_JSON: {"schema": ref("ConfigChecked"), "example": _WRONG}}, errors=(400, 408),
                description=(
                    "The body is TOML. No file and no environment variable that it names is read: a secret "
                    "that would be fetched counts as one that is as it has to be. "
                    + _takes("config.check")
                ),
                requestBody={
                    "required": True,
                    "content": {"application/toml": {
                        "schema": _TEXT, "example": '[checks.shop]\ntype = "http"\nurl = "https://shop.example"',
                    }},
                },
            ),
        },
        "/api/v1/config/schema": {
            "get": operation(
                "configSchema", "commands", "The JSON Schema of the configuration, for editors.",
                {_JSON: {"schema": {"type": "object"}}},
            )
        },
        "/api/v1/oncall/gaps": {
            "parameters": [
                in_query("schedule", "only this one"), in_query("from", "a time; now by default"),
                in_query("to", "until then, exclusive; 30 days by default"),
                in_query("days", "the same as a number of days", {"type": "integer", "minimum": 1}),
                _IF_MATCH,
            ],
            "get": operation(
                "onCallGaps", "alerting", "When nobody is on call.", {_JSON: {"schema": ref("Gaps")}},
                errors=(400, 404, 412, 503),
            ),
        },
    }  # fmt: skip


def _takes(action: str) -> str:
    return f"It takes the role {ACTIONS[action]}."


def _written(
    name: str,
    tag: str,
    summary: str,
    schema: str,
    keys: Mapping[str, Any],
    wish: Mapping[str, Any],
    answer: Mapping[str, Any],
    *,
    action: str,
    more: str,
    needed: list[str] | None = None,
    query: list[Mapping[str, Any]] | None = None,
    errors: tuple[int, ...] = (),
) -> dict[str, Any]:
    body = {
        "type": "object", "properties": dict(keys), "required": needed or [], "additionalProperties": False,
    }  # fmt: skip
    return operation(
        name, tag, summary, {_JSON: {"schema": ref(schema), "example": dict(answer)}},
        errors=(*_ERRORS, *errors), query=query or (), description=f"{more} {_takes(action)}",
        requestBody={"required": True, "content": {_JSON: {"schema": body, "example": dict(wish)}}},
    )  # fmt: skip
