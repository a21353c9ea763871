"""What no value shows alone: references between sections, lengths that do not fit, promises not measured."""

from collections.abc import Iterable
from typing import Final

from slawatch.config.model import Config
from slawatch.config.problem import KeyPath, nearest, quoted
from slawatch.config.reading import Reader
from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import LONGEST_INTERVAL, SHORTEST_INTERVAL, Check, Quorum
from slawatch.core.instant import DAY, Micros
from slawatch.core.objective import Measure, parse_target
from slawatch.core.text import format_duration

MOST_PROBERS: Final = 64
MOST_SLIPS: Final = 20
"""So many services without a table may be slips of the pen; more are meant so."""

_SHORTEST_PERIOD: Final[dict[str, Micros]] = {
    "day": 23 * DAY // 24, "week": 7 * DAY, "month": 28 * DAY, "quarter": 90 * DAY, "year": 365 * DAY,
}  # fmt: skip


def review(reader: Reader, config: Config) -> None:
    """Note every mistake that shows only when the sections are seen together."""
    if not 1 <= config.probers <= MOST_PROBERS:
        reader.problem(
            ("slawatch", "probers"),
            f"from 1 to {MOST_PROBERS} processes can probe",
            found=str(config.probers),
        )
    if config.retention.samples < DAY:
        reader.problem(
            ("retention", "samples"),
            "samples are kept for a day at least",
            expected="1d or more",
            found=format_duration(config.retention.samples),
        )
    for check in config.checks.values():
        _check(reader, check)
    _services(reader, config)
    for agreement in config.agreements.values():
        _agreement(reader, config, agreement)
    _maintenance(reader, config)
    if not config.checks and not reader.problems:
        reader.warn((), "there is no check: nothing is watched")


def _check(reader: Reader, check: Check) -> None:
    path = ("checks", check.name)
    interval = format_duration(check.interval)
    if not check.service:
        reader.problem((*path, "service"), "a service has a name")
    if not SHORTEST_INTERVAL <= check.interval <= LONGEST_INTERVAL:
        expected = f"from {format_duration(SHORTEST_INTERVAL)} to {format_duration(LONGEST_INTERVAL)}"
        reader.problem((*path, "interval"), "no such interval", expected=expected, found=interval)
        return
    if not 0 < check.timeout <= check.interval:
        reader.problem(
            (*path, "timeout"),
            "a probe must end before the next one begins: shorten the timeout or lengthen the interval",
            expected=f"more than 0s, at most the interval of {interval}",
            found=format_duration(check.timeout),
        )
    if not SHORTEST_INTERVAL <= check.retry_interval <= check.interval:
        reader.problem(
            (*path, "retry_interval"),
            "a repeated probe comes sooner than the next one would",
            expected=f"from {format_duration(SHORTEST_INTERVAL)} to the interval of {interval}",
            found=format_duration(check.retry_interval),
        )
    if not 1 <= check.failures <= 100:
        reader.problem(
            (*path, "failures"),
            "so many bad probes cannot be counted",
            expected="from 1 to 100",
            found=str(check.failures),
        )
    if check.stale_after < check.interval:
        reader.problem(
            (*path, "stale_after"),
            "a sample must hold until the next one: between two probes the state would be unknown",
            expected=f"the interval of {interval} or more",
            found=format_duration(check.stale_after),
        )


def _services(reader: Reader, config: Config) -> None:
    written = reader.document.tree.get("services")
    written = written if isinstance(written, dict) else {}
    counts = dict.fromkeys(config.services, 0)
    for check in config.checks.values():
        counts[check.service] += 1
    implied = [name for name in config.services if name not in written]
    hints = {name: nearest(name, written) for name in implied} if len(implied) <= MOST_SLIPS else {}
    for check in config.checks.values():
        if hint := hints.get(check.service):
            reader.warn(
                ("checks", check.name, "service"),
                f"there is no table for the service {quoted(check.service)}: {hint}",
            )
    tables = reader.document.tree.get("checks", {})
    all_read = isinstance(tables, dict) and len(config.checks) == len(tables)
    for service in config.services.values():
        path = ("services", service.name)
        if service.organization is not None:
            _known(
                reader, (*path, "organization"), "organization", service.organization, config.organizations
            )
        if not counts[service.name] and all_read:
            reader.warn(path, "no check speaks for this service: it stays unmonitored")
        elif isinstance(service.join, Quorum) and service.join.needed > counts[service.name] and all_read:
            reader.problem(
                (*path, "join"),
                "the quorum is larger than the number of its checks: the service could never be up",
                expected=f"at most {counts[service.name]}",
                found=str(service.join.needed),
            )


def _agreement(reader: Reader, config: Config, agreement: Agreement) -> None:
    path = ("agreements", agreement.key)
    _known(reader, (*path, "organization"), "organization", agreement.organization, config.organizations)
    _service_names(reader, (*path, "services"), agreement.services, config)
    for name in agreement.services:
        service = config.services.get(name)
        if service and service.organization not in (None, agreement.organization):
            reader.warn(
                (*path, "services"),
                f"the service {quoted(name)} belongs to {quoted(str(service.organization))}, "
                f"not to {quoted(agreement.organization)}",
            )
    if not agreement.objectives:
        reader.warn(
            path, "an agreement without objectives promises nothing: add [[agreements.NAME.objectives]]"
        )
    seen: dict[str, int] = {}
    for number, objective in enumerate(agreement.objectives):
        where = (*path, "objectives", number)
        if objective.id in seen:
            _, line = reader.document.place((*path, "objectives", seen[objective.id]))
            reader.problem(
                (*where, "id"), f"there is another objective {quoted(objective.id)} in line {line}"
            )
        seen.setdefault(objective.id, number)
        _objective(reader, where, objective, agreement, config)


def _objective(
    reader: Reader, where: KeyPath, objective: Objective, agreement: Agreement, config: Config
) -> None:
    try:
        target = parse_target(objective.metric, objective.target)
    except ValueError as error:
        key = "target" if repr(objective.target) in str(error) else "metric"
        reader.problem((*where, key), str(error), found=quoted(getattr(objective, key)))
        return
    if target.measure is not Measure.AVAILABILITY:
        return
    allowed = (1 - target.value) * _SHORTEST_PERIOD[agreement.period]
    intervals = [check.interval for check in config.checks.values() if check.service in agreement.services]
    if intervals and allowed < 2 * max(intervals):
        reader.warn(
            (*where, "target"),
            f"probes {format_duration(max(intervals))} apart cannot prove this: it allows "
            f"{format_duration(int(allowed))} of downtime a {agreement.period}, and the length of one outage "
            f"is only known to within {format_duration(2 * max(intervals))}",
        )


def _maintenance(reader: Reader, config: Config) -> None:
    tables = reader.document.tree.get("maintenance")
    if not isinstance(tables, list) or len(config.maintenance) != len(tables):
        return
    for number, window in enumerate(config.maintenance):
        path = ("maintenance", number)
        _service_names(reader, (*path, "services"), window.services, config)
        if window.end <= window.start:
            reader.problem((*path, "end"), "maintenance ends after it starts")


def _service_names(reader: Reader, path: KeyPath, names: tuple[str, ...], config: Config) -> None:
    if not names:
        reader.problem(path, "name at least one service")
    for number, name in enumerate(names):
        _known(reader, (*path, number), "service", name, config.services)
        if name in names[:number]:
            reader.problem((*path, number), f"the service {quoted(name)} is named twice")


def _known(reader: Reader, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    if name in known:
        return
    hint = nearest(name, known) or (
        f"known: {', '.join(sorted(known)[:8])}" if known else f"there is no {what} at all"
    )
    reader.problem(path, f"there is no {what} {quoted(name)}: {hint}")
