"""The daemon's log: lines for people, or JSON, on standard error; a secret is never in it."""

import json
import logging
import sys
import traceback
from typing import Final

from slawatch.core.instant import rfc3339

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_SYSLOG: Final = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}


class _Human(logging.Formatter):
    """`2026-10-01T12:00:00.123456Z warning recorder: text`; under systemd the time is left to the journal."""

    def __init__(self, process: str, *, journal: bool) -> None:
        super().__init__()
        self._process = f" [{process}]" if process else ""
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        room = record.name.removeprefix("slawatch.")
        lines = record.getMessage() + _trace(record)
        if self._journal:
            prefix = f"<{_SYSLOG.get(record.levelname, 6)}>"
            return "\n".join(f"{prefix}{room}{self._process}: {line}" for line in lines.split("\n"))
        stamp = rfc3339(int(record.created * 1_000) * 1_000)
        return f"{stamp} {record.levelname.lower()} {room}{self._process}: {lines}"


class _Json(logging.Formatter):
    """One object a line: `at`, `level`, `room`, `text`, and `process`, `trace` where there is one."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        found = {
            "at": rfc3339(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("slawatch."),
            "text": record.getMessage(),
        }
        if self._process:
            found["process"] = self._process
        trace = _trace(record)
        if trace:
            found["trace"] = trace.lstrip("\n")
        return json.dumps(found, ensure_ascii=False)


def _trace(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    return "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()


def configure(form: str, level: str, *, process: str = "", journal: bool = False) -> None:
    """Send the log to standard error.

    Args:
        form: `human` or `json`.
        level: `debug`, `info`, `warning` or `error`.
        process: named in every line; empty for the daemon itself.
        journal: standard error is systemd's journal, which adds the time and wants the priority.
    """
    writing = logging.StreamHandler(sys.stderr)
    writing.setFormatter(_Json(process) if form == "json" else _Human(process, journal=journal))
    root = logging.getLogger()
    root.handlers[:] = [writing]
    # Other libraries' debug lines are about them, not about what is watched.
    root.setLevel(max(logging.WARNING, _LEVELS[level]))
    logging.getLogger("slawatch").setLevel(_LEVELS[level])
    logging.raiseExceptions = False


def level_of(name: str) -> int:
    """Return the number of a level's name.

    Raises:
        KeyError: there is no such level.
    """
    return _LEVELS[name]
