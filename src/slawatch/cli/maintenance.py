"""`slawatch maintenance`: windows of announced work, entered while slawatch runs."""

import secrets
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import entering, exits
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.terminal import clean

if TYPE_CHECKING:
    from slawatch.config.model import Config

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `slawatch maintenance list` shows it.")]
_Person = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who enters it; your login name by default.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Announce work, and call it off.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "add",
        help="Announce a window of work. It counts as announced now: an agreement that asks for notice "
        "grants it only so far.",
        epilog="Example: slawatch maintenance add --service shop --start 2026-12-01T22:00:00+01:00 "
        "--end 2026-12-02T00:00:00+01:00 --reason 'database upgrade'",
    )(add)
    group.command(
        "list",
        help="List all windows: those of the configuration and those that were entered.",
        epilog="Example: slawatch maintenance list --json",
    )(list_)
    group.command(
        "change",
        help="Move a window, or make it longer or shorter; what is new in it counts as announced now.",
        epilog="Example: slawatch maintenance change m-4be1a07c --end 2026-12-02T01:00:00+01:00",
    )(change)
    group.command(
        "cancel",
        help="Call a window off. One that has begun ends now; it stays on record.",
        epilog="Example: slawatch maintenance cancel m-4be1a07c --reason 'the vendor moved it'",
    )(cancel)
    app.add_typer(group, name="maintenance")


def _group() -> None:
    """Announce work, and call it off."""


def add(
    service: Annotated[
        list[str], typer.Option("--service", "-s", metavar="S", help="What it covers; may be repeated.")
    ],
    start: Annotated[
        str,
        typer.Option("--start", metavar="T", help="From when; `now`, or a time, local or with an offset."),
    ],
    end: Annotated[str, typer.Option("--end", metavar="T", help="Until when, exclusive.")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="For the customer.", show_default=False)
    ] = None,
    announced: Annotated[
        str | None,
        typer.Option(
            "--announced",
            metavar="T",
            help="When the customer was told, where that was earlier; it is recorded as entered late.",
            show_default=False,
        ),
    ] = None,
    by: _Person = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Announce a window."""
    wish = {
        "id": f"m-{secrets.token_hex(4)}", "services": service, "start": start, "end": end,
        "announced": announced, "reason": reason, "person": by or entering.login(),
    }  # fmt: skip
    loaded = load_config(config)
    return _print(entering.enter(loaded, "maintenance.add", wish), loaded, as_json=as_json)


def change(
    name: _Id,
    start: Annotated[
        str | None, typer.Option("--start", metavar="T", help="From when; unchanged by default.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="T", help="Until when, exclusive; unchanged by default.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why it changes.", show_default=False)
    ] = None,
    by: _Person = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Move a window."""
    wish = {"id": name, "start": start, "end": end, "reason": reason, "person": by or entering.login()}
    loaded = load_config(config)
    return _print(entering.enter(loaded, "maintenance.change", wish), loaded, as_json=as_json)


def cancel(
    name: _Id,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why.", show_default=False)
    ] = None,
    by: _Person = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Call a window off."""
    wish = {"id": name, "reason": reason, "person": by or entering.login()}
    loaded = load_config(config)
    return _print(entering.enter(loaded, "maintenance.cancel", wish), loaded, as_json=as_json)


def list_(as_json: AsJson = False, config: ConfigFile = None) -> int:
    """List all windows."""
    loaded = load_config(config)
    found = entering.listed(loaded, "maintenance")
    if as_json:
        entering.print_json({"maintenance": found})
        return exits.OK
    if not found:
        sys.stdout.write("no maintenance is announced: `slawatch maintenance add` announces a window\n")
        return exits.OK
    zone = loaded.timezone
    rows = [
        (
            line["id"] or "-",
            line["state"],
            entering.shown(line["start"], zone),
            entering.shown(line["end"], zone),
            _announced(line, zone),
            ", ".join(line["services"]),
            _origin(line),
            line["reason"],
        )
        for line in found
    ]
    head = ("ID", "STATE", "START", "END", "ANNOUNCED", "SERVICES", "FROM", "REASON")
    sys.stdout.write(entering.table(head, rows))
    sys.stdout.write(f"times in {zone}\n")
    return exits.OK


def _announced(line: dict[str, Any], zone: str) -> str:
    """Return when a window was announced as it is now, and what to know about that."""
    text = entering.shown(line["announced"], zone)
    if line["earlier"]:
        return f"{text} (changed)"
    return f"{text} (entered late)" if line["entered"] and line["entered"]["late"] else text


def _origin(line: dict[str, Any]) -> str:
    return line["entered"]["person"] if line["entered"] else "configuration"


def _print(found: dict[str, Any], config: "Config", *, as_json: bool) -> int:
    if as_json:
        entering.print_json(found)
        return exits.OK
    zone = config.timezone
    start, end = entering.shown(found["start"], zone), entering.shown(found["end"], zone)
    what = f"{found['id']}: {found['state']}, {', '.join(found['services'])} from {start} to {end} ({zone})"
    lines = [f"{what}, announced {_announced(found, zone)}", *found["remarks"]]
    sys.stdout.write("".join(clean(line) + "\n" for line in lines))
    return exits.OK
