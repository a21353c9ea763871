"""What belongs to others cannot be read through a narrowed cursor, by any query on any table."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from slawatch.core.adjustment import Added, Approved
from slawatch.core.attempt import Attempt
from slawatch.core.audit import Audited
from slawatch.core.credential import Session, Token
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import DAY, SECOND
from slawatch.core.life import LifeEvent
from slawatch.core.maintenance import Cancelled, Planned
from slawatch.core.sample import Cause, Outcome, Sample, Transition
from slawatch.store import access, entries, frozen
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.exporting import export
from slawatch.store.frozen import Frozen
from slawatch.store.narrowing import narrow
from slawatch.store.writer import Writer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MINE, OTHERS = "mine-shop", "others-secret"
EVERYBODYS = {"schema_version", "flush_log", "sealed_day"}
"""Tables in which nothing is anybody's."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Two organisations with the same of everything; the other's texts all say `secret`."""
    with Database.open(tmp_path) as found:
        numbers = found.check_numbers([MINE, OTHERS])
        samples = [
            Sample(
                number, at, at, Outcome.DOWN, Cause.CONNECT, None, None, None, None, None, None, SECOND,
                reason=f"{name} is down",
            )
            for name, number in numbers.items()
            for at in (DAY, 2 * DAY)
        ]  # fmt: skip
        events = [
            Numbered(
                n, Event(5, kind, subject, text, changes=(("organization", org), ("title", text))), inc
            )
            for n, (kind, subject, text, org, inc) in enumerate(
                [
                    ("incident.opened", "incident:1", "mine", "mine", 1),
                    ("incident.opened", "incident:2", "secret", "others", 2),
                    ("alert.fired", "alert:a", "mine", "mine", 0),
                    ("alert.fired", "alert:b", "secret", "others", 0),
                ],
                1,
            )
        ]  # fmt: skip
        more = [
            Numbered(5, Event(6, "row.queued", "row:k", "secret"), 2),
            Numbered(6, Event(6, "incident.noted", "incident:1", "mine"), 1),
        ]
        attempts = [
            Attempt(f"k-{incident}", 1, incident, "trigger", who, "mail", 1, 2, "ok")
            for incident, who in ((1, "person:mine"), (2, "person:secret"))
        ]
        writer = Writer(found)
        writer.write(
            Batch(
                1, samples, [(n, Transition(DAY, Outcome.DOWN, DAY)) for n in numbers.values()],
                [LifeEvent(1, "start", "{}"), LifeEvent(2, "config", '{"added":["others-secret"]}')],
                [(n, DAY) for n in numbers.values()], events=[*events, *more], attempts=attempts,
                audit=[Audited(1, "secret", "", "read", "", "allowed")],
            )
        )  # fmt: skip
        writer.seal(1)
        for name, ident in (("mine", "m-1"), ("secret", "m-2")):
            entries.enter_maintenance(
                found, Planned(ident, 5, name, (f"{name}-service",), 10, 20, 3, name), name
            )
            entries.enter_adjustment(
                found,
                Added(f"a-{ident}", 50, name, f"{name}-service", "excused", name, "", 10, 40, name),
                name,
            )
            entries.enter_adjustment(found, Approved(f"a-{ident}", 60, f"{name} boss", name), name)
        entries.enter_maintenance(
            found, Planned("m-3", 5, "both", ("mine-service", "secret-service"), 10, 20, 3, "both"), "both"
        )
        entries.enter_maintenance(found, Cancelled("m-3", 7, "both", "both"), "both")
        access.create_token(
            found,
            Token(id="t", name="secret", hash="secret", role="admin", organizations=None, created_at=1,
                  created_by="secret"),
        )  # fmt: skip
        access.save_session(
            found,
            Session(hash="secret", name="secret", kind="oidc", mark="", groups=(), source="", created_at=1,
                    seen_at=1),
        )  # fmt: skip
        with found.reading() as cursor:
            for table, values in (
                ("silence_entry", "(1, ?, 'put', 1, ?, '', '', ?, '', 1, 2)"),
                ("override_entry", "(1, ?, 'added', 1, ?, '', ?, '', '')"),
            ):
                for name in ("mine", "secret"):
                    cursor.execute(
                        f"INSERT INTO {table} VALUES {values}", [f"{name}-1", name, f"{name}-rota"]
                    )
        for number, organization, text in ((1, "mine", "mine"), (2, "others", "secret"), (3, None, "secret")):
            frozen.append(
                found,
                Frozen(
                    number, organization, 1, "", text, text, text, text, 10, 20, "UTC", 30, text, text, text,
                    None, "", "1", text, text, 6,
                ),
                text.encode(),
            )  # fmt: skip
        yield found


@pytest.fixture
def narrowed(database: Database) -> "Iterator[DuckDBPyConnection]":
    with database.reading() as cursor:
        narrow(
            cursor, organizations=["mine"], services=["mine-service"], checks=[MINE], schedules=["mine-rota"],
            silences=["mine-1"], subjects=["mine-service"],
        )  # fmt: skip
        yield cursor


def tables(cursor: "DuckDBPyConnection") -> list[str]:
    rows = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    return sorted(name for (name,) in rows)


def test_no_table_shows_anothers(narrowed: "DuckDBPyConnection", database: Database) -> None:
    """A new table must be narrowed, unless nothing in it is anybody's."""
    with database.reading() as whole:
        (other,) = [
            n for n, name in whole.execute("SELECT number, name FROM check_name").fetchall() if name == OTHERS
        ]
        names = tables(whole)
    views = narrowed.execute(
        "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
    ).fetchall()
    assert {name for (name,) in views} == set(names) - EVERYBODYS
    held: dict[str, int] = {}
    for name in names:
        found = narrowed.execute(f"SELECT * FROM {name}").fetchall()
        columns = [column[0] for column in narrowed.description or []]
        held[name] = len(found)
        assert "secret" not in str(found), name
        for row in found:
            line: dict[str, Any] = dict(zip(columns, row, strict=True))
            assert line.get("check_number") != other, name
            assert line.get("incident") != 2, name
    mine = {"sample", "failure", "transition", "ping", "maintenance_entry", "adjustment_entry", "alert_event",
            "attempt", "silence_entry", "override_entry", "check_name", "sealed_check", "life",
            "frozen_report"}  # fmt: skip
    assert {name for name in mine if not held[name]} == set()
    assert held["adjustment_entry"] == 2
    assert held["maintenance_entry"] == 3
    assert held["alert_event"] == 3
    assert held["frozen_report"] == 1
    assert held["token"] == held["session"] == held["audit"] == 0


def test_a_window_that_others_share_shows_only_ones_own_services(narrowed: "DuckDBPyConnection") -> None:
    windows = {one.planned.id: one for one in entries.windows(narrowed)}
    assert set(windows) == {"m-1", "m-3"}
    assert windows["m-3"].planned.services == ("mine-service",)
    assert windows["m-3"].cancelled is not None


def test_sealed_days_are_exported_without_others(narrowed: "DuckDBPyConnection", tmp_path: Path) -> None:
    for what in ("samples", "transitions"):
        file = tmp_path / what
        with file.open("wb") as out:
            export(narrowed, what, 0, 10 * DAY, "csv", out)
        lines = file.read_text().splitlines()[1:]
        assert lines
        assert all(MINE in line for line in lines)


def test_only_this_cursor_is_narrowed(narrowed: "DuckDBPyConnection", database: Database) -> None:
    with database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM check_name").fetchone() == (2,)
    assert narrowed.execute("SELECT count(*) FROM check_name").fetchone() == (1,)


def test_who_belongs_to_nothing_sees_nothing(database: Database) -> None:
    with database.reading() as cursor:
        narrow(cursor, organizations=[], services=[], checks=[], schedules=[], silences=[], subjects=[])
        for name in ("sample", "check_name", "alert_event", "maintenance_entry", "attempt"):
            assert cursor.execute(f"SELECT count(*) FROM {name}").fetchone() == (0,)


def test_names_are_texts_whatever_they_hold(database: Database) -> None:
    with database.reading() as cursor:
        odd = ["x' OR 1=1 --", '"; DROP TABLE sample; --']
        narrow(cursor, organizations=odd, services=odd, checks=odd, schedules=odd, silences=odd, subjects=odd)
        assert cursor.execute("SELECT count(*) FROM check_name").fetchone() == (0,)


def test_what_others_have_in_an_incident_is_left_out(database: Database) -> None:
    def event(kind: str, subject: str, text: str, **changes: Any) -> Event:
        return Event(9, kind, subject, text, changes=tuple(changes.items()))

    told = [
        (event("incident.joined", "incident:1", "incident 2 is part of it: secret", merged=(3, 2)), 1),
        (event("child.listed", "incident:1", "secret: explained by it", children=("a", "b")), 1),
        (event("incident.merged", "incident:1", "explained by secret", merged_into=2), 1),
        (event("incident.joined", "incident:1", "incident 1 is part of it: mine", merged=(2, 1)), 1),
        (event("child.listed", "incident:1", "mine: explained by it", children=("b", "a")), 1),
        (event("incident.merged", "incident:1", "explained by mine", merged_into=1), 1),
    ]
    Writer(database).write(Batch(2, events=[Numbered(n, *one) for n, one in enumerate(told, 20)]))
    with database.reading() as cursor:
        narrow(cursor, organizations=["mine"], services=[], checks=[], schedules=[], silences=[], subjects=[])
        texts = cursor.execute("SELECT text FROM alert_event WHERE number >= 20 ORDER BY number").fetchall()
    assert [text for (text,) in texts] == [
        "part of another incident", "incident 1 is part of it: mine", "mine: explained by it",
        "explained by mine",
    ]  # fmt: skip
