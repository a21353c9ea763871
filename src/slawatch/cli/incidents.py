"""`slawatch incidents`: what is open and who has it; acknowledge, assign, escalate, resolve, look back."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import alerting, exits, terminal
from slawatch.cli.alerting import By, Cursor, Limit, Org, ServiceName, Severity
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config

_Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="As `slawatch incidents list` shows it.")]
_OnlyOne = Annotated[
    int | None,
    typer.Argument(
        metavar="[ID]", min=1, help="May be left out where one incident is open.", show_default=False
    ),
]
_Text = Annotated[list[str], typer.Argument(metavar="TEXT", help="Words; quotes are not needed.")]
_WORDS = {"title": "TITLE", "text": "TEXT", "to": "WHO"}
_HELP = "What is open, who has it, and what to do about it."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=_HELP, no_args_is_help=True)
    group.callback()(_group)
    for function, name, text, example in (
        (list_, "list", "List incidents, those that nobody has first.", "list --state all"),
        (show, "show", "Show an incident: alerts, who was told, what happens next, timeline.", "show 7"),
        (open_, "open", "Open an incident by hand: its escalation begins at once.",
         "open 'customers report errors' --severity critical --service shop"),
        (ack, "ack", "Acknowledge an incident: its escalation stops, those told hear of it.", "ack 7"),
        (unack, "unack", "Give an incident back: its escalation begins anew.", "unack 7"),
        (snooze, "snooze", "Be quiet for a while; then the escalation begins anew.", "snooze 7 --for 2h"),
        (assign, "assign", "Give an incident to a person or team, or a role in it to a person.",
         "assign 7 alice --role commander"),
        (note, "note", "Write a note into the timeline.", "note 7 the vendor has been called"),
        (publish, "publish", "Publish a text on the status page; without one, withdraw what was published.",
         "publish 7 We are looking into slow logins."),
        (escalate, "escalate", "Tell the next level now.", "escalate 7"),
        (resolve, "resolve", "End an incident; those told hear of it.", "resolve 7 --note 'disk replaced'"),
        (merge, "merge", "Make an incident part of another.", "merge 8 --into 7"),
        (reassign, "reassign", "Move an incident to another escalation policy: its level 0 is told.",
         "reassign 7 --policy database"),
        (postmortem, "postmortem", "Draft a postmortem in Markdown from the timeline.",
         "postmortem 7 --output incident-7.md"),
    ):  # fmt: skip
        group.command(name, help=text, epilog=f"Example: slawatch incidents {example}")(function)
    app.add_typer(group, name="incidents")


def _group() -> None:
    """What is open, who has it, and what to do about it."""


def list_(
    state: Annotated[
        str,
        typer.Option(metavar="S", help="`open`, `triggered`, `acked`, `snoozed`, `resolved` or `all`."),
    ] = "open",
    severity: Severity = None,
    service: ServiceName = None,
    org: Org = None,
    assignee: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only those that somebody has.", show_default=False)
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List incidents."""
    from slawatch import clock
    from slawatch.answers import asking
    from slawatch.cli.incident_table import render_list

    query = {
        "state": state, "severity": severity, "service": service, "org": org, "assignee": assignee,
        "limit": str(limit), "cursor": cursor,
    }  # fmt: skip
    given = {key: value for key, value in query.items() if value is not None}
    found = alerting.ask(
        load_config(config), "incidents", lambda cursor, seen: asking.incidents(cursor, seen, given), given
    )
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render_list(found["incidents"], state, clock.now(), terminal.of()))
    alerting.print_more(found["next"])
    return exits.OK


def show(number: _OnlyOne = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Show an incident."""
    from slawatch import clock
    from slawatch.cli.incident_table import render

    loaded = load_config(config)
    found = _whole(loaded, number or _only(loaded, "open"))
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(render(found, loaded.timezone, clock.now(), terminal.of()))
    return exits.OK


def open_(
    title: _Text,
    severity: Annotated[str, typer.Option(metavar="S", help="info, low, medium, high or critical.")] = "high",
    service: Annotated[
        str | None,
        typer.Option("--service", "-s", metavar="S", help="What it is about.", show_default=False),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="P", help="Who is told; the service's, else `default`, by default.", show_default=False
        ),
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Open an incident by hand."""
    wish = {"title": " ".join(title), "severity": severity, "service": service, "policy": policy}
    return _act("open", None, wish, by, config, as_json=as_json)


def ack(number: _OnlyOne = None, by: By = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Acknowledge an incident."""
    chosen = number or _only(load_config(config), "triggered")
    return _act("ack", chosen, {}, by, config, as_json=as_json)


def unack(number: _Id, by: By = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Give an incident back."""
    return _act("unack", number, {}, by, config, as_json=as_json)


def snooze(
    number: _Id,
    length: Annotated[
        str | None, typer.Option("--for", metavar="T", help="How long, such as 30m or 2h.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="T", help="Until when.", show_default=False)] = None,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Be quiet for a while."""
    return _act("snooze", number, {"for": length, "until": until}, by, config, as_json=as_json)


def assign(
    number: _Id,
    to: Annotated[str, typer.Argument(metavar="WHO", help="alice, person:alice or team:database.")],
    role: Annotated[
        str, typer.Option(metavar="R", help="assignee, commander or communications.")
    ] = "assignee",
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Give an incident to somebody."""
    return _act("assign", number, {"to": to, "role": role}, by, config, as_json=as_json)


def note(number: _Id, text: _Text, by: By = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Write a note into the timeline."""
    return _act("note", number, {"text": " ".join(text)}, by, config, as_json=as_json)


def publish(
    number: _Id,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="Words; none withdraws.", show_default=False)
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Publish a text on the status page."""
    return _act("publish", number, {"text": " ".join(text or [])}, by, config, as_json=as_json)


def escalate(number: _Id, by: By = None, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Tell the next level now."""
    return _act("escalate", number, {}, by, config, as_json=as_json)


def resolve(
    number: _Id,
    text: Annotated[
        str | None, typer.Option("--note", "-m", metavar="TEXT", help="How it ended.", show_default=False)
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """End an incident."""
    return _act("resolve", number, {"note": text}, by, config, as_json=as_json)


def merge(
    number: _Id,
    into: Annotated[int, typer.Option(metavar="ID", min=1, help="The incident that it becomes part of.")],
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Make an incident part of another."""
    return _act("merge", number, {"into": into}, by, config, as_json=as_json)


def reassign(
    number: _Id,
    policy: Annotated[str, typer.Option(metavar="P", help="A key of [escalations].")],
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Move an incident to another policy."""
    return _act("reassign", number, {"policy": policy}, by, config, as_json=as_json)


def postmortem(
    number: _Id,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write; printed by default.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Draft a postmortem."""
    from slawatch.answers.asking import zone_of
    from slawatch.answers.postmortem import markdown

    loaded = load_config(config)
    found = _whole(loaded, number)
    text = markdown(found, zone_of(loaded, found["organization"]))
    if as_json:
        alerting.print_json({"incident": number, "markdown": text})
        return exits.OK
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return exits.OK
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise typer.BadParameter(
            f"{output} exists already, and somebody may have written into it: choose another name",
            param_hint="--output",
        ) from None
    typer.echo(f"{output}: drafted from {len(found['timeline'])} lines of the timeline")
    return exits.OK


def _whole(config: "Config", number: int) -> dict[str, Any]:
    from slawatch.answers import asking

    return alerting.ask(
        config, f"incidents/{number}", lambda cursor, seen: asking.incident(cursor, seen, number)
    )


def _only(config: "Config", state: str) -> int:
    """Return the number of the one incident that is in a state."""
    from slawatch.answers import asking

    query = {"state": state, "limit": "2"}
    found = alerting.ask(
        config, "incidents", lambda cursor, seen: asking.incidents(cursor, seen, query), query, live=False
    )
    numbers = [one["id"] for one in found["incidents"]]
    if len(numbers) == 1:
        return int(numbers[0])
    said = f"more than one incident is {state}" if numbers else f"no incident is {state}"
    raise typer.BadParameter(f"{said}: `slawatch incidents list` shows them", param_hint="ID")


def _act(
    action: str, number: int | None, wish: dict[str, Any], by: str | None, path: Path | None, *, as_json: bool
) -> int:
    from slawatch.cli.incident_table import render_done

    target = "incidents" if number is None else f"incidents/{number}/{action}"
    said = "open an incident" if number is None else f"{action} an incident"
    found = alerting.act(load_config(path), target, {**wish, "person": alerting.person(by)}, said, _WORDS)
    if as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(render_done(found, terminal.of()))
    return exits.OK
