"""`slawatch audit`: who did what, when, from where, and what was refused."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from slawatch.cli import client, entering, exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.wording import said_in

if TYPE_CHECKING:
    from slawatch.config.model import Config

_TARGET = "/api/v1/audit"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The audit log: every change and every refusal.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "list",
        help="Print lines of the audit log, the latest first. It is only ever added to.",
        epilog="Example: slawatch audit list --since 2026-11-01 --person alice --json",
    )(list_)
    app.add_typer(group, name="audit")


def _group() -> None:
    """The audit log."""


def list_(
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="A date, or a time.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="The same, exclusive.", show_default=False)
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="NAME", help="Only what this one did.", show_default=False),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(
            "--action", metavar="A", help="Such as token.create; with a dot at its end, all that begin so.",
            show_default=False,
        ),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="O", help="allowed or refused.", show_default=False)
    ] = None,
    before: Annotated[
        int | None,
        typer.Option("--before", metavar="N", help="Only lines with a smaller number.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="At most so many, up to 1000.")] = 100,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:  # fmt: skip
    """Print the audit log."""
    from slawatch.web.control import SOCKET

    loaded = load_config(config)
    wish = {
        "since": since, "until": until, "person": person, "action": action, "outcome": outcome,
        "before": before, "limit": limit,
    }  # fmt: skip
    query = {key: str(value) for key, value in wish.items() if value is not None}
    path = str(loaded.data_dir / SOCKET)
    with said_in({"person": "--person"}):
        found: dict[str, Any] = daemon_or_store(
            lambda: client.ask(path, f"{_TARGET}?{urlencode(query)}"), lambda: _alone(loaded, query)
        )
    if as_json:
        entering.print_json(found)
        return exits.OK
    if not found["audit"]:
        sys.stdout.write("the audit log has no such line\n")
        return exits.OK
    zone = loaded.timezone
    rows = [
        (
            str(line["number"]), entering.shown(line["at"], zone), line["person"], line["source"],
            line["action"], line["subject"], line["outcome"], _words(line["detail"]),
        )
        for line in found["audit"]
    ]  # fmt: skip
    head = ("N", "TIME", "WHO", "FROM", "ACTION", "ABOUT", "OUTCOME", "MORE")
    sys.stdout.write(entering.table(head, rows))
    more = f"; older lines: --before {found['next']}" if found["next"] else ""
    sys.stdout.write(f"times in {zone}{more}\n")
    return exits.OK


def _words(detail: dict[str, Any]) -> str:
    shown = (
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in detail.items()
    )
    return " ".join(shown)


def _alone(config: "Config", query: dict[str, str]) -> dict[str, Any]:
    from slawatch.answers import access
    from slawatch.store.database import Database, StoreMissing

    try:
        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return access.audit(cursor, query, config.timezone)
    except StoreMissing:
        return {"audit": [], "next": None}
