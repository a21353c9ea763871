"""`[people]`, `[teams]`, `[schedules]`, `[escalations]`: who is on call, who is told in which order."""

from slawatch.config.reading import Reader
from slawatch.config.tables import read_named
from slawatch.core.escalation import Policy
from slawatch.core.people import Person, Team
from slawatch.core.rota import Schedule


def read_people(reader: Reader) -> dict[str, Person]:
    """Return the people by key."""
    return read_named(reader, "people", Person, "key")


def read_teams(reader: Reader) -> dict[str, Team]:
    """Return the teams by key."""
    return read_named(reader, "teams", Team, "key")


def read_schedules(reader: Reader, timezone: str) -> dict[str, Schedule]:
    """Return the schedules by key; one without a time zone has that of `[slawatch]`."""
    return read_named(reader, "schedules", Schedule, "key", lambda _: {"timezone": timezone})


def read_escalations(reader: Reader) -> dict[str, Policy]:
    """Return the escalation policies by name."""
    return read_named(reader, "escalations", Policy, "name")
