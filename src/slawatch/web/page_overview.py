"""What the pages about everything show: the services by organisation, the reports, slawatch itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from slawatch.answers.view import Live
from slawatch.config.model import Config
from slawatch.core.channel import Standing
from slawatch.core.instant import Instant, Micros, parse_rfc3339
from slawatch.core.outbox import Stage
from slawatch.core.percentile import quantile_bucketed
from slawatch.core.period import parse_period
from slawatch.core.turn import State
from slawatch.report.build import in_force
from slawatch.report.csv import TABLES
from slawatch.report.wording import period_title
from slawatch.web.history import Record
from slawatch.web.rendering import STATES

_REASONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One service in a list.

    Attributes:
        name: of the service.
        organization: its name for people; empty without one.
        description: for people.
        state: up, degraded, down or unknown.
        since: when that began; None where nobody knows.
        reason: why it is not up, from its checks; empty when it is.
        drawing: its last ninety days; empty where the store could not be read.
        share: its availability over them, as people read it.
    """

    name: str
    organization: str
    description: str
    state: str
    since: Instant | None
    reason: str
    drawing: Markup
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The services of one organisation, those in trouble first."""

    key: str
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All services.

    Attributes:
        state: the worst that any of them is in.
        headline: the same in words.
        zone: of the page's times.
        groups: by organisation; only what was looked for.
        counts: how many services are in each state, of all.
    """

    state: str
    headline: str
    zone: str
    groups: tuple[Group, ...]
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many services there are, found or not."""
        return sum(self.counts.values())

    @property
    def rows(self) -> list[Row]:
        """All services in one list, those in trouble first."""
        found = [row for group in self.groups for row in group.rows]
        return sorted(found, key=lambda row: STATES.index(row.state))


def overview(
    config: Config,
    status: Mapping[str, Any],
    days: Mapping[str, Record],
    organization: str | None = None,
    *,
    find: str = "",
    only: str = "",
) -> Overview:
    """Arrange the answer of `status` for the page.

    Args:
        config: for names.
        status: the answer.
        days: of the services; empty where the store could not be read.
        organization: only this one's; the figures are of it alone as well.
        find: only services with this in their name, their description or their organisation's name.
        only: only services in this state.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for entry in status["services"]:
        name = entry["service"]
        mine = days.get(name)
        owner = config.organizations.get(entry["organization"])
        groups[entry["organization"] or ""].append(
            Row(
                name=name,
                organization=owner.name if owner else "",
                description=config.services[name].description if name in config.services else "",
                state=entry["state"],
                since=parse_rfc3339(entry["since"]) if entry["since"] else None,
                reason=reason(entry),
                drawing=mine.drawing if mine else Markup(""),
                share=mine.share if mine else "no data",
            )
        )
    order = {key: index for index, key in enumerate(config.organizations)}
    states = [row.state for rows in groups.values() for row in rows]
    chosen = config.organizations.get(organization) if organization else None
    words = find.casefold().split()
    for key, rows in list(groups.items()):
        groups[key] = [row for row in rows if only in ("", row.state) and _has(row, words)]
    return Overview(
        state=next((state for state in STATES if state in states), "unknown"),
        headline=headline(states),
        zone=chosen.timezone if chosen else shared_zone(config),
        groups=tuple(
            Group(
                key=key,
                name=config.organizations[key].name if key in config.organizations else _others(config),
                rows=tuple(sorted(groups[key], key=lambda row: STATES.index(row.state))),
            )
            for key in sorted(groups, key=lambda key: order.get(key, len(order)))
            if groups[key]
        ),
        counts={state: states.count(state) for state in reversed(STATES)},
    )


def _has(row: Row, words: Sequence[str]) -> bool:
    text = f"{row.name} {row.description} {row.organization}".casefold()
    return all(word in text for word in words)


class Telling(NamedTuple):
    """Whether people can be told.

    Attributes:
        channels: how many there are; `broken`: the names of those through which nothing goes.
        waiting, dead: messages that are on their way, and that were given up.
    """

    channels: int
    broken: tuple[str, ...]
    waiting: int
    dead: int


def telling(config: Config, state: State, standings: Mapping[str, Standing]) -> Telling:
    """Return whether people can be told."""
    broken = (name for name in config.channels if name in standings and standings[name].state != "ok")
    stages = [row.stage for row in state.rows.values()]
    waiting = sum(1 for stage in stages if stage in (Stage.QUEUED, Stage.SENDING, Stage.RETRY_WAIT))
    return Telling(len(config.channels), tuple(broken), waiting, stages.count(Stage.DEAD))


def shared_zone(config: Config) -> str:
    """Return the zone of a page about everything: that of all organisations, else the configuration's."""
    zones = {entry.timezone for entry in config.organizations.values()}
    return zones.pop() if len(zones) == 1 else config.timezone


def _others(config: Config) -> str:
    return "Other services" if config.organizations else "Services"


def reason(entry: Mapping[str, Any]) -> str:
    """Return why a service is not up, from those of its checks that are not; empty when it is."""
    if entry["state"] == "up":
        return ""
    said = [
        check["reason"]
        for state in STATES[:-1]
        for check in entry["checks"]
        if check["state"] == state and check["reason"]
    ]
    texts = list(dict.fromkeys(said))
    more = len(texts) - _REASONS
    return "; ".join(texts[:_REASONS]) + (f"; and {more} more" if more > 0 else "")


def headline(states: Sequence[str]) -> str:
    """Return the state of all services in a few words, the worst first.

    >>> headline(["up"]), headline(["up", "up"]), headline([])
    ('The service is up', 'All 2 services are up', 'Nothing is watched yet')
    >>> headline(["up", "down", "unknown"])
    '1 of 3 services is down, 1 is unknown'
    """
    if not states:
        return "Nothing is watched yet"
    if all(state == "up" for state in states):
        return "The service is up" if len(states) == 1 else f"All {len(states)} services are up"
    if len(states) == 1:
        return f"The service is {states[0]}"
    parts: list[str] = []
    for state in STATES[:-1]:
        if count := states.count(state):
            total = "" if parts else f" of {len(states)} services"
            parts.append(f"{count}{total} {'is' if count == 1 else 'are'} {state}")
    return ", ".join(parts)


class ReportRow(NamedTuple):
    """A report that can be downloaded.

    Attributes:
        title: whose, and on which agreement.
        period: what it is about, in words; empty where there is nothing to report for that time.
        page: its address as a page.
        files: the other forms, as label, file name and address.
        running: the period is not over.
    """

    title: str
    agreement: str
    period: str
    page: str
    files: tuple[tuple[str, str, str], ...]
    running: bool


def reports(config: Config, kind: str, label: str, now: Instant) -> list[ReportRow]:
    """Return the reports of one period: one an agreement, and one for each organisation that has none."""
    rows = []
    for terms in config.agreements.values():
        owner = config.organizations.get(terms.organization)
        period = parse_period(label, terms.timezone)
        try:
            period = in_force(terms, period)
            title = period_title(period) if period.start < now else ""
        except ValueError:
            title = ""
        rows.append(
            _report(owner.name if owner else terms.organization, terms.key, title, kind, label,
                    {"agreement": terms.key}, running=period.end > now)
        )  # fmt: skip
    promised = {terms.organization for terms in config.agreements.values()}
    for owner in config.organizations.values():
        served = any(service.organization == owner.key for service in config.services.values())
        if owner.key not in promised and served:
            period = parse_period(label, owner.timezone)
            title = period_title(period) if period.start < now else ""
            rows.append(
                _report(owner.name, "", title, kind, label, {"org": owner.key}, running=period.end > now)
            )
    if not config.agreements and not config.organizations and config.services:
        period = parse_period(label, config.timezone)
        rows.append(
            _report("All services", "", period_title(period), kind, label, {}, running=period.end > now)
        )
    return rows


def _report(
    title: str, agreement: str, period: str, kind: str, label: str, whose: Mapping[str, str], *, running: bool
) -> ReportRow:
    def address(**more: str) -> str:
        return f"/api/v1/report?{urlencode({kind: label, **whose, **more})}"

    stem = f"{agreement or whose.get('org', 'all')}-{label}"
    files = [(f"CSV: {table}", f"{stem}-{table}.csv", address(format="csv", table=table)) for table in TABLES]
    files.append(("JSON", f"{stem}.json", address(format="json")))
    return ReportRow(title, agreement, period, address(format="html"), tuple(files), running)


class Probing(NamedTuple):
    """What the probers did since they began, all together.

    Attributes:
        late: 99 of 100 probes started about this much after their due time at most; None where none did.
    """

    running: int
    started: int
    in_flight: int
    skipped: int
    bugs: int
    late: Micros | None


def probing(live: Live) -> Probing:
    """Return the sums over all probers that are running."""
    sums: dict[str, int] = defaultdict(int)
    lateness = [0] * 64
    for counters in live.counters.values():
        for name in ("started", "in_flight", "skipped", "bugs"):
            sums[name] += int(counters.get(name, 0))
        for index, count in enumerate(counters.get("lateness", ())):
            lateness[index] += int(count)
    buckets = [(Fraction(1 << index), Fraction(up_to)) for index, up_to in enumerate(accumulate(lateness))]
    late = quantile_bucketed(buckets, Fraction(99, 100))
    return Probing(
        len(live.counters), sums["started"], sums["in_flight"], sums["skipped"], sums["bugs"],
        None if late is None else late.__ceil__(),
    )  # fmt: skip
