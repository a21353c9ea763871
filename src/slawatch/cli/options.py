"""Options that many commands share, so that they read and behave the same everywhere."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from slawatch.config.model import Config

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
