"""Options that many commands share, so that they read and behave the same everywhere."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.core.instant import Instant

EARLIEST: Final = "1970-01-01T00:00:00Z"
LATEST: Final = "2200-01-01T00:00:00Z"
"""Between these the shifts of a schedule are known."""

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The configuration; default: $SLAWATCH_CONFIG, ./slawatch.toml, "
        "~/.config/slawatch/slawatch.toml, /etc/slawatch/slawatch.toml.",
        show_default=False,
    ),
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def load_config(path: Path | None) -> "Config":
    """Return the configuration that `--config` and the environment name.

    Raises:
        ConfigError: it has mistakes; `main` prints them and exits with 78.
    """
    from slawatch.config.load import load

    return load(path, env=os.environ)


def moment(text: str, zone: str, option: str) -> "Instant":
    """Return the instant that an option names.

    Raises:
        BadParameter: it names none.
    """
    from slawatch.core.period import parse_moment

    try:
        return parse_moment(text, zone)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def duty_moment(text: str, zone: str, option: str) -> "Instant":
    """Return the instant that an option names, at which schedules can be asked.

    Raises:
        BadParameter: it names none, or one at which no schedule is known.
    """
    from slawatch.core.instant import parse_rfc3339

    found = moment(text, zone, option)
    if not parse_rfc3339(EARLIEST) <= found < parse_rfc3339(LATEST):
        raise typer.BadParameter("schedules are known from 1970 to 2200", param_hint=option)
    return found
