"""`slawatch oncall`: who is on call when, as the configuration and what was entered since say."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import duty, either, exits, terminal
from slawatch.cli.options import AsJson, ConfigFile, duty_moment, load_config

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.instant import Instant
    from slawatch.core.recorded import Record
    from slawatch.core.rota import Schedule

_NO_SCHEDULES = "no schedules are configured: write [schedules.NAME] with its layers\n"
_SHOWN_DAYS = 14
_FEED_BACK_DAYS = 7
_FEED_AHEAD_DAYS = 90
_MOST_DAYS = 3660

ScheduleName = Annotated[
    str | None, typer.Option("--schedule", metavar="NAME", help="Only this schedule; by default all.")
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TIME", help="From a date or time: 2026-12-24, 2026-12-24T09:00:00+01:00."
    ),
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until then, exclusive.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Who is on call, when, and when nobody is.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "show",
        help="Tell who is on call now, or at another time; with --from and --to, the shifts in between. What "
        "is past is told as it was recorded, whatever the schedule says today.",
        epilog="Examples: slawatch oncall show; slawatch oncall show --schedule primary --at 2026-12-24; "
        "slawatch oncall show --from 2026-12-01 --to 2027-01-01",
    )(show)
    group.command(
        "gaps",
        help="Tell when nobody is on call in the days to come.",
        epilog="Example: slawatch oncall gaps --days 90",
    )(gaps)
    group.command(
        "ical",
        help="Write the shifts as an iCalendar file, for calendars to import.",
        epilog="Example: slawatch oncall ical --person alice --output alice.ics",
    )(ical)
    duty.register(group)
    app.add_typer(group, name="oncall")


def _group() -> None:
    """Who is on call, when, and when nobody is."""


def show(
    schedule: ScheduleName = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="At that time; now by default.", show_default=False)
    ] = None,
    start: From = None,
    end: To = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Tell who is on call."""
    from slawatch import clock
    from slawatch.core import recorded

    loaded = load_config(config)
    chosen = _chosen(loaded, schedule)
    zone = chosen[0].timezone if len(chosen) == 1 else loaded.timezone
    now = clock.now()
    if start is not None or end is not None:
        if at is not None:
            raise typer.BadParameter("it does not go with --from and --to", param_hint="--at")
        low, high = _span(start, end, zone, now, now, _SHOWN_DAYS)
        records = duty.records(loaded, chosen) if low < now else {}
        record = {one.key: records.get(one.key, recorded.Record()) for one in chosen}
        if as_json:
            _print_json([x for one in chosen for x in recorded.show_shifts(one, record[one.key], low, high)])
            return exits.OK
        _print_shifts(loaded, chosen, record, (low, high), now)
        return exits.OK
    moment = now if at is None else duty_moment(at, zone, "--at")
    records = duty.records(loaded, chosen) if moment < now else {}
    record = {one.key: records.get(one.key, recorded.Record()) for one in chosen}
    if as_json:
        answers = [recorded.show(one, record[one.key], moment) for one in chosen]
        _print_json(answers[0] if len(answers) == 1 else answers)
        return exits.OK
    _print_now(loaded, chosen, record, moment, past=moment < now)
    return exits.OK


def gaps(
    schedule: ScheduleName = None,
    days: Annotated[
        int, typer.Option(min=1, max=_MOST_DAYS, metavar="N", help="How many days ahead to look.")
    ] = 30,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 where there is a gap.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Ask the daemon, or work it out here where none runs."""
    from slawatch.cli import oncall_table
    from slawatch.core.instant import parse_rfc3339
    from slawatch.core.ledger import Interval

    loaded = load_config(config)
    if schedule is not None:
        _known("schedule", schedule, list(loaded.schedules), "--schedule")
    answers = either.daemon_or_here(
        lambda: _asked_gaps(loaded, schedule, days), lambda: _gaps_here(loaded, schedule, days)
    )
    if as_json:
        _print_json(answers[0] if len(answers) == 1 else answers)
    elif not answers:
        sys.stdout.write(_NO_SCHEDULES)
    else:
        found = [
            (
                loaded.schedules[one["schedule"]],
                [Interval(parse_rfc3339(gap["start"]), parse_rfc3339(gap["end"])) for gap in one["gaps"]],
            )
            for one in answers
        ]
        sys.stdout.write(oncall_table.render_gaps(found, days, terminal.of()))
    return exits.NO if exit_code and any(one["gaps"] for one in answers) else exits.OK


def _asked_gaps(config: "Config", schedule: str | None, days: int) -> list[dict[str, Any]]:
    from urllib.parse import urlencode

    query = {"days": str(days)} | ({"schedule": schedule} if schedule is not None else {})
    found: list[dict[str, Any]] = either.asked(config, f"oncall/gaps?{urlencode(query)}", timeout=60.0)
    return found


def _gaps_here(config: "Config", schedule: str | None, days: int) -> list[dict[str, Any]]:
    from slawatch import clock
    from slawatch.core import oncall
    from slawatch.core.instant import DAY

    now = clock.now()
    return [oncall.show_gaps(one, now, now + days * DAY) for one in _chosen(config, schedule)]


def ical(
    schedule: ScheduleName = None,
    person: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only the shifts of one person.", show_default=False)
    ] = None,
    start: From = None,
    end: To = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; printed by default."),
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Write the shifts as an iCalendar file."""
    from slawatch import clock
    from slawatch.answers import oncall as oncall_answers
    from slawatch.core.instant import DAY

    loaded = load_config(config)
    if schedule is not None and person is not None:
        raise typer.BadParameter("it does not go with --schedule", param_hint="--person")
    chosen = _chosen(loaded, schedule)
    if person is not None:
        _known("person", person, list(loaded.people), "--person")
    zone = chosen[0].timezone if len(chosen) == 1 else loaded.timezone
    now = clock.now()
    low, high = _span(start, end, zone, now, now - _FEED_BACK_DAYS * DAY, _FEED_AHEAD_DAYS)
    records = duty.records(loaded, chosen) if low < now else {}
    listed = oncall_answers.entries(chosen, low, high, person, records)
    about = loaded.people[person].shown if person else schedule or "all schedules"
    text = oncall_answers.ical(f"On call: {about}", listed, loaded.people, zone, now)
    if output is None or str(output) == "-":
        sys.stdout.write(text.decode())
        return exits.OK
    draft = output.with_name(f".{output.name}.draft")
    try:
        draft.write_bytes(text)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
    count = f"{len(listed)} shift{'s' if len(listed) != 1 else ''}"
    typer.echo(f"{output}: {count}")
    return exits.OK


def _chosen(config: "Config", name: str | None) -> list["Schedule"]:
    if name is not None:
        _known("schedule", name, list(config.schedules), "--schedule")
    held = duty.schedules(config)
    return list(held.values()) if name is None else [held[name]]


def _known(what: str, name: str, known: Sequence[str], option: str) -> None:
    from slawatch.config.problem import nearest

    if name not in known:
        there_are = f"there are {', '.join(known[:8])}" if known else f"no {what} is configured"
        raise typer.BadParameter(
            f"there is no {what} {name!r}: {nearest(name, known) or there_are}", param_hint=option
        )


def _span(
    start: str | None, end: str | None, zone: str, now: "Instant", default: "Instant", days: int
) -> tuple["Instant", "Instant"]:
    """Return the time that --from and --to name; what is not written is `default`, and `days` after now."""
    from slawatch.core.instant import DAY

    low = default if start is None else duty_moment(start, zone, "--from")
    high = max(low, now) + days * DAY if end is None else duty_moment(end, zone, "--to")
    if high <= low:
        raise typer.BadParameter("it is not after --from", param_hint="--to")
    if high - low > _MOST_DAYS * DAY:
        raise typer.BadParameter("ten years at most", param_hint="--to")
    return low, high


def _print_now(
    config: "Config", chosen: list["Schedule"], record: Mapping[str, "Record"], at: "Instant", *, past: bool
) -> None:
    from slawatch.cli import oncall_table
    from slawatch.core.instant import DAY
    from slawatch.core.oncall import next_change, on_call
    from slawatch.core.recorded import served_at

    if not chosen:
        sys.stdout.write(_NO_SCHEDULES)
        return
    standings = []
    for schedule in chosen:
        found = served_at(schedule, record[schedule.key], at)
        following = None
        if found.recorded and found.end is not None:
            following = found.end, served_at(schedule, record[schedule.key], found.end).people
        elif not found.recorded:
            change = next_change(schedule, at, at + 366 * DAY)
            following = None if change is None else (change, on_call([schedule], change))
        standings.append(oncall_table.Standing(schedule, found, following))
    sys.stdout.write(oncall_table.render_now(standings, config.people, at, terminal.of(), past=past))


def _print_shifts(
    config: "Config",
    chosen: list["Schedule"],
    record: Mapping[str, "Record"],
    span: tuple["Instant", "Instant"],
    now: "Instant",
) -> None:
    from slawatch.cli import oncall_table
    from slawatch.core.recorded import served

    if not chosen:
        sys.stdout.write(_NO_SCHEDULES)
    shown = terminal.of()
    blocks = [
        oncall_table.render_shifts(
            schedule, served(schedule, record[schedule.key], *span), config.people, now, shown
        )
        for schedule in chosen
    ]
    sys.stdout.write("\n".join(blocks))


def _print_json(answer: Any) -> None:
    import json

    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
