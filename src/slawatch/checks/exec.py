"""Runs a monitoring plugin, or any program that answers as one: by exit code, a line of text and numbers."""

import errno
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import trio

from slawatch import process
from slawatch.checks import _perfdata
from slawatch.checks._attempt import Attempt
from slawatch.checks._failure import OwnFault, own_fault, words
from slawatch.clock import steady
from slawatch.core.instant import Micros
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import FilePath, Secret

KEPT: Final = 64 * 1024
"""So many bytes of each output stream are looked at."""

TOLERATED: Final = 1024 * 1024
"""A program that writes more is stopped."""

AT_ONCE: Final = 100
"""Programs that one prober runs at the same time; the next ones wait until one has ended."""

_PLUGIN_FOLDERS: Final = (
    "/usr/lib/nagios/plugins",
    "/usr/lib64/nagios/plugins",
    "/usr/lib/monitoring-plugins",
    "/usr/local/libexec/nagios",
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_REASON_AT_MOST: Final = 500
_LINES_NOTED: Final = 30
_SHORTEST_SCRUBBED: Final = 4
_OUTCOMES: Final = {0: Outcome.UP, 1: Outcome.DEGRADED, 2: Outcome.DOWN, 3: Outcome.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Runs a program and reads its answer as that of a monitoring (Nagios) plugin.

    Exit code 0 is up, 1 degraded, 2 down, 3 unknown; any other is unknown. The first line of its standard
    output is the reason, and performance data (`|time=0.2s;;;0`) becomes measures. The program runs without a
    shell, in a session of its own, with only PATH, HOME, USER, LOGNAME, TMPDIR, TZ and LC_ALL=C.UTF-8 set,
    and is killed at the check's `timeout` together with everything that it started; what it leaves running
    when it ends is killed too. A program that is missing or cannot be executed is unknown.

    For a program that only knows 0 and 1: `command = ["sh", "-c", "backup-is-fresh || exit 2"]`. To keep a
    password out of the process list, pass it in `env`: `command = ["sh", "-c", 'exec check_x --password
    "$PASSWORD"']`.

    Attributes:
        command: the program and its arguments, one list item each: `["check_disk", "-w", "10%"]`. A name
            without a slash is looked up in PATH and in the usual folders of monitoring plugins.
        env: further environment variables; a secret such as `{ env = "NAME" }` may stand for a value.
        cwd: the folder to run it in; default is that of slawatch.
    """

    command: tuple[str, ...]
    env: dict[str, str | Secret] = field(default_factory=dict)
    cwd: FilePath = ""

    def __post_init__(self) -> None:
        if not self.command or not self.command[0]:
            raise ValueError('command needs a program: ["/usr/lib/nagios/plugins/check_disk", "-w", "10%"]')
        if any("\0" in word for word in (*self.command, self.cwd)):
            raise ValueError("command and cwd cannot contain a NUL character")
        for name, value in self.env.items():
            if not name or "=" in name or "\0" in name:
                raise ValueError(f"{name!r} cannot be the name of an environment variable")
            if "\0" in _plain(value):
                raise ValueError(f"the environment variable {name} cannot contain a NUL character")


class _Ended(NamedTuple):
    """How a program ended.

    Attributes:
        code: its exit code; negative: the signal that killed it.
        output, errors: what it wrote, cut at `KEPT`.
        took: how long it ran.
        flooded: it wrote so much that it was killed for it.
    """

    code: int
    output: str
    errors: str
    took: Micros
    flooded: bool


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Run the program once."""
    program = options.command[0]
    attempt.doing = f"running {program}"
    attempt.note(f"running {shlex.join(options.command)}")
    try:
        ended = await _run(options, attempt)
    except OwnFault as fault:
        attempt.note(fault.reason)
        return fault.observation()
    return _answer(program, ended, attempt)


def _answer(program: str, ended: _Ended, attempt: Attempt) -> Observation:
    output = _perfdata.read(ended.output)
    if ended.flooded:
        reason = f"{program} wrote more than {TOLERATED // 1024} KiB and was killed"
        attempt.note(reason)
        return Observation(Outcome.UNKNOWN, Cause.CONTENT, reason, ended.took)
    attempt.note(f"{program} {process.ending(ended.code)}")
    outcome = _OUTCOMES.get(ended.code)
    if outcome is Outcome.UP:
        return Observation(outcome, latency=ended.took, measures=output.measures)
    errors = ended.errors.strip().partition("\n")[0]
    text = output.summary or (f"no output, but on stderr: {errors}" if errors else "no output")
    cause = Cause.STATUS
    if outcome is None:
        outcome = Outcome.UNKNOWN
        text = f"{program} {process.ending(ended.code)}: {text}"
        if ended.code in (126, 127):
            cause = Cause.OURS
    return Observation(outcome, cause, _line(text), ended.took, output.measures)


def _line(text: str) -> str:
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= _REASON_AT_MOST else line[: _REASON_AT_MOST - 1] + "…"


def _plain(value: str | Secret) -> str:
    return value.value if isinstance(value, Secret) else value


def _environment(options: Options) -> dict[str, str]:
    known = process.inherited()
    path = os.pathsep.join((known["PATH"], *_PLUGIN_FOLDERS))
    own = {name: _plain(value) for name, value in options.env.items()}
    return {**known, "PATH": path, **own}


def _scrub(text: str, env: Mapping[str, str | Secret]) -> str:
    """Return a text without the secrets that the program was given: it may well repeat them."""
    for name, value in env.items():
        if isinstance(value, Secret) and len(value.value) >= _SHORTEST_SCRUBBED:
            text = text.replace(value.value, f"<{name}>")
    return text


class _Pipe:
    """One output stream of a program: its beginning is kept, the rest is read and dropped.

    Attributes:
        write_end: the program's end; ours to close once the program has it.
        kept: the beginning.
        dropped: how many bytes came after it.
    """

    __slots__ = ("_read_end", "_stream", "dropped", "kept", "write_end")

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._stream = trio.lowlevel.FdStream(self._read_end)
        self.kept = bytearray()
        self.dropped = 0

    @property
    def flooded(self) -> bool:
        return self.dropped > TOLERATED

    def _take(self, chunk: bytes) -> None:
        room = KEPT - len(self.kept)
        self.kept += chunk[:room]
        self.dropped += max(0, len(chunk) - room)

    async def read(self, flooded: Callable[[], None]) -> None:
        """Read until the last writer has closed its end; stop and tell when it is too much."""
        while chunk := await self._stream.receive_some(KEPT):
            self._take(chunk)
            if self.flooded:
                flooded()
                return

    def read_rest(self) -> None:
        """Read what is there now."""
        with suppress(BlockingIOError):
            while not self.flooded and (chunk := os.read(self._read_end, KEPT)):
                self._take(chunk)

    def close_write_end(self) -> None:
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        self.close_write_end()
        self._stream.close()

    def text(self) -> str:
        return self.kept.decode("utf-8", "replace")


async def _run(options: Options, attempt: Attempt) -> _Ended:
    """Run the program to its end, or kill it and all of its group when the probe is cut off.

    Raises:
        OwnFault: it could not be started, or not be ended.
    """
    with ExitStack() as cleanup:
        output, errors = _pipe(cleanup), _pipe(cleanup)
        begun = steady()
        running = _start(options, output, errors)
        try:
            await _until_ended(running.pid, output, errors)
        finally:
            took = steady() - begun
            await process.finish(running)
            text = _read(output, "stdout", options, attempt)
            error_text = _read(errors, "stderr", options, attempt)
    if running.returncode is None:
        program = options.command[0]
        raise OwnFault(f"{program} was killed, but hangs in the kernel (a dead disk or mount?)")
    return _Ended(running.returncode, text, error_text, took, output.flooded or errors.flooded)


def _read(pipe: _Pipe, name: str, options: Options, attempt: Attempt) -> str:
    """Return what a program wrote into a pipe, without secrets, and note its first lines."""
    pipe.read_rest()
    text = _scrub(pipe.text(), options.env)
    lines = text.split("\n", _LINES_NOTED)
    for line in lines[:_LINES_NOTED]:
        if line := _line(line):
            attempt.note(f"{name}: {line}")
    if any(lines[_LINES_NOTED:]):
        attempt.note(f"{name}: further lines are left out")
    return text


def _pipe(cleanup: ExitStack) -> _Pipe:
    try:
        pipe = _Pipe()
    except OSError as error:
        raise OwnFault(own_fault(error) or f"no pipe: {words(error)}") from error
    cleanup.callback(pipe.close)
    return pipe


def _start(options: Options, output: _Pipe, errors: _Pipe) -> process.Process:
    """Start the program.

    Raises:
        OwnFault: it cannot be started.
    """
    command, env = options.command, _environment(options)
    try:
        return process.start(
            command, subprocess.DEVNULL, output.write_end, errors.write_end, env, options.cwd
        )
    except OSError as error:
        raise OwnFault(_refusal(options, error)) from error
    finally:
        output.close_write_end()
        errors.close_write_end()


def _refusal(options: Options, error: OSError) -> str:
    """Return why a program did not start."""
    program = options.command[0]
    if error.errno == errno.ENOENT and error.filename == program and "/" not in program:
        return f"the program {program} is neither in PATH nor in a folder of monitoring plugins"
    why = process.refusal(program, options.cwd, error)
    return why or f"cannot start {program}: {own_fault(error) or words(error)}"


async def _until_ended(pid: int, output: _Pipe, errors: _Pipe) -> None:
    """Read the output until the program has ended (a child of it may hold the pipes open for longer)."""
    async with trio.open_nursery() as nursery:
        for pipe in (output, errors):
            nursery.start_soon(pipe.read, nursery.cancel_scope.cancel)
        await process.ended(pid)
        nursery.cancel_scope.cancel()
