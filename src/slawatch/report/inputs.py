"""What a report is made of, as one value: written as canonical JSON, read back on any machine, made again.

The JSON (`slawatch.inputs/1`) is complete: terms with all their defaults, holidays as dates, the evidence
change by change. It holds nothing besides: no other customer's service or window, no address that a check
asks, no secret.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, NamedTuple

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.civil import clocks, zone
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.life import LifeEvent, details
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.sample import Outcome, Transition
from slawatch.core.trend import Reaction, TrendPoint
from slawatch.core.version import versions
from slawatch.report import codec
from slawatch.report.build import build
from slawatch.report.report import Report

SCHEMA: Final = "slawatch.inputs/1"

_EARLIEST: Final[Instant] = -(200 * 366 * DAY)
_LATEST: Final[Instant] = 7000 * 366 * DAY
_LONGEST: Final[Micros] = 200 * 366 * DAY
_AROUND: Final[Micros] = 2 * DAY
_TOLD: Final = frozenset({"last", "length", "step", "prober", "lost", "since", "batches"})
"""What a report reads of the details of a life event."""

_WITHOUT: Final[Mapping[type, frozenset[str]]] = {
    Service: frozenset({"runbook", "depends_on", "escalation"}),
    Organization: frozenset({"status_page"}),
    Check: frozenset({"service", "options", "timeout", "failures", "retry_interval"}),
}
"""What no report reads, and no customer needs to know."""


class InputsUnreadable(ValueError):  # noqa: N818 (what a file is)
    """A text that no report can be made of.

    Attributes:
        where: the path in the text; empty for the whole.
        what: what is wrong there.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


class Offset(NamedTuple):
    """From when on the clocks of a zone stand how far ahead of UTC."""

    start: Instant
    offset: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a report is made of: the arguments of `slawatch.report.build.build`.

    Attributes:
        key, organization_name: where the report is named otherwise than `build` would; empty for the same.
    """

    agreement: Agreement | None
    services: tuple[Service, ...]
    evidence: Mapping[str, ServiceEvidence]
    maintenance: tuple[Maintenance, ...] = ()
    life: tuple[LifeEvent, ...] = ()
    period: Period
    now: Instant
    organization: Organization | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    counters: Mapping[str, Counts] = field(default_factory=dict)
    reach: Instant | None = None
    earlier: tuple[TrendPoint, ...] | None = None
    reactions: tuple[Reaction, ...] = ()
    key: str = ""
    organization_name: str = ""


def made(inputs: Inputs) -> Report:
    """Return the report.

    Raises:
        ValueError: as `build` does.
    """
    given = {f.name: getattr(inputs, f.name) for f in fields(inputs)}
    key, name = given.pop("key"), given.pop("organization_name")
    report = build(**given)
    if not key and not name:
        return report
    return replace(report, key=key or report.key, organization_name=name or report.organization_name)


def needed(inputs: Inputs) -> Inputs:
    """Return the same without what the report does not read; it makes an equal report."""
    names = {service.name for service in inputs.services}
    ours = set(names)
    owner = inputs.organization
    calendars = set()
    for terms in versions(inputs.agreement) if inputs.agreement else ():
        ours |= {*terms.services, *terms.groups}
        calendars.add(terms.calendar)
    evidence = {name: found for name, found in inputs.evidence.items() if name in names}
    checks = {check.check for found in evidence.values() for check in found.checks}
    return replace(
        inputs,
        services=tuple(
            Service(name=s.name, organization=s.organization, join=s.join, description=s.description)
            for s in inputs.services
        ),
        evidence=evidence,
        maintenance=tuple(
            replace(window, services=tuple(name for name in window.services if name in ours))
            for window in inputs.maintenance
            if not ours.isdisjoint(window.services)
        ),
        life=tuple(_told(event) for event in inputs.life),
        organization=owner and Organization(key=owner.key, name=owner.name, timezone=owner.timezone),
        checks={name: _bare(name, check) for name, check in inputs.checks.items() if name in checks},
        calendars={name: found for name, found in inputs.calendars.items() if name in calendars},
        adjustments=tuple(a for a in inputs.adjustments if a.added.service in ours),
        reactions=tuple(one for one in inputs.reactions if one.service in ours),
        earlier=None if inputs.agreement is None else inputs.earlier,
    )


def _bare(name: str, check: Check) -> Check:
    return Check(
        name=name,
        service="",
        type=check.type,
        options=None,
        interval=check.interval,
        stale_after=check.stale_after,
    )


def _told(event: LifeEvent) -> LifeEvent:
    found = {name: value for name, value in details(event).items() if name in _TOLD}
    text = json.dumps(found, sort_keys=True, ensure_ascii=False) if found else ""
    return event._replace(detail=text)


def write(inputs: Inputs) -> bytes:
    """Return what is needed of it as canonical JSON: the same inputs give the same bytes."""
    wanted = needed(inputs)
    content = {"schema": SCHEMA, **codec.plain(replace(wanted, evidence={}), _WITHOUT)}
    content["evidence"] = {name: _evidence(found) for name, found in wanted.evidence.items()}
    content["zones"] = codec.plain(zones(wanted), {})
    # In the order of the terms, which a report keeps: groups and weights are listed as they were written.
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass")


def _evidence(found: ServiceEvidence) -> dict[str, Any]:
    bare = codec.plain(replace(found, checks=()), {})
    bare["checks"] = [
        {
            **codec.plain(replace(check, transitions=()), {}),
            # As a loop of their own: there may be millions of them.
            "transitions": [[at, int(outcome), after] for at, outcome, after in check.transitions],
        }
        for check in found.checks
    ]
    return dict(bare)


def read(text: bytes) -> Inputs:
    """Return the inputs that a text holds.

    Raises:
        InputsUnreadable: it holds none, or some that contradict themselves.
    """
    return read_with_zones(text)[0]


def read_with_zones(text: bytes) -> tuple[Inputs, dict[str, tuple[Offset, ...]]]:
    """Return the inputs that a text holds, and how the clocks stood in each zone when it was written.

    Raises:
        InputsUnreadable: it holds none, or some that contradict themselves.
    """
    content = _parsed(text)
    try:
        evidence = {
            codec.read(name, str): _read_evidence(found, f"evidence.{name}")
            for name, found in _object(content.pop("evidence", None), "evidence").items()
        }
        stood: dict[str, tuple[Offset, ...]] = codec.read(
            content.pop("zones", None), Mapping[str, tuple[Offset, ...]], "zones"
        )
        inputs: Inputs = codec.read(_completed(content) | {"evidence": {}}, Inputs)
    except codec.Misread as error:
        raise InputsUnreadable(error.where, error.what) from None
    inputs = replace(inputs, evidence=evidence)
    _check(inputs)
    return inputs, stood


def zones(inputs: Inputs) -> dict[str, tuple[Offset, ...]]:
    """Return how the clocks of this machine stand in and around a period, in each zone that it names."""
    names = {inputs.period.timezone}
    names |= {terms.timezone for terms in (versions(inputs.agreement) if inputs.agreement else ())}
    names |= {calendar.timezone for calendar in inputs.calendars.values()}
    start, end = inputs.period.start - _AROUND, inputs.period.end + _AROUND
    return {
        name: tuple(Offset(c.start, c.offset) for c in clocks(start, end, name)) for name in sorted(names)
    }


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        content = json.loads(text.decode("utf-8", errors="surrogatepass"))
    except RecursionError:
        raise InputsUnreadable("", "it is nested too deeply") from None
    except ValueError as error:
        raise InputsUnreadable("", f"it is not JSON: {error}") from None
    schema = _object(content, "").get("schema")
    if schema != SCHEMA:
        raise InputsUnreadable("schema", f"{SCHEMA!r} belongs here, not {codec.shown(schema)}")
    return dict(content)


def _object(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InputsUnreadable(where, f"an object belongs here, not {codec.shown(found)}")
    return found


def _completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return it with what the checks lack that no report reads."""
    found = {name: value for name, value in content.items() if name != "schema"}
    checks = found.get("checks")
    if isinstance(checks, dict):
        found["checks"] = {
            name: {**check, "service": "", "options": None} if isinstance(check, dict) else check
            for name, check in checks.items()
        }
    return found


def _read_evidence(content: Any, where: str) -> ServiceEvidence:
    found = dict(_object(content, where))
    checks = found.pop("checks", None)
    if not isinstance(checks, list):
        raise InputsUnreadable(f"{where}.checks", f"an array belongs here, not {codec.shown(checks)}")
    bare: ServiceEvidence = codec.read(found | {"checks": []}, ServiceEvidence, where)
    return replace(
        bare, checks=tuple(_read_check(one, f"{where}.checks[{i}]") for i, one in enumerate(checks))
    )


def _read_check(content: Any, where: str) -> CheckEvidence:
    found = dict(_object(content, where))
    rows = found.pop("transitions", None)
    bare: CheckEvidence = codec.read(found, CheckEvidence, where)
    if not isinstance(rows, list):
        raise InputsUnreadable(f"{where}.transitions", f"an array belongs here, not {codec.shown(rows)}")
    return replace(bare, transitions=tuple(_transitions(rows, f"{where}.transitions")))


def _transitions(rows: Sequence[Any], where: str) -> list[Transition]:
    made: list[Transition] = []
    last = _EARLIEST
    for row in rows:
        # Spelled out, as there may be millions of them.
        if not (
            type(row) is list
            and len(row) == 3
            and type(row[0]) is int
            and last < row[0] < _LATEST
            and type(row[1]) is int
            and 0 <= row[1] <= Outcome.UNKNOWN
            and (row[2] is None or (type(row[2]) is int and _EARLIEST < row[2] <= row[0]))
        ):
            raise InputsUnreadable(
                f"{where}[{len(made)}]",
                "[instant, outcome from 0 to 3, the sample before it or null], later than the one before, "
                f"belongs here, not {codec.shown(row)}",
            )
        last = row[0]
        made.append(Transition(row[0], row[1], row[2]))
    return made


def _check(inputs: Inputs) -> None:
    """Refuse what no report could be made of.

    Raises:
        InputsUnreadable: something contradicts itself, or lies beyond all time.
    """
    period = inputs.period
    if not _EARLIEST < period.start < period.end < _LATEST or period.end - period.start > _LONGEST:
        raise InputsUnreadable("period", "it must end after it starts, within the years of a calendar")
    for where, instant in (("now", inputs.now), ("reach", inputs.reach)):
        if instant is not None and not _EARLIEST < instant < _LATEST:
            raise InputsUnreadable(where, "it lies beyond all calendars")
    names = [period.timezone, *(c.timezone for c in inputs.calendars.values())]
    names += [terms.timezone for terms in (versions(inputs.agreement) if inputs.agreement else ())]
    for name in names:
        try:
            zone(name)
        except ValueError as error:
            raise InputsUnreadable("zones", str(error)) from None
    for name, found in inputs.evidence.items():
        if found.service != name:
            raise InputsUnreadable(f"evidence.{name}", f"it is that of {found.service!r}")
