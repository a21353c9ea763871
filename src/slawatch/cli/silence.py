"""`slawatch silence`: say that nobody shall be told of certain alerts for a while."""

import secrets
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import alerting, entering, exits, terminal
from slawatch.cli.alerting import By, Cursor, Limit
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.terminal import clean

if TYPE_CHECKING:
    import duckdb

    from slawatch.answers.asking import Seen
    from slawatch.config.model import Config

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `slawatch silence list` shows it.")]
_Length = Annotated[
    str | None, typer.Option("--for", metavar="T", help="How long, such as 2h or 3d.", show_default=False)
]
_End = Annotated[str | None, typer.Option("--end", metavar="T", help="Until when.", show_default=False)]
_Start = Annotated[
    str | None, typer.Option("--start", metavar="T", help="From when; now by default.", show_default=False)
]
_Comment = Annotated[
    str | None,
    typer.Option("--comment", "-m", metavar="TEXT", help="Why, and until what.", show_default=False),
]
_Force = Annotated[bool, typer.Option("--force", help="It may last longer than 30 days.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Tell nobody of certain alerts for a while.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "add",
        help="Silence the alerts that all matchers fit: service=shop, check!=backup, check=~'db-.*', "
        "severity=low, any label.",
        epilog="Examples: slawatch silence add service=shop --for 2h --comment 'disk is being replaced'; "
        "slawatch silence add check=~'db-.*' --dry-run",
    )(add)
    group.command(
        "list",
        help="List the silences that hold or will, with what each hits now.",
        epilog="Example: slawatch silence list --expired",
    )(list_)
    group.command(
        "change",
        help="Change a silence. Another end or comment keeps its id; other matchers make a new one.",
        epilog="Example: slawatch silence change s-4be1a07c --for 4h",
    )(change)
    group.command(
        "expire",
        help="End silences now: what fires under them is told at once.",
        epilog="Example: slawatch silence expire s-4be1a07c",
    )(expire)
    app.add_typer(group, name="silence")


def _group() -> None:
    """Tell nobody of certain alerts for a while."""


def add(
    match: Annotated[
        list[str], typer.Argument(metavar="MATCHER...", help="Conditions on labels, all of which must hold.")
    ],
    length: _Length = None,
    start: _Start = None,
    end: _End = None,
    comment: _Comment = None,
    force: _Force = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="The matchers may fit alerts without such a label.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what it hits now, and silence nothing.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Silence alerts."""
    loaded = load_config(config)
    wish: dict[str, Any] = {
        "match": ", ".join(match), "for": length, "start": start, "end": end, "comment": comment,
        "force": force or None, "everything": everything or None, "person": alerting.person(by),
    }  # fmt: skip
    if dry_run:
        return _try(loaded, wish, as_json=as_json)
    wish["id"] = f"s-{secrets.token_hex(4)}"
    return _print(entering.enter(loaded, "silence.add", wish), loaded, as_json=as_json)


def list_(
    expired: Annotated[bool, typer.Option("--expired", help="Those that are over, too.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List silences."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.alert_table import render_silences

    loaded = load_config(config)
    query = {"limit": str(limit)} | ({"expired": "true"} if expired else {})
    if cursor is not None:
        query["cursor"] = cursor
    found = alerting.ask(
        loaded, "silences", lambda cursor, seen: asking.silences(cursor, seen, query), query, live=False
    )
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_silences(found["silences"], loaded.timezone, clock.now(), terminal.of()))
    alerting.print_more(found["next"])
    return exits.OK


def change(
    name: _Id,
    length: Annotated[
        str | None, typer.Option("--for", metavar="T", help="So long from now.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="T", help="Another beginning.", show_default=False)
    ] = None,
    end: _End = None,
    comment: _Comment = None,
    match: Annotated[
        list[str] | None,
        typer.Option("--match", metavar="MATCHER", help="Other conditions; may be repeated."),
    ] = None,
    force: _Force = False,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Change a silence."""
    loaded = load_config(config)
    wish = {
        "id": name, "for": length, "start": start, "end": end, "comment": comment,
        "match": ", ".join(match) if match else None, "force": force or None, "person": alerting.person(by),
    }  # fmt: skip
    return _print(entering.enter(loaded, "silence.change", wish), loaded, as_json=as_json)


def expire(
    names: Annotated[
        list[str], typer.Argument(metavar="ID...", help="As `slawatch silence list` shows them.")
    ],
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """End silences now."""
    loaded = load_config(config)
    found = [
        entering.enter(loaded, "silence.expire", {"id": name, "person": alerting.person(by)})
        for name in names
    ]
    if as_json:
        alerting.print_json(found[0] if len(found) == 1 else found)
        return exits.OK
    sys.stdout.write("".join(f"{clean(one['id'])}: expired, {clean(one['match'])}\n" for one in found))
    return exits.OK


def _try(config: "Config", wish: dict[str, Any], *, as_json: bool) -> int:
    import json

    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.alert_table import render_alerts

    given = {key: value for key, value in wish.items() if value is not None}

    def work(_cursor: "duckdb.DuckDBPyConnection", seen: "Seen") -> dict[str, Any]:
        return asking.tried(seen, given)

    found = alerting.ask(
        config, "silences/try", work, body=json.dumps(given).encode(), live=False, words={"match": "MATCHER"}
    )
    if as_json:
        alerting.print_json(found)
        return exits.OK
    alerts = found["alerts"]
    if not alerts:
        sys.stdout.write(f"{clean(found['match'])}: no alert that fires now\n")
        return exits.OK
    count = "one alert that fires" if len(alerts) == 1 else f"{len(alerts)} alerts that fire"
    sys.stdout.write(f"{clean(found['match'])}: {count} now\n\n")
    sys.stdout.write(render_alerts(alerts, "firing", config.timezone, clock.now(), terminal.of()))
    return exits.OK


def _print(found: dict[str, Any], config: "Config", *, as_json: bool) -> int:
    if as_json:
        alerting.print_json(found)
        return exits.OK
    zone = config.timezone
    end = entering.shown(found["end"], zone)
    start = f"from {entering.shown(found['start'], zone)} " if found["state"] == "pending" else ""
    lines = [f"{found['id']}: {found['state']}, {found['match']} {start}until {end} ({zone})"]
    hits = found.get("hits")
    if hits is not None and found["state"] == "active":
        lines.append(
            f"it silences {', '.join(hits)}" if hits else "no alert that fires now is silenced by it"
        )
    sys.stdout.write("".join(clean(line) + "\n" for line in lines))
    return exits.OK
