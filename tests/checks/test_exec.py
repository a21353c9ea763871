"""The exec check against real programs that answer as monitoring plugins do."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from slawatch import process
from slawatch.checks import exec as exec_check
from slawatch.checks._attempt import Attempt
from slawatch.checks.exec import Options, probe
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Secret

Plugin = Callable[..., str]


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Writes a plugin in shell and returns its path."""

    def write(body: str, name: str = "check_thing", interpreter: str = "/bin/sh") -> str:
        path = tmp_path / name
        path.write_text(f"#!{interpreter}\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


def exists(*parts: str) -> bool:
    return Path(*parts).exists()


def alive(pid: int) -> bool:
    """Tell whether a process still runs; one that is dead but unreaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def gone(*pids: int) -> bool:
    """Wait for processes to be gone: a signal takes a moment to end a process that is not our child."""
    with trio.move_on_after(5):
        while any(alive(pid) for pid in pids):  # noqa: ASYNC110 (other processes send no events)
            await trio.sleep(0.01)
    return not any(alive(pid) for pid in pids)


@pytest.mark.parametrize(
    ("code", "outcome", "cause"),
    [
        (0, Outcome.UP, Cause.NONE),
        (1, Outcome.DEGRADED, Cause.STATUS),
        (2, Outcome.DOWN, Cause.STATUS),
        (3, Outcome.UNKNOWN, Cause.STATUS),
    ],
)
async def test_exit_codes(
    plugin: Plugin, attempt: Attempt, code: int, outcome: Outcome, cause: Cause
) -> None:
    command = plugin(f"echo 'THING says {code}|time=0.25s;1;2;0'; echo more; exit {code}")
    seen = await probe(Options(command=(command,)), attempt)
    assert (seen.outcome, seen.cause) == (outcome, cause)
    assert seen.reason == ("" if outcome is Outcome.UP else f"THING says {code}")
    assert seen.measures == (Measure("time", 0.25, "s"),)
    assert seen.latency is not None
    assert seen.latency > 0
    assert f"stdout: THING says {code}" in attempt.transcript()
    assert "stdout: more" in attempt.transcript()


@pytest.mark.parametrize("code", [4, 99, 255])
async def test_another_exit_code_is_unknown_and_says_which(
    plugin: Plugin, attempt: Attempt, code: int
) -> None:
    seen = await probe(Options(command=(plugin(f"echo odd; exit {code}"),)), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.STATUS)
    assert f"ended with exit code {code}: odd" in seen.reason


async def test_death_by_a_signal_is_unknown_and_says_which(plugin: Plugin, attempt: Attempt) -> None:
    seen = await probe(Options(command=(plugin("kill -SEGV $$"),)), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.STATUS)
    assert "killed by SIGSEGV" in seen.reason


async def test_a_program_that_its_shell_cannot_find_is_our_own_fault(attempt: Attempt) -> None:
    seen = await probe(Options(command=("sh", "-c", "no-such-plugin-at-all")), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "exit code 127" in seen.reason
    assert "no-such-plugin-at-all" in seen.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 2", "no output"),
        ("echo trouble >&2; exit 2", "no output, but on stderr: trouble"),
        ("printf '\\n\\nlate'; exit 2", "no output"),
        ("printf 'bell\\a and\\ttab\\033[31m'; exit 2", "bell and tab [31m"),
        ("printf '\\377\\376'; exit 2", "\ufffd\ufffd"),
    ],
)
async def test_reasons_of_odd_outputs(plugin: Plugin, attempt: Attempt, body: str, reason: str) -> None:
    seen = await probe(Options(command=(plugin(body),)), attempt)
    assert (seen.outcome, seen.reason) == (Outcome.DOWN, reason)


async def test_a_long_first_line_is_cut(plugin: Plugin, attempt: Attempt) -> None:
    seen = await probe(Options(command=(plugin("printf '%05000d' 7; exit 2"),)), attempt)
    assert len(seen.reason) == 500
    assert seen.reason.endswith("…")


async def test_a_real_plugin_is_found_in_the_usual_folder(attempt: Attempt) -> None:
    if not any(exists(folder, "check_dummy") for folder in exec_check._PLUGIN_FOLDERS):
        pytest.skip("the monitoring plugins are not installed")
    seen = await probe(Options(command=("check_dummy", "2", "so it is")), attempt)
    assert (seen.outcome, seen.reason) == (Outcome.DOWN, "CRITICAL: so it is")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("no-such-plugin-at-all", "neither in PATH nor in a folder of monitoring plugins"),
        ("/nowhere/check_x", "the program /nowhere/check_x does not exist"),
    ],
)
async def test_a_missing_program_is_our_own_fault(attempt: Attempt, name: str, wrong: str) -> None:
    seen = await probe(Options(command=(name,)), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert wrong in seen.reason
    assert wrong in attempt.transcript()


async def test_a_program_that_cannot_be_executed_is_our_own_fault(
    plugin: Plugin, attempt: Attempt, tmp_path: Path
) -> None:
    forbidden = plugin("exit 0", "forbidden")
    os.chmod(forbidden, 0o644)  # noqa: PTH101
    unreadable = tmp_path / "no-shebang"
    unreadable.write_bytes(b"\0not a program")
    unreadable.chmod(0o755)
    lost = plugin("exit 0", "lost", interpreter="/nowhere/python")
    for command, wrong in (
        (forbidden, "permission denied"),
        (str(unreadable), "a script needs a #! line"),
        (lost, "the interpreter that"),
        (str(tmp_path), "permission denied"),
    ):
        seen = await probe(Options(command=(command,)), attempt)
        assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS), command
        assert wrong in seen.reason


async def test_the_folder_to_run_in(plugin: Plugin, attempt: Attempt, tmp_path: Path) -> None:
    where = plugin("pwd; exit 2")
    seen = await probe(Options(command=(where,), cwd=str(tmp_path)), attempt)
    assert seen.reason == str(tmp_path)
    seen = await probe(Options(command=("./check_thing",), cwd=str(tmp_path)), attempt)
    assert seen.reason == str(tmp_path)
    seen = await probe(Options(command=(where,), cwd="/nowhere/at/all"), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert seen.reason == "cannot run in /nowhere/at/all: no such file or directory"


async def test_the_environment_is_only_what_was_asked_for(
    plugin: Plugin, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PD_KEY", "of-the-daemon")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    command = plugin('echo "$MODE $PD_KEY $TZ $LC_ALL"; exit 2')
    seen = await probe(Options(command=(command,), env={"MODE": "quick"}), attempt)
    assert seen.reason == "quick Europe/Berlin C.UTF-8"


async def test_a_secret_reaches_the_program_and_nothing_else(plugin: Plugin, attempt: Attempt) -> None:
    secret = Secret("hunter2-and-more", "env DB_PASSWORD")
    command = plugin(
        """test "$PASSWORD" = hunter2-and-more || exit 0
        echo "login with $PASSWORD refused"
        echo $PASSWORD >&2
        exit 2"""
    )
    options = Options(command=(command,), env={"PASSWORD": secret})
    seen = await probe(options, attempt)
    assert seen.reason == "login with <PASSWORD> refused"
    assert "hunter2" not in f"{seen}{attempt.transcript()}{options!r}"


async def test_nothing_of_ours_is_open_in_the_program(
    plugin: Plugin, attempt: Attempt, tmp_path: Path
) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        seen = await probe(Options(command=(plugin("ls /proc/self/fd | tr '\\n' ' '; exit 2"),)), attempt)
    assert set(seen.reason.split()) <= {"0", "1", "2", "3"}


async def test_the_program_has_a_session_of_its_own_and_no_input(plugin: Plugin, attempt: Attempt) -> None:
    body = "import os, sys; print(os.getsid(0) == os.getpid(), repr(sys.stdin.read())); sys.exit(2)"
    command = plugin(body, interpreter=sys.executable)
    seen = await probe(Options(command=(command,)), attempt)
    assert seen.reason == "True ''"


async def test_a_timeout_kills_the_whole_process_group(
    plugin: Plugin, attempt: Attempt, tmp_path: Path
) -> None:
    pids, leader = tmp_path / "pids", tmp_path / "leader"
    command = plugin(
        f"""trap '' TERM INT HUP
        echo started
        (sh -c 'trap "" TERM; echo $$ >> {pids}; sleep 60' & echo $! >> {pids}; sleep 60) &
        echo $! >> {pids}
        echo $$ > {leader}; echo $$ >> {pids}
        sleep 60"""
    )
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(probe, Options(command=(command,)), attempt)
            while not pids.exists() or len(pids.read_text().split()) < 4:  # noqa: ASYNC110
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    found = [int(pid) for pid in pids.read_text().split()]
    assert len(found) == 4
    assert await gone(*found)
    assert not exists(f"/proc/{leader.read_text().strip()}"), "the program itself is left as a zombie"
    assert attempt.doing == f"running {command}"
    assert "stdout: started" in attempt.transcript()


async def test_no_zombie_is_left_after_a_normal_end(plugin: Plugin, attempt: Attempt) -> None:
    seen = await probe(Options(command=(plugin("echo $$; exit 2"),)), attempt)
    assert not exists(f"/proc/{seen.reason}")


async def test_what_a_program_leaves_behind_holds_nothing_up_and_is_killed(
    plugin: Plugin, attempt: Attempt
) -> None:
    command = plugin("sleep 60 & echo $!; exit 1")
    with trio.fail_after(20):
        seen = await probe(Options(command=(command,)), attempt)
    assert seen.outcome is Outcome.DEGRADED
    assert await gone(int(seen.reason))


async def test_all_output_is_read_though_a_pipe_holds_less(plugin: Plugin, attempt: Attempt) -> None:
    body = "head -c 200000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero >&2; exit 2"
    seen = await probe(Options(command=(plugin(body),)), attempt)
    assert seen.outcome is Outcome.DOWN
    assert len(attempt.transcript()) < 5000


async def test_a_program_that_never_stops_writing_is_stopped(attempt: Attempt) -> None:
    with trio.fail_after(20):
        seen = await probe(Options(command=("yes",)), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.CONTENT)
    assert seen.reason == "yes wrote more than 1024 KiB and was killed"
    assert "further lines are left out" in attempt.transcript()


async def test_many_at_once_and_none_waits_for_a_hanging_one(plugin: Plugin, attempt: Attempt) -> None:
    hanging, quick = plugin("sleep 60", "hanging"), plugin("exit 0", "quick")
    results: list[Observation] = []

    async def run(command: str) -> None:
        results.append(await probe(Options(command=(command,)), attempt))

    with trio.fail_after(60):
        async with trio.open_nursery() as outer, trio.open_nursery() as inner:
            for _ in range(60):
                outer.start_soon(run, hanging)
            for _ in range(10):
                inner.start_soon(run, quick)
            inner.start_soon(run, quick)
            while len(results) < 11:  # noqa: ASYNC110 (the test's own task would have to count)
                await trio.sleep(0.01)
            outer.cancel_scope.cancel()
    assert [seen.outcome for seen in results] == [Outcome.UP] * 11


async def test_without_file_descriptors_the_check_is_unknown(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> tuple[int, int]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pipe", full)
    seen = await probe(Options(command=("true",)), attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "file descriptors" in seen.reason


async def test_a_kernel_without_pidfd_does_too(
    plugin: Plugin, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(pid: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", missing)
    seen = await probe(Options(command=(plugin("sleep 0.05; echo done; exit 1"),)), attempt)
    assert (seen.outcome, seen.reason) == (Outcome.DEGRADED, "done")


async def test_a_program_that_hangs_in_the_kernel_is_given_up_and_reaped_later(
    plugin: Plugin, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "REAPING", 0.05)
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, number: killed.append(group))
    command = plugin("exec sleep 60")
    with trio.move_on_after(0.3) as scope:
        await probe(Options(command=(command,)), attempt)
    assert scope.cancelled_caught
    assert [hanging.pid for hanging in process.unreaped] == killed
    monkeypatch.undo()
    os.killpg(killed[0], signal.SIGKILL)
    assert await gone(killed[0])
    await probe(Options(command=("true",)), attempt)
    assert not process.unreaped
    assert not exists(f"/proc/{killed[0]}")


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"command": ()}, "command needs a program"),
        ({"command": ("",)}, "command needs a program"),
        ({"command": ("a\0b",)}, "NUL"),
        ({"command": ("a",), "cwd": "a\0b"}, "NUL"),
        ({"command": ("a",), "env": {"A=B": "c"}}, "'A=B' cannot be the name"),
        ({"command": ("a",), "env": {"": "c"}}, "'' cannot be the name"),
        (
            {"command": ("a",), "env": {"A": Secret("hidden\0")}},
            "the environment variable A cannot contain a NUL",
        ),
    ],
)
def test_options_that_cannot_work_are_refused(keys: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as refused:
        Options(**keys)  # type: ignore[arg-type]
    assert "hidden" not in str(refused.value)


async def test_popen_is_given_nothing_that_forbids_vfork(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork of a large process takes 14 ms; vfork is only used without these arguments."""
    given: dict[str, object] = {}
    original = subprocess.Popen.__init__

    def watch(self: subprocess.Popen[bytes], *args: object, **kwargs: object) -> None:
        given.update(kwargs)
        original(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", watch)
    await probe(Options(command=("true",)), attempt)
    assert given["start_new_session"] is True
    assert not given.keys() & {"preexec_fn", "user", "group", "extra_groups", "umask", "process_group"}
