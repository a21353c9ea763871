"""Where the configuration and the data are; light, for commands that only look for the daemon."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from slawatch.config.problem import ConfigError, Problem

FILENAME: Final = "slawatch.toml"
SYSTEM_WIDE: Final = Path("/etc/slawatch") / FILENAME


def candidates(env: Mapping[str, str]) -> list[Path]:
    """Return where a config file is looked for when nobody names one, first match first."""
    places = [Path(FILENAME)]
    if env.get("XDG_CONFIG_HOME"):
        places.append(Path(env["XDG_CONFIG_HOME"]) / "slawatch" / FILENAME)
    elif env.get("HOME"):
        places.append(Path(env["HOME"]) / ".config" / "slawatch" / FILENAME)
    return [*places, SYSTEM_WIDE]


def find(path: Path | None, env: Mapping[str, str]) -> Path:
    """Return the config file: the one named, else `$SLAWATCH_CONFIG`, else the first of `candidates`.

    Raises:
        ConfigError: there is none; the problem lists where it was looked for.
    """
    if path is None and env.get("SLAWATCH_CONFIG"):
        path = Path(env["SLAWATCH_CONFIG"])
    if path is not None:
        return path
    places = candidates(env)
    for place in places:
        try:
            if place.is_file():
                return place
        except (OSError, ValueError):
            continue
    looked = ", ".join(str(place) for place in places)
    message = (
        f"there is no configuration: looked for {looked}. `slawatch init` writes one; --config names another"
    )
    raise ConfigError([Problem("", 0, "", message=message)])


def default_data_dir(env: Mapping[str, str]) -> Path | None:
    """Return where data goes when the config does not say: None where the environment names no home."""
    if state := env.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(state)
    if env.get("XDG_STATE_HOME"):
        return Path(env["XDG_STATE_HOME"]) / "slawatch"
    if env.get("HOME"):
        return Path(env["HOME"]) / ".local" / "state" / "slawatch"
    return None


def place_data_dir(written: str, beside: Path, env: Mapping[str, str]) -> Path | None:
    """Return the data directory that a config file asks for, absolute.

    Args:
        written: `data_dir` as it stands there, empty where it does not.
        beside: the file it stands in.
        env: the environment, for `~` and the defaults.
    """
    if not written:
        found = default_data_dir(env)
        return None if found is None else Path.cwd() / found
    if written == "~" or written.startswith("~/"):
        return Path(env["HOME"]) / written[2:] if env.get("HOME") else None
    return beside.absolute().parent / written


def peek_data_dir(path: Path | None, env: Mapping[str, str]) -> Path | None:
    """Return the data directory without checking the configuration, for the fast way to a running daemon.

    A file of `conf.d` that cannot be read is passed over: the daemon goes on with what it read before, and
    can be asked, while somebody mends it. Returns None where only a full `load` can tell what is wrong.
    """
    try:
        file = find(path, env)
        data_dir, beside = _written_data_dir(file), file
        for source in extra_files(file):
            with suppress(*_UNREADABLE):
                if written := _written_data_dir(source):
                    data_dir, beside = written, source
        return place_data_dir(data_dir, beside, env)
    except (ConfigError, *_UNREADABLE):
        return None


_UNREADABLE: Final = (OSError, ValueError, AttributeError, TypeError, RecursionError, ArithmeticError)


def _written_data_dir(file: Path) -> str:
    written: str = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("slawatch", {}).get("data_dir")
    return written or ""


def extra_files(path: Path) -> list[Path]:
    """Return the files of `conf.d` beside a config file, by name; hidden files are left out.

    Raises:
        OSError: the directory cannot be listed.
    """
    folder = path.parent / "conf.d"
    if not folder.is_dir():
        return []
    return sorted(
        file for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith(".")
    )
