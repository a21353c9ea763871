"""The dispatcher as a whole, and the list of the recommended operations."""

import re
from pathlib import Path

from tests.core.alert_play import (
    OPS,
    desk,
    fire,
    op,
)

from slawatch.core.dispatch import (
    Ended,
    Started,
)  # fmt: skip
from slawatch.core.instant import HOUR


@op("003", "005", "007", "081")
def test_a_start_announces_nothing_twice(case):
    made = desk()
    made.do(fire())
    before = made.state
    made.at(10).do(Started(made.now))
    assert made.got() == [(0, "trigger", "ann")]
    made.do(fire())
    assert made.got() == [(0, "trigger", "ann")]
    assert made.state.incidents.keys() == before.incidents.keys()
    assert set(made.state.rows) == set(before.rows)


@op("006", "020")
def test_found_well_at_the_start(case):
    made = desk()
    made.do(fire())
    made.now -= HOUR
    made.do(Started(made.now + HOUR), Ended("shop"))
    assert [kind for _, kind, _ in made.got(-2 * 3600)] == ["trigger", "resolve"]


ELSEWHERE = {
    "012": "handoff notices: the on-call rules", "015": "the lock of the store",
    "021": "the shell waits for a clock",
    "023": "windows: recurrence", "024": "windows: recurrence", "029": "the sender's breakers",
    "031": "identity of a check: the config", "033": "timers stay: 026", "047": "templates: the notifiers",
    "049": "meta alerts: the daemon", "050": "the dead man's ping: the daemon", "051": "attempts: the store",
    "063": "silence notices: test_silence", "064": "dry run: test_silence", "072": "test_silence",
    "079": "workflows", "080": "workflows", "082": "time zones of shifts", "083": "time zones of shifts",
    "084": "the config",
}  # fmt: skip


def test_every_recommended_operation_is_run_or_said_to_be_elsewhere():
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    marks = [mark for text in texts for mark in re.findall(r"^@op\((.*?)\)$", text, re.MULTILINE)]
    run = {number for mark in marks for number in re.findall(r"\d{3}", mark)}
    assert run | set(ELSEWHERE) == set(OPS)
    assert not run & set(ELSEWHERE)
