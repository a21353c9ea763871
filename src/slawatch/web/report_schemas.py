"""The JSON of reports, and of how agreements stand, as JSON Schema."""

from typing import Any, Final

from slawatch.report.report import CLASSES

TEXT: Final = {"type": "string"}
TEXTS: Final = {"type": "array", "items": {"type": "string"}}
NUMBER: Final = {"type": "number"}
COUNT: Final = {"type": "integer", "minimum": 0}
FLAG: Final = {"type": "boolean"}
TIME: Final = {"type": "string", "format": "date-time"}
MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
MAYBE_NUMBER: Final = {"type": ["number", "null"]}
MAYBE_TEXT: Final = {"type": ["string", "null"]}


def record(required: str, **properties: Any) -> dict[str, Any]:
    """Return an object; `required` names what is always there, `*` for all of it."""
    names = list(properties) if required == "*" else required.split()
    return {"type": "object", "properties": properties, "required": names}


def array(items: Any) -> dict[str, Any]:
    """Return an array of these."""
    return {"type": "array", "items": items}


def ref(name: str) -> dict[str, str]:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema allows, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


_VERDICT: Final = {"type": "string", "enum": ["met", "missed", "no data", "undecided"]}
_STANDING: Final = {
    "type": "string",
    "enum": ["met", "missed", "undecided", "no data", "hardly known", "running"],
}
_POLICIES: Final = ("exclude", "down", "up")
_PERIOD: Final = {"label": TEXT, "start": TIME, "end": TIME, "timezone": TEXT}
_STRETCH: Final = record("*", start=TIME, end=TIME, seconds=NUMBER, why=TEXT)
_LEDGER: Final = record("*", **dict.fromkeys(CLASSES, NUMBER))
_UNKNOWN_AS: Final = record("*", **dict.fromkeys(_POLICIES, MAYBE_NUMBER))
_VERDICTS: Final = {"type": "object", "additionalProperties": _VERDICT}
_COMBINED: Final = record(
    "*",
    combine={"type": "string", "enum": ["worst", "all", "mean", "weighted"]}, decided_by=MAYBE_TEXT,
    percent=MAYBE_NUMBER, exact=MAYBE_TEXT, low=MAYBE_NUMBER, high=MAYBE_NUMBER, unknown_as=_UNKNOWN_AS,
    maintenance_ignored=MAYBE_NUMBER, as_measured=MAYBE_NUMBER,
)  # fmt: skip

REPORT_SCHEMAS: Final[dict[str, Any]] = {
    "Availability": record(
        "*",
        percent=MAYBE_NUMBER, exact=MAYBE_TEXT, shown=TEXT, low=MAYBE_NUMBER, high=MAYBE_NUMBER,
        unknown_as=_UNKNOWN_AS, maintenance_ignored=MAYBE_NUMBER, as_measured=MAYBE_NUMBER,
        coverage=MAYBE_NUMBER,
    ),
    "Outage": record(
        "*",
        id=TEXT, start=TIME, end=MAYBE_TIME, seconds=NUMBER, counted_seconds=NUMBER, reason=TEXT,
        ongoing=FLAG, started_after=MAYBE_TIME, ended_after=MAYBE_TIME, checks=TEXTS,
    ),
    "ServiceReport": record(
        "*",
        service=TEXT, ledger=_LEDGER, availability=ref("Availability"),
        without_adjustments=maybe(ref("Availability")), outages=array(ref("Outage")), outages_counted=COUNT,
        latency={"type": "object", "additionalProperties": MAYBE_NUMBER}, samples=COUNT,
        days=array(
            record(
                "*", date={"type": "string", "format": "date"}, start=TIME, end=TIME, ledger=_LEDGER,
                percent=MAYBE_NUMBER,
            )
        ),
        unknown=array(_STRETCH),
        maintenance=array(
            record(
                "*",
                service=TEXT, start=TIME, end=TIME, announced=MAYBE_TIME, reason=TEXT, granted=NUMBER,
                late=NUMBER, edited=NUMBER, over_quota=NUMBER, ignored=NUMBER, outside_hours=NUMBER,
            )
        ),
        members=TEXTS,
        checks=array(
            record(
                "*",
                check=TEXT, type=TEXT, interval=NUMBER, stale_after=NUMBER, samples=COUNT,
                first_sample=MAYBE_TIME,
            )
        ),
    ),
    "Budget": record("*", seconds=NUMBER, spent=NUMBER, remaining=NUMBER),
    "Events": record("*", good=NUMBER, total=NUMBER, bad=NUMBER, allowed=NUMBER, remaining=NUMBER),
    "Objective": record(
        "*",
        id=TEXT, metric=TEXT, target=TEXT, measured=TEXT, verdict=_VERDICT, behind=FLAG, hardly_known=FLAG,
        budget=maybe(ref("Budget")), events=maybe(ref("Events")), low=MAYBE_NUMBER, high=MAYBE_NUMBER,
        without_adjustments=record("*", measured=TEXT, verdict=_VERDICT), unknown_as=_VERDICTS,
        decided_by=MAYBE_TEXT,
        services=array(
            record(
                "*",
                service=TEXT, measured=TEXT, verdict=_VERDICT, behind=FLAG, hardly_known=FLAG,
                verdict_without_adjustments=_VERDICT,
                budget=maybe(ref("Budget")), events=maybe(ref("Events")), under=_VERDICTS,
            )
        ),
    ),
    "Credit": record(
        "*",
        percent=MAYBE_TEXT, amount=MAYBE_TEXT, currency=MAYBE_TEXT, working=TEXTS, tier=MAYBE_TEXT,
        claim_until=MAYBE_TIME, without_adjustments=record("*", percent=MAYBE_TEXT, amount=MAYBE_TEXT),
        unknown_as=record("*", **dict.fromkeys(_POLICIES, MAYBE_TEXT)),
    ),
    "Running": record(
        "*",
        target=MAYBE_TEXT, burn_rate=MAYBE_NUMBER,
        rules=array(
            record(
                "*",
                long=NUMBER, short=NUMBER, factor=NUMBER, burn_rate_long=MAYBE_NUMBER,
                burn_rate_short=MAYBE_NUMBER, urgency={"type": "string", "enum": ["page", "ticket"]},
                fires=FLAG,
            )
        ),
        exhaustion=maybe(record("*", seconds=MAYBE_NUMBER, at=MAYBE_TIME)),
        forecast=record(
            "*", expected=MAYBE_NUMBER, low=MAYBE_NUMBER, high=MAYBE_NUMBER, best=MAYBE_NUMBER, days=COUNT
        ),
        due_already=MAYBE_TEXT,
        stakes=array(record("*", tier=TEXT, seconds=NUMBER, reached=FLAG, amount=MAYBE_TEXT)),
    ),
    "Trend": record(
        "*",
        periods=array(
            record(
                "*",
                label=TEXT, percent=MAYBE_NUMBER, verdict=_VERDICT, standing=_STANDING,
                coverage=MAYBE_NUMBER, downtime=NUMBER, failures=COUNT, incidents=COUNT,
            )
        ),
        met=COUNT, judged=COUNT, hardly_known=COUNT, downtime=NUMBER, failures=COUNT,
        time_to_repair=MAYBE_NUMBER,
        time_between_failures=MAYBE_NUMBER, time_to_acknowledge=MAYBE_NUMBER, incidents=COUNT,
        acknowledged=COUNT,
    ),
    "Report": record(
        "schema agreement terms organization period generated_at complete notices services groups objectives "
        "credit unwatched integrity",
        schema={"const": "slawatch.report/1"}, agreement=MAYBE_TEXT, terms=TEXTS, organization=MAYBE_TEXT,
        period=record("*", **_PERIOD, seconds=NUMBER), generated_at=TIME, complete=FLAG, notices=TEXTS,
        services=array(ref("ServiceReport")), groups=array(ref("ServiceReport")),
        objectives=array(ref("Objective")), credit=maybe(ref("Credit")), combined=_COMBINED,
        without_adjustments=maybe(_COMBINED),
        versions=array(
            record(
                "*", effective_from=MAYBE_TEXT, start=TIME, end=TIME,
                terms=array(record("*", term=TEXT, text=TEXT)),
            )
        ),
        tiers=array(record("*", tier=TEXT, credit=TEXT, clause=MAYBE_TEXT, applies=FLAG)),
        maintenance_quota=array(record("*", service=TEXT, period=TEXT, allowed=NUMBER, used=NUMBER)),
        adjustments=array(
            record(
                "*",
                id=TEXT, service=TEXT, **{"class": {"type": "string", "enum": ["excused", "counted"]}},
                outage=MAYBE_TEXT, start=MAYBE_TIME, end=MAYBE_TIME, reason=TEXT, evidence=MAYBE_TEXT,
                author=TEXT, added=TIME, approvers=TEXTS,
                state={"type": "string", "enum": ["proposed", "approved", "withdrawn"]}, holds=FLAG,
                stands=TEXT,
            )
        ),
        running=maybe(ref("Running")), trend=maybe(ref("Trend")), unwatched=array(_STRETCH),
        integrity=record(
            "evidence_sha256 frozen",
            evidence_sha256=TEXT, frozen=FLAG, number=COUNT, place=COUNT, previous=MAYBE_TEXT, frozen_at=TIME,
            frozen_by=TEXT, reason=MAYBE_TEXT, restates=maybe(COUNT), public_key=TEXT, version=TEXT,
        ),
    ),
    "AgreementStanding": record(
        "*",
        agreement=TEXT, organization=TEXT, services=TEXTS, period=record("*", **_PERIOD),
        percent=MAYBE_NUMBER, shown=MAYBE_TEXT, target=MAYBE_TEXT, verdict=maybe(_VERDICT), behind=FLAG,
        hardly_known=FLAG, known=MAYBE_NUMBER,
        budget_remaining=MAYBE_NUMBER, trend=maybe(ref("Trend")), trend_missing=MAYBE_TEXT,
    ),
}  # fmt: skip
"""By name; what stands in an agreement's report alone is not required."""
