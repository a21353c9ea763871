"""What a report says: plain values, rendered as JSON, CSV or HTML by modules that calculate nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeAlias

from slawatch.core.instant import Instant, Micros
from slawatch.core.ledger import Piece
from slawatch.report.contract import Contract
from slawatch.report.frozen import Frozen
from slawatch.report.standing import standing

CLASSES: Final = (
    "up", "degraded", "down", "unknown", "excused", "maintenance", "outside_hours", "not_monitored", "future",
)  # fmt: skip
"""The classes of a ledger, in the order in which every rendered form lists them."""

READINGS: Final = ("exclude", "down", "up", "maintenance_ignored", "as_measured", "low", "high")
"""The ways to read the same evidence: each policy for unknown time, without the terms, at the bounds."""

Classes: TypeAlias = Mapping[str, Micros]
"""The length of each class; all of `CLASSES`, and their sum is the stretch of time that it describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPeriod:
    """What stretch of time a report is about.

    Attributes:
        label: `2026-10`, `2026-Q4`, `2026`, or `2026-10-01_2026-10-15`; fit for a file's name.
        title: the same for people: `October 2026`.
        start, end: half-open.
        timezone: IANA name; whose midnights the days start at.
    """

    label: str
    title: str
    start: Instant
    end: Instant
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """An availability with everything that a reader needs to judge it.

    Attributes:
        good, counted: microseconds; the figure is good / counted, in percent.
        percent: the exact percentage; None where nothing counts, which is "no data".
        exact: the fraction as `numerator/denominator`; empty where nothing counts.
        shown: floored to `decimals` places; "no data" where nothing counts.
        decimals: one more than the target has.
        low, high: bounds, in percent, from the time between two samples in which an edge truly lay.
        unknown_as: the percentage under each policy for unknown time.
        maintenance_ignored: the percentage if maintenance counted like any other time.
        as_measured: the percentage of what was observed, with nothing excluded and nothing excused.
        coverage: the share of the elapsed, agreed time about which the state is known, in percent.
    """

    good: Fraction
    counted: Micros
    percent: Fraction | None
    exact: str
    shown: str
    decimals: int
    low: Fraction | None
    high: Fraction | None
    unknown_as: Mapping[str, Fraction | None]
    maintenance_ignored: Fraction | None
    as_measured: Fraction | None
    coverage: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageLine:
    """One outage that touches the period.

    Attributes:
        id: the same in every period that it touches.
        start, end: the whole outage, half-open; `end` is as far as is known while it is ongoing.
        began_before: it was under way when the period began.
        goes_on: it was not over when the period ended.
        ongoing: nothing says that it is over at all.
        after_start: the last good sample before it: the true start lies after this. None where there is none.
        after_end: the last bad sample of it: the true end lies after this.
        length: how long it was inside the period.
        counted: how much of it the terms count as down.
        reason: why, in one line; may come from the watched service, so it is not to be trusted as markup.
        checks: the checks that were down.
    """

    id: str
    start: Instant
    end: Instant
    began_before: bool
    goes_on: bool
    ongoing: bool
    after_start: Instant | None
    after_end: Instant | None
    length: Micros
    counted: Micros
    reason: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLine:
    """A stretch of time about which nobody can say what the service was, and why.

    Attributes:
        start, end: half-open.
        why: one line for people.
    """

    start: Instant
    end: Instant
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """One civil day of the period.

    Attributes:
        date: ISO date.
        start, end: half-open, clipped to the period; 23 or 25 hours where the clocks change.
        classes: they sum to end - start.
        percent: the day's availability; None for no data.
        lost: how much of its counted time was not good, as the terms of each part of it say.
    """

    date: str
    start: Instant
    end: Instant
    classes: Classes
    percent: Fraction | None
    lost: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyPointLine:
    """The latencies of one step of the chart; None where no sample answered."""

    start: Instant
    p50: Micros | None
    p95: Micros | None
    max: Micros | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyFigures:
    """Exact percentiles (`quantile_disc`) of a service's answers in the period; None where there was none.

    Attributes:
        quantiles: by name, `p50`, `p95`, `p99` and what the objectives ask for.
        count: answers that had a latency.
        slowest: the longest of them.
        series: for the chart, in order.
    """

    quantiles: Mapping[str, Micros | None]
    count: int
    slowest: Micros | None = None
    series: tuple[LatencyPointLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check of a service, as it stands in the method section."""

    name: str
    type: str
    interval: Micros
    holds: Micros
    samples: int
    first_sample: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceLine:
    """A window of announced work in the period, and how much of it the terms grant.

    Attributes:
        start, end: the whole window.
        announced: when the customer was told; None where it was written without.
        granted: how much of it, inside the period, does not count.
        reason: why there was work.
        late, edited, over_quota, ignored: how much of it counts, by why it does.
        outside_hours: how much of it lies outside of the service hours and counts neither way.
        service: whose work it is.
    """

    start: Instant
    end: Instant
    announced: Instant | None
    granted: Micros
    reason: str
    late: Micros = 0
    edited: Micros = 0
    over_quota: Micros = 0
    ignored: Micros = 0
    outside_hours: Micros = 0
    service: str = ""

    @property
    def refused(self) -> tuple[tuple[str, Micros], ...]:
        """What of it counts all the same: (why, how long)."""
        found = (
            ("announced too late", self.late),
            ("changed too late", self.edited),
            ("over the quota", self.over_quota),
            ("not excluded by these terms", self.ignored),
        )
        return tuple((why, length) for why, length in found if length)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """What a report says about one service.

    Attributes:
        classes: the ledger; sums to the period.
        days: each civil day's ledger; they sum to the period's.
        observed: for each excluded class, what was observed in it: class -> state -> length.
        measured: the availability without any adjustment; None where none holds.
        members: the services of a group; empty for a service.
        pieces: the ledger stretch by stretch: the period cut into its classes.
    """

    service: str
    description: str
    join: str
    classes: Classes
    availability: Availability
    outages: tuple[OutageLine, ...]
    unknown: tuple[UnknownLine, ...]
    days: tuple[DayLine, ...]
    latency: LatencyFigures
    samples: int
    checks: tuple[CheckLine, ...]
    maintenance: tuple[MaintenanceLine, ...] = ()
    observed: Mapping[str, Mapping[str, Micros]] | None = None
    measured: Availability | None = None
    members: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def outages_counted(self) -> int:
        """How many outages there were by the terms: those of which something counts in the period."""
        return sum(1 for outage in self.outages if outage.counted)

    @property
    def outages_aside(self) -> int:
        """How many more were seen of which nothing counts: in maintenance, excused, too short."""
        return len(self.outages) - self.outages_counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An error budget: what may be lost in the whole period, what was, and what is left.

    What is left is below zero exactly where the promise cannot be kept any more.
    """

    allowed: Micros
    spent: Micros
    remaining: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """How many probes or events a rate is made of, and how many of them may be bad; exact.

    Attributes:
        good, total: how many there were.
        allowed: so many may be bad, of those there were.
        bad: how many are.
    """

    good: Fraction
    total: Fraction
    allowed: Fraction
    bad: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceVerdict:
    """How one service did on one objective.

    Attributes:
        measured: as people read it: `99.91`, `412 ms`, `no data`.
        verdict: met, missed, no data, undecided.
        under: the verdict under each other reading, by the names of `READINGS`; empty where the metric is no
            availability.
        verdict_before: the verdict without any adjustment.
        events: of a rate.
        behind: whether a running period misses the target so far and can still keep it.
        known: of a verdict that rests on too little: the share of the promised time that it rests on.
    """

    service: str
    measured: str
    verdict: str
    budget: Budget | None
    under: Mapping[str, str]
    verdict_before: str = ""
    events: Events | None = None
    behind: bool = False
    known: Fraction | None = None

    @property
    def standing(self) -> str:
        """The verdict for people."""
        return standing(self.verdict, behind=self.behind, known=self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveReport:
    """One promise and whether it was kept.

    Attributes:
        measured, verdict, budget: those of the agreement: of the worst service, or of all together.
        decided_by: the service or group that decides; empty where all do together.
        services: each service or group on its own.
        low, high: the bounds of an availability, in percent.
        measured_before, verdict_before: without any adjustment.
        unknown_as: for an availability: the verdict under each policy for unknown time.
        events: of a rate.
        behind: whether a running period misses the target so far and can still keep it.
        known: of a verdict that rests on too little: the share of the promised time that it rests on.
    """

    id: str
    metric: str
    target: str
    measured: str
    verdict: str
    budget: Budget | None
    decided_by: str
    services: tuple[ServiceVerdict, ...]
    low: Fraction | None = None
    high: Fraction | None = None
    measured_before: str = ""
    verdict_before: str = ""
    unknown_as: Mapping[str, str] = field(default_factory=dict)
    events: Events | None = None
    behind: bool = False
    known: Fraction | None = None

    @property
    def standing(self) -> str:
        """The verdict for people."""
        return standing(self.verdict, behind=self.behind, known=self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report on one agreement, or on the services of an organisation that has none.

    Attributes:
        key: names its files: the agreement's key, or the organisation's.
        agreement: the agreement's key; None without one, and then there is no verdict.
        organization: key; None for a config without organisations.
        organization_name: for people.
        terms: `effective_from` of each version that applies in the period, oldest first.
        unknown_policy: how unknown time counts: exclude, down or up.
        degraded_policy: how degraded time counts: up, down, or a weight as decimal text.
        wording: the terms as label and text, for people.
        notices: what a reader must know before the figures: still running, cut short, no data.
        generated_at: when it was built.
        complete: the period was over then.
        unwatched: stretches in which slawatch itself did not watch, with the cause.
        evidence_sha256: over the canonical evidence, see `slawatch.report.digest`.
        groups: services that the agreement sees as one, each as that one.
        contract: what the agreement comes to; None without one.
        frozen: its number and origin; None for a report that was not frozen.
    """

    key: str
    agreement: str | None
    organization: str | None
    organization_name: str
    terms: tuple[str, ...]
    unknown_policy: str
    degraded_policy: str
    wording: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    period: ReportPeriod
    generated_at: Instant
    complete: bool
    services: tuple[ServiceReport, ...]
    objectives: tuple[ObjectiveReport, ...]
    unwatched: tuple[UnknownLine, ...]
    evidence_sha256: str
    groups: tuple[ServiceReport, ...] = ()
    contract: Contract | None = None
    frozen: Frozen | None = None
