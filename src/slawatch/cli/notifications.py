"""`slawatch notifications`: what was sent to whom, what could not be, and sending that again."""

import sys
from typing import Annotated

import typer

from slawatch.cli import alerting, exits, terminal
from slawatch.cli.alerting import By, Cursor, Limit
from slawatch.cli.options import AsJson, ConfigFile, load_config

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `slawatch notifications list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What was sent to whom, and what could not be.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "list",
        help="List messages, the latest first.",
        epilog="Examples: slawatch notifications list --state dead; slawatch notifications list --to alice",
    )(list_)
    group.command(
        "show",
        help="Show a message with every attempt and what the provider answered.",
        epilog="Example: slawatch notifications show 7:1:trigger:0:0:person:bob:sms",
    )(show)
    group.command(
        "retry",
        help="Send a message again that was given up.",
        epilog="Example: slawatch notifications retry 7:1:trigger:0:0:person:bob:sms",
    )(retry)
    app.add_typer(group, name="notifications")


def _group() -> None:
    """What was sent to whom, and what could not be."""


def list_(
    state: Annotated[
        str | None,
        typer.Option(
            metavar="S", help="queued, sending, retry_wait, sent, dead or cancelled.", show_default=False
        ),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(metavar="C", help="Only through this channel.", show_default=False)
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="WHO", help="Only to them.", show_default=False)] = None,
    incident: Annotated[
        int | None, typer.Option(metavar="ID", min=1, help="Only about this one.", show_default=False)
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List messages."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.message_table import render_messages

    query = {
        "state": state, "channel": channel, "to": to, "incident": None if incident is None else str(incident),
        "limit": str(limit), "cursor": cursor,
    }  # fmt: skip
    given = {key: value for key, value in query.items() if value is not None}
    loaded = load_config(config)
    found = alerting.ask(
        loaded, "notifications", lambda cursor, seen: asking.notifications(cursor, seen, given), given
    )
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_messages(found["notifications"], loaded.timezone, clock.now(), terminal.of()))
    alerting.print_more(found["next"])
    return exits.OK


def show(key: _Id, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Show a message with every attempt."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.message_table import render_message

    loaded = load_config(config)
    path = f"notifications/{alerting.quoted(key)}"
    found = alerting.ask(loaded, path, lambda cursor, seen: asking.notification(cursor, seen, key))
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_message(found, loaded.people, loaded.timezone, clock.now(), terminal.of()))
    return exits.OK


def retry(key: _Id, by: By = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Send a dead message again."""
    target = f"notifications/{alerting.quoted(key)}/retry"
    wish = {"person": alerting.person(by)}
    found = alerting.act(load_config(config), target, wish, "send a message again")
    if as_json:
        alerting.print_json(found)
    else:
        from slawatch.core.fate import STAGES

        sys.stdout.write(f"{found['id']}: {STAGES.get(found['state'], found['state'])}\n")
    return exits.OK
