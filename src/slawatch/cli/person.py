"""`slawatch person erase`: takes a person out of everything that is stored."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import entering, exits
from slawatch.cli.either import daemon_or_store
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
        "log. What they did stays on record. Take them out of the configuration first, and reload; backups "
        "and the log of the daemon are not changed, and frozen reports, which are signed, keep the names in "
        "them.",
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
    from slawatch.answers import erasure
    from slawatch.answers.wish import EntryRefused

    loaded = load_config(config)
    try:
        names = erasure.names_of({"name": name, "also": also or []})
        erasure.check(loaded, names)
        if not yes and not (sys.stdin.isatty() and typer.confirm(f"Erase {', '.join(names)} for good?")):
            sys.stderr.write("slawatch: nothing was erased: it cannot be undone, so say --yes\n")
            return exits.USAGE
        found = daemon_or_store(
            lambda: entering.post(loaded, "/api/v1/people/erase", {"name": names[0], "also": names[1:]}),
            lambda: _alone(loaded, names),
        )
    except EntryRefused as error:
        sys.stderr.write(f"slawatch: {error}\n")
        return exits.USAGE
    if as_json:
        entering.print_json(found)
    elif found["rows"]:
        where = ", ".join(f"{table} {count}" for table, count in found["rows"].items())
        sys.stdout.write(f"{found['pseudonym']} stands in their place; rows changed: {where}\n")
    else:
        sys.stdout.write("nothing was stored under this name\n")
    return exits.OK


def _alone(config: "Config", names: list[str]) -> dict[str, Any]:
    """Do it in the store, while no daemon runs."""
    from slawatch.answers import erasure
    from slawatch.store.database import Database, StoreMissing
    from slawatch.store.erasing import scrub

    instead = erasure.pseudonym()
    try:
        with Database.open(config.data_dir, create=False) as database:
            changed = erasure.erase(database, names, instead)
            entering.audit(database, "person.erase", instead, {"rows": sum(changed.values())})
            scrub(database)
    except StoreMissing:
        changed = {}
    return {"pseudonym": instead, "rows": changed}
