"""The part of the OpenAPI document about frozen reports."""

from typing import Any, Final

from slawatch.answers.paging import MOST, USUAL
from slawatch.web._operation import in_path, in_query, one_of, operation, ref
from slawatch.web.report_schemas import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    array,
    maybe,
    record,
)

_JSON: Final = "application/json"
_READ: Final = (400, 403, 404, 503)
_WRITTEN: Final = (400, 401, 403, 404, 408, 413, 422, 503)
_WISHES: Final = {
    "month": "such as 2026-10", "quarter": "such as 2026-Q4", "year": "such as 2026",
    "period": "any of these, or a week such as 2026-W41, or a day such as 2026-10-05",
    "from": "a date, a local time, or a time with an offset", "to": "the same, exclusive",
    "agreement": "only this one", "org": "only this organisation's",
    "reason": "why; stands in the report",
    "person": "who freezes it; on the unix socket", "source": "from where; on the unix socket",
}  # fmt: skip

_PERIOD: Final = record("*", label=TEXT, start=TIME, end=TIME, timezone=TEXT)
_MAYBE_COUNT: Final = {"type": ["integer", "null"]}
_FROZEN: Final = {
    "number": COUNT, "organization": MAYBE_TEXT, "agreement": MAYBE_TEXT, "report": TEXT, "period": _PERIOD,
    "verdict": {"enum": ["met", "missed", "no data", "undecided", "hardly known", None]}, "frozen_at": TIME,
    "frozen_by": TEXT, "source": TEXT, "reason": MAYBE_TEXT, "restates": _MAYBE_COUNT,
    "restated_by": _MAYBE_COUNT, "place": COUNT, "previous": MAYBE_TEXT, "manifest_sha256": TEXT,
    "evidence_sha256": TEXT, "public_key": TEXT, "version": TEXT, "bytes": COUNT,
}  # fmt: skip
_FINDING: Final = record(
    "*", kind=TEXT, where=TEXT, what=TEXT, stored=MAYBE_TEXT, recomputed=MAYBE_TEXT, advice=MAYBE_TEXT
)
_CHANGE: Final = record("path text", path=TEXT, before={}, after={}, text=TEXT)

SCHEMAS: Final[dict[str, Any]] = {
    "FrozenReport": record("*", **_FROZEN),
    "FrozenReports": record("*", reports=array(ref("FrozenReport")), next=MAYBE_TEXT),
    "FrozenReportWhole": record(
        "*",
        **_FROZEN,
        services=array(record("*", service=TEXT, availability=TEXT)),
        objectives=array(record("*", id=TEXT, target=TEXT, measured=TEXT, verdict=TEXT, hardly_known=FLAG)),
        credit=maybe({"type": "object"}),
        changes={
            "description": "Of a restatement: what differs from the report whose place it takes.",
            "anyOf": [array(_CHANGE), {"type": "null"}],
        },
    ),
    "Freezing": record(
        "*", frozen=array(ref("FrozenReport")), refused=array(record("*", report=TEXT, reason=TEXT))
    ),
    "OverdueReports": record(
        "*", overdue=array(record("*", agreement=TEXT, organization=TEXT, period=_PERIOD, late=NUMBER))
    ),
    "VerifiedReport": record(
        "*",
        ok=FLAG, result=one_of(("match", "differs", "figures match", "not verified")), summary=TEXT,
        number=COUNT, organization=MAYBE_TEXT,
        report=MAYBE_TEXT, agreement=MAYBE_TEXT, period=MAYBE_TEXT, frozen_at=MAYBE_TIME,
        frozen_by=MAYBE_TEXT, restates=_MAYBE_COUNT, version=MAYBE_TEXT, public_key=MAYBE_TEXT,
        trusted={"type": ["boolean", "null"]}, figures=COUNT, cells=COUNT,
        first_figure=maybe(record("*", path=TEXT, stored={}, recomputed={})),
        first_second=maybe(
            record("*", service=TEXT, at=TIME, stored=MAYBE_TEXT, recomputed=MAYBE_TEXT)
        ),
        different_figures=COUNT, findings=array(_FINDING), uncompared=TEXTS, notes=TEXTS,
    ),
    "ReportKey": record(
        "*", algorithm=TEXT, public_key=TEXT, fingerprint=TEXT, minisign=TEXT, pem=TEXT
    ),
}  # fmt: skip


def paths() -> dict[str, Any]:
    """Return the paths."""
    number = [in_path("number", "the report's")]
    return {
        "/api/v1/reports": {"get": _list(), "post": _freeze()},
        "/api/v1/reports/overdue": {
            "get": operation(
                "overdueReports", "record", "Periods of agreements that are over and not frozen.",
                {_JSON: {"schema": ref("OverdueReports")}}, errors=_READ,
                query=[in_query("org", "only this organisation's")],
            )
        },
        "/api/v1/reports/key": {
            "get": operation(
                "reportKey", "record", "The public half of the key that signs reports.",
                {_JSON: {"schema": ref("ReportKey")}}, errors=(403, 503),
            )
        },
        "/api/v1/reports/{number}": {
            "parameters": number,
            "get": operation(
                "frozenReport", "record", "A frozen report: its verdicts, and what a restatement changed.",
                {_JSON: {"schema": ref("FrozenReportWhole")}}, errors=_READ,
            ),
        },
        "/api/v1/reports/{number}/pack": {
            "parameters": number,
            "get": operation(
                "frozenReportPack", "record", "A frozen report as the file that customers are given.",
                {"application/zip": {"schema": {"type": "string", "format": "binary"}}}, errors=_READ,
                said="The zip file that `slawatch verify` reads.",
            ),
        },
        "/api/v1/reports/{number}/html": {
            "parameters": number,
            "get": operation(
                "frozenReportPage", "record", "The page of a frozen report, as it was frozen.",
                {"text/html": {"schema": {"type": "string"}}}, errors=_READ,
            ),
        },
        "/api/v1/reports/{number}/verify": {
            "parameters": number,
            "get": operation(
                "verifyReport", "record",
                "Whether a frozen report still is what follows from its evidence, in its place of the chain.",
                {_JSON: {"schema": ref("VerifiedReport")}}, errors=_READ,
            ),
        },
        "/api/v1/reports/{number}/restate": {
            "parameters": number,
            "post": operation(
                "restateReport", "commands", "Freeze a report that takes the place of another.",
                {_JSON: {"schema": ref("FrozenReportWhole")}}, errors=_WRITTEN,
                description="Both stay. `reason` is needed: the customer reads it.",
                requestBody=_body("reason", "person", "source"),
            ),
        },
    }  # fmt: skip


def _list() -> dict[str, Any]:
    return operation(
        "frozenReports", "record", "Frozen reports, the latest first.",
        {_JSON: {"schema": ref("FrozenReports")}}, errors=_READ,
        query=[
            in_query("org", "only this organisation's"),
            in_query("agreement", "only on this agreement"),
            in_query("period", "only of this period, such as 2026-10"),
            in_query(
                "limit", "so many at most",
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
            ),
            in_query("cursor", "of the page before: its `next`"),
        ],
    )  # fmt: skip


def _freeze() -> dict[str, Any]:
    return operation(
        "freezeReports", "commands", "Freeze reports: number, sign and keep them for good.",
        {_JSON: {"schema": ref("Freezing")}}, errors=_WRITTEN,
        description=(
            "Name exactly one of `month`, `quarter`, `year`, `period` and `from` with `to`. Without "
            "`agreement` it is every agreement. A period that still runs, whose results are not all stored, "
            "or that is frozen already, is refused; where that is so of all, the answer is 422 or 503."
        ),
        requestBody=_body(*_WISHES),
    )  # fmt: skip


def _body(*keys: str) -> dict[str, Any]:
    texts = {key: {"type": "string", "description": _WISHES[key]} for key in keys}
    return {"required": True, "content": {_JSON: {"schema": {"type": "object", "properties": texts}}}}
