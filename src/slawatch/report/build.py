"""From evidence to a report: which figures stand in it. Pure: the same evidence gives the same report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.availability import Portion, Terms, assess
from slawatch.core.calendar import Calendar
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.evaluation import Evaluation, evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.ledger import Exclusions
from slawatch.core.life import LifeEvent, Unwatched, unwatched
from slawatch.core.objective import Measure
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.subject import Subject
from slawatch.core.trend import Reaction, TrendPoint, untold
from slawatch.core.version import judging, versions
from slawatch.report import digest, verdicts, wording
from slawatch.report.judged import contract
from slawatch.report.report import MaintenanceLine, Report, ReportPeriod, ServiceReport, UnknownLine
from slawatch.report.service import QUANTILES, service_report
from slawatch.report.terms import notices, spelled_out

_DECIMALS: Final = 3


def build(
    agreement: Agreement | None,
    services: Sequence[Service],
    evidence: Mapping[str, ServiceEvidence],
    maintenance: Sequence[Maintenance],
    life: Sequence[LifeEvent],
    period: Period,
    now: Instant,
    *,
    organization: Organization | None = None,
    checks: Mapping[str, Check] | None = None,
    calendars: Mapping[str, Calendar] | None = None,
    adjustments: Sequence[Adjustment] = (),
    counters: Mapping[str, Counts] | None = None,
    reach: Instant | None = None,
    earlier: Sequence[TrendPoint] | None = None,
    reactions: Sequence[Reaction] = (),
) -> Report:
    """Return the report on one agreement, or without one on some services.

    Args:
        agreement: the terms; None gives figures without a verdict.
        services: those of the agreement, in the order in which they are reported.
        evidence: what was measured about each of them, by name; one that is absent was never monitored.
        maintenance: all windows; those of other services or times are ignored.
        life: the daemon's journal, from the last event before the period on.
        period: what the report is about; see `in_force` for one that begins before the terms do.
        now: when the report is made; later time is the future.
        organization: whose services these are.
        checks: by name, for the method section.
        calendars: the service hours, by name.
        adjustments: as they stand; those of other services are ignored.
        counters: the events of each `ratio`, by the objective's id.
        reach: the end of the window that the evidence was gathered for, where that is after the period's.
        earlier: how the periods before this one went, oldest first, for the trend; None for no trend.
        reactions: the incidents of the period, for the trend; others are ignored.

    Raises:
        ValueError: the agreement takes effect only after the period, or names an unknown calendar.
    """
    until = min(now, period.end)
    silent = unwatched(life, period.start, until) if period.start < until else ()
    targets = verdicts.targets(agreement)
    decimals = max(
        (t.decimals + 1 for _, t in targets if t.measure is Measure.AVAILABILITY), default=_DECIMALS
    )
    measured = {s.name: evidence.get(s.name) or ServiceEvidence(service=s.name, checks=()) for s in services}
    relevant = _relevant(agreement, maintenance, services, period)
    making = _Making({s.name: s for s in services}, measured, period, silent, checks or {}, decimals)
    found: Evaluation | None = None
    groups: tuple[ServiceReport, ...] = ()
    if agreement is None or not services:
        reports = tuple(making.plain(service, relevant, now) for service in services)
    else:
        found = evaluate(
            agreement, services, measured, period, now, calendars=calendars, maintenance=relevant,
            adjustments=adjustments, counters=counters, reach=reach,
        )  # fmt: skip
        alone = found
        if any(subject.group for subject in found.subjects):
            alone = evaluate(
                _ungrouped(agreement), services, measured, period, now, calendars=calendars,
                maintenance=relevant, adjustments=adjustments, reach=reach,
            )  # fmt: skip
        reports = tuple(making.judged(subject) for subject in alone.subjects)
        seen = [*(s for s in found.subjects if s.group), *filter(None, [found.together])]
        groups = tuple(making.judged(subject) for subject in seen if len(subject.members) > 1)
    text = digest.canonical(
        agreement, services, measured, relevant, silent, period, now,
        calendars=calendars or {}, adjustments=found.adjustments if found else (),
        counters=counters,
    )  # fmt: skip
    objectives = verdicts.objectives(found) if found else ()
    terms = found.terms if found else agreement
    missing = untold(period, len(services)) if agreement and earlier is None else ""
    said = [
        *notices(agreement, reports, period, now),
        *filter(None, [missing]),
        *(found.remarks if found and now > period.start else ()),
    ]
    return Report(
        key=agreement.key if agreement else organization.key if organization else "all",
        agreement=agreement.key if agreement else None,
        organization=organization.key if organization else None,
        organization_name=organization.name if organization else "All services",
        terms=tuple(p.terms.effective_from for p in found.parts if p.terms.effective_from) if found else (),
        unknown_policy=terms.unknown if terms else "exclude",
        degraded_policy=str(terms.degraded) if terms else "up",
        wording=tuple(spelled_out(terms, organization, services, period, calendars)),
        notices=tuple(said),
        period=ReportPeriod(
            label=period.label,
            title=wording.period_title(period),
            start=period.start,
            end=period.end,
            timezone=period.timezone,
        ),
        generated_at=now,
        complete=now >= period.end,
        services=reports,
        objectives=objectives,
        unwatched=tuple(UnknownLine(start=u.start, end=u.end, why=u.why) for u in silent),
        evidence_sha256=digest.digest(text),
        groups=groups,
        contract=contract(found, decimals, calendars or {}, earlier, reactions) if found else None,
    )


def in_force(agreement: Agreement, period: Period) -> Period:
    """Return the part of a period in which an agreement is in force.

    Raises:
        ValueError: it takes effect only after the period.
    """
    start = judging(agreement, period)[0].start
    return replace(period, start=start) if start > period.start else period


def quantiles(agreement: Agreement | None) -> tuple[str, ...]:
    """Return the percentiles that a report needs from the store: the usual ones and those promised."""
    wanted = [t.quantile for _, t in verdicts.targets(agreement) if t.quantile]
    return tuple(dict.fromkeys((*QUANTILES, *wanted)))


def named(agreement: Agreement, period: Period) -> tuple[str, ...]:
    """Return the services that an agreement names in a period, those of its newest terms first."""
    parts = judging(agreement, period)
    return tuple(dict.fromkeys(name for part in reversed(parts) for name in part.terms.services))


class _Making:
    """What the reports on all services have in common."""

    __slots__ = ("checks", "decimals", "evidence", "period", "services", "silent")

    def __init__(
        self,
        services: Mapping[str, Service],
        evidence: Mapping[str, ServiceEvidence],
        period: Period,
        silent: Sequence[Unwatched],
        checks: Mapping[str, Check],
        decimals: int,
    ) -> None:
        self.services = services
        self.evidence = evidence
        self.period = period
        self.silent = silent
        self.checks = checks
        self.decimals = decimals

    def plain(self, service: Service, windows: Sequence[Maintenance], now: Instant) -> ServiceReport:
        """Return the report on a service without any agreement's terms."""
        own = sorted((m for m in windows if service.name in m.services), key=lambda m: m.start)
        exclusions = Exclusions(maintenance=tuple((m.start, m.end) for m in own if granted(m)))
        evidence = self.evidence[service.name]
        start, end = self.period.start, self.period.end
        found = assess(
            service.name,
            evidence.checks or (CheckEvidence(check="", first_sample=None, held_until=None),),
            service.join,
            start,
            end,
            now=now,
            exclusions=exclusions,
        )
        lines = tuple(
            MaintenanceLine(
                start=m.start,
                end=m.end,
                announced=m.announced,
                granted=min(m.end, end) - max(m.start, start) if granted(m) else 0,
                late=0 if granted(m) else min(m.end, end) - max(m.start, start),
                reason=m.reason,
                service=service.name,
            )
            for m in own
        )
        portion = Portion(start=start, end=end, terms=Terms(), exclusions=exclusions)
        return service_report(
            service, evidence, found, (portion,), self.period, silent=self.silent, checks=self.checks,
            decimals=self.decimals, maintenance=lines,
        )  # fmt: skip

    def judged(self, subject: Subject) -> ServiceReport:
        """Return the report on a service or group as an agreement counts it."""
        alone = len(subject.members) == 1 and not subject.group
        changed = subject.adjusted is not subject.measured
        return service_report(
            self.services.get(subject.name, Service(name=subject.name))
            if alone
            else Service(name=subject.name),
            self._seen(subject),
            subject.adjusted,
            subject.portions,
            self.period,
            silent=self.silent,
            checks=self.checks,
            decimals=self.decimals,
            maintenance=tuple(_windows(subject)),
            measured=subject.measured if changed else None,
            members=() if alone else subject.members,
        )

    def _seen(self, subject: Subject) -> ServiceEvidence:
        if not subject.group and len(subject.members) == 1:
            return self.evidence.get(subject.name) or ServiceEvidence(service=subject.name, checks=())
        every = [self.evidence[name] for name in subject.members if name in self.evidence]
        return ServiceEvidence(
            service=subject.name,
            checks=tuple(check for one in every for check in one.checks),
            reasons=tuple(sorted((r for one in every for r in one.reasons), key=lambda r: r.at)),
        )


def granted(window: Maintenance) -> bool:
    """Whether a window counts as maintenance where no agreement says otherwise: it was announced in time."""
    return window.announced is None or window.announced < window.start


def _windows(subject: Subject) -> Iterator[MaintenanceLine]:
    for service, grant in subject.grants.items():
        for listed in grant.listed:
            yield MaintenanceLine(
                start=listed.window.start,
                end=listed.window.end,
                announced=listed.window.announced,
                granted=listed.granted,
                reason=listed.window.reason,
                late=listed.late,
                edited=listed.edited,
                over_quota=listed.over_quota,
                ignored=listed.ignored,
                outside_hours=listed.outside_hours,
                service=service,
            )


def _ungrouped(agreement: Agreement) -> Agreement:
    """Return the same terms with each service on its own, for the figures of a group's members."""
    bare = replace(
        agreement, groups={}, combine="worst", weights={}, objectives=(), credits=(), fee=None, versions=()
    )
    later = tuple(_ungrouped(version) for version in agreement.versions)
    return replace(bare, versions=later)


def _relevant(
    agreement: Agreement | None, windows: Iterable[Maintenance], services: Sequence[Service], period: Period
) -> tuple[Maintenance, ...]:
    """Return the windows that bear on a period; of a quota, those that may have used it up before."""
    names = {s.name for s in services}
    quota = agreement is not None and any(
        getattr(terms.maintenance, "quota", None) is not None for terms in versions(agreement)
    )
    return tuple(
        m
        for m in windows
        if m.start < period.end and (quota or m.end > period.start) and not names.isdisjoint(m.services)
    )
