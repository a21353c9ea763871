"""The schedules of a configuration with the overrides and swaps that were entered at run time."""

from collections.abc import Iterable
from dataclasses import replace

from slawatch.config.model import Config
from slawatch.core.duty import Entered, applied
from slawatch.core.rota import Schedule


def effective(config: Config, entered: Iterable[Entered]) -> dict[str, Schedule]:
    """Return the schedules as they hold: what is written, and on top of it what was entered."""
    return applied(config.schedules, entered, config.people)


def with_entered(config: Config, entered: Iterable[Entered]) -> Config:
    """Return a configuration whose schedules hold as they stand now; the same one where nothing was entered.

    >>> from pathlib import Path
    >>> config = Config(path=Path("slawatch.toml"), data_dir=Path("data"))
    >>> with_entered(config, ()) is config
    True
    """
    found = tuple(entered)
    return replace(config, schedules=effective(config, found)) if found else config
