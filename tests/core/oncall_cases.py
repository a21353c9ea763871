"""The worked cases of `tests/data/alerting_*.json`, and the way from their words to the core's."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from slawatch.core.dates import parse_clock, parse_weekday
from slawatch.core.instant import SECOND, parse_rfc3339
from slawatch.core.recurrence import Window
from slawatch.core.shift import Layer

FOLDER = Path(__file__).parent.parent / "data"
DAYS = {
    day[:2].upper(): day
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
LONG_AGO = datetime(1999, 1, 4)


def cases(group, wanted=lambda case: True):
    found = json.loads((FOLDER / f"alerting_{group}.json").read_text())["cases"]
    assert all(case["id"] and case["source"] and case["basis"] for case in found)
    chosen = [case for case in found if wanted(case)]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[case["id"].split("/")[1] for case in chosen])


def every(group):
    return json.loads((FOLDER / f"alerting_{group}.json").read_text())["cases"]


def at(text):
    return parse_rfc3339(text)


def wall(text):
    """A local time, without the offset that some cases write."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def weekdays(names):
    return (frozenset(parse_weekday(DAYS.get(name, name)) for name in names),)


def window(rule):
    return Window(days=weekdays(rule["days"]), start=parse_clock(rule["start"]), end=parse_clock(rule["end"]))


def rolling(shift):
    """The layer of a rolling shift."""
    days = shift.get("by_day")
    if "by_day" in shift and days is None:
        days = list(DAYS)
    local_week = "start_local" in shift
    return Layer(
        people=tuple(map(tuple, shift["groups"])),
        start=wall(shift.get("start") or shift["start_local"]),
        shift=shift["freq"],
        every=shift["interval"],
        days=weekdays(days) if days else (),
        days_of_month=tuple((day, day) for day in shift.get("by_monthday", ())),
        week_start=parse_weekday(DAYS[shift.get("week_start", "MO")]),
        duration=0 if local_week else shift["duration_seconds"] * SECOND,
        valid_from=wall(shift["rotation_start"]) if "rotation_start" in shift else None,
        until=wall(shift["until"]) if "until" in shift else None,
    )
