"""Escalation policies: who is told of an incident, in which order, and what follows when nobody answers."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Micros
from slawatch.core.text import Duration, FromText, parse_duration

NEVER: Final[Micros] = 0
"""The acknowledgement timeout of a policy whose acknowledgements last."""


def parse_timeout(text: str) -> Micros:
    """Return the length that a text names; `never` is 0.

    >>> parse_timeout("never"), parse_timeout("30m")
    (0, 1800000000)

    Raises:
        ValueError: neither `never` nor a duration.
    """
    return NEVER if text == "never" else parse_duration(text)


Timeout: TypeAlias = Annotated[
    Micros, FromText(parse_timeout, 'a duration such as "30m", or "never"', example="30m")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of an escalation policy.

    Attributes:
        to: who is told: `schedule:`, `person:`, `team:` or `channel:` and a name.
        wait: how long after it the next level is told.
        if_: written `if`: `not_acked` skips the level under an acknowledgement, `not_resolved` does not.
    """

    to: tuple[str, ...]
    wait: Duration = 5 * MINUTE
    if_: Literal["not_acked", "not_resolved"] = "not_acked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who is told of an incident, and what follows when nobody answers.

    Attributes:
        name: the key of its TOML table.
        levels: in the order in which they are told.
        repeat: so many more times the levels are gone through after the first.
        ack_timeout: an acknowledgement holds for so long; by default 30 minutes for critical incidents and
            4 hours for others; `never` for one that lasts.
        ack_reminder: so long before that the acknowledger is reminded.
        sticky_ack: an acknowledgement survives a rise of the severity.
        reopen_window: an alert that fires again within it opens the same incident.
        snooze_limit: the longest snooze.
        fallback: who is told when nobody can be reached on any level.
        exhausted_reminder: once all levels have fired, the last one and the fallback are reminded this often.
        group_by: labels whose values make alerts one incident.
        group_wait: how long a new incident waits for more alerts; by default 0 for critical ones, else 10 s.
        group_interval: at most this often those told hear of changed members.
    """

    name: str = ""
    levels: tuple[Level, ...]
    repeat: int = 2
    ack_timeout: Timeout | None = None
    ack_reminder: Duration = 5 * MINUTE
    sticky_ack: bool = False
    reopen_window: Duration = 5 * MINUTE
    snooze_limit: Duration = 7 * DAY
    fallback: tuple[str, ...] = ()
    exhausted_reminder: Duration = DAY
    group_by: tuple[str, ...] = ("service",)
    group_wait: Duration | None = None
    group_interval: Duration = MINUTE

    def __post_init__(self) -> None:
        if not self.levels:
            raise ValueError("levels: a policy needs at least one level")
        if not 0 <= self.repeat <= 100:
            raise ValueError("repeat: between 0 and 100")
        if self.ack_timeout and self.ack_timeout <= self.ack_reminder:
            raise ValueError(
                "ack_timeout: longer than `ack_reminder`, or the reminder has no time to be sent"
            )

    def acknowledged_for(self, severity: str) -> Micros:
        """Return how long an acknowledgement holds; NEVER for one that lasts."""
        if self.ack_timeout is not None:
            return self.ack_timeout
        return 30 * MINUTE if severity == "critical" else 4 * HOUR

    def waits_for_group(self, severity: str) -> Micros:
        """Return how long a new incident waits for more alerts."""
        if self.group_wait is not None:
            return self.group_wait
        return 0 if severity == "critical" else 10 * SECOND

    @property
    def names_nobody(self) -> bool:
        """Whether no level names anybody, nor the fallback: nobody is ever told by it."""
        return not self.fallback and not any(level.to for level in self.levels)

    def insistent(self, after: int) -> bool:
        """Say whether a level after this one is told even under an acknowledgement."""
        return any(level.if_ == "not_resolved" for level in self.levels[after + 1 :])


class Place(NamedTuple):
    """Where an escalation stands: a level, -1 before the first, of a cycle."""

    level: int
    cycle: int


_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip


def turn_text(cycle: int) -> str:
    """Return which time the levels are gone through.

    >>> turn_text(1), turn_text(11), turn_text(20)
    ('second time', '12th time', '21st time')
    """
    if cycle < len(_ORDINALS):
        return f"{_ORDINALS[cycle]} time"
    number = cycle + 1
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} time"


def place_text(place: Place) -> str:
    """Return that a level is told, as people read it.

    >>> place_text(Place(0, 0)), place_text(Place(1, 1))
    ('level 0 is told', 'level 1 is told for the second time')
    """
    return f"level {place.level} is told" + (f" for the {turn_text(place.cycle)}" if place.cycle else "")


def following(policy: Policy, place: Place, *, by_hand: bool = False) -> Place | None:
    """Return the next place, or None when no cycle is left; by hand there is always one.

    >>> policy = Policy(levels=(Level(to=("person:a",)), Level(to=("person:b",))), repeat=0)
    >>> following(policy, Place(0, 0)), following(policy, Place(1, 0))
    (Place(level=1, cycle=0), None)
    >>> following(policy, Place(1, 0), by_hand=True)
    Place(level=0, cycle=1)
    """
    if place.level + 1 < len(policy.levels):
        return Place(place.level + 1, place.cycle)
    if by_hand or place.cycle < policy.repeat:
        return Place(0, place.cycle + 1)
    return None
