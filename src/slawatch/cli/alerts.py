"""`slawatch alerts`: what fires, what fired, and why somebody or nobody was told of it."""

import sys
from typing import Annotated

import typer

from slawatch.cli import alerting, exits, terminal
from slawatch.cli.alerting import Cursor, Limit, Org, ServiceName, Severity
from slawatch.cli.options import AsJson, ConfigFile, load_config

_Id = Annotated[
    str, typer.Argument(metavar="ID", help="As `slawatch alerts list` shows it; or the name of a check.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What fires, what fired, and who was told.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "list",
        help="List the alerts that fire, or those that are over.",
        epilog="Examples: slawatch alerts list --severity high; slawatch alerts list --state resolved",
    )(list_)
    group.command(
        "show",
        help="Show an alert: its timeline, and every time that it fired, with what was measured.",
        epilog="Example: slawatch alerts show shop-home",
    )(show)
    group.command(
        "explain",
        help="Say why an alert fired, who was told, and why nobody else was.",
        epilog="Example: slawatch alerts explain shop-home",
    )(explain)
    app.add_typer(group, name="alerts")


def _group() -> None:
    """What fires, what fired, and who was told."""


def list_(
    state: Annotated[
        str, typer.Option(metavar="S", help="`firing`, `suppressed` (nobody is told), or `resolved`.")
    ] = "firing",
    severity: Severity = None,
    service: ServiceName = None,
    org: Org = None,
    check: Annotated[
        str | None, typer.Option(metavar="C", help="Only this check's or rule's.", show_default=False)
    ] = None,
    incident: Annotated[
        int | None, typer.Option(metavar="ID", min=1, help="Only of this incident.", show_default=False)
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List alerts."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.alert_table import render_alerts

    query = {
        "state": state, "severity": severity, "service": service, "org": org, "check": check,
        "incident": None if incident is None else str(incident), "limit": str(limit), "cursor": cursor,
    }  # fmt: skip
    given = {key: value for key, value in query.items() if value is not None}
    loaded = load_config(config)
    found = alerting.ask(loaded, "alerts", lambda cursor, seen: asking.alerts(cursor, seen, given), given)
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_alerts(found["alerts"], state, loaded.timezone, clock.now(), terminal.of()))
    alerting.print_more(found["next"])
    return exits.OK


def show(name: _Id, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Show an alert."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.alert_table import render_alert

    loaded = load_config(config)
    path = f"alerts/{alerting.quoted(name)}"
    found = alerting.ask(loaded, path, lambda cursor, seen: asking.alert(cursor, seen, name))
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_alert(found, loaded.timezone, clock.now(), terminal.of()))
    return exits.OK


def explain(name: _Id, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Say why an alert fired, and why nobody was told."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.alert_table import render_explained

    loaded = load_config(config)
    path = f"alerts/{alerting.quoted(name)}/explain"
    found = alerting.ask(loaded, path, lambda cursor, seen: asking.explained(cursor, seen, name))
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_explained(found, loaded.timezone, clock.now(), terminal.of()))
    return exits.OK
