import os
import signal
from pathlib import Path

import pytest
from tests.store.children import outcome, python

from slawatch.store.database import Database, StoreLocked
from slawatch.store.lock import ProcessLock

HOLD = """
import sys
from pathlib import Path
from slawatch.store.database import Database
with Database.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""

CONNECT = """
import sys, duckdb
try:
    duckdb.connect(sys.argv[1])
except duckdb.IOException:
    print("locked")
"""


def test_a_second_opening_says_who_holds_it(tmp_path: Path) -> None:
    with python(HOLD, tmp_path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked) as caught:
            Database.open(tmp_path)
        assert caught.value.pid == child.pid
        assert str(child.pid) in str(caught.value)
        assert "python" in caught.value.program
        assert "\n" not in str(caught.value)
        child.communicate("\n", timeout=30)
    Database.open(tmp_path).close()


def test_the_holder_is_named_as_the_user_started_it(tmp_path: Path) -> None:
    with (
        Database.open(tmp_path, daemon=True, command="slawatch run --config 'my watch.toml'"),
        pytest.raises(StoreLocked) as caught,
    ):
        Database.open(tmp_path)
    assert caught.value.program == "slawatch run --config 'my watch.toml'"
    assert (caught.value.pid, caught.value.daemon) == (os.getpid(), True)


def test_a_second_opening_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        with pytest.raises(StoreLocked) as caught:
            Database.open(tmp_path)
        assert caught.value.pid == os.getpid()
        # The refused opening must not have dropped the lock of the first one.
        assert outcome(CONNECT, database.file) == "locked"


def test_another_program_that_holds_the_file_is_named(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    hold = (
        "import sys, duckdb\nc = duckdb.connect(sys.argv[1])\nprint('open', flush=True)\nsys.stdin.readline()"
    )
    with python(hold, tmp_path / "slawatch.duckdb") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked) as caught:
            Database.open(tmp_path)
        assert caught.value.pid == child.pid
        child.communicate("\n", timeout=30)


def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    with python(HOLD, tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=30)
    Database.open(tmp_path).close()


def test_a_released_lock_is_free_and_names_nobody(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()
    lock.release()
    assert (tmp_path / "lock").read_text() == ""
    ProcessLock(tmp_path / "lock").release()


def test_a_holder_that_did_not_leave_its_number_is_another_process(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    (tmp_path / "lock").write_text("nonsense")
    with pytest.raises(StoreLocked, match="in use by another process") as caught:
        ProcessLock(tmp_path / "lock")
    assert caught.value.pid is None
    lock.release()
