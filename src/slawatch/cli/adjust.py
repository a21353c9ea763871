"""`slawatch adjust`: what people decide about time that was measured otherwise, kept with who and why."""

import secrets
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import entering, exits
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.terminal import clean

if TYPE_CHECKING:
    from slawatch.config.model import Config

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `slawatch adjust list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Decide how measured time counts; reports show the figure without it, too.", no_args_is_help=True
    )
    group.callback()(_group)
    group.command(
        "add",
        help="Propose that an outage, or a span of a service's time, counts otherwise: `excused` takes it "
        "out of the count, `counted` counts it as down.",
        epilog="Examples: slawatch adjust add --outage shop-20261112T101500Z --class excused "
        "--reason 'the customer cut the line' --evidence https://tickets.example/4711; "
        "slawatch adjust add --service shop --start 2026-11-12T10:15:00Z --end 2026-11-12T10:45:00Z "
        "--class counted --reason 'the probes missed it'",
    )(add)
    group.command(
        "approve",
        help="Agree with an adjustment that another person proposed.",
        epilog="Example: slawatch adjust approve a-19f03c5e --approver bob",
    )(approve)
    group.command(
        "list",
        help="List all adjustments, whether they hold or not.",
        epilog="Example: slawatch adjust list --json",
    )(list_)
    group.command(
        "withdraw",
        help="Let an adjustment not hold, or no longer; it stays on record.",
        epilog="Example: slawatch adjust withdraw a-19f03c5e --reason 'it was our fault after all'",
    )(withdraw)
    app.add_typer(group, name="adjust")


def _group() -> None:
    """Decide how measured time counts."""


def add(
    kind: Annotated[
        str,
        typer.Option("--class", metavar="excused|counted", help="How it shall count.", show_default=False),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the customer.")],
    outage: Annotated[
        str | None,
        typer.Option("--outage", metavar="ID", help="As reports and exports name it.", show_default=False),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option(
            "--service", "-s", metavar="S", help="Whose time, with --start and --end.", show_default=False
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="T", help="Local or with an offset.", show_default=False)
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="T", help="Exclusive.", show_default=False)
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="LINK", help="Where the proof is.", show_default=False),
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(
            "--by", "--author", metavar="NAME", help="Your login name by default.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Propose an adjustment."""
    wish = {
        "id": f"a-{secrets.token_hex(4)}", "outage": outage, "service": service, "start": start, "end": end,
        "class": kind, "reason": reason, "evidence": evidence, "person": author or entering.login(),
    }  # fmt: skip
    return _enter("adjustment.add", wish, config_file=config, as_json=as_json)


def approve(
    name: _Id,
    approver: Annotated[
        str | None,
        typer.Option(
            "--by", "--approver", metavar="NAME", help="Your login name by default.", show_default=False
        ),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="For the record.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Agree with an adjustment."""
    wish = {"id": name, "reason": note, "person": approver or entering.login()}
    return _enter("adjustment.approve", wish, config_file=config, as_json=as_json)


def withdraw(
    name: _Id,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Your login name by default.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Let an adjustment not hold."""
    wish = {"id": name, "reason": reason, "person": by or entering.login()}
    return _enter("adjustment.withdraw", wish, config_file=config, as_json=as_json)


def list_(as_json: AsJson = False, config: ConfigFile = None) -> int:
    """List all adjustments."""
    loaded = load_config(config)
    found = entering.listed(loaded, "adjustment")
    if as_json:
        entering.print_json({"adjustments": found})
        return exits.OK
    if not found:
        sys.stdout.write("nothing was adjusted: `slawatch adjust add` proposes an adjustment\n")
        return exits.OK
    zone = loaded.timezone
    rows = [
        (
            line["id"],
            _state(line),
            line["class"],
            line["service"],
            entering.shown(line["start"], zone),
            entering.shown(line["end"], zone),
            line["author"],
            ", ".join(line["approvers"]) or "-",
            line["reason"],
        )
        for line in found
    ]
    head = ("ID", "STATE", "CLASS", "SERVICE", "START", "END", "AUTHOR", "APPROVED BY", "REASON")
    sys.stdout.write(entering.table(head, rows))
    sys.stdout.write(f"times in {zone}\n")
    return exits.OK


def _state(line: Mapping[str, Any]) -> str:
    """Return how an adjustment stands; under several agreements it may hold without approval under some."""
    held = list(line["holds"].values())
    if line["state"] != "proposed" or not any(held):
        return str(line["state"])
    return "holds without approval" if all(held) else "holds in part"


def _enter(what: str, wish: dict[str, Any], *, config_file: Any, as_json: bool) -> int:
    loaded = load_config(config_file)
    found = entering.enter(loaded, what, wish)
    if as_json:
        entering.print_json(found)
        return exits.OK
    sys.stdout.write("".join(clean(line) + "\n" for line in _told(found, loaded)))
    return exits.OK


def _told(found: dict[str, Any], config: "Config") -> list[str]:
    """Return an adjustment in words, and under which agreements it holds."""
    zone = config.timezone
    start, end = entering.shown(found["start"], zone), entering.shown(found["end"], zone)
    about = f"outage {found['outage']}" if found["outage"] else found["service"]
    lines = [f"{found['id']}: {_state(found)}, {found['class']}, {about} from {start} to {end} ({zone})"]
    holds = [key for key, held in found["holds"].items() if held]
    waits = [key for key, held in found["holds"].items() if not held]
    if holds:
        lines.append(f"it changes the figure of {', '.join(holds)}")
    if waits and found["state"] == "proposed":
        lines.append(
            f"{', '.join(waits)}: another person has to approve it: "
            f"slawatch adjust approve {found['id']} --by NAME"
        )
    return lines
