"""What people, teams, schedules and policies say of each other: unknown names, nobody to reach, gaps."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from slawatch.config.channels import has_own_recipients, needs_address
from slawatch.config.model import Config
from slawatch.config.problem import KeyPath, nearest, one_of, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.core.channel import address_of
from slawatch.core.escalation import Policy
from slawatch.core.instant import DAY, MINUTE, Instant, Micros, to_datetime
from slawatch.core.oncall import gaps
from slawatch.core.people import ContactRule, Person
from slawatch.core.rota import Schedule
from slawatch.core.text import format_duration

AHEAD: Final[Micros] = 30 * DAY
"""How far gaps of schedules are looked for."""

SHORT_WAIT: Final[Micros] = MINUTE
_SLOW: Final = ("sms",)
"""Types of channels whose messages may take longer than a short wait."""

_SECTIONS: Final = {"person": "people", "team": "teams", "schedule": "schedules", "channel": "channels"}


def review_duty(reader: Reader, config: Config, now: Instant | None) -> None:
    """Note what does not fit together.

    Args:
        reader: of the document.
        config: what could be read of it.
        now: the present, from which on schedules are looked at for gaps; None: they are not.
    """
    for person in config.people.values():
        _person(reader, person, config)
    for team in config.teams.values():
        path: KeyPath = ("teams", team.key)
        for number, name in enumerate(team.people):
            known(reader, (*path, "people", number), "person", name)
        if team.schedule:
            known(reader, (*path, "schedule"), "schedule", team.schedule)
    for schedule in config.schedules.values():
        for key, name in schedule.named():
            known(reader, ("schedules", schedule.key, *key), "person", name)
        if now is not None:
            _gaps(reader, schedule, now)
    for policy in config.escalations.values():
        _policy(reader, policy, config)


def known(reader: Reader, path: KeyPath, what: str, name: str) -> bool:
    """Note a name that nothing has; what was written with a mistake in it is known all the same."""
    told = len(reader.problems)
    known_name(reader, path, what, name, _written(reader, _SECTIONS[what]))
    return len(reader.problems) == told


def _written(reader: Reader, section: str) -> list[str]:
    tables = reader.document.tree.get(section)
    return list(tables) if isinstance(tables, dict) else []


class Target(NamedTuple):
    """Who a text such as `schedule:primary` means."""

    kind: str
    name: str


def target_of(reader: Reader, path: KeyPath, text: str) -> Target | None:
    """Return who is meant; None, and the problem is told, where nobody is."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in _SECTIONS:
        found = [f"{word}:{text}" for word, section in _SECTIONS.items() if text in _written(reader, section)]
        hint = f"did you mean {one_of(found)}?" if found else nearest(kind, _SECTIONS)
        expected = f"{one_of(f'{word}:' for word in _SECTIONS)} and a name"
        reader.problem(
            path,
            "nobody is meant by this" + (f": {hint}" if hint else ""),
            expected=expected,
            found=quoted(text),
        )
        return None
    return Target(kind, name) if known(reader, path, kind, name) else None


def targets(reader: Reader, path: KeyPath, texts: Iterable[str], config: Config) -> list[Target] | None:
    """Return who several texts mean; None where one of them is wrong, and that is told."""
    found = [target_of(reader, (*path, number), text) for number, text in enumerate(texts)]
    for number, target in enumerate(found):
        if target is not None and target.kind == "channel":
            own_recipients(reader, (*path, number), target.name, config)
    good = [target for target in found if target is not None]
    return good if len(good) == len(found) else None


def own_recipients(reader: Reader, path: KeyPath, name: str, config: Config) -> None:
    """Note a channel that is to tell no person in particular, and does not know whom then."""
    channel = config.channels.get(name)
    if channel is not None and not has_own_recipients(channel):
        key = "to" if needs_address(channel) else "channel"
        reader.warn(path, f"{name} has nobody to send this to: write `{key}` in [channels.{name}]")


def _person(reader: Reader, person: Person, config: Config) -> None:
    path: KeyPath = ("people", person.key)
    if not person.contact:
        reader.warn(path, f"{person.key} has no contact: nobody can tell them anything")
    for number, rule in enumerate(person.contact):
        here = (*path, "contact", number)
        if not known(reader, (*here, "channel"), "channel", rule.channel):
            continue
        channel = config.channels.get(rule.channel)
        if channel and needs_address(channel) and not address_of(person, rule, channel.type):
            key = {"email": "email", "sms": "phone"}.get(channel.type, "address")
            reader.problem(
                here, f"{rule.channel} does not find {person.key}: write `{key}`, or an address in this rule"
            )


def _gaps(reader: Reader, schedule: Schedule, now: Instant) -> None:
    found = gaps(schedule, now, now + AHEAD)
    if not found:
        return
    zone = ZoneInfo(schedule.timezone)
    first = found[0]
    start, end = (to_datetime(at).astimezone(zone) for at in first)
    until = end.strftime("%H:%M" if end - start < timedelta(days=1) else "%Y-%m-%d %H:%M")
    always = first.end - first.start == AHEAD
    more = f", and {len(found) - 1} times more" if len(found) > 1 else ""
    when = "all the time" if always else f"from {start:%Y-%m-%d %H:%M} to {until}{more}"
    reader.warn(
        ("schedules", schedule.key),
        f"nobody is on call {when}, in the next 30 days: `slawatch oncall gaps` lists it",
    )


def _policy(reader: Reader, policy: Policy, config: Config) -> None:
    path: KeyPath = ("escalations", policy.name)
    for number, level in enumerate(policy.levels):
        here = (*path, "levels", number)
        if not level.to:
            reader.problem((*here, "to"), "nobody is told on this level: name somebody, or remove it")
            continue
        found = targets(reader, (*here, "to"), level.to, config)
        if found is None:
            continue
        if _all_read(reader, config) and not any(reachable(config, target) for target in found):
            reader.problem((*here, "to"), f"nobody on this level can be reached: {_why(config, found[0])}")
        slow = sorted({name for target in found for name in _channels(config, target) if _slow(config, name)})
        last = number == len(policy.levels) - 1 and not policy.repeat
        if slow and level.wait < SHORT_WAIT and not last:
            reader.warn(
                (*here, "wait"),
                f"a text message may take longer than {format_duration(level.wait)} ({', '.join(slow)}): "
                "the next level would be told before anybody could answer",
            )
    targets(reader, (*path, "fallback"), policy.fallback, config)
    if policy.ack_timeout is None:
        shortest = min(policy.acknowledged_for("critical"), policy.acknowledged_for("low"))
        if shortest <= policy.ack_reminder:
            reader.problem(
                (*path, "ack_reminder"),
                "a critical acknowledgement would be over before its reminder: write `ack_timeout`",
                expected=f"less than {format_duration(shortest)}",
                found=format_duration(policy.ack_reminder),
            )


def _all_read(reader: Reader, config: Config) -> bool:
    counts = {
        "people": len(config.people),
        "teams": len(config.teams),
        "schedules": len(config.schedules),
        "channels": len(config.channels),
    }
    return all(len(_written(reader, name)) == count for name, count in counts.items())


def reachable(config: Config, target: Target) -> bool:
    """Say whether a target can be told anything, whoever is on call."""
    if target.kind == "channel":
        channel = config.channels.get(target.name)
        return channel is not None and has_own_recipients(channel)
    return any(True for _ in _contacts(config, target))


def people_of(config: Config, target: Target) -> tuple[Person, ...]:
    """Return everybody whom a target may mean at some time."""
    match target.kind:
        case "person":
            names: Iterable[str] = (target.name,)
        case "team":
            team = config.teams.get(target.name)
            if team is None:
                return ()
            if team.schedule:
                return people_of(config, Target("schedule", team.schedule))
            names = team.people
        case "schedule":
            schedule = config.schedules.get(target.name)
            names = (name for _, name in schedule.named()) if schedule else ()
        case _:
            names = ()
    return tuple(config.people[name] for name in dict.fromkeys(names) if name in config.people)


def _contacts(config: Config, target: Target) -> Iterable[tuple[Person, ContactRule]]:
    return ((person, rule) for person in people_of(config, target) for rule in person.contact)


def _channels(config: Config, target: Target) -> Iterable[str]:
    if target.kind == "channel":
        return (target.name,)
    return (rule.channel for _, rule in _contacts(config, target) if not rule.after)


def _slow(config: Config, name: str) -> bool:
    return name in config.channels and config.channels[name].type in _SLOW


def _why(config: Config, target: Target) -> str:
    if target.kind == "channel":
        return f"{target.name} has nobody to send to"
    people = [person.key for person in people_of(config, target)]
    return f"{', '.join(people[:5])} without a `contact`" if people else "it means nobody"
