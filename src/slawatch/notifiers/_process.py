"""A program that is given a text, and is killed with all that it started when its time is over."""

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Final, NamedTuple

import trio

from slawatch import process
from slawatch.notifiers._fault import misconfigured, retry, words

KEPT: Final = 16 * 1024
"""So many bytes of each output stream are looked at; the rest is read and dropped."""

_SHORT: Final = frozenset((errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE))


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
    with ExitStack() as cleanup:
        try:
            pipes = [_Pipe(cleanup) for _ in range(3)]
        except OSError as error:
            raise retry(f"no pipe: {words(error)}", counts=False) from error
        given, output, errors = pipes
        running = _start(command, env, cwd, given, output, errors)
        in_time = False
        try:
            with trio.move_on_at(deadline):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_feed, given, text)
                    nursery.start_soon(output.keep)
                    nursery.start_soon(errors.keep)
                    await process.ended(running.pid)
                    nursery.cancel_scope.cancel()
                in_time = True
        finally:
            await process.finish(running)
        output.keep_rest()
        errors.keep_rest()
        code = running.returncode if in_time else None
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
) -> process.Process:
    try:
        return process.start(command, given.read_end, output.write_end, errors.write_end, env, cwd)
    except OSError as error:
        why = process.refusal(command[0], cwd, error) or f"cannot start {command[0]}: {words(error)}"
        raise (retry(why, counts=False) if error.errno in _SHORT else misconfigured(why)) from error
    finally:
        given.hand_over(given.read_end)
        output.hand_over(output.write_end)
        errors.hand_over(errors.write_end)
