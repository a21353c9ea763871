"""Runs a program of yours: the message on its standard input, what came of it as its exit code."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import trio

from slawatch import process
from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers import _texts
from slawatch.notifiers._cut import one_line
from slawatch.notifiers._payload import document
from slawatch.notifiers._scrub import answer_line, plain, secrets_of
from slawatch.notifiers._sending import Sending

_CODES: Final[Mapping[int, Verdict]] = {
    0: Verdict.OK,
    os.EX_USAGE: Verdict.PERMANENT,
    os.EX_DATAERR: Verdict.PERMANENT,
    os.EX_NOUSER: Verdict.PERMANENT,
    os.EX_NOPERM: Verdict.MISCONFIGURED,
    os.EX_CONFIG: Verdict.MISCONFIGURED,
    126: Verdict.MISCONFIGURED,
    127: Verdict.MISCONFIGURED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Runs a program with the message as JSON on its standard input.

    The document is that of the `webhook` channel. Exit code 0 means that the message is delivered; 64, 65 and
    67 (EX_USAGE, EX_DATAERR, EX_NOUSER) that it never will be; 77, 78, 126 and 127 (EX_NOPERM, EX_CONFIG)
    that the config must be changed; any other that it is to be tried again. The first line of its standard
    output is kept in the delivery history. The program runs without a shell, in a session of its own, with
    only PATH, HOME, USER, LOGNAME, TMPDIR, TZ, LC_ALL=C.UTF-8 and SLAWATCH_* set, and is killed after 15
    seconds together with everything that it started; what it leaves running when it ends is killed too.

    Attributes:
        command: the program and its arguments, one list item each: `["/usr/local/bin/page", "--urgent"]`.
        env: further environment variables; a secret such as `{ env = "NAME" }` may stand for a value.
        cwd: the folder to run it in; default is that of slawatch.
        templates: a folder of templates that replace ours: `title.txt`, `text.txt`.
    """

    command: tuple[str, ...]
    env: dict[str, str | Secret] = field(default_factory=dict)
    cwd: FilePath = ""
    templates: FilePath = ""

    def __post_init__(self) -> None:
        if not self.command or not self.command[0]:
            raise ValueError('command needs a program: ["/usr/local/bin/page", "--urgent"]')
        if any("\0" in word for word in (*self.command, self.cwd)):
            raise ValueError("command and cwd cannot contain a NUL character")
        for name, value in self.env.items():
            if not name or "=" in name or "\0" in name:
                raise ValueError(f"env: {name!r} cannot be the name of an environment variable")
            if "\0" in plain(value):
                raise ValueError(f"env: {name} cannot contain a NUL character")


def prepare(options: Options) -> None:
    """Compile the templates."""
    _texts.prepare(options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Run the program once."""
    found, warnings = document(notification, sending, options.templates)
    text = json.dumps(found, ensure_ascii=False).encode() + b"\n"
    secrets = secrets_of(*(value for value in options.env.values() if isinstance(value, Secret)))
    deadline = trio.current_time() + sending.timeout / SECOND
    program = options.command[0]
    try:
        ended = await process.run(
            options.command, text, _environment(options, notification, sending), options.cwd, deadline
        )
    except process.NotStarted as refused:
        verdict = Verdict.RETRY if refused.short else Verdict.MISCONFIGURED
        return Delivery(verdict=verdict, answer=str(refused))
    if ended.code is None:
        said = f"{program} was killed: it had not ended within {sending.timeout / SECOND:g} s"
        return Delivery(
            verdict=Verdict.RETRY, answer=said, possible_duplicate=True, counts=True, warnings=warnings
        )
    verdict = _CODES.get(ended.code, Verdict.RETRY)
    line = _first_line(ended.output) or ("" if verdict is Verdict.OK else _first_line(ended.errors))
    said = f"{program} {process.ending(ended.code)}" + (f": {line}" if line else "")
    return Delivery(
        verdict=verdict,
        answer=answer_line(said, secrets),
        status=ended.code,
        counts=verdict is Verdict.RETRY,
        warnings=warnings,
    )


def _first_line(text: str) -> str:
    return one_line(text.strip().partition("\n")[0])


def _environment(options: Options, notification: Notification, sending: Sending) -> dict[str, str]:
    about = {
        "SLAWATCH_ADDRESS": notification.address,
        "SLAWATCH_ATTEMPT": str(sending.attempt),
        "SLAWATCH_CHANNEL": sending.channel,
        "SLAWATCH_ID": notification.idempotency_key,
        "SLAWATCH_INCIDENT": notification.incident,
        "SLAWATCH_KIND": str(notification.kind),
    }
    own = {name: plain(value) for name, value in options.env.items()}
    return {**process.inherited(), **{name: value.replace("\0", " ") for name, value in about.items()}, **own}
