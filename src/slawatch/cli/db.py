"""`slawatch db info`: what the store holds, and how much room it takes."""

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from slawatch.cli import client, exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="About the database.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "info",
        help="Show what the database holds: samples, days, sizes.",
        epilog="Example: slawatch db info --json",
    )(info)
    app.add_typer(group, name="db")


def _group() -> None:
    """About the database."""


def info(as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Ask the daemon, or open the store where none runs."""
    found = _info(load_config(config))
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return exits.OK
    width = max((len(name) for name in found), default=0)
    for name, value in found.items():
        sys.stdout.write(f"{name.replace('_', ' '):<{width}}  {_shown(name, value)}\n")
    return exits.OK


def _info(config: "Config") -> dict[str, Any]:
    from slawatch.web.control import SOCKET

    def asked() -> dict[str, Any]:
        found: dict[str, Any] = client.ask(str(config.data_dir / SOCKET), "/api/v1/db", timeout=120)
        return found

    def alone() -> dict[str, Any]:
        from slawatch.answers import export
        from slawatch.store.database import Database

        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return export.database(cursor, config.data_dir)

    return daemon_or_store(asked, alone)


def _shown(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("bytes") and isinstance(value, int):
        return size(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def size(count: int) -> str:
    """Return a size in the unit that fits it.

    >>> size(512), size(20_971_520)
    ('512 B', '20.0 MiB')
    """
    number = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
