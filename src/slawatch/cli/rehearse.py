"""`slawatch rehearse`: an imagined outage in virtual time: who would be told, when, by what and why."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import either, exits, terminal
from slawatch.cli.options import AsJson, ConfigFile, duty_moment, load_config

if TYPE_CHECKING:
    from slawatch.answers.rehearse import Wish
    from slawatch.config.model import Config
    from slawatch.core.instant import Instant, Micros
    from slawatch.core.scenario import Happening, Scene

_DOWN_FOR: Final = "1h"
_MOST_DAYS: Final = 400
_PATIENCE: Final = 120.0
EXAMPLE: Final = """\
  [channels.mail]
  type = "email"
  host = "127.0.0.1"
  from = "slawatch@example.com"

  [people.alice]
  email = "alice@example.com"
  contact = [{ channel = "mail" }]

  [[escalations.default.levels]]
  to = ["person:alice"]
  wait = "5m"
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "rehearse",
        help="Play an imagined outage in virtual time: who would be told, when, by what and why. "
        "Nothing is sent.",
        epilog="Examples: slawatch rehearse --check shop-home --down-for 40m; "
        "slawatch rehearse --check shop-home --at 2026-12-24T02:00:00; "
        "slawatch rehearse outage.toml --json",
    )(rehearse)


def rehearse(
    scenario: Annotated[
        Path | None,
        typer.Argument(
            metavar="SCENARIO.toml",
            help='What happens: [[events]] with t = "5m" and do = "down", "up", "ack", "resolve", "silence", '
            '"restart", "channel_down" or "channel_up".',
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        str | None, typer.Option(metavar="NAME", help="The check that goes down.", show_default=False)
    ] = None,
    down_for: Annotated[
        str | None,
        typer.Option("--down-for", metavar="LENGTH", help="How long it is down; 1h by default."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it begins; now by default.", show_default=False),
    ] = None,
    length: Annotated[
        str | None,
        typer.Option("--for", metavar="LENGTH", help="How long is watched what follows."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="The same as a time; an hour after the last event.")
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where there is a hole.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Have the daemon play it, or play it here where none runs."""
    from slawatch import clock
    from slawatch.answers import rehearse as rehearse_answers

    loaded = load_config(config)
    script = _script(loaded, scenario, check, down_for)
    start = clock.now() if at is None else duty_moment(at, loaded.timezone, "--at")
    wish = rehearse_answers.Wish(script, start, _length(start, length, until, loaded.timezone))
    if rehearse_answers.is_silent(loaded):
        found = rehearse_answers.play(loaded, None, wish)
        said = f"{rehearse_answers.NOBODY}, for example\n\n{EXAMPLE}"
    else:
        from slawatch.cli import rehearse_table

        found = either.daemon_or_here(lambda: _asked(loaded, wish), lambda: _here(loaded, wish))
        said = rehearse_table.render(found, loaded.people, terminal.of())
    if as_json:
        _print_json(found)
    else:
        sys.stdout.write(said)
    return exits.NO if exit_code and found["warnings"] else exits.OK


def _asked(config: "Config", wish: "Wish") -> dict[str, Any]:
    from slawatch.answers.rehearse import write_wish

    found: dict[str, Any] = either.asked(config, "rehearse", write_wish(wish), timeout=_PATIENCE)
    return found


def _here(config: "Config", wish: "Wish") -> dict[str, Any]:
    from slawatch.answers.rehearse import play

    scene, remarks = _scene(config)
    return play(config, scene, wish, remarks)


def _scene(config: "Config") -> "tuple[Scene, list[str]]":
    """Return where it is played: the config, with what people entered while slawatch ran."""
    from slawatch import clock
    from slawatch.answers.replay import Wish as Wanted
    from slawatch.answers.replay import scene_with
    from slawatch.cli import replay
    from slawatch.cli.client import DaemonError
    from slawatch.config.world import scene_of
    from slawatch.store.errors import StoreError, StoreMissing

    now = clock.now()
    try:
        found = replay.material(config, Wanted(start=now - 1, end=now, checks={}))
    except StoreMissing:
        return scene_of(config), []
    except (DaemonError, StoreError) as error:
        return scene_of(config), [
            f"overrides, silences and maintenance that people entered are not known here: {error}"
        ]
    return scene_with(config, found), []


def _script(
    config: "Config", scenario: Path | None, check: str | None, down_for: str | None
) -> "tuple[Happening, ...]":
    from slawatch.config.scenario import read_scenario
    from slawatch.core.scenario import outage

    if scenario is not None:
        for option, value in (("--check", check), ("--down-for", down_for)):
            if value is not None:
                raise typer.BadParameter("the scenario file says what happens", param_hint=option)
        return read_scenario(scenario, config)
    if check is None:
        raise typer.BadParameter("say what happens: a scenario file, or --check NAME", param_hint="--check")
    if check not in config.checks:
        from slawatch.config.problem import nearest

        hint = nearest(check, config.checks) or f"there are {', '.join(list(config.checks)[:8]) or 'none'}"
        raise typer.BadParameter(f"there is no check {check!r}: {hint}", param_hint="--check")
    return outage(check, _duration(down_for or _DOWN_FOR, "--down-for"))


def _duration(text: str, option: str) -> "Micros":
    from slawatch.core.instant import DAY
    from slawatch.core.text import parse_duration

    try:
        found = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not 0 < found <= _MOST_DAYS * DAY:
        raise typer.BadParameter(f"more than nothing, {_MOST_DAYS} days at most", param_hint=option)
    return found


def _length(start: "Instant", length: str | None, until: str | None, zone: str) -> "Micros | None":
    from slawatch.core.instant import DAY

    if length is not None and until is not None:
        raise typer.BadParameter("it does not go with --for", param_hint="--until")
    if length is not None:
        return _duration(length, "--for")
    if until is None:
        return None
    found = duty_moment(until, zone, "--until") - start
    if not 0 < found <= _MOST_DAYS * DAY:
        raise typer.BadParameter(
            f"a time after the beginning, {_MOST_DAYS} days at most", param_hint="--until"
        )
    return found


def _print_json(found: dict[str, Any]) -> None:
    """Print what the command promises; the rest of the answer is for the table."""
    answer = {key: found[key] for key in ("events", "warnings")}
    if found["workflows"]:
        answer["workflows"] = found["workflows"]
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
