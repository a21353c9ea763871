"""A scenario file: what is to happen in a rehearsal, checked against the configuration."""

from pathlib import Path

from slawatch.config.model import Config
from slawatch.config.partial import judging
from slawatch.config.problem import ConfigError, KeyPath
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.config.source import Document, Source, read_alone
from slawatch.core.scenario import Happening


def read_scenario(path: Path, config: Config) -> tuple[Happening, ...]:
    """Return what a scenario file says, in the order of the file.

    Args:
        path: the file: `[[events]]` with `t` and `do`.
        config: whose checks, people and channels it names.

    Raises:
        ConfigError: every mistake in it.
    """
    return _read(Reader(read_alone(path), {}), config)


def scenario_of(events: object, config: Config) -> tuple[Happening, ...]:
    """Return what a scenario says that is no file: the value of `events`, as JSON has it.

    Raises:
        ConfigError: every mistake in it.
    """
    document = Document({}, [])
    document.add(Source(Path(), "", {"events": events}))
    return _read(Reader(document, {}), config)


def _read(reader: Reader, config: Config) -> tuple[Happening, ...]:
    reader.problems += reader.document.problems
    reader.known(reader.document.tree, ["events"], ())
    tables = reader.document.tree.get("events", [])
    if not isinstance(tables, list):
        reader.wrong(("events",), "an array of tables [[events]]", tables, hide=True)
        tables = []
    found: list[Happening] = []
    for number, table in enumerate(tables):
        one = reader.some(Happening, table, ("events", number))
        found.append(one)
        _names(reader, ("events", number), one, config)
    if not tables and not reader.problems:
        reader.problem((), 'nothing happens in it: write [[events]] with t = "5m" and do = "down"')
    if reader.problems:
        raise ConfigError(sorted(dict.fromkeys(reader.problems), key=lambda problem: problem.line))
    return tuple(found)


def _names(reader: Reader, at: KeyPath, one: Happening, config: Config) -> None:
    with judging:
        if one.check:
            known_name(reader, (*at, "check"), "check", one.check, config.checks)
    with judging:
        if one.channel:
            known_name(reader, (*at, "channel"), "channel", one.channel, config.channels)
    with judging:
        if one.by:
            known_name(reader, (*at, "by"), "person", one.by.removeprefix("person:"), config.people)
