"""What may be asked of schedules: who is on call, when nobody is, the shifts as a calendar.

Blocking, for a worker thread or the command line.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers import oncall as oncall_answers
from slawatch.answers.asking import Seen, check_query
from slawatch.answers.wish import EntryRefused, Wish, missing
from slawatch.config.entered import effective
from slawatch.config.problem import nearest
from slawatch.core import oncall, recorded
from slawatch.core.instant import DAY, parse_rfc3339
from slawatch.core.rota import Schedule

if TYPE_CHECKING:
    import duckdb

_SHOWN: Final = 14 * DAY
_LONGEST: Final = 366 * DAY
_FEED_BACK: Final = 7 * DAY
_FEED_AHEAD: Final = 90 * DAY
_GAP_DAYS: Final = 30
_FARTHEST_DAYS: Final = 3660
_EARLIEST: Final = parse_rfc3339("1970-01-01T00:00:00Z")
_LATEST: Final = parse_rfc3339("2200-01-01T00:00:00Z")


def on_call(
    cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return who is on call in each schedule, or the shifts of a span, overrides and swaps included.

    What is past is told as it was recorded.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    from slawatch.store import duty

    check_query("oncall", query)
    wish = Wish(query, seen.config, seen.now)
    chosen = _schedules(effective(seen.config, duty.overrides(cursor)), query.get("schedule"))
    records = duty.records(cursor, [schedule.key for schedule in chosen])
    if "from" not in query and "to" not in query:
        at = wish.moment("at", "") if "at" in query else seen.now
        return [recorded.show(schedule, records[schedule.key], at) for schedule in chosen]
    if "at" in query:
        raise EntryRefused("`at` does not go with `from` and `to`")
    start = wish.moment("from", "") if "from" in query else seen.now
    end = wish.moment("to", "") if "to" in query else start + _SHOWN
    if not start < end <= start + _LONGEST:
        raise EntryRefused("`to` is after `from`, and at most a year")
    return [
        line
        for schedule in chosen
        for line in recorded.show_shifts(schedule, records[schedule.key], start, end)
    ]


def on_call_record(cursor: "duckdb.DuckDBPyConnection", seen: Seen) -> dict[str, Any]:
    """Return when who came on call and went, in each schedule, as it was recorded.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import duty

    found = duty.records(cursor, seen.config.schedules)
    return {"schedules": [recorded.show_record(name, record) for name, record in found.items()]}


def on_call_gaps(
    cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return when nobody is on call in each schedule, entered overrides and swaps included.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    from slawatch.store import duty

    check_query("oncall.gaps", query)
    wish = Wish(query, seen.config, seen.now)
    chosen = _schedules(effective(seen.config, duty.overrides(cursor)), query.get("schedule"))
    start = wish.moment("from", "") if wish.has("from") else seen.now
    if wish.has("days"):
        if wish.has("to"):
            raise EntryRefused("`to` and `days` say the same: leave one out")
        days = wish.whole("days", needed="how many days ahead to look")
        end = start + min(days, _FARTHEST_DAYS + 1) * DAY
    else:
        end = wish.moment("to", "") if wish.has("to") else start + _GAP_DAYS * DAY
    if not start < end <= start + _FARTHEST_DAYS * DAY:
        raise EntryRefused(f"the end is after the start, and {_FARTHEST_DAYS} days later at most")
    if not _EARLIEST <= start < end < _LATEST:
        raise EntryRefused("schedules are known from 1970 to 2200")
    return [oncall.show_gaps(schedule, start, end) for schedule in chosen]


def on_call_feed(cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]) -> bytes:
    """Return shifts as an iCalendar, entered ones included; by default from a week ago, three months ahead.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    from slawatch.store import duty

    check_query("oncall.ics", query)
    config, person = seen.config, query.get("person")
    if person is not None and person not in config.people:
        raise missing(
            f"there is no person {person[:100]!r}: {nearest(person, config.people) or 'none of that name'}"
        )
    chosen = _schedules(effective(config, duty.overrides(cursor)), query.get("schedule"))
    wish = Wish(query, config, seen.now)
    start = wish.moment("from", "") if wish.has("from") else seen.now - _FEED_BACK
    end = wish.moment("to", "") if wish.has("to") else max(start, seen.now) + _FEED_AHEAD
    if not start < end <= start + _LONGEST:
        raise EntryRefused("`to` is after `from`, and at most a year")
    records = duty.records(cursor, [schedule.key for schedule in chosen])
    listed = oncall_answers.entries(chosen, start, end, person, records)
    about = config.people[person].shown if person else query.get("schedule", "all schedules")
    zone = chosen[0].timezone if len(chosen) == 1 else config.timezone
    return oncall_answers.ical(f"On call: {about}", listed, config.people, zone, seen.now)


def _schedules(held: Mapping[str, Schedule], name: str | None) -> list[Schedule]:
    if name is not None and name not in held:
        raise missing(f"there is no schedule {name[:100]!r}: {nearest(name, held) or 'none of that name'}")
    return list(held.values()) if name is None else [held[name]]
