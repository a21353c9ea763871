"""Asks about frozen reports: the daemon where one runs, else the store."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

from slawatch.cli import client
from slawatch.cli.either import daemon_or_store

if TYPE_CHECKING:
    import duckdb

    from slawatch.config.model import Config

_T = TypeVar("_T")
_PATIENCE: Final = 600.0
"""Seconds in which the daemon must have frozen or verified."""


def _socket(config: "Config") -> str:
    from slawatch.web.control import SOCKET

    return str(config.data_dir / SOCKET)


def get(config: "Config", path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the daemon's answer.

    Raises:
        Unreachable: no daemon runs.
        DaemonError: it refuses.
    """
    target = f"/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
    found: dict[str, Any] = client.ask(_socket(config), target, timeout=_PATIENCE)
    return found


def post(config: "Config", path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return the daemon's answer to a wish.

    Raises:
        Unreachable: no daemon runs.
        DaemonError: it refuses.
    """
    body = [json.dumps(dict(wish)).encode()]
    found: dict[str, Any] = client.ask(
        _socket(config), f"/api/v1/{path}", method="POST", body=body, timeout=_PATIENCE
    )
    return found


def ask(
    config: "Config",
    path: str,
    query: Mapping[str, str],
    work: "Callable[[duckdb.DuckDBPyConnection], dict[str, Any]]",
) -> dict[str, Any]:
    """Return an answer of the daemon, or that of the store where none runs.

    Raises:
        DaemonError, EntryRefused: there is no such thing.
        StoreError: the store cannot be read.
    """
    return daemon_or_store(lambda: get(config, path, query), lambda: alone(config, work))


def alone(config: "Config", work: "Callable[[duckdb.DuckDBPyConnection], _T]") -> _T:
    """Return what some work makes of the store, or of an empty one where there is none yet.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch import clock
    from slawatch.store.blank import blank
    from slawatch.store.database import Database, StoreMissing

    try:
        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return work(cursor)
    except StoreMissing:
        with blank(clock.now()) as cursor:
            return work(cursor)


def pack(config: "Config", number: int) -> bytes:
    """Return the file of a frozen report.

    Raises:
        DaemonError, EntryRefused: there is no such report.
        StoreError: the store cannot be read.
    """
    from slawatch.answers import reports

    def asked() -> bytes:
        answer = client.send(_socket(config), f"/api/v1/reports/{number}/pack", timeout=_PATIENCE)
        client.check(answer)
        return answer.read()

    return daemon_or_store(asked, lambda: alone(config, lambda cursor: reports.pack(cursor, number)))
