"""Programs: started without a shell, each in a session of its own, and killed with all that they started."""

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import trio

Process: TypeAlias = "subprocess.Popen[bytes]"

KEPT: Final = 16 * 1024
"""So many bytes of each output stream `run` keeps; the rest is read and dropped."""

REAPING: Final = 0.5
"""Seconds that a killed program gets to end."""

_INHERITED: Final = ("HOME", "LOGNAME", "TMPDIR", "TZ", "USER")
_SHORT: Final = frozenset((errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE))

unreaped: Final[list[Process]] = []
"""Killed programs that had not ended in time: they hang in the kernel, on a dead disk or mount."""


class NotStarted(Exception):  # noqa: N818 (it says what happened)
    """A program did not start.

    Attributes:
        short: only because this machine or process had too little of something just then.
    """

    def __init__(self, why: str, *, short: bool) -> None:
        super().__init__(why)
        self.short = short


class Ended(NamedTuple):
    """How a program ended.

    Attributes:
        code: its exit code; negative: the signal that killed it; None: it was not over in time.
        output, errors: the beginning of what it wrote.
    """

    code: int | None
    output: str
    errors: str


def inherited() -> dict[str, str]:
    """Return the few variables of our environment that programs get; output is in plain English."""
    known = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **known}


async def run(
    command: Sequence[str], text: bytes, env: Mapping[str, str], cwd: str, deadline: float
) -> Ended:
    """Run a program until it ends or its time is over; then it is killed.

    Args:
        command: the program and its arguments.
        text: what it reads on its standard input.
        env: all of its environment.
        cwd: the folder to run it in; empty for ours.
        deadline: trio's time at which it is killed.

    Raises:
        NotStarted: it cannot be started.
    """
    with ExitStack() as cleanup:
        try:
            pipes = [_Pipe(cleanup) for _ in range(3)]
        except OSError as error:
            raise NotStarted(f"no pipe: {_words(error)}", short=True) from error
        given, output, errors = pipes
        running = _start(command, env, cwd, given, output, errors)
        in_time = False
        try:
            with trio.move_on_at(deadline):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_feed, given, text)
                    nursery.start_soon(output.keep)
                    nursery.start_soon(errors.keep)
                    await ended(running.pid)
                    nursery.cancel_scope.cancel()
                in_time = True
        finally:
            await finish(running)
        output.keep_rest()
        errors.keep_rest()
        code = running.returncode if in_time else None
        return Ended(code, output.text(), errors.text())


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
        return f"cannot run in {cwd}: {_words(error)}"
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


def _words(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()


def _start(
    command: Sequence[str], env: Mapping[str, str], cwd: str,
    given: "_Pipe", output: "_Pipe", errors: "_Pipe",
) -> Process:  # fmt: skip
    try:
        return start(command, given.read_end, output.write_end, errors.write_end, env, cwd)
    except OSError as error:
        why = refusal(command[0], cwd, error) or f"cannot start {command[0]}: {_words(error)}"
        raise NotStarted(why, short=error.errno in _SHORT) from error
    finally:
        given.hand_over(given.read_end)
        output.hand_over(output.write_end)
        errors.hand_over(errors.write_end)


class _Pipe:
    """A pipe: its ends, and the beginning of what came through it."""

    def __init__(self, cleanup: ExitStack) -> None:
        self.read_end, self.write_end = os.pipe()
        self._kept = bytearray()
        self._cleanup = cleanup
        for end in (self.read_end, self.write_end):
            cleanup.callback(self._close, end)
        self._open = {self.read_end, self.write_end}

    def _close(self, end: int) -> None:
        if end in self._open:
            self._open.remove(end)
            os.close(end)

    def hand_over(self, end: int) -> None:
        """Close the end that the program has now."""
        self._close(end)

    def stream(self, end: int) -> trio.lowlevel.FdStream:
        """Return our end as a stream, which closes it."""
        self._open.discard(end)
        stream = trio.lowlevel.FdStream(end)
        self._cleanup.callback(stream.close)
        return stream

    async def keep(self) -> None:
        """Read until all writers are gone, and keep the beginning."""
        stream = self.stream(self.read_end)
        while chunk := await stream.receive_some(KEPT):
            self._kept += chunk[: KEPT - len(self._kept)]

    def keep_rest(self) -> None:
        """Read what is there now, and would be kept."""
        with suppress(OSError):
            while len(self._kept) < KEPT and (chunk := os.read(self.read_end, KEPT)):
                self._kept += chunk[: KEPT - len(self._kept)]

    def text(self) -> str:
        """Return what was kept."""
        return self._kept.decode("utf-8", "replace")


async def _feed(pipe: _Pipe, text: bytes) -> None:
    """Write the text; a program need not read it."""
    with suppress(trio.BrokenResourceError):
        async with pipe.stream(pipe.write_end) as stream:
            await stream.send_all(text)
