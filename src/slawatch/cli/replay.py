"""`slawatch replay`: what alerting would have made of stored samples, under this config and under another."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import client, exits, terminal
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, load_config, moment

if TYPE_CHECKING:
    from slawatch.answers.replay import Material, Wish
    from slawatch.config.model import Config
    from slawatch.core.instant import Instant, Micros

_MOST_DAYS: Final = 400
_READING: Final = 150.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "replay",
        help="Play stored samples through the rules of alerting: what would have fired, when, and who would "
        "have been told by what; with --config, under another configuration side by side. Nothing is sent.",
        epilog="Examples: slawatch replay --from 2026-11-22 --to 2026-11-23; "
        "slawatch replay --from 2026-11-01 --to 2026-12-01 --config new.toml --ack-after 5m --json",
    )(replay)


def replay(
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="From a date or time: 2026-11-22, 2026-11-22T09:00.")
    ],
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Until then, exclusive; now by default.")
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="NEW.toml", show_default=False,
            help="Another configuration; what differs from the one in force is shown.",
        ),
    ] = None,
    current: Annotated[
        Path | None,
        typer.Option(
            "--current", metavar="FILE", show_default=False,
            help="The configuration in force, whose store is read; found as by other commands.",
        ),
    ] = None,
    ack_after: Annotated[
        str | None,
        typer.Option(
            "--ack-after", metavar="LENGTH", show_default=False,
            help="Somebody acknowledges so long after they were told; nobody ever does by default.",
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where the two configurations differ.")
    ] = False,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Play stored samples through the rules of alerting."""
    from slawatch import clock
    from slawatch.answers import replay as replay_answers
    from slawatch.core.instant import DAY, rfc3339
    from slawatch.core.replayed import compare

    configs, warnings = _configs(current, other)
    now = clock.now()
    zone = configs[0].timezone
    low = moment(start, zone, "--from")
    high = now if end is None else moment(end, zone, "--to")
    if not 0 < high - low <= _MOST_DAYS * DAY:
        raise typer.BadParameter(f"a time after --from, {_MOST_DAYS} days at most", param_hint="--to")
    acked = None if ack_after is None else _length(ack_after)
    found = material(configs[0], replay_answers.wish(configs, low, high))
    warnings += _remarks(configs, found, low)
    made = [replay_answers.played(config, found, low, high, acked) for config in configs]
    old, new = made[0], made[1] if len(made) > 1 else None
    difference = None if new is None else compare(old, new, _clock(zone) if not as_json else rfc3339)
    if as_json:
        answer = replay_answers.answer(
            old, new, difference, configs=configs, found=found, ack_after=acked, warnings=warnings
        )
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        from slawatch.cli import replay_table

        text = replay_table.render(
            old, new, difference, found, configs, warnings, terminal.of(),
            left_out=replay_answers.left_out(configs[-1]), acked=acked is not None,
        )  # fmt: skip
        sys.stdout.write(text)
    differs = difference is not None and bool(
        difference.only_old or difference.only_new or difference.changed
    )
    return exits.NO if exit_code and differs else exits.OK


def _configs(current: Path | None, other: Path | None) -> "tuple[list[Config], list[str]]":
    """Return the config in force and the other one; only one of them where there is no other."""
    from slawatch.config.problem import ConfigError

    if other is None:
        return [load_config(current)], []
    new = load_config(other)
    try:
        old = load_config(current)
    except ConfigError:
        if current is not None:
            raise
        return [new], [f"there is no other configuration to compare {other} with: name it by --current"]
    if old.path.resolve() == new.path.resolve():
        return [old], [f"{other} is the configuration in force: there is nothing to compare it with"]
    return [old, new], []


def material(config: "Config", wish: "Wish") -> "Material":
    """Return what the store has, from the daemon or from the store itself."""
    from slawatch.answers import replay as replay_answers
    from slawatch.web.control import SOCKET

    path = str(config.data_dir / SOCKET)
    body = json.dumps(replay_answers.write_wish(wish)).encode()

    def asked() -> Any:
        return client.ask(path, "/api/v1/replay", method="POST", body=[body], timeout=_READING)

    def alone() -> Any:
        from slawatch.store.database import Database

        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return replay_answers.material(cursor, wish)

    return replay_answers.read_material(daemon_or_store(asked, alone))


def _remarks(configs: "list[Config]", found: "Material", low: "Instant") -> list[str]:
    from slawatch.core.instant import rfc3339

    lines = []
    if found.digest and found.digest != configs[0].digest:
        lines.append(
            f"the daemon runs on another version of {configs[0].path}: `slawatch reload` puts it in force"
        )
    if found.gone_until > low:
        lines.append(
            f"samples before {rfc3339(found.gone_until)} are gone: that time is replayed from the record of "
            "state changes, with results at the checks' own intervals"
        )
    never = [name for name in found.unknown if name in configs[0].checks or len(configs) > 1]
    if never:
        shown = ", ".join(never[:5]) + (f" and {len(never) - 5} more" if len(never) > 5 else "")
        lines.append(f"nothing was ever stored of {shown}")
    if not found.total and not any(found.changes.values()):
        lines.append("nothing was measured in this time")
    return lines


def _length(text: str) -> "Micros":
    from slawatch.core.text import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--ack-after") from None


def _clock(zone: str) -> Any:
    from zoneinfo import ZoneInfo

    from slawatch.core.civil import offset_near_change
    from slawatch.core.instant import to_datetime

    place = ZoneInfo(zone)

    def shown(at: "Instant") -> str:
        moment = to_datetime(at).astimezone(place)
        return f"{moment:%a %d %b %H:%M:%S}{offset_near_change(moment)}"

    return shown
