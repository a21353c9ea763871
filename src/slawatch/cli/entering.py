"""What commands that enter something have in common: who enters it, its way to the store, how it is shown."""

import json
import os
import pwd
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from slawatch.cli import client
from slawatch.cli.either import daemon_or_store
from slawatch.cli.terminal import clean, columns, fit
from slawatch.cli.wording import said_in
from slawatch.core.civil import offset_near_change

if TYPE_CHECKING:
    import duckdb

    from slawatch.config.model import Config
    from slawatch.store.database import Database

_PATHS = {
    "maintenance": "/api/v1/maintenance", "adjustment": "/api/v1/adjustments", "silence": "/api/v1/silences",
    "override": "/api/v1/overrides", "swap": "/api/v1/swaps",
}  # fmt: skip
_SPAN = {"start": "--from", "end": "--to", "who": "--person", "taken_by": "--with"}
_WORDS = {
    "maintenance.add": {"services": "--service"}, "maintenance.change": {}, "maintenance.cancel": {},
    "adjustment.add": {}, "adjustment.approve": {"reason": "--note"}, "adjustment.withdraw": {},
    "silence.add": {"match": "MATCHER"}, "silence.change": {}, "silence.expire": {},
    "override.add": _SPAN, "override.cancel": {"id": "--cancel"},
    "swap.add": _SPAN, "swap.take": {"id": "--take", **_SPAN}, "swap.cancel": {"id": "--cancel"},
}  # fmt: skip
"""How the keys of each wish are written on the command line, where they are no options of their own name."""


def login() -> str:
    """Return the login name of whoever runs this command, before `sudo` where that was used."""
    user = os.getuid()
    before = os.environ.get("SUDO_USER", "")
    if user == 0 and before:
        return before
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"


def enter(config: "Config", what: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Make an entry by way of the daemon, or in the store where none runs; return what it is about.

    Args:
        config: says where both are.
        what: a key of `slawatch.answers.entering.KEYS`.
        wish: texts by name; what is None is left out.

    Raises:
        DaemonError, EntryRefused: it is refused.
        StoreError: it cannot be stored.
    """
    from slawatch.web.control import SOCKET

    subject, _, action = what.partition(".")
    given = {key: value for key, value in wish.items() if value is not None}
    given["source"] = f"{login()}@{socket.gethostname()}"
    target = _PATHS[subject]
    if action != "add":
        target += f"/{quote(given['id'], safe='')}/{action}"

    def asked() -> dict[str, Any]:
        body = json.dumps({key: given[key] for key in given if action == "add" or key != "id"}).encode()
        path = str(config.data_dir / SOCKET)
        found: dict[str, Any] = client.ask(path, target, method="POST", body=[body], timeout=60)
        return found

    def alone() -> dict[str, Any]:
        from slawatch import clock
        from slawatch.answers.entering import enter as carry_out
        from slawatch.store.database import Database

        with Database.open(config.data_dir) as database:
            made = carry_out(database, config, what, given, clock.now())
            audit(database, what, f"{subject}:{made['id']}", {"signed": given.get("person")})
            return made

    with said_in(_WORDS[what]):
        return daemon_or_store(asked, alone)


def listed(config: "Config", subject: str) -> list[dict[str, Any]]:
    """Return all windows (`maintenance`) or adjustments (`adjustment`) as JSON shows them.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.web.control import SOCKET

    path = str(config.data_dir / SOCKET)

    def alone() -> dict[str, Any]:
        from slawatch.store.database import Database, StoreMissing

        try:
            with Database.open(config.data_dir, create=False) as database:
                return _read(database, config, subject)
        except StoreMissing:
            return _without_store(config, subject)

    name = "maintenance" if subject == "maintenance" else "adjustments"
    return daemon_or_store(lambda: pages(path, _PATHS[subject], name), lambda: list(alone()[name]))


def pages(path: str, target: str, name: str) -> list[dict[str, Any]]:
    """Return a whole list of the daemon's, which it hands out in pages.

    Args:
        path: of its socket.
        target: of the list.
        name: of the list in the answer.

    Raises:
        Unreachable: no daemon runs.
        DaemonError: it refuses.
    """
    lines: list[dict[str, Any]] = []
    query = {"limit": "500"}
    while True:
        found = client.ask(path, f"{target}?{urlencode(query)}", timeout=60)
        lines += found[name]
        if found.get("next") is None:
            return lines
        query["cursor"] = found["next"]


def _read(database: "Database", config: "Config", subject: str) -> dict[str, Any]:
    from slawatch import clock
    from slawatch.answers import entries

    def work(cursor: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
        found = entries.maintenance if subject == "maintenance" else entries.adjusted
        return found(cursor, config, clock.now())

    with database.reading() as cursor:
        return work(cursor)


def _without_store(config: "Config", subject: str) -> dict[str, Any]:
    """Return what is known before anything was stored: the windows of the configuration."""
    from slawatch import clock
    from slawatch.answers.entries import configured

    now = clock.now()
    if subject == "maintenance":
        lines = [configured(window, now) for window in config.maintenance]
        return {"maintenance": sorted(lines, key=lambda line: (line["start"], line["end"]))}
    return {"adjustments": []}


def post(config: "Config", target: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return the daemon's answer to a wish.

    Raises:
        Unreachable: no daemon runs.
        DaemonError: it refuses.
    """
    from slawatch.web.control import SOCKET

    path, body = str(config.data_dir / SOCKET), json.dumps(dict(wish)).encode()
    with said_in({"name": "NAME", "organizations": "--org"}):
        found: dict[str, Any] = client.ask(path, target, method="POST", body=[body], timeout=60)
    return found


def audit(database: "Database", action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Write down what this command has done while no daemon runs.

    Raises:
        StoreError: it cannot be stored.
    """
    from slawatch import clock
    from slawatch.core.audit import Audited
    from slawatch.store import audit as log

    said = json.dumps(dict(detail), ensure_ascii=False, separators=(",", ":"))
    source = f"cli:{login()}/{os.getpid()}"
    log.add(database, Audited(clock.now(), login(), source, action, subject, "allowed", said))


def print_json(found: object) -> None:
    """Print JSON for programs."""
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def shown(stamp: str | None, zone: str) -> str:
    """Return a time of a JSON answer as people of a zone read it; to the minute where nothing is lost."""
    if stamp is None:
        return "-"
    moment = datetime.fromisoformat(stamp).astimezone(ZoneInfo(zone))
    exact = moment.second or moment.microsecond
    return moment.strftime("%Y-%m-%d %H:%M:%S" if exact else "%Y-%m-%d %H:%M") + offset_near_change(moment)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a heading, each column as wide as it needs; the last one is not padded."""
    lines = [list(head), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(columns(line[n]) for line in lines) for n in range(len(head))]
    return "".join(
        "  ".join(fit(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )
