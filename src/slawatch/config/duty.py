"""`[people]`, `[teams]`, `[schedules]`, `[escalations]`: who is on call, who is told in which order."""

from typing import Any

from slawatch.config.reading import BAD, Reader
from slawatch.config.tables import named_tables
from slawatch.core.escalation import Policy
from slawatch.core.people import Person, Team
from slawatch.core.rota import Schedule


def read_people(reader: Reader) -> dict[str, Person]:
    """Return the people by key."""
    return _read(reader, "people", Person, "key")


def read_teams(reader: Reader) -> dict[str, Team]:
    """Return the teams by key."""
    return _read(reader, "teams", Team, "key")


def read_schedules(reader: Reader, timezone: str) -> dict[str, Schedule]:
    """Return the schedules by key; one without a time zone has that of `[slawatch]`."""
    return _read(reader, "schedules", Schedule, "key", timezone)


def read_escalations(reader: Reader) -> dict[str, Policy]:
    """Return the escalation policies by name."""
    return _read(reader, "escalations", Policy, "name")


def _read(reader: Reader, section: str, kind: type, key: str, timezone: str = "") -> dict[str, Any]:
    found = {}
    for name, table in named_tables(reader, section).items():
        defaults = {"timezone": timezone} if timezone else {}
        value = reader.table(kind, {**defaults, **table}, (section, name), {key: name})
        if value is not BAD:
            found[name] = value
    return found
