"""The audit log is added to and read."""

from pathlib import Path

from slawatch.core.audit import Audited
from slawatch.store import audit
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.journal import Journal
from slawatch.store.writer import Writer


def line(n: int, person: str = "alice", action: str = "token.create", outcome: str = "allowed") -> Audited:
    return Audited(n, person, "192.0.2.1", action, f"token:{n}", outcome, f'{{"n":{n}}}')  # type: ignore[arg-type]


LINES = [
    line(10), line(20, "bob"), line(30, "bob", "token.revoke"), line(40, "-", "read", "refused"),
    line(50, "alice", "tokenish"),
]  # fmt: skip


def test_lines_are_numbered_and_read_from_the_latest(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        Writer(database).write(Batch(1, audit=LINES[:2]))
        audit.add(database, LINES[2])
        Writer(database).write(Batch(2, audit=LINES[3:]))
        with database.reading() as cursor:
            found = audit.listed(cursor)
            assert [(one.number, one.line) for one in found] == [(5 - n, LINES[4 - n]) for n in range(5)]
            assert [one.number for one in audit.listed(cursor, limit=2)] == [5, 4]
            assert [one.number for one in audit.listed(cursor, limit=2, before=4)] == [3, 2]
            assert [one.number for one in audit.listed(cursor, since=20, until=40)] == [3, 2]
            assert [one.number for one in audit.listed(cursor, person="bob")] == [3, 2]
            assert [one.number for one in audit.listed(cursor, outcome="refused")] == [4]
            assert [one.number for one in audit.listed(cursor, action="token.")] == [3, 2, 1]
            assert [one.number for one in audit.listed(cursor, action="token.revoke", person="alice")] == []


def test_a_batch_twice_is_in_the_log_once(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.write(Batch(1, audit=LINES))
        writer.write(Batch(1, audit=LINES))
        with database.reading() as cursor:
            assert len(audit.listed(cursor)) == 5


def test_lines_wait_in_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(Batch(1, audit=LINES))
    journal.close()
    (batch,) = Journal(tmp_path / "journal").replay()
    assert list(batch.audit) == LINES


def test_text_that_is_none_holds_nothing_up(tmp_path: Path) -> None:
    odd = Audited(1, "a\udcffb", "x\0y", "read", "/\ud800", "refused", "no json")
    with Database.open(tmp_path) as database:
        Writer(database).write(Batch(1, audit=[odd]))
        with database.reading() as cursor:
            (found,) = audit.listed(cursor)
    assert (found.line.person, found.line.source, found.line.subject) == ("a?b", "x\ufffdy", "/?")
    assert audit.detail_of(found.line) == {}
    assert audit.detail_of(LINES[0]) == {"n": 10}
