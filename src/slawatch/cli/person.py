"""`slawatch person erase`: takes a person out of everything that is stored."""

import secrets
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from slawatch.cli import entering, exits
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What is stored about people.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "erase",
        help="Put a pseudonym wherever the name of a person is stored: entries, incidents, messages, audit "
        "log. What they did stays on record. Stop slawatch first, and take them out of the configuration; "
        "backups are not changed.",
        epilog="Example: slawatch person erase alice --also alice@example.com --also +4915112345678 --yes",
    )(erase)
    app.add_typer(group, name="person")


def _group() -> None:
    """What is stored about people."""


def erase(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key in [people] or [users].")],
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also", metavar="TEXT", show_default=False,
            help="What else they are known by: a full name, a mail address, a number.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:  # fmt: skip
    """Put a pseudonym in the place of a person."""
    from slawatch.store import erasing
    from slawatch.store.database import Database, StoreMissing

    loaded = load_config(config)
    names = list(dict.fromkeys([name.strip(), *(text.strip() for text in also or ())]))
    reason = _in_the_way(loaded, names)
    if reason:
        sys.stderr.write(f"slawatch: {reason}\n")
        return exits.USAGE
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Erase {', '.join(names)} for good?")):
        sys.stderr.write("slawatch: nothing was erased: it cannot be undone, so say --yes\n")
        return exits.USAGE
    pseudonym = f"erased-{secrets.token_hex(4)}"
    try:
        with Database.open(loaded.data_dir, create=False) as database:
            mixed = [one for text in names for one in erasing.known(database, text)]
            if mixed:
                sys.stderr.write(f"slawatch: the name could not be told apart from {mixed[0]}\n")
                return exits.USAGE
            changed = erasing.erase(database, names, pseudonym)
            entering.audit(database, "person.erase", pseudonym, {"rows": sum(changed.values())})
    except StoreMissing:
        changed = {}
    if as_json:
        entering.print_json({"pseudonym": pseudonym, "rows": changed})
    elif changed:
        where = ", ".join(f"{table} {count}" for table, count in changed.items())
        sys.stdout.write(f"{pseudonym} stands in their place; rows changed: {where}\n")
    else:
        sys.stdout.write("nothing was stored under this name\n")
    return exits.OK


def _in_the_way(config: "Config", names: list[str]) -> str:
    """Return why these names cannot be erased; empty where they can."""
    if not all(names) or any(len(text) < 2 for text in names):
        return "a name has two characters or more"
    sections: Mapping[str, Mapping[str, object]] = {
        "people": config.people, "users": config.users, "organizations": config.organizations,
        "services": config.services, "checks": config.checks, "channels": config.channels,
        "schedules": config.schedules, "teams": config.teams, "escalations": config.escalations,
        "agreements": config.agreements,
    }  # fmt: skip
    for text in names:
        for section, table in sections.items():
            if text not in table:
                continue
            if section in ("people", "users"):
                return (
                    f"[{section}.{text}] is in the configuration: take it out first, or the name comes back"
                )
            return f"[{section}.{text}] has the same name: the two could not be told apart"
    return ""
