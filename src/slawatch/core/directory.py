"""What messages need of the config: who people are, where each channel finds them, how they read the time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from slawatch.core.channel import Channel, address_of
from slawatch.core.check import Organization, Service
from slawatch.core.outbox import Row
from slawatch.core.people import ContactRule, Person, Team
from slawatch.core.turn import World

_NAMED: Final = re.compile(r"\b(person|team|channel|schedule):([^\s,;:()]+)")


def _no_link(_incident: int, _generation: int, _recipient: str) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What messages need of the config.

    Attributes:
        people, teams, services, organizations, channels: by key.
        world: who is meant by whom.
        timezone: where nobody has one.
        url: where people reach this installation; empty: there are no links to it.
        acknowledge: makes the link by which a recipient acknowledges a generation of an incident; an empty
            text where there can be none.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    world: World = field(default_factory=World)
    timezone: str = "UTC"
    url: str = ""
    acknowledge: Callable[[int, int, str], str] = _no_link


def address(row: Row, directory: Directory) -> str:
    """Return where the row's channel finds its recipient; empty for the channel's own recipients."""
    kind, _, name = row.recipient.partition(":")
    person, channel = directory.people.get(name), directory.channels.get(row.channel)
    if kind != "person" or person is None or channel is None:
        return ""
    rules = [rule for rule in person.rules() if rule.channel in directory.channels]
    meant = rules[row.contact] if row.contact < len(rules) else None
    if meant is None or meant.channel != row.channel:
        usual = ContactRule(channel=row.channel)
        meant = next((rule for rule in rules if rule.channel == row.channel), usual)
    return address_of(person, meant, channel.type)


def readable(text: str, directory: Directory) -> str:
    """Return a text with people and teams by the names that they are known by.

    >>> readable("acknowledged by person:bob", Directory(people={"bob": Person(key="bob", name="Bob Ray")}))
    'acknowledged by Bob Ray'
    """

    def shown(match: re.Match[str]) -> str:
        kind, name = match.groups()
        known: dict[str, Mapping[str, Person] | Mapping[str, Team]] = {
            "person": directory.people,
            "team": directory.teams,
        }
        found = known[kind].get(name) if kind in known else None
        if found is not None:
            return found.shown
        return f"{kind} {name}" if kind in ("channel", "schedule") else name

    return _NAMED.sub(shown, text)


def timezone_of(row: Row, organization: str, directory: Directory) -> str:
    """Return the zone in which a recipient is shown times: their own, else the organization's."""
    kind, _, name = row.recipient.partition(":")
    person = directory.people.get(name) if kind == "person" else None
    if person is not None and person.timezone:
        return person.timezone
    owner = directory.organizations.get(organization)
    return owner.timezone if owner is not None else directory.timezone
