"""What the pages about reports show: those that can be made, those that are frozen, those that are missed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.instant import Instant, Micros, parse_rfc3339
from slawatch.core.period import Period
from slawatch.report.wording import period_title, span_title
from slawatch.store.frozen import Frozen
from slawatch.web.naming import Names

_MOST_OVERDUE = 12


class FrozenLine(NamedTuple):
    """A frozen report in the list.

    Attributes:
        owner: the organisation by its name; empty for none.
        title: the agreement, or whose report it is.
        period: in words.
        verdict: empty without an agreement.
        by: who froze it.
    """

    number: int
    owner: str
    title: str
    period: str
    verdict: str
    at: Instant
    by: str
    restates: int | None
    restated_by: int | None


class MissedLine(NamedTuple):
    """A period that is over and not frozen."""

    agreement: str
    owner: str
    label: str
    period: str
    late: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPage:
    """What is frozen, and what is not.

    Attributes:
        lines: the latest first.
        earlier: the number after which older ones follow; None for none.
        missed: the oldest first, as many as are shown.
        more: how many besides.
    """

    lines: tuple[FrozenLine, ...]
    earlier: int | None
    missed: tuple[MissedLine, ...]
    more: int


def arrange(
    config: Config,
    reports: Sequence[Frozen],
    missed: Iterable[tuple[Agreement, Period]],
    now: Instant,
    *,
    most: int,
    organization: str = "",
) -> FrozenPage:
    """Arrange the frozen reports, and the periods without one.

    Args:
        config: for names.
        reports: the latest first, one more than is shown where there are more.
        missed: the oldest first.
        now: the present.
        most: how many are shown.
        organization: only its periods; empty for all.
    """
    names = Names(config)
    late = [
        MissedLine(
            terms.key, names.organization(terms.organization), period.label, period_title(period),
            now - period.end,
        )
        for terms, period in missed
        if organization in ("", terms.organization)
    ]  # fmt: skip
    return FrozenPage(
        lines=tuple(_line(names, one) for one in reports[:most]),
        earlier=reports[most - 1].number if len(reports) > most else None,
        missed=tuple(late[:_MOST_OVERDUE]),
        more=max(len(late) - _MOST_OVERDUE, 0),
    )


def _line(names: Names, one: Frozen) -> FrozenLine:
    return FrozenLine(
        one.number, names.organization(one.organization or ""), one.agreement or one.report,
        span_title(one.label, one.start, one.end, one.timezone), one.verdict, one.frozen_at,
        names.one(one.person),
        one.restates, one.restated_by,
    )  # fmt: skip


class OnePage(NamedTuple):
    """A frozen report by itself.

    Attributes:
        found: as the API shows it.
        period: in words.
        owner: the organisation by its name.
        by: who froze it.
        at: when.
        zone: of its period.
    """

    found: Mapping[str, Any]
    period: str
    owner: str
    by: str
    at: Instant
    zone: str


def one(config: Config, found: Mapping[str, Any]) -> OnePage:
    """Arrange a report that `answers.reports.shown` returned."""
    names, period = Names(config), found["period"]
    return OnePage(
        found,
        span_title(
            period["label"], parse_rfc3339(period["start"]), parse_rfc3339(period["end"]), period["timezone"]
        ),
        names.organization(found["organization"] or ""), names.one(found["frozen_by"]),
        parse_rfc3339(found["frozen_at"]), period["timezone"],
    )  # fmt: skip
