"""`status` asked of a running daemon: the way that is short enough for a prompt or a cron job.

It imports nothing but a few modules of the standard library; whatever it does not understand, and a daemon
that does not run, is left to `slawatch.cli.status`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from slawatch.cli import exits, status_alerting, status_table, terminal
from slawatch.cli.client import Unreachable, ask
from slawatch.web.control import SOCKET


class Wish(NamedTuple):
    """What the options of `status` ask for; see its `--help`."""

    config: str | None = None
    org: str | None = None
    json: bool = False
    exit_code: bool = False
    nagios: bool = False
    checks: bool = False
    trend: bool = False


def run(argv: list[str]) -> int | None:
    """Answer `status` with these arguments; None where the full program must."""
    wish = parse(argv)
    if wish is None:
        return None
    path = socket_path(wish.config)
    if path is None:
        return None
    try:
        answer = fetch(path, wish.org)
    except Unreachable:
        return None
    return show(answer, wish)


def parse(argv: list[str]) -> Wish | None:
    """Read the arguments; None for any that is not one of the plain options."""
    found: dict[str, Any] = {}
    flags = {"--json": "json", "--exit-code": "exit_code", "--nagios": "nagios", "--checks": "checks",
             "--trend": "trend"}  # fmt: skip
    values = {"--config": "config", "-c": "config", "--org": "org"}
    rest = list(argv)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name in flags and not equals:
            found[flags[name]] = True
        elif name in values and (equals or (rest and not rest[0].startswith("-"))):
            found[values[name]] = value if equals else rest.pop(0)
        else:
            return None
    wish = Wish(**found)
    return None if wish.nagios and (wish.json or wish.exit_code) else wish


def socket_path(config: str | None) -> str | None:
    """Return where the daemon's socket is; None where only a full reading of the configuration can tell."""
    from slawatch.config.locate import peek_data_dir

    data_dir = peek_data_dir(Path(config) if config else None, os.environ)
    return None if data_dir is None else str(data_dir / SOCKET)


def fetch(path: str, org: str | None) -> dict[str, Any]:
    """Ask the daemon.

    Raises:
        Unreachable, DaemonError: as `ask` does.
    """
    target = "/api/v1/status"
    if org is not None:
        target += "?org=" + "".join(
            c if c.isascii() and c.isalnum() else "".join(f"%{b:02X}" for b in c.encode()) for c in org
        )
    answer: dict[str, Any] = ask(path, target)
    return answer


def show(answer: dict[str, Any], wish: Wish) -> int:
    """Print an answer as wished, and return the exit code that it comes to."""
    if wish.nagios:
        line, code = status_table.nagios(answer)
        sys.stdout.write(line + "\n")
        return code
    if wish.json:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    else:
        text = status_table.render(answer, terminal.of(), checks=wish.checks, trend=wish.trend)
        sys.stdout.write(text)
    sys.stdout.flush()
    return verdict(answer) if wish.exit_code else exits.OK


def verdict(answer: dict[str, Any]) -> int:
    """Return what `--exit-code` says: 1 while a service is down or slawatch itself has an alert.

    69 while nobody watches, else 0.
    """
    down = any(service["state"] == "down" for service in answer["services"])
    if down or status_alerting.meta(answer) or answer["daemon"].get("unheard"):
        return exits.NO
    return exits.OK if answer["daemon"]["running"] else exits.UNAVAILABLE
