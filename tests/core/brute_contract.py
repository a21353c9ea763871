"""The terms of an agreement a second time: naive, tick by tick, sharing no code with the core.

A tick is a number of seconds; all times are ticks after an origin. Service hours are asked of every single
tick by reading the wall clock there.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.core import brute


@dataclass(frozen=True)
class Hours:
    """Service hours: `week` has (opens, closes) in minutes of each weekday; `dates` replaces it by date."""

    zone: str
    week: dict[int, list[tuple[int, int]]]
    dates: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    holidays: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Window:
    """Announced work: (start, end, announced) of each announcement, the last one being the window."""

    service: str
    told: list[tuple[int, int, int | None]]


@dataclass(frozen=True)
class Terms:
    """One version of the terms, from a tick on."""

    since: int
    unknown: str = "exclude"
    degraded: object = "up"
    min_outage: int = 0
    hours: Hours | None = None
    clause: object = None
    """None, "ignore" or (notice, quota or None) in ticks; a quota is for a civil day."""


@dataclass(frozen=True)
class Contract:
    """An agreement over services with one check each, in one period."""

    origin: datetime
    tick: int
    zone: str
    samples: dict[str, list[tuple[int, str, int]]]
    versions: list[Terms]
    windows: list[Window]
    start: int
    end: int
    now: int
    gathered: int
    excused: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    counted: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def moment(self, tick, zone=None):
        return (self.origin + timedelta(seconds=tick * self.tick)).astimezone(ZoneInfo(zone or self.zone))


def terms_at(contract, tick):
    return [terms for terms in contract.versions if terms.since <= tick][-1]


def is_open(contract, hours, tick):
    if hours is None:
        return True
    moment = contract.moment(tick, hours.zone).replace(tzinfo=None)
    for back in (0, 1):
        day = (moment - timedelta(days=back)).date()
        minutes = back * 24 * 60 + moment.hour * 60 + moment.minute
        if day.isoformat() in hours.dates:
            spans = hours.dates[day.isoformat()]
        elif day.isoformat() in hours.holidays:
            spans = []
        else:
            spans = hours.week.get(day.weekday(), [])
        for opens, closes in spans:
            last = closes if closes > opens else closes + 24 * 60
            if opens <= minutes < last and opens != closes:
                return True
    return False


def announcement(window, tick):
    """When the customer was told of this tick of a window, and whether by a change; None outside of it."""
    start, end, announced = window.told[-1]
    if not start <= tick < end:
        return None
    edited = len(window.told) > 1
    for index in range(len(window.told) - 2, -1, -1):
        low, high, earlier = window.told[index]
        if not low <= tick < high:
            break
        announced, edited = earlier, index > 0
    return announced, edited


def verdict_on(window, tick, notice):
    """ "granted", "late" or "edited" for one tick of a window; None outside of it."""
    found = announcement(window, tick)
    if found is None:
        return None
    announced, edited = found
    first = tick
    while announcement(window, first - 1) == found:
        first -= 1
    if announced is None or (announced < first and first - announced >= notice):
        return "granted"
    return "edited" if edited else "late"


def work(contract, service):
    """What becomes of the announced work in each tick: granted, over quota, edited, late, ignored."""
    windows = [window for window in contract.windows if window.service == service]
    used, day = 0, None
    found = {}
    first = contract.start
    while contract.moment(first).date() == contract.moment(contract.start).date():
        first -= 1
    for tick in range(first + 1, contract.end):
        if contract.versions[0].since > tick:
            continue
        terms = terms_at(contract, tick)
        today = contract.moment(tick).date()
        if today != day:
            used, day = 0, today
        if not is_open(contract, terms.hours, tick):
            continue
        notice, quota = terms.clause if isinstance(terms.clause, tuple) else (0, None)
        verdicts = {verdict_on(window, tick, notice) for window in windows} - {None}
        if not verdicts:
            continue
        if terms.clause == "ignore":
            kind = "ignored"
        elif "granted" in verdicts:
            kind = "granted" if quota is None or used < quota else "over quota"
            used += kind == "granted"
        else:
            kind = "edited" if "edited" in verdicts else "late"
        if tick >= contract.start:
            found[tick] = kind
    return found


def runs(ticks):
    found = []
    for tick in sorted(ticks):
        if found and found[-1][1] == tick:
            found[-1] = (found[-1][0], tick + 1)
        else:
            found.append((tick, tick + 1))
    return found


def world(contract, service, terms, start, end):
    ticks = range(start, end)
    granted = [tick for tick, kind in work(contract, service).items() if kind == "granted"]
    return brute.World(
        samples={"check": contract.samples[service]},
        join="all",
        start=start,
        end=end,
        now=contract.now,
        gathered=contract.gathered,
        outside_hours=runs(t for t in ticks if not is_open(contract, terms.hours, t)),
        maintenance=runs(granted),
        excused=[
            (t, t + 1)
            for low, high in contract.excused.get(service, [])
            for t in range(low, high)
            if not brute.inside(t, contract.counted.get(service, []))
        ],
        unknown=terms.unknown,
        degraded=terms.degraded,
        min_outage=terms.min_outage,
    )


def portions(contract):
    marks = [max(terms.since, contract.start) for terms in contract.versions]
    ends = [*marks[1:], contract.end]
    return [
        (terms, start, end)
        for terms, start, end in zip(contract.versions, marks, ends, strict=True)
        if start < min(end, contract.end)
    ]


def classes(contract, service):
    """The class of every tick of the period, adjustments considered."""
    found = {}
    for terms, start, end in portions(contract):
        found |= brute.classes(world(contract, service, terms, start, end))
    for tick, kind in found.items():
        if brute.inside(tick, contract.counted.get(service, [])) and kind not in (
            "future", "not_monitored", "outside_hours",
        ):  # fmt: skip
            found[tick] = "down"
    return found


def share(contract, service):
    worth = {"up": lambda terms: 1, "down": lambda terms: 0}
    worth["degraded"] = lambda terms: {"up": 1, "down": 0}.get(terms.degraded, terms.degraded)
    worth["unknown"] = lambda terms: {"up": 1, "down": 0}[terms.unknown]
    good, counted = Fraction(0), 0
    for tick, kind in classes(contract, service).items():
        terms = terms_at(contract, tick)
        if kind in worth and not (kind == "unknown" and terms.unknown == "exclude"):
            good += worth[kind](terms)
            counted += 1
    return good / counted if counted else None


def quantised(found, states, outages, rule, tick, bad, first):
    """The class of every tick once downtime is counted in whole units.

    `found` has the classes and `states` what was seen, by tick; `outages` lists the ticks of those long
    enough; `first` is the second since the epoch of tick 0.
    """
    if rule == "none":
        return found
    long = {t for outage in outages for t in outage}
    down = {t for t, state in states.items() if state in bad and t in long}

    def unit(t, seconds):
        return (first + t * tick) // seconds

    def all_of(t, seconds):
        return [
            u
            for u in range(t - seconds // tick, t + seconds // tick + 1)
            if unit(u, seconds) == unit(t, seconds)
        ]

    counted = set()
    if rule in ("minute", "five_minutes"):
        seconds = 60 if rule == "minute" else 300
        counted = {t for t in down if all(u in down for u in all_of(t, seconds))}
    elif rule == "elapsed_minutes":
        for outage in outages:
            counted |= set(outage[: len(outage) * tick // 60 * 60 // tick])
    elif rule == "started_minutes":
        counted = {u for t in down for u in all_of(t, 60)}
    elif rule == "hours_over_six_minutes":
        lost = {}
        for t, kind in found.items():
            if kind in bad:
                lost.setdefault(unit(t, 3600), []).append(t)
        over = {hour for hour, ticks in lost.items() if len(ticks) * tick > 360}
        counted = {t for t in found if unit(t, 3600) in over}
    extends = rule in ("started_minutes", "hours_over_six_minutes")
    result = {}
    for t, kind in found.items():
        if kind in bad and t not in counted:
            result[t] = "up"
        elif extends and t in counted and kind in ("up", "degraded"):
            result[t] = "down"
        else:
            result[t] = kind
    return result


def quantised_classes(world, rule, tick, first):
    found = brute.classes(world)
    long = [outage for outage in brute.outages(world) if len(outage) >= world.min_outage]
    elapsed = {t: state for t, state in brute.states(world).items() if t < world.now}
    return quantised(found, elapsed, long, rule, tick, brute.bad_states(world), first)


def whole_again(contract, **changes):
    return replace(contract, **changes)
