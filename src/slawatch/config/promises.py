"""What no key of an agreement shows alone: names, tiers, money, and whether probes can prove a target."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from slawatch.config.model import Config
from slawatch.config.problem import KeyPath, nearest, quoted
from slawatch.config.reading import Reader
from slawatch.core.agreement import Agreement, Clause, Objective
from slawatch.core.check import SHORTEST_INTERVAL, Quorum
from slawatch.core.credit import faults, plain
from slawatch.core.instant import DAY, MILLISECOND, SECOND, Micros
from slawatch.core.objective import Measure, Target, parse_target
from slawatch.core.text import format_duration
from slawatch.core.version import versions

_SHORTEST_PERIOD: Final[dict[str, Micros]] = {
    "day": 23 * DAY // 24, "week": 7 * DAY, "month": 28 * DAY, "quarter": 90 * DAY, "year": 365 * DAY,
}  # fmt: skip
_MOST_CLAIM_PERIODS: Final = 60
_EDGES: Final = 2
"""Both ends of an outage are known to within one interval each."""


def review_agreement(reader: Reader, config: Config, agreement: Agreement) -> None:
    """Note every mistake of an agreement and its versions."""
    path: KeyPath = ("agreements", agreement.key)
    known_name(reader, (*path, "organization"), "organization", agreement.organization, config.organizations)
    before = agreement.effective_from
    for number, terms in enumerate(versions(agreement)):
        at = path if terms is agreement else (*path, "versions", agreement.versions.index(terms))
        if number:
            if terms.effective_from <= before:
                reader.problem(
                    (*at, "effective_from"),
                    "versions take effect one after another, each on a day of its own, after the first one",
                    found=terms.effective_from,
                )
            if terms.fee and agreement.fee and terms.fee.currency != agreement.fee.currency:
                reader.problem((*at, "fee", "currency"), "an agreement is paid in one currency")
            before = terms.effective_from
        told = len(reader.problems)
        _terms(reader, config, terms, _At(reader, at, path))
        if number and len(reader.problems) > told:
            reader.problems[told:] = [p for p in reader.problems[told:] if p not in reader.problems[:told]]


class _At:
    """Where the keys of a version stand: in its own table, else in the agreement's, else at its preset."""

    __slots__ = ("_agreement", "_own", "_reader")

    def __init__(self, reader: Reader, own: KeyPath, agreement: KeyPath) -> None:
        self._reader = reader
        self._own = own
        self._agreement = agreement

    def __call__(self, key: str, *inner: str | int) -> KeyPath:
        for path in dict.fromkeys((self._own, self._agreement)):
            table = _table(self._reader, path)
            if key in table:
                return (*path, key, *inner)
            if "preset" in table:
                return (*path, "preset")
        return (*self._own, key, *inner)


def _table(reader: Reader, path: KeyPath) -> dict[str, object]:
    found: object = reader.document.tree
    for key in path:
        if isinstance(found, dict) and isinstance(key, str):
            found = found.get(key, {})
        elif isinstance(found, list) and isinstance(key, int) and key < len(found):
            found = found[key]
        else:
            return {}
    return found if isinstance(found, dict) else {}


def _terms(reader: Reader, config: Config, terms: Agreement, at: _At) -> None:
    service_names(reader, at("services"), terms.services, config)
    for name in terms.services:
        service = config.services.get(name)
        if service and service.organization not in (None, terms.organization):
            reader.warn(
                at("services"),
                f"the service {quoted(name)} belongs to {quoted(str(service.organization))}, "
                f"not to {quoted(terms.organization)}",
            )
    _groups(reader, terms, at)
    _weights(reader, terms, at)
    if terms.calendar:
        known_name(reader, at("calendar"), "calendar", terms.calendar, config.calendars)
    if isinstance(terms.maintenance, Clause) and terms.maintenance.per and terms.maintenance.quota is None:
        reader.problem(at("maintenance", "per"), "this says what a quota is for: write the `quota` too")
    _money(reader, terms, at)
    if not terms.objectives:
        reader.warn(
            at("objectives")[:-1],
            "an agreement without objectives promises nothing: add [[agreements.NAME.objectives]]",
        )
    seen: dict[str, int] = {}
    for number, objective in enumerate(terms.objectives):
        where = at("objectives", number)
        if objective.id in seen:
            _, line = reader.document.place(at("objectives", seen[objective.id]))
            reader.problem(
                (*where, "id"), f"there is another objective {quoted(objective.id)} in line {line}"
            )
        seen.setdefault(objective.id, number)
        _objective(reader, where, objective, terms, config)


def _groups(reader: Reader, terms: Agreement, at: _At) -> None:
    owners: dict[str, str] = {}
    for name, group in terms.groups.items():
        path = at("groups", name)
        if name in terms.services:
            reader.problem(path, f"there is a service {quoted(name)}: give the group another name")
        if not group.services:
            reader.problem((*path, "services"), "name at least one service")
        for number, member in enumerate(group.services):
            if member not in terms.services:
                hint = nearest(member, terms.services) or "add it there"
                reader.problem(
                    (*path, "services", number),
                    f"the agreement's own services do not name {quoted(member)}: {hint}",
                )
            if member in owners:
                reader.problem(
                    (*path, "services", number),
                    f"the service {quoted(member)} is in the group {quoted(owners[member])} already",
                )
            owners[member] = name
        if isinstance(group.join, Quorum) and group.join.needed > len(group.services):
            reader.problem(
                (*path, "join"),
                "the quorum is larger than the group: it could never be up",
                expected=f"at most {len(group.services)}",
                found=str(group.join.needed),
            )


def _weights(reader: Reader, terms: Agreement, at: _At) -> None:
    if terms.combine != "weighted":
        if terms.weights:
            reader.problem(at("weights"), 'weights need combine = "weighted" beside them')
        return
    for name in terms.weights:
        if name not in terms.subjects:
            hint = nearest(name, terms.subjects) or f"here belong {', '.join(terms.subjects)}"
            message = f"the agreement has no service or group {quoted(name)}: {hint}"
            reader.problem(at("weights", name), message)
    missing = [name for name in terms.subjects if name not in terms.weights]
    if missing:
        reader.problem(at("weights"), f"these have no weight: {', '.join(missing)}")
    elif not any(terms.weights.values()):
        reader.problem(at("weights"), "one weight at least is above zero")


def _money(reader: Reader, terms: Agreement, at: _At) -> None:
    told = len(reader.problems)
    for fault in faults(terms.credits):
        place = at("credits", fault.number, fault.key)
        reader.problem(place, f"tier {fault.number + 1}: {fault.text}")
    if len(reader.problems) > told:
        return
    for number, band in enumerate(terms.credits):
        if terms.cap is not None and band.credit is not None and band.credit > terms.cap:
            reader.problem(
                at("cap"),
                f"the cap lies below tier {number + 1}, whose {plain(band.credit)} % are never reached",
                expected=f"{plain(max(b.credit for b in terms.credits if b.credit is not None))} or more",
                found=plain(terms.cap),
            )
            break
    if terms.credits and terms.fee is None and not terms.preset:
        reader.warn(
            at("credits"), "without a fee credits are percentages only: add fee = { amount, currency }"
        )
    if not 0 <= terms.claim_periods <= _MOST_CLAIM_PERIODS:
        reader.problem(
            at("claim_periods"),
            "claims are made for so many whole periods",
            expected=f"from 0 to {_MOST_CLAIM_PERIODS}",
            found=str(terms.claim_periods),
        )
    elif terms.claim_periods and terms.claim_window:
        reader.problem(at("claim_periods"), "write either `claim_window` or `claim_periods`")
    if terms.pay_above is not None and terms.fee is None and not terms.preset:
        reader.problem(at("pay_above"), "an amount needs the `fee` and its currency")


def _objective(
    reader: Reader, where: KeyPath, objective: Objective, terms: Agreement, config: Config
) -> None:
    try:
        target = parse_target(objective.metric, objective.target)
    except ValueError as error:
        key = "target" if repr(objective.target) in str(error) else "metric"
        reader.problem((*where, key), str(error), found=quoted(getattr(objective, key)))
        return
    if target.measure is Measure.RATIO:
        _counters(reader, where, objective, config)
    for key in ("check", "good", "total"):
        if target.measure is not Measure.RATIO and getattr(objective, key):
            reader.problem((*where, key), 'only metric = "ratio" has counters')
    if target.measure is Measure.AVAILABILITY:
        _provable(reader, where, target, terms, config)


def _counters(reader: Reader, where: KeyPath, objective: Objective, config: Config) -> None:
    """Note what keeps a ratio from finding its counters."""
    if not objective.check:
        reader.problem((*where, "check"), 'a ratio needs the check of type "scrape" that reads its counters')
    for key in ("good", "total"):
        if not getattr(objective, key):
            reader.problem((*where, key), "a ratio needs two counters, `good` and `total`")
    if not objective.check:
        return
    scrapes = [check.name for check in config.checks.values() if check.type == "scrape"]
    check = config.checks.get(objective.check)
    if check is None:
        known_name(reader, (*where, "check"), "scrape check", objective.check, scrapes)
        return
    if check.type != "scrape":
        hint = nearest(objective.check, scrapes) or (
            f"these have: {', '.join(scrapes)}" if scrapes else 'add a check of type "scrape"'
        )
        reader.problem(
            (*where, "check"),
            f"the check {quoted(check.name)} is of type {quoted(check.type)} and has no counters: {hint}",
        )
        return
    # A check with mistakes of its own has no options.
    counters = getattr(check.options, "counters", None)
    for key in ("good", "total"):
        if counters and (name := getattr(objective, key)):
            known_name(reader, (*where, key), "counter", name, counters)


def _provable(reader: Reader, where: KeyPath, target: Target, terms: Agreement, config: Config) -> None:
    """Note a target that allows less downtime than the probes leave open for a single outage."""
    allowed = (1 - target.value) * _SHORTEST_PERIOD[terms.period]
    intervals = [check.interval for check in config.checks.values() if check.service in terms.services]
    if not intervals or not allowed or allowed >= _EDGES * max(intervals):
        return
    enough = _rounded_down(allowed / _EDGES)
    message = (
        f"probes {format_duration(max(intervals))} apart cannot prove this: it allows "
        f"{format_duration(int(allowed))} of downtime a {terms.period}, and the length of one outage "
        f"is only known to within {format_duration(_EDGES * max(intervals))}"
    )
    if enough >= SHORTEST_INTERVAL:
        message += f"; an interval of {format_duration(enough)} would prove it"
    else:
        message += "; no interval would"
    if terms.allow_unprovable:
        reader.warn((*where, "target"), message)
    else:
        message += "; or write allow_unprovable = true in the agreement"
        reader.problem((*where, "target"), message, found=str(target))


def _rounded_down(length: Fraction) -> Micros:
    """Return a length as people would write it: whole seconds, or tenths of one."""
    whole = int(length)
    unit = SECOND if whole >= SECOND else 100 * MILLISECOND
    return whole // unit * unit


def service_names(reader: Reader, path: KeyPath, names: tuple[str, ...], config: Config) -> None:
    """Note services that do not exist, or are named twice."""
    if not names:
        reader.problem(path, "name at least one service")
    for number, name in enumerate(names):
        known_name(reader, (*path, number), "service", name, config.services)
        if name in names[:number]:
            reader.problem((*path, number), f"the service {quoted(name)} is named twice")


def known_name(reader: Reader, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
    """Note a name that nothing has."""
    known = list(known)
    if name in known:
        return
    hint = nearest(name, known) or (
        f"known: {', '.join(sorted(known)[:8])}" if known else f"there is no {what} at all"
    )
    reader.problem(path, f"there is no {what} {quoted(name)}: {hint}")
