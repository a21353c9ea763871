"""`slawatch init`, `check-config` and `config schema`: the configuration, before anything runs."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from slawatch.cli import exits
from slawatch.cli.options import AsJson, ConfigFile

_TOLD: Final = ("ok", "files", "digest", "problems", "warnings")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "init",
        help="Write a commented slawatch.toml that works as it is.",
        epilog="Example: slawatch init /etc/slawatch",
    )(init)
    app.command(
        "check-config",
        help="Tell every mistake in the configuration at once; exit code 78 when there is one.",
        epilog="Example: slawatch check-config --config slawatch.toml",
    )(check_config)
    group = typer.Typer(help="About the configuration.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "schema",
        help="Print the JSON Schema of the configuration, for editors.",
        epilog="Example: slawatch config schema > slawatch.schema.json",
    )(schema)
    app.add_typer(group, name="config")


def _group() -> None:
    """About the configuration."""


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to; made if need be.")] = Path(),
) -> int:
    """Write a first configuration; one that exists stays as it is."""
    from slawatch.config.starter import write_starter

    try:
        path = write_starter(folder)
    except FileExistsError as error:
        what = error.filename or folder
        typer.echo(f"slawatch: {what} exists already and was left as it is", err=True)
        return exits.IO
    where = "" if folder == Path() else f" --config {shlex.quote(str(path))}"
    typer.echo(f"wrote {path}")
    typer.echo(f"next: slawatch check-config{where}")
    typer.echo(f"      slawatch run{where}")
    return exits.OK


def check_config(
    config: ConfigFile = None,
    daemon: Annotated[
        bool,
        typer.Option(
            "--daemon",
            help="Ask the daemon what `slawatch reload` would say: its files, with its environment.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Load the configuration as the daemon would, and tell what is wrong with it."""
    found = _asked(config) if daemon else _looked_at(config)
    if as_json:
        typer.echo(json.dumps({key: found[key] for key in _TOLD}, indent=2, ensure_ascii=False))
        return exits.OK if found["ok"] else exits.CONFIG
    from slawatch.cli import terminal
    from slawatch.cli.config_table import lines

    typer.echo("\n".join(lines(found, terminal.of())))
    return exits.OK if found["ok"] else exits.CONFIG


def _looked_at(path: Path | None) -> dict[str, Any]:
    """Return what there is to say of the files from here."""
    from slawatch import clock
    from slawatch.answers.config import of_files
    from slawatch.config.load import load
    from slawatch.config.unread import check

    return of_files(check(lambda: load(path, env=os.environ, now=clock.now())), "")


def _asked(path: Path | None) -> dict[str, Any]:
    """Return what the daemon has to say of its files.

    Raises:
        DaemonError: none runs.
    """
    from slawatch.cli import client
    from slawatch.config.locate import peek_data_dir
    from slawatch.web.control import SOCKET

    folder = peek_data_dir(path, os.environ)
    try:
        if folder is None:
            raise client.Unreachable
        found: dict[str, Any] = client.ask(str(folder / SOCKET), "/api/v1/config/check", timeout=60)
    except client.Unreachable:
        line = "the daemon does not run: leave --daemon out to look at the files from here"
        raise client.DaemonError(exits.UNAVAILABLE, [line]) from None
    return found


def schema() -> int:
    """Print the JSON Schema of this version, with the keys of all its check types."""
    from slawatch.config.schema import schema as build

    json.dump(build(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return exits.OK
