"""What no key of an agreement shows alone: names, tiers, money, and whether probes can prove a target."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from slawatch.config.model import Config
from slawatch.config.partial import HOLE, Hole, Unread, judging
from slawatch.config.problem import KeyPath, closest, dotted, nearest, quoted
from slawatch.config.reading import Reader
from slawatch.core.agreement import Agreement, Band, Clause, Objective
from slawatch.core.check import SHORTEST_INTERVAL, Quorum
from slawatch.core.credit import faults, plain
from slawatch.core.instant import DAY, MILLISECOND, SECOND, Micros
from slawatch.core.objective import Measure, Target, parse_target
from slawatch.core.text import format_duration

_SHORTEST_PERIOD: Final[dict[str, Micros]] = {
    "day": 23 * DAY // 24, "week": 7 * DAY, "month": 28 * DAY, "quarter": 90 * DAY, "year": 365 * DAY,
}  # fmt: skip
_MOST_CLAIM_PERIODS: Final = 60
_METRICS: Final = ("availability", "latency_p95", "error_rate", "success_rate", "ratio")
_EDGES: Final = 2
"""Both ends of an outage are known to within one interval each."""


def review_agreement(reader: Reader, config: Config, agreement: Agreement) -> None:
    """Note every mistake of an agreement and its versions."""
    path: KeyPath = ("agreements", agreement.key)
    with judging:
        where = (*path, "organization")
        known_name(reader, where, "organization", agreement.organization, config.organizations)
    _terms(reader, config, agreement, _At(reader, path, path))
    with judging:
        _order(reader, path, agreement)
        for number, terms in enumerate(agreement.versions):
            here = (*path, "versions", number)
            with judging:
                if terms.fee and agreement.fee and terms.fee.currency != agreement.fee.currency:
                    reader.problem((*here, "fee", "currency"), "an agreement is paid in one currency")
            told = len(reader.problems)
            _terms(reader, config, terms, _At(reader, here, path))
            reader.problems[told:] = [p for p in reader.problems[told:] if p not in reader.problems[:told]]


def _order(reader: Reader, path: KeyPath, agreement: Agreement) -> None:
    """Note versions that do not take effect one after another."""
    dated: list[tuple[str, int]] = []
    for number, terms in enumerate(agreement.versions):
        with judging:
            dated.append((terms.effective_from, number))
    with judging:
        before = agreement.effective_from
        for day, number in sorted(dated):
            if day <= before:
                reader.problem(
                    (*path, "versions", number, "effective_from"),
                    "versions take effect one after another, each on a day of its own, after the first one",
                    found=day,
                )
            before = day


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
    with judging:
        service_names(reader, at("services"), terms.services, config)
    with judging:
        for name in terms.services:
            with judging:
                _foreign(reader, config, terms, name, at)
    with judging:
        _groups(reader, terms, at)
    with judging:
        _weights(reader, terms, at)
    with judging:
        if terms.calendar:
            known_name(reader, at("calendar"), "calendar", terms.calendar, config.calendars)
    with judging:
        clause = terms.maintenance
        if isinstance(clause, Clause) and clause.per and clause.quota is None:
            reader.problem(at("maintenance", "per"), "this says what a quota is for: write the `quota` too")
    _money(reader, terms, at)
    with judging:
        _objectives(reader, config, terms, at)


def _foreign(reader: Reader, config: Config, terms: Agreement, name: str, at: _At) -> None:
    service = config.services.get(name)
    if service and service.organization in config.organizations.keys() - {terms.organization}:
        reader.warn(
            at("services"),
            f"the service {quoted(name)} belongs to {quoted(str(service.organization))}, "
            f"not to {quoted(terms.organization)}",
        )


def _objectives(reader: Reader, config: Config, terms: Agreement, at: _At) -> None:
    if not terms.objectives:
        reader.warn(
            at("objectives")[:-1],
            "an agreement without objectives promises nothing: add [[agreements.NAME.objectives]]",
        )
    seen: dict[str, int] = {}
    for number, objective in enumerate(terms.objectives):
        where = at("objectives", number)
        with judging:
            if objective.id in seen:
                _, line = reader.document.place(at("objectives", seen[objective.id]))
                reader.problem(
                    (*where, "id"), f"there is another objective {quoted(objective.id)} in line {line}"
                )
            seen.setdefault(objective.id, number)
        with judging:
            _objective(reader, where, objective, terms, config)


def _groups(reader: Reader, terms: Agreement, at: _At) -> None:
    owners: dict[str, str] = {}
    for name, group in terms.groups.items():
        path = at("groups", name)
        with judging:
            if name in terms.services:
                reader.problem(path, f"there is a service {quoted(name)}: give the group another name")
        with judging:
            if not group.services:
                reader.problem((*path, "services"), "name at least one service")
            for number, member in enumerate(group.services):
                with judging:
                    _member(reader, (*path, "services", number), terms, member, owners)
                owners[member] = name
        with judging:
            if isinstance(group.join, Quorum) and group.join.needed > len(group.services):
                reader.problem(
                    (*path, "join"),
                    "the quorum is larger than the group: it could never be up",
                    expected=f"at most {len(group.services)}",
                    found=str(group.join.needed),
                )


def _member(reader: Reader, path: KeyPath, terms: Agreement, member: str, owners: dict[str, str]) -> None:
    if member in owners:
        owner = quoted(owners[member])
        reader.problem(path, f"the service {quoted(member)} is in the group {owner} already")
    if member not in (HOLE, *terms.services):
        hint = nearest(member, [name for name in terms.services if name != HOLE]) or "add it there"
        reader.problem(path, f"the agreement's own services do not name {quoted(member)}: {hint}")


def _weights(reader: Reader, terms: Agreement, at: _At) -> None:
    if terms.combine != "weighted":
        if terms.weights:
            reader.problem(at("weights"), 'weights need combine = "weighted" beside them')
        return
    subjects = terms.subjects
    if HOLE in subjects:
        raise Unread
    for name in terms.weights:
        if name not in subjects:
            hint = nearest(name, subjects) or f"here belong {', '.join(subjects)}"
            message = f"the agreement has no service or group {quoted(name)}: {hint}"
            reader.problem(at("weights", name), message)
    missing = [name for name in subjects if name not in terms.weights]
    if missing:
        reader.problem(at("weights"), f"these have no weight: {', '.join(missing)}")
    elif not any(terms.weights.values()):
        reader.problem(at("weights"), "one weight at least is above zero")


def _money(reader: Reader, terms: Agreement, at: _At) -> None:
    with judging:
        told = len(reader.problems)
        for fault in faults([_credited(band) for band in terms.credits]):
            place = at("credits", fault.number, fault.key)
            reader.problem(place, f"tier {fault.number + 1}: {fault.text}")
        if len(reader.problems) == told:
            _cap(reader, terms, at)
    with judging:
        if terms.credits and terms.fee is None and not terms.preset:
            reader.warn(
                at("credits"), "without a fee credits are percentages only: add fee = { amount, currency }"
            )
    with judging:
        _claims(reader, terms, at)
    with judging:
        if terms.pay_above is not None and terms.fee is None and not terms.preset:
            reader.problem(at("pay_above"), "an amount needs the `fee` and its currency")


def _credited(band: Band) -> Band:
    """Return a tier whose edges can be judged although nobody can read what it credits.

    Raises:
        Unread: the edges cannot be read either.
    """
    try:
        credit, multiple = band.credit, band.multiple
    except Unread:
        credit, multiple = Decimal(0), None
    return Band(
        at_least=band.at_least, above=band.above, below=band.below, at_most=band.at_most,
        credit=credit, multiple=multiple,
    )  # fmt: skip


def _cap(reader: Reader, terms: Agreement, at: _At) -> None:
    for number, band in enumerate(terms.credits):
        if terms.cap is not None and band.credit is not None and band.credit > terms.cap:
            reader.problem(
                at("cap"),
                f"the cap lies below tier {number + 1}, whose {plain(band.credit)} % are never reached",
                expected=f"{plain(max(b.credit for b in terms.credits if b.credit is not None))} or more",
                found=plain(terms.cap),
            )
            break


def _claims(reader: Reader, terms: Agreement, at: _At) -> None:
    if not 0 <= terms.claim_periods <= _MOST_CLAIM_PERIODS:
        reader.problem(
            at("claim_periods"),
            "claims are made for so many whole periods",
            expected=f"from 0 to {_MOST_CLAIM_PERIODS}",
            found=str(terms.claim_periods),
        )
    elif terms.claim_periods and terms.claim_window:
        reader.problem(at("claim_periods"), "write either `claim_window` or `claim_periods`")


def _objective(
    reader: Reader, where: KeyPath, objective: Objective, terms: Agreement, config: Config
) -> None:
    try:
        target = parse_target(objective.metric, objective.target)
    except ValueError as error:
        key = "target" if repr(objective.target) in str(error) else "metric"
        meant = closest(objective.metric, _METRICS) if key == "metric" else None
        hint = f": did you mean {quoted(meant)}?" if meant else ""
        reader.problem((*where, key), f"{error}{hint}", found=quoted(getattr(objective, key)))
        if meant and meant != objective.metric:
            _objective(reader, where, replace(objective, metric=meant), terms, config)
        return
    if target.measure is Measure.RATIO:
        with judging:
            _counters(reader, where, objective, config)
    for key in ("check", "good", "total"):
        with judging:
            if target.measure is not Measure.RATIO and getattr(objective, key):
                reader.problem((*where, key), 'only metric = "ratio" has counters')
    if target.measure is Measure.AVAILABILITY:
        _provable(reader, where, target, terms, config)


def _counters(reader: Reader, where: KeyPath, objective: Objective, config: Config) -> None:
    """Note what keeps a ratio from finding its counters."""
    if not objective.check:
        reader.problem((*where, "check"), 'a ratio needs the check of type "scrape" that reads its counters')
    for key in ("good", "total"):
        with judging:
            if not getattr(objective, key):
                reader.problem((*where, key), "a ratio needs two counters, `good` and `total`")
    if not objective.check:
        return
    scrapes: list[str] = []
    for one in config.checks.values():
        with judging:
            scrapes += [one.name] if one.type == "scrape" else []
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
    for key in ("good", "total"):
        with judging:
            if name := getattr(objective, key):
                known_name(reader, (*where, key), "counter", name, check.options.counters)


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


def known_name(reader: Reader, path: KeyPath, what: str, name: str, known: Collection[str]) -> None:
    """Note a name that nothing has; what is written with a mistake in it is known all the same."""
    with judging:
        if isinstance(name, Hole) or name in known:
            return
        near = nearest(name, known)
        if what in reader.unsure and not near:
            return
        hint = near or (f"known: {', '.join(sorted(known)[:8])}" if known else _none(what, name))
        reader.problem(path, f"there is no {what} {quoted(name)}: {hint}")


_SECTIONS: Final = {
    "organization": "organizations", "calendar": "calendars", "person": "people", "team": "teams",
    "schedule": "schedules", "escalation": "escalations", "channel": "channels", "agreement": "agreements",
}  # fmt: skip


def _none(what: str, name: str) -> str:
    section = _SECTIONS.get(what)
    return f"none is written: add [{dotted((section, name))}]" if section else f"there is no {what} at all"
