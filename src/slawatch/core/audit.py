"""A line of the audit log: who did what, when, from where, and whether it was allowed."""

from typing import Any, Literal, NamedTuple

from slawatch.core.instant import Instant

Outcome = Literal["allowed", "refused"]


class Audited(NamedTuple):
    """One action, or one attempt at it.

    Attributes:
        at: when, by the wall clock.
        person: who: the name that they were known by; `-` for nobody known.
        source: from where: an address, or `unix:` with the user and the process.
        action: a key of `slawatch.core.access.ACTIONS`, or `session.start` and its like.
        subject: what it was about: `incident:7`, `maintenance:m-4be1`, or the path that was asked for.
        outcome: `allowed` or `refused`.
        detail: JSON text of an object: the status, why it was refused, how often; never a secret.
    """

    at: Instant
    person: str
    source: str
    action: str
    subject: str
    outcome: Outcome
    detail: str = "{}"


class Numbered(NamedTuple):
    """A line of the log with its number; numbers grow and are never used again."""

    number: int
    line: Audited


def as_json(numbered: Numbered, stamp: str, detail: Any) -> dict[str, Any]:
    """Return a line as the API shows it; `stamp` is its time as text, `detail` its object."""
    line = numbered.line
    return {
        "number": numbered.number, "at": stamp, "person": line.person, "source": line.source,
        "action": line.action, "subject": line.subject, "outcome": line.outcome, "detail": detail,
    }  # fmt: skip
