"""Alerts and attempts are counted once each, however often one looks."""

from pathlib import Path

from slawatch.core.attempt import Attempt
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import SECOND
from slawatch.store.alert_counts import Counts, count
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer


def fired(number: int, name: str, severity: str = "critical") -> Numbered:
    changes = (("severity", severity), ("service", "shop"), ("organization", "acme"))
    return Numbered(number, Event(number * SECOND, "alert.fired", f"alert:{name}", changes=changes))


def attempt(place: int, verdict: str = "ok") -> Attempt:
    at = place * SECOND
    return Attempt(
        "7:1:trigger:0:0:person:bob:sms", place, 7, "trigger", "person:bob", "sms", at, at + 1, verdict
    )


def test_each_is_counted_once(tmp_path: Path) -> None:
    counts = Counts()
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        cursor = database.cursor()
        count(cursor, counts, 0)
        assert not counts.fired
        writer.write(Batch(1, events=[fired(1, "a"), fired(2, "b", "low")], attempts=[attempt(1)]))
        for _ in range(2):
            count(cursor, counts, 2 * SECOND)
        assert counts.fired == {("critical", "shop", "acme"): 1, ("low", "shop", "acme"): 1}
        assert counts.tried == {("sms", "ok"): 1}
        writer.write(Batch(2, events=[fired(3, "a")], attempts=[attempt(2, "retry"), attempt(9)]))
        count(cursor, counts, 5 * SECOND)
        assert counts.fired["critical", "shop", "acme"] == 2
        assert counts.tried == {("sms", "ok"): 1, ("sms", "retry"): 1}
        cursor.close()
