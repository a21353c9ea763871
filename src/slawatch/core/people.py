"""People and teams: who can be told something, by which channels, and after what wait.

Instants and waits are microseconds.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core.instant import HOUR, Instant
from slawatch.core.text import Duration, FromText, TimeZone

_EMAIL: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_LONGEST_WAIT: Final = 24 * HOUR


def parse_email(text: str) -> str:
    """Return a mail address.

    Raises:
        ValueError: not an address.
    """
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise ValueError(f"{text!r} is not a mail address such as alice@example.com")
    return text


def parse_phone(text: str) -> str:
    """Return a phone number in E.164, with the spaces, dashes, dots and brackets taken out.

    >>> parse_phone("+49 (1511) 234-5678")
    '+4915112345678'

    Raises:
        ValueError: no country code, or not a number.
    """
    bare = re.sub(r"[\s().\-/]", "", text)
    if not _PHONE.fullmatch(bare):
        raise ValueError(f"{text!r} is not a phone number with its country code such as +4915112345678")
    return bare


Email: TypeAlias = Annotated[
    str, FromText(parse_email, 'a mail address such as "alice@example.com"', example="alice@example.com")
]
Phone: TypeAlias = Annotated[
    str,
    FromText(
        parse_phone, 'a phone number with country code such as "+4915112345678"', example="+4915112345678"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRule:
    """One step of telling a person.

    Attributes:
        channel: the key of a channel.
        after: how long after the person was called upon; at once by default.
        address: where on that channel, if it is neither the person's mail address nor phone number.

    Raises:
        ValueError: a wait of more than a day.
    """

    channel: str
    after: Duration = 0
    address: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.after <= _LONGEST_WAIT:
            raise ValueError("after is a wait of a day at most: the escalation goes on long before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be on call.

    Attributes:
        key: unique; the key of the TOML table.
        name: as messages and reports print it; the key by default.
        email: for channels that send mail.
        phone: for channels that text or call, in E.164.
        timezone: whose clock times are shown to this person in; the schedule's by default.
        contact: how they are told, each rule once per call, in the order of their waits.

    Raises:
        ValueError: two rules that say the same.
    """

    key: str
    name: str = ""
    email: Email = ""
    phone: Phone = ""
    timezone: TimeZone | None = None
    contact: tuple[ContactRule, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.contact)) < len(self.contact):
            raise ValueError("contact has the same rule twice")

    @property
    def shown(self) -> str:
        """The name for people to read."""
        return self.name or self.key

    def rules(self) -> tuple[ContactRule, ...]:
        """Return the contact rules in the order they come due."""
        return tuple(sorted(self.contact, key=lambda rule: rule.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who are told together.

    Attributes:
        key: unique; the key of the TOML table.
        name: as messages and reports print it; the key by default.
        people: its members, by key.
        schedule: who of them is on call, where only that person is to be told; absent, everybody is.

    Raises:
        ValueError: nobody in it, or somebody twice.
    """

    key: str
    name: str = ""
    people: tuple[str, ...] = ()
    schedule: str = ""

    def __post_init__(self) -> None:
        if not self.people and not self.schedule:
            raise ValueError("people is empty: a team has a member or a schedule")
        if len(set(self.people)) < len(self.people):
            raise ValueError("people names somebody twice")

    @property
    def shown(self) -> str:
        """The name for people to read."""
        return self.name or self.key


class Due(NamedTuple):
    """What the contact rules of one call ask for.

    Attributes:
        rules: to be carried out now: of several on one channel, the last one only.
        following: when the next one comes due; None when all have.
    """

    rules: tuple[ContactRule, ...]
    following: Instant | None


def due(person: Person, called: Instant, done: Instant | None, now: Instant) -> Due:
    """Return the contact rules that have come due since they were last looked at.

    Rules that are overdue on the same channel and address collapse to one.

    Args:
        person: who is called upon.
        called: since when.
        done: the instant up to which rules have been carried out; None when none has.
        now: the present.
    """
    chosen: dict[tuple[str, str], ContactRule] = {}
    following = None
    for rule in person.rules():
        at = called + rule.after
        if at > now:
            following = at
            break
        if done is None or at > done:
            chosen[rule.channel, rule.address] = rule
    return Due(tuple(chosen.values()), following)


def skipped_to(person: Person, failed: ContactRule, called: Instant, now: Instant) -> ContactRule | None:
    """Return the rule that takes over at once from one whose channel has failed for good; None for none left.

    It is the next one that is not due yet, on another channel.
    """
    later = (rule for rule in person.rules() if called + rule.after > now)
    return next((rule for rule in later if rule.channel != failed.channel), None)


def unreachable(people: Iterable[Person]) -> tuple[str, ...]:
    """Return the keys of those who have no contact rule."""
    return tuple(person.key for person in people if not person.contact)


def unknown(names: Iterable[str], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Return the names that nobody has, each once."""
    return tuple(dict.fromkeys(name for name in names if name not in people))
