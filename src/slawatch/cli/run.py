"""`slawatch run`, the daemon in the foreground, and `slawatch reload`."""

import shlex
import sys
from typing import TYPE_CHECKING

import typer

from slawatch.cli import exits
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "run",
        help="Watch: the daemon, in the foreground. SIGHUP reloads, SIGTERM stops within 10 s.",
        epilog="Example: slawatch run --config /etc/slawatch/slawatch.toml",
    )(run)
    app.command(
        "reload",
        help="Have the daemon apply its configuration again; a wrong one is refused, the old one goes on.",
        epilog="Example: slawatch reload",
    )(reload)


def run(config: ConfigFile = None) -> int:
    """Load the configuration and become the daemon, which runs until a signal stops it."""
    loaded = load_config(config)
    for warning in map(str, loaded.warnings):
        typer.echo(f"slawatch: warning: {warning}", err=True)

    from slawatch.daemon.boot import Boot, become

    become(Boot(loaded, _log_format(loaded), shlex.join(["slawatch", *sys.argv[1:]])))


def _log_format(config: "Config") -> str:
    if config.log_format != "auto":
        return config.log_format
    return "human" if sys.stderr.isatty() else "json"


def reload(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Ask the daemon over its socket, and tell what changed."""
    import json

    from slawatch.cli import client
    from slawatch.web.control import SOCKET

    path = str(load_config(config).data_dir / SOCKET)
    try:
        answer = client.ask(path, "/api/v1/reload", method="POST", timeout=60.0)
    except client.Unreachable:
        typer.echo(f"slawatch: no daemon listens on {path}: start it with `slawatch run`", err=True)
        return exits.UNAVAILABLE
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return exits.OK
    for word in ("added", "changed", "removed"):
        names = answer.get(word) or []
        if names:
            typer.echo(f"{word}: {', '.join(names)}")
    for warning in answer.get("warnings") or []:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"in force: config {answer.get('digest', '')[:12]}")
    return exits.OK
