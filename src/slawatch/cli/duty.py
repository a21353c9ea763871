"""`slawatch oncall override` and `swap`: who is on call, changed while slawatch runs."""

import secrets
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import alerting, entering, exits
from slawatch.cli.alerting import By
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from slawatch.answers.asking import Seen
    from slawatch.config.model import Config
    from slawatch.core.recorded import Record
    from slawatch.core.rota import Schedule

_Schedule = Annotated[
    str | None,
    typer.Option("--schedule", metavar="NAME", help="Which one; may be left out where there is one only."),
]
_Start = Annotated[
    str | None,
    typer.Option("--from", "--start", metavar="T", help="From when; now by default.", show_default=False),
]
_End = Annotated[
    str | None, typer.Option("--to", "--end", metavar="T", help="Until when, exclusive.", show_default=False)
]
_Length = Annotated[
    str | None, typer.Option("--for", metavar="T", help="How long, such as 8h.", show_default=False)
]
_Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="For the people who read it.", show_default=False),
]
_Cancel = Annotated[
    str | None, typer.Option("--cancel", metavar="ID", help="Call one off; it ends now.", show_default=False)
]
_List = Annotated[bool, typer.Option("--list", help="List what was entered and holds, or will.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `oncall`."""
    group.command(
        "override",
        help="Put somebody on call for a while, or take somebody off.",
        epilog="Examples: slawatch oncall override --person carol --from 2026-12-24 --to 2026-12-27; "
        "slawatch oncall override --person carol --replaces bob --for 4h; "
        "slawatch oncall override --cancel o-4be1a07c",
    )(override)
    group.command(
        "swap",
        help="Offer a shift, and take one that was offered.",
        epilog="Examples: slawatch oncall swap --person alice --from 2026-12-24 --to 2026-12-25; "
        "slawatch oncall swap --take x-4be1a07c --by bob; "
        "slawatch oncall swap --person alice --with bob --from 2026-12-24 --to 2026-12-25",
    )(swap)


def override(
    person: Annotated[
        str | None,
        typer.Option("--person", "-p", metavar="NAME", help="Who it is about.", show_default=False),
    ] = None,
    schedule: _Schedule = None,
    start: _Start = None,
    end: _End = None,
    length: _Length = None,
    replaces: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only in the place of this one; by default of everybody."),
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="K", help="`replace`; `add`: beside who is on call; `remove`: take out.")
    ] = "replace",
    priority: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Where two overlap, the higher holds; 0 by default."),
    ] = None,
    reason: _Reason = None,
    cancel: _Cancel = None,
    listing: _List = False,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Put somebody on call for a while."""
    loaded = load_config(config)
    if listing:
        return _list(loaded, as_json=as_json)
    if cancel is not None:
        return _cancelled(loaded, "override.cancel", cancel, reason, by, as_json=as_json)
    if person is None:
        raise typer.BadParameter("say who it is about", param_hint="--person")
    wish = {
        "id": f"o-{secrets.token_hex(4)}", "schedule": _only(loaded, schedule), "who": person, "kind": kind,
        "start": start, "end": end, "for": length, "replaces": replaces, "priority": priority,
        "reason": reason, "person": alerting.person(by),
    }  # fmt: skip
    return _print(entering.enter(loaded, "override.add", wish), loaded, as_json=as_json)


def swap(
    person: Annotated[
        str | None,
        typer.Option("--person", "-p", metavar="NAME", help="Who gives the shift away.", show_default=False),
    ] = None,
    schedule: _Schedule = None,
    start: _Start = None,
    end: _End = None,
    length: _Length = None,
    taker: Annotated[
        str | None,
        typer.Option("--with", metavar="NAME", help="Who has agreed to take it.", show_default=False),
    ] = None,
    take: Annotated[
        str | None,
        typer.Option("--take", metavar="ID", help="Take a shift that was offered.", show_default=False),
    ] = None,
    reason: _Reason = None,
    cancel: _Cancel = None,
    listing: _List = False,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Offer a shift, and take one."""
    loaded = load_config(config)
    if listing:
        return _list(loaded, as_json=as_json)
    if cancel is not None:
        return _cancelled(loaded, "swap.cancel", cancel, reason, by, as_json=as_json)
    if take is not None:
        who = alerting.person(by)
        taking = {"id": take, "who": person or who, "person": who}
        return _print(entering.enter(loaded, "swap.take", taking), loaded, as_json=as_json)
    if person is None:
        raise typer.BadParameter("say whose shift it is", param_hint="--person")
    wish = {
        "id": f"x-{secrets.token_hex(4)}", "schedule": _only(loaded, schedule), "who": person, "start": start,
        "end": end, "for": length, "taken_by": taker, "reason": reason, "person": alerting.person(by),
    }  # fmt: skip
    return _print(entering.enter(loaded, "swap.add", wish), loaded, as_json=as_json)


def schedules(config: "Config") -> "dict[str, Schedule]":
    """Return the schedules as they hold: with what was entered, from the daemon or the store.

    Raises:
        DaemonError, StoreError: what was entered cannot be read.
    """
    from slawatch.core.duty import on_top
    from slawatch.core.event import decode
    from slawatch.core.override import Override, Swap

    if not config.schedules:
        return {}
    changes = [
        (line["schedule"], decode(Swap if line["what"] == "swap" else Override, line["holds"]))
        for line in entered(config, over=True)
        if line["holds"] is not None
    ]
    return on_top(config.schedules, changes, config.people)


def records(config: "Config", chosen: "Sequence[Schedule]") -> "dict[str, Record]":
    """Return what is on record of who was on call, from the daemon or the store.

    Raises:
        DaemonError, StoreError: it cannot be read.
    """
    from slawatch.core.recorded import parse_record

    names = {one.key for one in chosen}

    def answer(cursor: "duckdb.DuckDBPyConnection", seen: "Seen") -> dict[str, Any]:
        from slawatch.answers import asking_duty

        return asking_duty.on_call_record(cursor, seen)

    found = alerting.ask(config, "oncall/record", answer, nothing={"schedules": []}, live=False)
    return {line["schedule"]: parse_record(line) for line in found["schedules"] if line["schedule"] in names}


def entered(config: "Config", *, over: bool = False) -> list[dict[str, Any]]:
    """Return the overrides and swaps that were entered.

    Raises:
        DaemonError, StoreError: they cannot be read.
    """
    query = {"limit": "500"} | ({"over": "true"} if over else {})

    def answer(cursor: "duckdb.DuckDBPyConnection", seen: "Seen") -> dict[str, Any]:
        from slawatch.answers import asking

        return asking.overrides(cursor, seen, query)

    lines: list[dict[str, Any]] = []
    nothing: dict[str, Any] = {"overrides": [], "next": None}
    while True:
        found = alerting.ask(config, "overrides", answer, query, nothing=nothing, live=False)
        lines += found["overrides"]
        if found["next"] is None:
            return lines
        query["cursor"] = found["next"]


def _only(config: "Config", name: str | None) -> str:
    if name is not None:
        return name
    if len(config.schedules) == 1:
        return next(iter(config.schedules))
    there_are = f"there are {', '.join(config.schedules)}" if config.schedules else "none is configured"
    raise typer.BadParameter(f"say which schedule: {there_are}", param_hint="--schedule")


def _cancelled(
    config: "Config", what: str, name: str, reason: str | None, by: str | None, *, as_json: bool
) -> int:
    wish = {"id": name, "reason": reason, "person": alerting.person(by)}
    return _print(entering.enter(config, what, wish), config, as_json=as_json)


def _list(config: "Config", *, as_json: bool) -> int:
    found = entered(config)
    if as_json:
        alerting.print_json({"overrides": found})
        return exits.OK
    if not found:
        sys.stdout.write("no override and no swap was entered that holds, or will\n")
        return exits.OK
    zones = {key: schedule.timezone for key, schedule in config.schedules.items()}
    rows = [
        (
            line["id"],
            line["state"],
            line["schedule"],
            entering.shown(line["start"], zones.get(line["schedule"], config.timezone)),
            entering.shown(line["end"], zones.get(line["schedule"], config.timezone)),
            _what(line),
            line["reason"],
        )
        for line in found
    ]
    head = ("ID", "STATE", "SCHEDULE", "FROM", "TO", "WHAT", "REASON")
    sys.stdout.write(entering.table(head, rows))
    return exits.OK


def _what(line: dict[str, Any]) -> str:
    """Return what an override or swap does.

    >>> _what({"what": "swap", "who": "alice", "taken_by": "bob"})
    'bob instead of alice'
    """
    who = line["who"]
    if line["what"] == "swap":
        return f"{line['taken_by']} instead of {who}" if line["taken_by"] else f"{who} offers the shift"
    if line["kind"] == "replace":
        return f"{who} instead of {line['replaces'] or 'everybody'}"
    return f"{who} too" if line["kind"] == "add" else f"not {who}"


def _print(found: dict[str, Any], config: "Config", *, as_json: bool) -> int:
    if as_json:
        alerting.print_json(found)
        return exits.OK
    schedule = config.schedules.get(found["schedule"])
    zone = config.timezone if schedule is None else schedule.timezone
    start, end = entering.shown(found["start"], zone), entering.shown(found["end"], zone)
    said = f"{found['id']}: {found['state']}, {_what(found)} in {found['schedule']} from {start} to {end}"
    lines = [f"{said} ({zone})", *found["remarks"]]
    sys.stdout.write("".join(clean(line) + "\n" for line in lines))
    return exits.OK
