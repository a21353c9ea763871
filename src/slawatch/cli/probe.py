"""`slawatch probe`: one probe now, by the code that the daemon probes with; nothing is stored."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import client, either, exits, probe_table, terminal
from slawatch.cli.alerting import quoted
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.check import Check

_PATIENCE: Final = 60.0
"""Seconds that the daemon may take beside the probe itself: for a place, and a process."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "probe",
        help="Probe a check of the configuration, a URL or HOST:PORT once, and show what happened; "
        "stores nothing. Exit code 0 when it is up, 1 when it is not.",
        epilog="Examples: slawatch probe shop-home; slawatch probe https://example.com/health; "
        "slawatch probe db.example:5432",
    )(probe)


def probe(
    target: Annotated[str, typer.Argument(metavar="CHECK|URL", help="A check's name, a URL, or HOST:PORT.")],
    timeout: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help='Give up after so long: "5s"; by default what the check says.'),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Have the daemon probe it, or probe it here where none runs; show it."""
    from slawatch.answers import probe as probe_answers

    try:
        made = probe_answers.made(target)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="CHECK|URL") from None
    loaded = load_config(config) if made is None else None
    check = made or _named(target, loaded)
    wish: dict[str, Any] = {}
    if timeout is not None:
        try:
            check = probe_answers.within(check, timeout)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--timeout") from None
        wish["timeout"] = timeout
    if said := probe_answers.passive(check, loaded):
        sys.stderr.write("slawatch: " + "\n".join(said) + "\n")
        return exits.USAGE
    found = _asked(check, wish, target, loaded, config)
    if as_json:
        import json

        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        sys.stdout.write(probe_table.render(found, terminal.of()))
    return exits.OK if found["state"] == "up" else exits.NO


def _named(target: str, config: "Config | None") -> "Check":
    from slawatch.config.problem import nearest

    known = config.checks if config is not None else {}
    if target in known:
        return known[target]
    hint = nearest(target, known) or "a URL starts with http:// or https://, an address ends in :PORT"
    raise typer.BadParameter(f"there is no check {target!r}: {hint}", param_hint="CHECK|URL")


def _asked(
    check: "Check", wish: dict[str, Any], target: str, config: "Config | None", file: Path | None
) -> dict[str, Any]:
    """Return what the daemon saw, or what is seen from here."""
    limit = check.timeout / 1_000_000 + _PATIENCE

    def named() -> dict[str, Any]:
        assert config is not None
        path = f"checks/{quoted(check.name)}/probe"
        found: dict[str, Any] = either.asked(config, path, wish, timeout=limit)
        return found

    def free() -> dict[str, Any]:
        import json

        from slawatch.config.locate import peek_data_dir
        from slawatch.web.control import SOCKET

        folder = peek_data_dir(file, os.environ)
        if folder is None:
            raise client.Unreachable
        body = json.dumps({"target": target, **wish}).encode()
        found: dict[str, Any] = client.ask(
            str(folder / SOCKET), "/api/v1/probe", method="POST", body=[body], timeout=limit
        )
        return found

    return either.daemon_or_here(free if config is None else named, lambda: _here(check))


def _here(check: "Check") -> dict[str, Any]:
    """Return what is seen from this process."""
    import logging

    import trio

    from slawatch.answers import probe as probe_answers
    from slawatch.daemon import probing
    from slawatch.daemon.prober import raise_descriptor_limit

    logging.getLogger("slawatch").addHandler(logging.NullHandler())
    raise_descriptor_limit()
    return probe_answers.answer(check, trio.run(probing.once, check))
