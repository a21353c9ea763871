import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import trio
from tests.notifiers.servers import until

from slawatch import process


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def quiet() -> Iterator[int]:
    nowhere = os.open(os.devnull, os.O_RDWR)
    yield nowhere
    os.close(nowhere)


def begin(quiet: int, *command: str, cwd: str = "") -> process.Process:
    return process.start(command, quiet, quiet, quiet, {"PATH": os.environ["PATH"]}, cwd)


async def test_a_program_ends_by_itself(quiet: int) -> None:
    running = begin(quiet, "sh", "-c", "exit 3")
    with trio.fail_after(5):
        await process.ended(running.pid)
    assert psutil.Process(running.pid).status() == psutil.STATUS_ZOMBIE, "so its number stays taken"
    await process.finish(running)
    assert running.returncode == 3
    assert process.ending(3) == "ended with exit code 3"


async def test_what_a_program_started_is_killed_with_it(quiet: int, tmp_path: Path) -> None:
    file = tmp_path / "child"
    running = begin(quiet, "sh", "-c", f"sleep 60 & echo $! > {file}; sleep 60")
    await until(lambda: file.exists() and bool(file.read_text().strip()))
    child = int(file.read_text())
    await process.finish(running)
    assert process.ending(running.returncode) == "was killed by SIGKILL"
    await until(lambda: gone(child))


async def test_a_kernel_without_pidfd(quiet: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_pid: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", missing)
    running = begin(quiet, "sleep", "0.05")
    with trio.fail_after(5):
        await process.ended(running.pid)
    await process.finish(running)
    assert running.returncode == 0


async def test_one_that_hangs_in_the_kernel_is_reaped_later(
    quiet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "REAPING", 0.05)
    monkeypatch.setattr(os, "killpg", lambda _group, _number: None)
    running = begin(quiet, "sleep", "60")
    await process.finish(running)
    assert running.returncode is None
    assert running in process.unreaped
    monkeypatch.undo()
    os.killpg(running.pid, signal.SIGKILL)
    await process.ended(running.pid)
    after = begin(quiet, "true")
    assert running not in process.unreaped
    await process.finish(after)


def test_environment_and_folder_are_those_that_are_given(quiet: int, tmp_path: Path) -> None:
    code = "import os, sys; open('found', 'w').write(os.getcwd() + ' ' + str(sorted(os.environ)))"
    running = process.start([sys.executable, "-c", code], quiet, quiet, quiet, {"A": "b"}, str(tmp_path))
    assert running.wait(10) == 0
    folder, _, names = (tmp_path / "found").read_text().partition(" ")
    assert folder == str(tmp_path)
    assert "'A'" in names
    assert "PATH" not in names


@pytest.mark.parametrize(
    ("command", "cwd", "why"),
    [
        ("no-such-program", "", "the program no-such-program is not in PATH"),
        ("/nowhere/at/all", "", "the program /nowhere/at/all does not exist"),
        ("true", "/nowhere", "cannot run in /nowhere: no such file or directory"),
        ("/etc/passwd", "", "the program /etc/passwd cannot be executed: permission denied"),
    ],
)
def test_why_a_program_did_not_start(quiet: int, command: str, cwd: str, why: str) -> None:
    with pytest.raises(OSError) as caught:
        begin(quiet, command, cwd=cwd)
    assert process.refusal(command, cwd, caught.value) == why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("#!/no/such/interpreter\n", "the interpreter that {} names"),
        ("echo\n", "{} cannot be executed: a script"),
    ],
)
def test_why_a_script_did_not_start(quiet: int, tmp_path: Path, content: str, why: str) -> None:
    script = tmp_path / "script"
    script.write_text(content)
    script.chmod(0o755)
    with pytest.raises(OSError) as caught:
        begin(quiet, str(script))
    assert why.format(script) in process.refusal(str(script), "", caught.value)


def test_what_is_about_us_is_not_about_the_program() -> None:
    assert process.refusal("x", "", OSError(errno.EMFILE, "Too many open files")) == ""
    assert process.ending(-200) == "was killed by signal 200"
    assert subprocess.DEVNULL < 0


async def test_run_gives_a_text_and_keeps_the_beginning_of_the_output() -> None:
    script = "cat; echo broken >&2; head -c 100000 /dev/zero | tr '\\0' x; exit 4"
    with trio.fail_after(10):
        found = await process.run(
            ["sh", "-c", script], b"given\n", process.inherited(), "", trio.current_time() + 5
        )
    assert (found.code, found.errors) == (4, "broken\n")
    assert found.output.startswith("given\nxxx")
    assert len(found.output) == process.KEPT


async def test_run_kills_what_takes_too_long_and_what_is_left_behind(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; echo here; wait"
    begun = trio.current_time()
    found = await process.run(["sh", "-c", script], b"", process.inherited(), "", begun + 0.5)
    assert (found.code, found.output) == (None, "here\n")
    child = int((tmp_path / "child").read_text())
    await until(lambda: gone(child))


async def test_a_program_need_not_read_what_it_is_given() -> None:
    found = await process.run(["true"], b"x" * 1_000_000, process.inherited(), "", trio.current_time() + 5)
    assert found.code == 0


@pytest.mark.parametrize(("number", "short"), [(errno.EMFILE, True), (errno.EACCES, False)])
async def test_what_does_not_start_says_whether_that_may_change(
    monkeypatch: pytest.MonkeyPatch, number: int, short: bool
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(process.NotStarted) as caught:
        await process.run(["true"], b"", process.inherited(), "", trio.current_time() + 5)
    assert caught.value.short is short


async def test_without_descriptors_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pipe", refuse)
    with pytest.raises(process.NotStarted, match="no pipe") as caught:
        await process.run(["true"], b"", process.inherited(), "", trio.current_time() + 5)
    assert caught.value.short


def test_programs_get_little_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAWATCH_SECRET", "hunter2")
    monkeypatch.setenv("HOME", "/home/x")
    found = process.inherited()
    assert (found["HOME"], found["LC_ALL"]) == ("/home/x", "C.UTF-8")
    assert "SLAWATCH_SECRET" not in found
