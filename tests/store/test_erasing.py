"""A person is taken out of all that is stored; what they did stays."""

from pathlib import Path

from slawatch.core.adjustment import Added
from slawatch.core.attempt import Attempt
from slawatch.core.audit import Audited
from slawatch.core.credential import Session, Token
from slawatch.core.event import Event, Numbered
from slawatch.core.maintenance import Planned
from slawatch.store import access, alerting, audit, entries, erasing, frozen
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.frozen import Frozen
from slawatch.store.writer import Writer

NAMES = ["alice", "alice@example.com", "Alice Ä."]


def fill(database: Database) -> None:
    entries.enter_maintenance(
        database, Planned("m-1", 5, "alice", ("alice-db",), 10, 20, 3, "asked by alice, alice."), "alice@ops1"
    )
    entries.enter_adjustment(
        database, Added("a-1", 50, "bob", "shop", "excused", "see alice", "", 10, 40, ""), "bob@ops1"
    )
    changes = (("acker", "person:alice"), ("notes", (("alice", "person:alice"),)), ("title", "alice.smith"))
    events = [
        Numbered(
            1,
            Event(5, "incident.acked", "incident:1", "acked by Alice Ä.", "person:alice", "web", changes),
            1,
        )
    ]
    Writer(database).write(
        Batch(
            1,
            events=events,
            attempts=[
                Attempt(
                    "k", 1, 1, "trigger", "person:alice", "mail", 1, 2, "ok", answer="<alice@example.com> ok"
                )
            ],
            audit=[
                Audited(1, "alice", "unix:alice/7", "x", "y", "allowed", '{"signed":"alice","also":"alice2"}')
            ],
        )
    )
    frozen.append(
        database,
        Frozen(
            1, "acme", 1, "", "m", "gold", "gold", "2026-10", 1, 2, "UTC", 3, "alice", "alice@ops1",
            "asked by alice", None, "met", "1", "e", "k", 4,
        ),
        b"sent to alice",
    )  # fmt: skip
    access.create_token(
        database,
        Token(
            id="t",
            name="of alice",
            hash="h",
            role="viewer",
            organizations=None,
            created_at=1,
            created_by="alice",
        ),
    )
    for name in ("alice", "bob"):
        access.save_session(
            database,
            Session(
                hash=name, name=name, kind="password", mark="", groups=(), source="", created_at=1, seen_at=1
            ),
        )


def everything(database: Database) -> str:
    with database.reading() as cursor:
        names = [name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return "\n".join(str(cursor.execute(f"SELECT * FROM {name}").fetchall()) for name in names)


def test_no_name_is_left_and_every_row_is(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        fill(database)
        changed = erasing.erase(database, NAMES, "erased-1")
        assert changed == {
            "maintenance_entry": 1, "adjustment_entry": 1, "alert_event": 1, "attempt": 1, "audit": 1,
            "token": 1, "frozen_report": 1, "session": 1,
        }  # fmt: skip
        left = everything(database)
        for kept in ("alice-db", "alice.smith", "alice2", "b'sent to alice'"):
            assert kept in left
            left = left.replace(kept, "")
        assert "alice" not in left
        assert "Alice" not in left
        with database.reading() as cursor:
            (window,) = entries.windows(cursor)
            assert (window.planned.person, window.planned.reason) == (
                "erased-1",
                "asked by erased-1, erased-1.",
            )
            (line,) = audit.listed(cursor)
            assert line.line.person == "erased-1"
            assert audit.detail_of(line.line) == {"signed": "erased-1", "also": "alice2"}
            row = cursor.execute("SELECT person, changes FROM alert_event").fetchone()
            assert row is not None
            assert row[0] == "person:erased-1"
            assert '"acker":"person:erased-1"' in row[1]
            assert alerting.attempts(cursor)[0].recipient == "person:erased-1"
        assert erasing.erase(database, NAMES, "erased-2") == {}


def test_a_name_is_a_text_and_no_pattern(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        audit.add(database, Audited(1, "axb", "", "x", "", "allowed"))
        assert erasing.erase(database, ["a.b", "(", ".*"], "erased") == {}


def test_every_column_that_may_hold_a_name_is_known(tmp_path: Path) -> None:
    """A column called `person`, `author` or the like in a new table has to be among them."""
    with Database.open(tmp_path) as database, database.reading() as cursor:
        rows = cursor.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    held = {(table, column) for table, columns in erasing.COLUMNS.items() for column in columns}
    personal = {"person", "author", "source", "created_by", "recipient", "comment"}
    assert {row for row in rows if row[1] in personal and row[0] != "session"} <= held
    assert held <= set(rows)


def test_what_else_has_the_name_is_told(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(["shop"])
        assert erasing.known(database, "shop") == ["the check shop"]
        assert erasing.known(database, "alice") == []
