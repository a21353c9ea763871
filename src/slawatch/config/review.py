"""What no value shows alone: references between sections, lengths that do not fit, promises not measured."""

from typing import Final

from slawatch.config.alerting_review import review_alerting
from slawatch.config.model import Config
from slawatch.config.problem import nearest, quoted
from slawatch.config.promises import known_name, review_agreement, service_names
from slawatch.config.reading import Reader
from slawatch.config.status_pages import review_status_pages
from slawatch.config.users import review_access
from slawatch.core.check import LONGEST_INTERVAL, SHORTEST_INTERVAL, Check, Quorum
from slawatch.core.instant import DAY, Instant
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
    _retention(reader, config)
    for check in config.checks.values():
        _check(reader, check)
    _services(reader, config)
    for agreement in config.agreements.values():
        review_agreement(reader, config, agreement)
    _maintenance(reader, config)
    review_status_pages(reader, config)
    review_alerting(reader, config, now)
    review_access(reader, config)
    if not config.checks and not reader.problems:
        reader.warn((), "there is no check: nothing is watched")


def _retention(reader: Reader, config: Config) -> None:
    """Note a retention that is written down and ends before a claim window does."""
    written = reader.document.tree.get("retention")
    if not isinstance(written, dict) or "samples" not in written:
        return
    needed = {longest(agreement): agreement.key for agreement in config.agreements.values()}
    most = max(needed, default=0)
    if most > config.retention.samples:
        reader.warn(
            ("retention", "samples"),
            f"samples are kept for up to {format_duration(most)} all the same: claims under the agreement "
            f"{quoted(needed[most])} can rest on them for as long",
        )


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
            known_name(
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


def _maintenance(reader: Reader, config: Config) -> None:
    tables = reader.document.tree.get("maintenance")
    if not isinstance(tables, list) or len(config.maintenance) != len(tables):
        return
    for number, window in enumerate(config.maintenance):
        path = ("maintenance", number)
        service_names(reader, (*path, "services"), window.services, config)
        if window.end <= window.start:
            reader.problem((*path, "end"), "maintenance ends after it starts")
        for earlier, told in enumerate(window.earlier):
            if (
                told.announced is not None
                and window.announced is not None
                and told.announced > window.announced
            ):
                reader.problem(
                    (*path, "earlier", earlier, "announced"), "what was announced earlier comes first"
                )
