"""Killed processes, full disks: nothing that was acknowledged is lost, nothing is there twice."""

import contextlib
import random
import resource
import time
from pathlib import Path

import pytest
from tests.store.children import can_mount, outcome, python, resize, small_disk
from tests.store.samples import batch, sample

from slawatch.core.instant import DAY
from slawatch.store.database import Database, StoreFull
from slawatch.store.journal import Journal
from slawatch.store.writer import Writer

START = 20_000 * DAY
ROWS = 40

# Appends batches and says so after each; now and then writes a checkpoint or seals the day, and says so
# before, to be killed in these too.
APPEND = """
import sys
from pathlib import Path
from slawatch.core.instant import DAY
from slawatch.store.database import Database
from slawatch.store.writer import Writer
from tests.store.samples import batch, sample
start, rows = 20_000 * DAY, 40
database = Database.open(Path(sys.argv[1]), repair=True)
for note in database.notes:
    print("note", note, flush=True)
writer = Writer(database)
print("ready", flush=True)
sequence = writer.last_sequence
while True:
    sequence += 1
    at = start + sequence * 500_000
    made = [sample(n, at, 2 if (sequence + n) % 7 == 0 else 0, reason="r") for n in range(rows)]
    writer.write(batch(sequence, made))
    print(sequence, flush=True)
    if sequence % 20 == 0:
        print("checkpoint", flush=True)
        writer.checkpoint()
    if sequence % 30 == 0:
        print("seal", flush=True)
        writer.seal(start // DAY)
        print("sealed", flush=True)
"""


def test_kill_in_mid_flight_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(20)
    acknowledged = 0
    # How far a child comes is counted, not timed: a slow machine kills at the same places as a fast one.
    for word in ("batch", "checkpoint", "seal", "sealed") * 5:
        with python(APPEND, tmp_path) as child:
            assert child.stdout is not None
            said = [child.stdout.readline().strip()]
            assert said == ["ready"], child.stderr and child.stderr.read()
            batches = chance.randrange(30)
            while (len(said) <= batches) if word == "batch" else (said[-1] != word):
                said.append(child.stdout.readline().strip())
                assert said[-1], child.stderr and child.stderr.read()
            time.sleep(chance.uniform(0.0, 0.03))
            child.kill()
            said += child.stdout.read().split("\n")[:-1]
            child.wait()
        acknowledged = max([acknowledged, *(int(line) for line in said if line.isdecimal())])
    assert acknowledged > 100
    with Database.open(tmp_path) as database:
        assert database.notes == []
        last = Writer(database).last_sequence
        assert acknowledged <= last <= acknowledged + 1
        with database.reading() as cursor:
            assert cursor.execute("SELECT sequence FROM flush_log ORDER BY 1").fetchall() == [
                (n,) for n in range(1, last + 1)
            ]
            files = [str(database.sealed / name) for (name,) in cursor.execute(
                "SELECT file FROM sealed_day WHERE kind = 'sample'"
            ).fetchall()]  # fmt: skip
            assert files
            found = cursor.execute(
                "SELECT started_at, count(*), count(DISTINCT check_number) FROM ("
                "SELECT check_number, started_at FROM sample UNION ALL "
                "SELECT check_number, started_at FROM read_parquet(?)) GROUP BY 1 ORDER BY 1",
                [files],
            ).fetchall()
        assert found == [(START + n * 500_000, ROWS, ROWS) for n in range(1, last + 1)]


@pytest.mark.skipif(not can_mount(), reason="mounting a small disk takes root")
def test_a_full_disk_refuses_batches_that_are_stored_later(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "6m"):
        database = Database.open(disk / "state")
        writer = Writer(database)
        chance = random.Random(3)

        def made(sequence: int) -> list:
            return [
                sample(n, START + sequence * 1_000_000, 2, reason=chance.randbytes(60).hex())
                for n in range(400)
            ]

        stored, refused, said = 0, [], set()
        for sequence in range(1, 400):
            one = batch(sequence, made(sequence))
            try:
                writer.write(one)
                stored += 1
            except StoreFull as error:
                said.add(str(error))
                refused.append(one)
            if len(refused) == 4:
                break
        assert stored > 10
        assert len(refused) == 4
        assert all("is full" in line and "\n" not in line for line in said)
        # Reading goes on while nothing can be written.
        with database.reading() as cursor:
            assert cursor.execute("SELECT count(*) FROM flush_log").fetchall() == [(stored,)]
        resize(disk, "40m")
        for one in refused:
            writer.write(one)
            stored += 1
        with database.reading() as cursor:
            assert cursor.execute("SELECT count(*), count(DISTINCT started_at) FROM sample").fetchall() == [
                (stored * 400, stored)
            ]
            assert cursor.execute("SELECT count(*) FROM flush_log").fetchall() == [(stored,)]
        database.close()
        with Database.open(disk / "state") as again:
            assert again.notes == []


@pytest.mark.skipif(not can_mount(), reason="mounting a small disk takes root")
def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "64k"):
        journal = Journal(disk / "journal")
        kept = 0
        with contextlib.suppress(StoreFull):
            for sequence in range(1, 1000):
                journal.append(batch(sequence, [sample(n, START + sequence) for n in range(20)]))
                kept = sequence
        assert kept < 999
        assert kept > 3
        assert [b.sequence for b in journal.replay()] == list(range(1, kept + 1))
        resize(disk, "1m")
        journal.append(batch(kept + 1, [sample(1, START)]))
        assert [b.sequence for b in Journal(disk / "journal").replay()] == list(range(1, kept + 2))


# The system's limit on a file's size stands in for a full disk where nothing can be mounted.
LIMITED = """
import resource, sys
from pathlib import Path
from slawatch.store.database import Database, StoreFull
from slawatch.store.writer import Writer
from tests.store.samples import batch, sample
database = Database.open(Path(sys.argv[1]))
writer = Writer(database)
writer.write(batch(1, [sample(1, 1)]))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
refused = None
for sequence in range(2, 400):
    reasons = ["x" * 99 + str(n * sequence) for n in range(400)]
    one = batch(sequence, [sample(n, sequence * 1000, 2, reason=reason) for n, reason in enumerate(reasons)])
    try:
        writer.write(one)
    except StoreFull:
        refused = one
        break
assert refused is not None
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
writer.write(refused)
with database.reading() as cursor:
    print(cursor.execute("SELECT count(*) FROM flush_log").fetchall() == [(refused.sequence,)])
database.close()
"""


def test_a_limit_on_file_sizes_is_a_full_disk(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert outcome(LIMITED, tmp_path) == "True"
