"""`slawatch status`: what every service is now, from the daemon or, where none runs, from the store."""

import os
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import exits, status_now, status_table, terminal
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.status_now import Wish

if TYPE_CHECKING:
    from slawatch.answers.status import Figures
    from slawatch.config.model import Config
    from slawatch.core.turn import State

EVERY: Final = 2.0
"""Seconds between two looks of `--watch`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "status",
        help="Show what every service is now, since when, and how available it was.",
        epilog="Examples: slawatch status --watch; slawatch status --org acme --json",
    )(status)


def status(
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Draw it again every 2 s; Ctrl-C ends it.")
    ] = False,
    org: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this organization's services.")
    ] = None,
    checks: Annotated[
        bool, typer.Option("--checks", help="Show every check, not only those in trouble.")
    ] = False,
    trend: Annotated[
        bool, typer.Option("--trend", help="Show every agreement with its last periods, however many.")
    ] = False,
    as_json: AsJson = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Exit with 1 while a service is down or slawatch ails, 69 while no daemon watches.",
        ),
    ] = False,
    nagios: Annotated[
        bool, typer.Option("--nagios", help="One line and exit code 0, 1, 2 or 3, as a Nagios plugin.")
    ] = False,
    config: ConfigFile = None,
) -> int:
    """Ask the daemon; where none runs, read the store and say so."""
    for one, other, names in (
        (watch, as_json, "--watch and --json"),
        (watch, nagios, "--watch and --nagios"),
        (watch, exit_code, "--watch and --exit-code"),
        (nagios, as_json, "--nagios and --json"),
        (nagios, exit_code, "--nagios and --exit-code"),
    ):
        if one and other:
            raise typer.BadParameter(f"{names} do not go together")
    loaded = load_config(config)
    wish = Wish(org=org, json=as_json, exit_code=exit_code, nagios=nagios, checks=checks, trend=trend)
    if watch:
        _watch(loaded, wish)
        return exits.OK
    return status_now.show(_Source(loaded, wish).answer(), wish)


class _Source:
    """Where answers come from: the daemon, or the store as it was found when no daemon ran."""

    def __init__(self, config: "Config", wish: Wish) -> None:
        from slawatch.web.control import SOCKET

        self._config = config
        self._org = wish.org
        self._whole = wish.trend
        self._path = str(config.data_dir / SOCKET)
        self._found: tuple[Figures, list[dict[str, Any]], State] | None = None

    def answer(self) -> dict[str, Any]:
        return daemon_or_store(self._asked, self._stored)

    def _asked(self) -> dict[str, Any]:
        found = status_now.fetch(self._path, self._org)
        self._found = None
        return found

    def _stored(self) -> dict[str, Any]:
        from slawatch import clock
        from slawatch.answers import alerting as alerting_answers
        from slawatch.answers import status as status_answers

        if self._found is None:
            self._found = _look(self._config, whole=self._whole)
        figures, agreements, state = self._found
        now = clock.now()
        alerting = alerting_answers.summary(self._config, state, {}, now, self._org)
        try:
            return status_answers.answer(self._config, figures, None, now, self._org, agreements, alerting)
        except status_answers.NoSuchOrganization as error:
            raise typer.BadParameter(str(error), param_hint="--org") from None


def _look(config: "Config", *, whole: bool) -> "tuple[Figures, list[dict[str, Any]], State]":
    """Return what the store says of services, agreements and alerting; with `whole`, all of it."""
    from slawatch import clock
    from slawatch.answers import agreements as agreements_answers
    from slawatch.answers import status as status_answers
    from slawatch.core.turn import State
    from slawatch.store import alerting
    from slawatch.store.database import Database
    from slawatch.store.errors import StoreMissing

    now = clock.now()
    most = None if whole else agreements_answers.ENOUGH
    try:
        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            found = status_answers.figures(cursor, config, now)
            stands = agreements_answers.stands(cursor, config, now, most=most) if config.agreements else {}
            return found, agreements_answers.answer(stands.values()), alerting.state(cursor)
    except StoreMissing:
        return status_answers.Figures(now, config.digest, {}), [], State()


def _watch(config: "Config", wish: Wish) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    shown = terminal.of()
    source = _Source(config, wish)
    pause = threading.Event()

    def draw() -> str:
        return status_table.render(source.answer(), terminal.of(), checks=wish.checks, trend=wish.trend)

    text = draw()
    if not sys.stdout.isatty():
        _repeat(text, draw, pause)
        return
    console = Console(no_color=not shown.colour, highlight=False)
    try:
        with Live(Text.from_ansi(text), console=console, screen=True, auto_refresh=False) as live:
            while not pause.wait(EVERY):
                text = draw()
                live.update(Text.from_ansi(text), refresh=True)
    except KeyboardInterrupt:
        sys.stdout.write(text)


def _repeat(text: str, draw: Any, pause: threading.Event) -> None:
    """Print one table after the other: for a pipe or a log."""
    try:
        while True:
            sys.stdout.write(text + os.linesep)
            sys.stdout.flush()
            pause.wait(EVERY)
            text = draw()
    except KeyboardInterrupt:
        return
