"""What metrics come to now: asked of the store for all rules at once, or for one question."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from slawatch.answers.entries import adjustments, merged
from slawatch.answers.promises import running
from slawatch.answers.ratios import Counting
from slawatch.answers.status import members
from slawatch.answers.view import Live
from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.evaluation import Evaluation, evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros
from slawatch.core.objective import Measure
from slawatch.core.period import Period
from slawatch.core.pledge import pledge_value
from slawatch.core.ratio import Counts
from slawatch.core.sample import Outcome
from slawatch.core.series import Whose, Wish
from slawatch.core.stretch import Past, Stretch, stretch, time_value
from slawatch.report.build import quantiles
from slawatch.store import evidence
from slawatch.store.database import StoreError, numbers_of, transaction
from slawatch.store.record import Record
from slawatch.store.windows import Latest, Value, values

if TYPE_CHECKING:
    import duckdb

FRESH: Final = 100
"""A value over a long window is at most this part of it old: so little of it has changed."""
LONG: Final[Micros] = HOUR
"""Windows from here on are long."""
BACK: Final[Micros] = 3 * DAY
"""How far before a period its changes are known, for burn rates."""
_QUIET: Final[Micros] = 10 * MINUTE
"""An agreement in which nothing happened is worked out so often."""
_NOTHING: Final = Value(None)


@dataclass(slots=True)
class _Pledge:
    """An agreement as it was worked out last.

    Attributes:
        found: the evaluation.
        changes: of its checks then.
        terms: what else it was worked out from.
        calm: nothing was wrong in it.
    """

    found: Evaluation
    changes: tuple[object, ...]
    terms: object
    calm: bool


@dataclass(slots=True)
class Memory:
    """What is kept from one evaluation to the next, so that little is asked of the store.

    Attributes:
        latest: the last samples.
        record: the changes that the windows of rules lie in.
        periods: those of agreements, by when they begin.
        pasts: services and checks, summed up to their last change.
        values: those over long windows, with when they were taken.
        pledges: agreements as they were worked out last.
        quiet: agreements of which nothing is told now: while all is up and nothing changes, nothing will be.
        halted: nobody waits any more for what is being worked out.
        slow: what of agreements takes reading all samples of a period, with when it was read.
    """

    latest: Latest = field(default_factory=Latest)
    record: Record = field(default_factory=Record)
    periods: dict[Instant, Record] = field(default_factory=dict)
    pasts: dict[Whose, Past] = field(default_factory=dict)
    values: dict[Wish, tuple[Instant, Value]] = field(default_factory=dict)
    pledges: dict[str, _Pledge] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    halted: bool = False
    slow: dict[str, tuple[Instant, Mapping[str, ServiceEvidence], Mapping[str, Counts]]] = field(
        default_factory=dict
    )


def measure(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    wishes: Collection[Wish],
    now: Instant,
    live: Live | None = None,
    memory: Memory | None = None,
) -> dict[Wish, Value]:
    """Return what each wish comes to; blocking, for a worker thread.

    Args:
        cursor: on the store; used up to the end of the call.
        config: whose checks and agreements.
        wishes: what is wanted.
        now: where the windows end.
        live: what the daemon says of itself; None without one: what only it knows has no value.
        memory: of the last call.

    Raises:
        duckdb.Error, StoreError: the store cannot be read.
    """
    memory = Memory() if memory is None else memory
    making = _Making(cursor, config, now, live, memory)
    by_source: dict[str, list[Wish]] = defaultdict(list)
    for wish in dict.fromkeys(wishes):
        by_source[wish.metric.source].append(wish)
    making.of_windows([*by_source["samples"], *by_source["measures"]])
    making.of_time(by_source["time"])
    making.of_pings(by_source["pings"])
    making.of_agreements(by_source["agreement"])
    making.of_itself(by_source["slawatch"])
    return making.found


def pledges(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    now: Instant,
    memory: Memory,
    only: Iterable[str] | None = None,
) -> dict[str, Evaluation]:
    """Return the running period of each agreement that is in force, by key; blocking.

    Availability is worked out from the changes of the checks, each time. Latencies and counters, for which
    all samples of the period have to be read, are at most a hundredth of the period old. An agreement in
    which nothing is wrong and nothing changed is worked out every ten minutes; where all are asked for, so is
    one of which nothing is told (`Memory.quiet`), for its losses can only grow less telling.

    Raises:
        duckdb.Error, StoreError: the store cannot be read.
    """
    now -= now % SECOND
    chosen = set(config.agreements if only is None else only)
    config, adjusted = merged(config, cursor), adjustments(cursor)
    by_service = members(config)
    found: dict[str, Evaluation] = {}
    periods = {
        terms.key: (terms, period)
        for terms in config.agreements.values()
        if terms.key in chosen and (period := running(terms, now)) is not None
    }
    windows: dict[Instant, list[str]] = defaultdict(list)
    for key, (_, period) in periods.items():
        windows[period.start].append(key)
    for start, keys in windows.items():
        names = dict.fromkeys(name for key in keys for name in _services(periods[key][0]))
        checks = {name: tuple(by_service[name]) for name in names if name in by_service}
        record = memory.periods.setdefault(start, Record())
        records = _changes(cursor, record, checks, start - BACK, now, memory.latest)
        for key in keys:
            if memory.halted:
                raise StoreError("nobody waits for this answer any more")
            terms, period = periods[key]
            mine = {
                name: ServiceEvidence(
                    service=name, checks=tuple(records[check] for check in checks[name]), latency=None,
                    reasons=(), latency_series=(), outcomes={},
                )
                for name in _services(terms)
                if name in checks
            }  # fmt: skip
            seen = tuple((entry.check, entry.transitions) for e in mine.values() for entry in e.checks)
            basis = (terms, period, config.maintenance, adjusted)
            before = memory.pledges.get(key)
            if (
                before is not None
                and (before.calm or (only is None and key in memory.quiet))
                and before.changes == seen
                and before.terms == basis
                and 0 <= now - before.found.now < _QUIET
                and all(_up(entry, now) for e in mine.values() for entry in e.checks)
            ):
                found[key] = before.found
                continue
            mine, counted = _slow(cursor, config, terms, period, mine, checks, now, memory, adjusted)
            made = evaluate(
                terms, config.services.values(), mine, period, now, calendars=config.calendars,
                maintenance=config.maintenance, adjustments=adjusted, counters=counted,
            )  # fmt: skip
            memory.pledges[key] = _Pledge(made, seen, basis, _calm(made))
            found[key] = made
    for start in [start for start in memory.periods if only is None and start not in windows]:
        del memory.periods[start]
    for key in [key for key in memory.pledges if key not in config.agreements]:
        del memory.pledges[key]
    return found


def _services(terms: Agreement) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in (terms, *terms.versions) for name in one.services))


def _up(entry: CheckEvidence, now: Instant) -> bool:
    return (
        entry.held_until is not None
        and entry.held_until > now
        and bool(entry.transitions)
        and entry.transitions[-1].outcome in (Outcome.UP, Outcome.DEGRADED)
    )


def _calm(found: Evaluation) -> bool:
    now = found.running
    return now is None or (
        not any(one.long or one.short for one in now.rules)
        and not (now.exhaustion is not None and now.exhaustion.left is not None)
    )


def _slow(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    terms: Agreement,
    period: Period,
    mine: Mapping[str, ServiceEvidence],
    checks: Mapping[str, tuple[str, ...]],
    now: Instant,
    memory: Memory,
    adjusted: tuple[Adjustment, ...],
) -> tuple[dict[str, ServiceEvidence], Mapping[str, Counts]]:
    """Return the evidence with what takes reading all samples of the period, where a promise is about it."""
    metrics = {objective.metric for one in (terms, *terms.versions) for objective in one.objectives}
    if metrics <= {Measure.AVAILABILITY.value}:
        return dict(mine), {}
    at, kept, counted = memory.slow.get(terms.key, (None, {}, {}))
    if at is None or not 0 <= now - at < max(period.length // FRESH, MINUTE) or at < period.start:
        kept = evidence.gather(
            cursor, {name: checks[name] for name in mine}, period.start, max(now, period.start + 1),
            quantiles=quantiles(terms),
        )  # fmt: skip
        counting = Counting(config, terms, kept, period, now, adjusted)
        kept, counted = counting.sampled(cursor, kept), counting.counts(cursor)
        memory.slow[terms.key] = now, kept, counted
    return {
        name: replace(kept[name], checks=one.checks) if name in kept else one for name, one in mine.items()
    }, counted


def _changes(
    cursor: "duckdb.DuckDBPyConnection",
    record: Record,
    services: Mapping[str, tuple[str, ...]],
    start: Instant,
    now: Instant,
    latest: Latest,
    spare: Micros = 0,
) -> dict[str, CheckEvidence]:
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = [known[name] for names in services.values() for name in names if name in known]
        return record.ask(cursor, services, start, now, latest.ask(cursor, numbers, now), spare)


class _Making:
    """The values on their way."""

    def __init__(
        self,
        cursor: "duckdb.DuckDBPyConnection",
        config: Config,
        now: Instant,
        live: Live | None,
        memory: Memory,
    ) -> None:
        self.cursor = cursor
        self.config = config
        self.now = now
        self.live = live
        self.memory = memory
        self.members = members(config)
        self.found: dict[Wish, Value] = {}

    def checks(self, whose: Whose) -> tuple[str, ...]:
        return (whose.check,) if whose.check else tuple(self.members.get(whose.service, ()))

    def of_windows(self, wishes: Iterable[Wish]) -> None:
        windows: dict[Micros, list[Wish]] = defaultdict(list)
        ages = []
        for wish in wishes:
            at, value = self.memory.values.get(wish, (None, _NOTHING))
            if wish.metric.over == "now":
                ages.append(wish)
            elif at is not None and 0 <= self.now - at < wish.window // FRESH:
                self.found[wish] = value
            else:
                windows[wish.window].append(wish)
        for window, mine in windows.items():
            numbers = {whose: number for number, whose in enumerate(dict.fromkeys(w.whose for w in mine))}
            metrics = list({wish.metric.name: wish.metric for wish in mine}.values())
            groups = {number: self.checks(whose) for whose, number in numbers.items()}
            made = values(self.cursor, metrics, groups, self.now - window, self.now)
            for wish in mine:
                self.found[wish] = made[numbers[wish.whose]][wish.metric.name]
                if window >= LONG:
                    self.memory.values[wish] = self.now, self.found[wish]
        if ages:
            self._ages(ages)

    def _ages(self, wishes: Iterable[Wish]) -> None:
        with transaction(self.cursor, read_only=True):
            known = numbers_of(self.cursor)
            latest = self.memory.latest.ask(self.cursor, list(known.values()), self.now)
        for wish in wishes:
            found = [latest[known[name]] for name in self.checks(wish.whose) if known.get(name) in latest]
            oldest = min((held.started_at for held in found), default=None)
            self.found[wish] = _NOTHING if oldest is None else Value(float(max(self.now - oldest, 0)))

    def of_time(self, wishes: Collection[Wish]) -> None:
        if not wishes:
            return
        longest = max(wish.window for wish in wishes)
        named = {whose: self.checks(whose) for whose in dict.fromkeys(w.whose for w in wishes)}
        services = {"\n".join(whose): names for whose, names in named.items()}
        records = _changes(
            self.cursor, self.memory.record, services, self.now - longest, self.now, self.memory.latest,
            spare=max(longest // 4, HOUR),
        )  # fmt: skip
        made: dict[tuple[Whose, Micros], Stretch] = {}
        for wish in wishes:
            key = wish.whose, wish.window
            if key not in made:
                seen = [records[name] for name in named[wish.whose]]
                made[key] = self._stretch(wish.whose, seen, self.now - wish.window, self.now - longest)
            self.found[wish] = Value(time_value(wish.metric.name, made[key]))

    def _stretch(self, whose: Whose, seen: list[CheckEvidence], start: Instant, low: Instant) -> Stretch:
        past = self.memory.pasts.get(whose)
        if past is None or past.low > start or not past.fits(seen):
            service = self.config.services.get(whose.service)
            join = service.join if service is not None and not whose.check else "all"
            past = self.memory.pasts[whose] = Past(seen, join, low)
        if past.end > self.now or not seen:
            return stretch(seen, past.join, start, self.now)
        return past.stretch(seen, start, self.now)

    def of_pings(self, wishes: Collection[Wish]) -> None:
        if not wishes:
            return
        with transaction(self.cursor, read_only=True):
            known = numbers_of(self.cursor)
            called = evidence.pings(self.cursor)
        for wish in wishes:
            at = [called[known[name]] for name in self.checks(wish.whose) if known.get(name) in called]
            self.found[wish] = Value(float(max(self.now - min(at), 0))) if at else _NOTHING

    def of_agreements(self, wishes: Collection[Wish]) -> None:
        if not wishes:
            return
        only = {wish.whose.agreement for wish in wishes}
        found = pledges(self.cursor, self.config, self.now, self.memory, only)
        for wish in wishes:
            one = found.get(wish.whose.agreement)
            value = None if one is None else pledge_value(wish.metric.name, one, wish.window)
            self.found[wish] = Value(value)

    def of_itself(self, wishes: Collection[Wish]) -> None:
        now = _own(self.live, self.now)
        kinds = {
            "daemon_starts": "start", "prober_restarts": "prober_died", "storage_faults": "storage",
            "clock_steps": "clock_step", "suspends": "suspend",
        }  # fmt: skip
        for wish in wishes:
            kind = kinds.get(wish.metric.name)
            if kind is None:
                self.found[wish] = Value(now.get(wish.metric.name))
                continue
            row = self.cursor.execute(
                "SELECT count(*) FROM life WHERE kind = ? AND happened_at >= ? AND happened_at < ?",
                [kind, self.now - wish.window, self.now],
            ).fetchone()
            self.found[wish] = Value(float(row[0]) if row else None)


def _own(live: Live | None, now: Instant) -> dict[str, float]:
    if live is None:
        return {}

    def counted(key: str) -> float:
        return float(sum(int(counters.get(key, 0)) for counters in live.counters.values()))

    return {
        "store_lag": float(live.lag), "samples_queued": float(live.queued),
        "samples_stored": float(live.stored), "samples_lost": float(live.lost),
        "probers_missing": float(max(live.probers - len(live.counters), 0)),
        "probes_in_flight": counted("in_flight"), "probes_skipped": counted("skipped"),
        "probe_bugs": counted("bugs"), "daemon_age": float(max(now - live.since, 0)),
    }  # fmt: skip
