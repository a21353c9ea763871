"""What the commands about alerts, incidents, silences and messages have in common: how they ask and act."""

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote, urlencode

import typer

from slawatch.cli import client, exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.entering import login
from slawatch.cli.wording import said_in

if TYPE_CHECKING:
    import duckdb

    from slawatch.answers.asking import Seen
    from slawatch.config.model import Config

_SECONDS: Final = 60.0

By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who does it, best a name of [people]; $SLAWATCH_PERSON, else your login name, by default.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, metavar="N", help="So many at most.")]
Cursor = Annotated[
    str | None,
    typer.Option(metavar="C", help="Go on where a list ended: its `next`.", show_default=False),
]
Severity = Annotated[
    str | None,
    typer.Option(
        metavar="S", help="At least that severe: info, low, medium, high, critical.", show_default=False
    ),
]
ServiceName = Annotated[
    str | None, typer.Option("--service", "-s", metavar="S", help="Only this service's.", show_default=False)
]
Org = Annotated[
    str | None, typer.Option("--org", metavar="O", help="Only this organization's.", show_default=False)
]


def person(by: str | None) -> str:
    """Return who acts."""
    return by or os.environ.get("SLAWATCH_PERSON", "").strip() or login()


def ask(
    config: "Config",
    path: str,
    answer: "Callable[[duckdb.DuckDBPyConnection, Seen], dict[str, Any]]",
    query: Mapping[str, Any] | None = None,
    body: bytes | None = None,
    nothing: dict[str, Any] | None = None,
    live: bool = True,
    words: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return an answer of the daemon, or that of the store where none runs.

    Args:
        config: says where both are.
        path: below `/api/v1/`, quoted.
        answer: makes it of the store.
        query: what is None is left out.
        body: of a question that is too long for a path.
        live: whether the answer changes by itself, so that people must know when no daemon runs.
        nothing: the answer before anything was stored, where that needs no thought.
        words: how keys are written on the command line that are no options of their own name.

    Raises:
        DaemonError, EntryRefused: there is no such thing.
        StoreError: the store cannot be read.
    """
    from slawatch.web.control import SOCKET

    found = {key: value for key, value in (query or {}).items() if value is not None}
    target = f"/api/v1/{path}" + (f"?{urlencode(found)}" if found else "")

    def asked() -> dict[str, Any]:
        answered: dict[str, Any] = client.ask(
            str(config.data_dir / SOCKET), target, method="GET" if body is None else "POST",
            body=None if body is None else [body], timeout=_SECONDS,
        )  # fmt: skip
        return answered

    def alone() -> dict[str, Any]:
        from slawatch import clock
        from slawatch.store.database import Database, StoreMissing

        def seen(cursor: "duckdb.DuckDBPyConnection") -> "Seen":
            from slawatch.answers.asking import alone

            return alone(cursor, config, clock.now())

        try:
            with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
                found = answer(cursor, seen(cursor))
        except StoreMissing:
            if nothing is not None:
                return nothing
            from slawatch.store.blank import blank

            with blank(clock.now()) as cursor:
                return answer(cursor, seen(cursor))
        if live:
            sys.stderr.write("slawatch: the daemon does not run: this is what it stored last\n")
        return found

    with said_in(words):
        return daemon_or_store(asked, alone)


def act(
    config: "Config", target: str, wish: Mapping[str, Any], doing: str,
    words: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:  # fmt: skip
    """Have the daemon do something, once, and return its answer.

    Args:
        config: says where the daemon is.
        target: below `/api/v1/`, quoted.
        wish: what is None is left out.
        doing: the command, for the message that no daemon runs.
        words: how keys are written on the command line that are no options of their own name.

    Raises:
        DaemonError: it is refused, or no daemon runs.
    """
    from slawatch.web.control import SOCKET

    body = json.dumps({key: value for key, value in wish.items() if value is not None}).encode()
    try:
        with said_in(words):
            found: dict[str, Any] = client.ask(
                str(config.data_dir / SOCKET), f"/api/v1/{target}", method="POST", body=[body],
                timeout=_SECONDS, headers={"Idempotency-Key": secrets.token_hex(16)},
            )  # fmt: skip
    except client.Unreachable:
        line = f"the daemon does not run, and only it can {doing}: start it with `slawatch run`"
        raise client.DaemonError(exits.UNAVAILABLE, [line]) from None
    return found


def quoted(name: str) -> str:
    """Return a name as a part of a path."""
    return quote(name, safe="")


def print_json(found: object) -> None:
    """Print JSON for programs."""
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def print_more(following: str | None) -> None:
    """Say how to read on where a list has more."""
    if following is not None:
        sys.stdout.write(f"there is more: add --cursor {following}\n")
