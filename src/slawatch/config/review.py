"""What no value shows alone: references between sections, lengths that do not fit, promises not measured."""

from collections.abc import Mapping
from typing import Final

from slawatch.config.alerting_review import review_alerting
from slawatch.config.model import Config
from slawatch.config.partial import Unread, judging
from slawatch.config.problem import KeyPath, nearest, quoted
from slawatch.config.promises import known_name, review_agreement, service_names
from slawatch.config.reading import Reader
from slawatch.config.status_pages import review_status_pages
from slawatch.config.tables import written
from slawatch.config.users import review_access
from slawatch.core.check import LONGEST_INTERVAL, SHORTEST_INTERVAL, Check, Maintenance, Quorum
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.retention import longest
from slawatch.core.text import format_duration

MOST_PROBERS: Final = 64
MOST_SLIPS: Final = 20
"""So many services without a table may be slips of the pen; more are meant so."""


def review(reader: Reader, config: Config, now: Instant | None = None) -> None:
    """Note every mistake that shows only when the sections are seen together.

    Args:
        reader: of the document.
        config: what could be read of it.
        now: the present, for gaps in schedules; None: they are not looked for.
    """
    for judge in (_probers, _kept, _retention):
        with judging:
            judge(reader, config)
    for check in config.checks.values():
        _check(reader, check)
    _organizations(reader, config)
    _services(reader, config)
    for agreement in config.agreements.values():
        review_agreement(reader, config, agreement)
    for number, window in enumerate(config.maintenance):
        _maintenance(reader, config, ("maintenance", number), window)
    review_status_pages(reader, config)
    review_alerting(reader, config, now)
    review_access(reader, config)
    if not reader.problems and not config.checks:
        reader.warn((), "there is no check: nothing is watched")


def _probers(reader: Reader, config: Config) -> None:
    if not 1 <= config.probers <= MOST_PROBERS:
        reader.problem(
            ("slawatch", "probers"),
            f"from 1 to {MOST_PROBERS} processes can probe",
            found=str(config.probers),
        )


def _kept(reader: Reader, config: Config) -> None:
    if config.retention.samples < DAY:
        reader.problem(
            ("retention", "samples"),
            "samples are kept for a day at least",
            expected="1d or more",
            found=format_duration(config.retention.samples),
        )


def _retention(reader: Reader, config: Config) -> None:
    """Note a retention that is written down and ends before a claim window does."""
    section = reader.document.tree.get("retention")
    if not isinstance(section, dict) or "samples" not in section:
        return
    needed: dict[Micros, str] = {}
    for agreement in config.agreements.values():
        with judging:
            needed[longest(agreement)] = agreement.key
    most = max(needed, default=0)
    if most > config.retention.samples:
        reader.warn(
            ("retention", "samples"),
            f"samples are kept for up to {format_duration(most)} all the same: claims under the agreement "
            f"{quoted(needed[most])} can rest on them for as long",
        )


def _check(reader: Reader, check: Check) -> None:
    path = ("checks", check.name)
    with judging:
        if not check.service:
            reader.problem((*path, "service"), "a service has a name")
    with judging:
        if not 1 <= check.failures <= 100:
            reader.problem(
                (*path, "failures"),
                "so many bad probes cannot be counted",
                expected="from 1 to 100",
                found=str(check.failures),
            )
    with judging:
        if not SHORTEST_INTERVAL <= check.interval <= LONGEST_INTERVAL:
            expected = f"from {format_duration(SHORTEST_INTERVAL)} to {format_duration(LONGEST_INTERVAL)}"
            found = format_duration(check.interval)
            reader.problem((*path, "interval"), "no such interval", expected=expected, found=found)
            return
    for judge in (_timeout, _retry_interval, _stale_after):
        with judging:
            judge(reader, path, check)


def _timeout(reader: Reader, path: KeyPath, check: Check) -> None:
    if not 0 < check.timeout <= check.interval:
        reader.problem(
            (*path, "timeout"),
            "a probe must end before the next one begins: shorten the timeout or lengthen the interval",
            expected=f"more than 0s, at most the interval of {format_duration(check.interval)}",
            found=format_duration(check.timeout),
        )


def _retry_interval(reader: Reader, path: KeyPath, check: Check) -> None:
    if not SHORTEST_INTERVAL <= check.retry_interval <= check.interval:
        interval = format_duration(check.interval)
        reader.problem(
            (*path, "retry_interval"),
            "a repeated probe comes sooner than the next one would",
            expected=f"from {format_duration(SHORTEST_INTERVAL)} to the interval of {interval}",
            found=format_duration(check.retry_interval),
        )


def _stale_after(reader: Reader, path: KeyPath, check: Check) -> None:
    if check.stale_after < check.interval:
        reader.problem(
            (*path, "stale_after"),
            "a sample must hold until the next one: between two probes the state would be unknown",
            expected=f"the interval of {format_duration(check.interval)} or more",
            found=format_duration(check.stale_after),
        )


def _organizations(reader: Reader, config: Config) -> None:
    for key, organization in config.organizations.items():
        with judging:
            if key and not organization.name.strip():
                reader.problem(
                    ("organizations", key, "name"),
                    "reports and pages print this name: leave the key out to be called by the table's own",
                    expected="a name with a letter in it",
                    found=quoted(organization.name),
                )


def _services(reader: Reader, config: Config) -> None:
    with judging:
        _slips(reader, config, written(reader, "services"))
    counts = _counted(config)
    for service in config.services.values():
        path = ("services", service.name)
        with judging:
            if service.organization is not None:
                key = (*path, "organization")
                known_name(reader, key, "organization", service.organization, config.organizations)
        if counts is None:
            continue
        checks = counts[service.name]
        with judging:
            if not checks:
                reader.warn(path, "no check speaks for this service: it stays unmonitored")
            elif isinstance(service.join, Quorum) and service.join.needed > checks:
                reader.problem(
                    (*path, "join"),
                    "the quorum is larger than the number of its checks: the service could never be up",
                    expected=f"at most {checks}",
                    found=str(service.join.needed),
                )


def _counted(config: Config) -> dict[str, int] | None:
    """Return how many checks speak for each service; None where not all of them can be told."""
    counts = dict.fromkeys(config.services, 0)
    try:
        for check in config.checks.values():
            counts[check.service] += 1
        return counts if len(config.checks) >= 0 else None
    except Unread:
        return None


def _slips(reader: Reader, config: Config, tables: Mapping[str, object]) -> None:
    """Note services that only checks name, and that are called almost as one with a table."""
    implied = [name for name in config.services if name not in tables]
    hints = {name: nearest(name, tables) for name in implied} if len(implied) <= MOST_SLIPS else {}
    for check in config.checks.values():
        with judging:
            if hint := hints.get(check.service):
                reader.warn(
                    ("checks", check.name, "service"),
                    f"there is no table for the service {quoted(check.service)}: {hint}",
                )


def _maintenance(reader: Reader, config: Config, path: KeyPath, window: Maintenance) -> None:
    with judging:
        service_names(reader, (*path, "services"), window.services, config)
    with judging:
        if window.end <= window.start:
            reader.problem((*path, "end"), "maintenance ends after it starts")
    with judging:
        for number, told in enumerate(window.earlier):
            with judging:
                if (
                    told.announced is not None
                    and window.announced is not None
                    and told.announced > window.announced
                ):
                    here = (*path, "earlier", number, "announced")
                    reader.problem(here, "what was announced earlier comes first")
