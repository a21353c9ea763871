"""Programs: started without a shell, each in a session of its own, and killed with all that they started."""

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import trio

Process: TypeAlias = "subprocess.Popen[bytes]"

REAPING: Final = 0.5
"""Seconds that a killed program gets to end."""

unreaped: Final[list[Process]] = []
"""Killed programs that had not ended in time: they hang in the kernel, on a dead disk or mount."""


def start(
    command: Sequence[str], stdin: int, stdout: int, stderr: int, env: Mapping[str, str], cwd: str = ""
) -> Process:
    """Start a program; by vfork, which takes half a millisecond however large this process is.

    Args:
        command: the program and its arguments.
        stdin: the file descriptor that it reads from.
        stdout: that it writes to.
        stderr: that it complains to.
        env: all of its environment.
        cwd: the folder to run it in; empty for ours.

    Raises:
        OSError: it cannot be started; `refusal` says why.
    """
    unreaped[:] = [process for process in unreaped if process.poll() is None]
    return subprocess.Popen(  # noqa: S603 (the operator's own command, without a shell)
        command, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd or None, env=dict(env),
        start_new_session=True,
    )  # fmt: skip


def refusal(program: str, cwd: str, error: OSError) -> str:
    """Return why a program did not start, as far as that is about the program; else an empty text."""
    if cwd and error.filename == cwd:
        return f"cannot run in {cwd}: {os.strerror(error.errno or 0).lower()}"
    if error.errno == errno.ENOENT:
        if "/" not in program:
            return f"the program {program} is not in PATH"
        if Path(cwd, program).exists():
            return f"the interpreter that {program} names in its #! line does not exist"
        return f"the program {program} does not exist"
    if error.errno == errno.EACCES:
        return f"the program {program} cannot be executed: permission denied"
    if error.errno == errno.ENOEXEC:
        return f"the program {program} cannot be executed: a script needs a #! line"
    return ""


def ending(code: int) -> str:
    """Return how a program ended.

    >>> ending(2), ending(-9)
    ('ended with exit code 2', 'was killed by SIGKILL')
    """
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


async def ended(pid: int) -> None:
    """Wait until a child has ended; it is left unreaped, so that its process group's number stays taken."""
    try:
        watch = os.pidfd_open(pid)
    except OSError:  # kernels before 5.3 have none
        pause = 0.001
        while not _has_ended(pid):
            await trio.sleep(pause)
            pause = min(2 * pause, 0.05)
        return
    try:
        await trio.lowlevel.wait_readable(watch)
    finally:
        os.close(watch)


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


async def finish(process: Process) -> None:
    """Kill what is left of a program's process group, and reap the program.

    Its `returncode` is None afterwards where it hangs in the kernel.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with trio.move_on_after(REAPING, shield=True):
        await ended(process.pid)
    if process.poll() is None:
        unreaped.append(process)
