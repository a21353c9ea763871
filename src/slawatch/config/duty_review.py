"""What people, teams, schedules and policies say of each other: unknown names, nobody to reach, gaps."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from slawatch.config.channels import has_own_recipients, needs_address
from slawatch.config.model import Config
from slawatch.config.partial import Hole, Unread, judging
from slawatch.config.problem import KeyPath, nearest, one_of, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.config.tables import written
from slawatch.core.channel import address_of
from slawatch.core.escalation import Level, Policy
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
        with judging:
            for number, name in enumerate(team.people):
                known(reader, (*path, "people", number), "person", name)
        with judging:
            if team.schedule:
                known(reader, (*path, "schedule"), "schedule", team.schedule)
    for schedule in config.schedules.values():
        _schedule(reader, schedule)
        with judging:
            if now is not None:
                _gaps(reader, schedule, now)
    for policy in config.escalations.values():
        _policy(reader, policy, config)


def known(reader: Reader, path: KeyPath, what: str, name: str) -> bool:
    """Note a name that nothing has; what was written with a mistake in it is known all the same."""
    told = len(reader.problems)
    known_name(reader, path, what, name, written(reader, _SECTIONS[what]))
    return len(reader.problems) == told


class Target(NamedTuple):
    """Who a text such as `schedule:primary` means."""

    kind: str
    name: str


def target_of(reader: Reader, path: KeyPath, text: str) -> Target | None:
    """Return who is meant; None, and the problem is told, where nobody is."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in _SECTIONS:
        found = []
        for word, section in _SECTIONS.items():
            with judging:
                found += [f"{word}:{text}"] if text in written(reader, section) else []
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
    found: list[Target | None] = []
    for number, text in enumerate(texts):
        target = None
        with judging:
            target = target_of(reader, (*path, number), text)
        with judging:
            if target is not None and target.kind == "channel":
                own_recipients(reader, (*path, number), target.name, config)
        found.append(target)
    good = [target for target in found if target is not None]
    return good if len(good) == len(found) else None


def own_recipients(reader: Reader, path: KeyPath, name: str, config: Config) -> None:
    """Note a channel that is to tell no person in particular, and does not know whom then."""
    with judging:
        channel = config.channels.get(name)
        if channel is not None and not has_own_recipients(channel):
            key = "to" if needs_address(channel) else "channel"
            reader.warn(path, f"{name} has nobody to send this to: write `{key}` in [channels.{name}]")


def _person(reader: Reader, person: Person, config: Config) -> None:
    path: KeyPath = ("people", person.key)
    with judging:
        if not person.contact:
            reader.warn(path, f"{person.key} has no contact: nobody can tell them anything")
        for number, rule in enumerate(person.contact):
            here = (*path, "contact", number)
            with judging:
                if known(reader, (*here, "channel"), "channel", rule.channel):
                    _address(reader, here, person, rule, config)


def _address(reader: Reader, path: KeyPath, person: Person, rule: ContactRule, config: Config) -> None:
    channel = config.channels.get(rule.channel)
    if channel and needs_address(channel) and not address_of(person, rule, channel.type):
        key = {"email": "email", "sms": "phone"}.get(channel.type, "address")
        reader.problem(
            path, f"{rule.channel} does not find {person.key}: write `{key}`, or an address in this rule"
        )


def _schedule(reader: Reader, schedule: Schedule) -> None:
    path: KeyPath = ("schedules", schedule.key)
    for part in ("layers", "overrides", "swaps", "temporary"):
        with judging:
            for number, one in enumerate(getattr(schedule, part)):
                _names(reader, (*path, part, number), one)


def _names(reader: Reader, path: KeyPath, one: object) -> None:
    """Note the people that a part of a schedule names and who do not exist."""
    for key in ("people", "person", "replaces", "taken_by", "shifts"):
        with judging:
            found = getattr(one, key, ())
            if isinstance(found, str):
                if found:
                    known(reader, (*path, key), "person", found)
                continue
            for number, inner in enumerate(found):
                if isinstance(inner, str):
                    known(reader, (*path, key, number), "person", inner)
                elif isinstance(inner, tuple):
                    for name in inner:
                        known(reader, (*path, key, number), "person", name)
                else:
                    _names(reader, (*path, key, number), inner)


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
    with judging:
        for number, level in enumerate(policy.levels):
            with judging:
                _level(reader, (*path, "levels", number), policy, number, level, config)
    with judging:
        targets(reader, (*path, "fallback"), policy.fallback, config)
    with judging:
        if policy.ack_timeout is None:
            shortest = min(policy.acknowledged_for("critical"), policy.acknowledged_for("low"))
            if shortest <= policy.ack_reminder:
                reader.problem(
                    (*path, "ack_reminder"),
                    "a critical acknowledgement would be over before its reminder: write `ack_timeout`",
                    expected=f"less than {format_duration(shortest)}",
                    found=format_duration(policy.ack_reminder),
                )


def _level(reader: Reader, path: KeyPath, policy: Policy, number: int, level: Level, config: Config) -> None:
    if not level.to:
        reader.problem((*path, "to"), "nobody is told on this level: name somebody, or remove it")
        return
    found = targets(reader, (*path, "to"), level.to, config)
    if found is None:
        return
    with judging:
        if not any(reachable(config, target) for target in found):
            reader.problem((*path, "to"), f"nobody on this level can be reached: {_why(config, found[0])}")
    slow = sorted({name for target in found for name in _channels(config, target) if _slow(config, name)})
    last = number == len(policy.levels) - 1 and not policy.repeat
    if slow and level.wait < SHORT_WAIT and not last:
        reader.warn(
            (*path, "wait"),
            f"a text message may take longer than {format_duration(level.wait)} ({', '.join(slow)}): "
            "the next level would be told before anybody could answer",
        )


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
    found = []
    for name in dict.fromkeys(names):
        if isinstance(name, Hole):
            raise Unread
        if name in config.people:
            found.append(config.people[name])
    return tuple(found)


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
