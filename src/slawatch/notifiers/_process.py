"""A program that is given a text, and is killed with all that it started when its time is over."""

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple

import trio

from slawatch.notifiers._fault import misconfigured, retry, words

KEPT: Final = 16 * 1024
"""So many bytes of each output stream are looked at; the rest is read and dropped."""

_REAPING: Final = 0.5
_unreaped: Final[list["subprocess.Popen[bytes]"]] = []
"""Killed programs that had not ended in time: they hang in the kernel, on a dead disk or mount."""


class Ended(NamedTuple):
    """How a program ended.

    Attributes:
        code: its exit code; negative: the signal that killed it; None: it was not over in time.
        output, errors: the beginning of what it wrote.
    """

    code: int | None
    output: str
    errors: str


async def run(
    command: Sequence[str], text: bytes, env: Mapping[str, str], cwd: str, deadline: float
) -> Ended:
    """Run a program without a shell, in a session of its own, until it ends or its time is over.

    Args:
        command: the program and its arguments.
        text: what it reads on its standard input.
        env: all of its environment.
        cwd: the folder to run it in; empty for ours.
        deadline: trio's time at which it is killed.

    Raises:
        Fault: it cannot be started.
    """
    _unreaped[:] = [process for process in _unreaped if process.poll() is None]
    with ExitStack() as cleanup:
        try:
            pipes = [_Pipe(cleanup) for _ in range(3)]
        except OSError as error:
            raise retry(f"no pipe: {words(error)}", counts=False) from error
        given, output, errors = pipes
        process = _start(command, env, cwd, given, output, errors)
        in_time = False
        try:
            with trio.move_on_at(deadline):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_feed, given, text)
                    nursery.start_soon(output.keep)
                    nursery.start_soon(errors.keep)
                    await _ended(process.pid)
                    nursery.cancel_scope.cancel()
                in_time = True
        finally:
            await _finish(process)
        output.keep_rest()
        errors.keep_rest()
        code = process.returncode if in_time else None
        return Ended(code, output.text(), errors.text())


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


def _start(
    command: Sequence[str], env: Mapping[str, str], cwd: str, given: _Pipe, output: _Pipe, errors: _Pipe
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 (the operator's own command, without a shell)
            command,
            stdin=given.read_end,
            stdout=output.write_end,
            stderr=errors.write_end,
            cwd=cwd or None,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        program = command[0]
        if error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
            raise retry(f"cannot start {program}: {words(error)}", counts=False) from error
        if cwd and error.filename == cwd:
            raise misconfigured(f"cannot run in {cwd}: {words(error)}") from error
        if error.errno == errno.ENOENT and "/" in program and Path(cwd, program).exists():
            raise misconfigured(
                f"the interpreter that {program} names in its #! line does not exist"
            ) from error
        raise misconfigured(f"cannot start {program}: {words(error)}") from error
    finally:
        given.hand_over(given.read_end)
        output.hand_over(output.write_end)
        errors.hand_over(errors.write_end)


async def _ended(pid: int) -> None:
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


async def _finish(process: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of the program's process group, and reap the program."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with trio.move_on_after(_REAPING, shield=True):
        await _ended(process.pid)
    if process.poll() is None:
        _unreaped.append(process)
