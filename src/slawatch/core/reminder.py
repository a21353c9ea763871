"""Who is told of handoffs and of silences: notices that follow from schedules, silences and the clock.

All of it may be asked again and again; a notice has the same key each time, so it is told once.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from slawatch.core.chain import length_text
from slawatch.core.civil import local
from slawatch.core.handoff import HandedOver
from slawatch.core.incident import Incident
from slawatch.core.instant import DAY, HOUR, Instant, Micros, to_datetime
from slawatch.core.ledger import Interval
from slawatch.core.notice import Notice
from slawatch.core.oncall import gaps
from slawatch.core.people import Person
from slawatch.core.rota import Schedule
from slawatch.core.silence import FORGOTTEN, Silence
from slawatch.core.turn import Contact

Contacts = Callable[[str], tuple[Contact, ...]]

_HANDOFF_TTL: Final[Micros] = 12 * HOUR
_SHOWN: Final = 5
WEEK: Final[Micros] = 7 * DAY
GAP_AHEAD: Final[Micros] = WEEK
"""So long before it begins a time in which nobody is on call is told."""


def of_handoff(
    schedule: Schedule,
    event: HandedOver,
    until: Instant | None,
    incidents: Iterable[Incident],
    people: Mapping[str, Person],
    contacts: Contacts,
) -> tuple[Notice, ...]:
    """Return what those who came on call, and those who went, are told of a handoff.

    Args:
        schedule: the one.
        event: what happened; of several that nobody noticed, the last.
        until: when the next handoff is, if that is known.
        incidents: open ones that escalate to this schedule.
        people: by key.
        contacts: how a recipient is reached.
    """
    name = schedule.name or schedule.key
    now_on_call = ", ".join(_shown(people, who) for who in event.people) or "nobody"
    lines = _incidents(incidents)
    found: list[Notice] = []
    for who, came in (*((who, True) for who in event.came), *((who, False) for who in event.went)):
        zone = _zone(people, who, schedule)
        if came:
            title = f"you are on call now: {name}"
            text = [f"Until {_local(until, zone)}." if until is not None else "", *lines]
            with_me = [_shown(people, other) for other in event.people if other != who]
            text.insert(1, f"Together with {', '.join(with_me)}." if with_me else "")
        else:
            title = f"you are not on call any more: {name}"
            text = [f"On call now: {now_on_call}.", *lines]
        if event.missed:
            times = "handoff" if event.missed == 1 else "handoffs"
            text.append(f"{event.missed} {times} before this went by while slawatch was not running.")
        key = f"handoff:{schedule.key}:{event.at}"
        said = "\n".join(line for line in text if line)
        found += _to(f"person:{who}", contacts, key, title, said, _HANDOFF_TTL)
    return tuple(found)


def _incidents(incidents: Iterable[Incident]) -> list[str]:
    still = sorted((one for one in incidents if one.open), key=lambda one: one.id)
    if not still:
        return ["No incident is open."]
    lines = [f"Open: incident {one.id}, {one.title} ({one.severity}, {one.shown})" for one in still[:_SHOWN]]
    return lines + ([f"and {len(still) - _SHOWN} more"] if len(still) > _SHOWN else [])


def of_silences(
    silences: Iterable[Silence],
    firing: Iterable[Mapping[str, str]],
    now: Instant,
    people: Mapping[str, Person],
    contacts: Contacts,
) -> tuple[Notice, ...]:
    """Return what authors of silences are told: that one ends soon and mutes something, or is forgotten.

    Args:
        silences: all of them.
        firing: the labels of each alert that fires.
        now: the present.
        people: by key.
        contacts: how a recipient is reached.
    """
    firing = list(firing)
    found: list[Notice] = []
    for silence in silences:
        if silence.state(now) != "active":
            continue
        who = silence.author.removeprefix("person:")
        matchers = ", ".join(map(str, silence.match))
        muted = [labels.get("alert", "") for labels in firing if silence.mutes(labels, now)]
        zone = ZoneInfo((people[who].timezone if who in people else None) or "UTC")
        if silence.reminder is not None and silence.reminder <= now and muted:
            left = length_text(silence.end - now)
            title = f"your silence ends in {left}, and {_things(muted)} would be told then"
            text = f"{matchers}: {silence.comment}\nIt ends at {_local(silence.end, zone)}."
            key = f"silence:{silence.id}:ends:{silence.end}"
            found += _to(f"person:{who}", contacts, key, title, text, silence.end - now)
        if silence.forgotten(now):
            weeks = (now - silence.start) // FORGOTTEN
            lasts = (now - silence.start) // DAY
            title = f"your silence has lasted for {lasts} days: is it still meant?"
            text = (
                f"{matchers}: {silence.comment}\nIt mutes {_things(muted) if muted else 'nothing'} now, and "
                f"ends at {_local(silence.end, zone)}. `slawatch silence expire {silence.id}` ends it."
            )
            found += _to(f"person:{who}", contacts, f"silence:{silence.id}:week:{weeks}", title, text, DAY)
    return tuple(found)


def next_silence(silences: Iterable[Silence], now: Instant) -> Instant | None:
    """Return when `of_silences` may say something new, apart from what begins to fire."""
    found: list[Instant] = []
    for silence in silences:
        if silence.state(now) == "expired":
            continue
        weeks = max(0, now - silence.start) // FORGOTTEN + 1
        moments = (silence.reminder, silence.start + weeks * FORGOTTEN)
        found += [at for at in moments if at is not None and now < at < silence.end]
    return min(found, default=None)


def _to(
    recipient: str, contacts: Contacts, key: str, title: str, text: str, ttl: Micros
) -> tuple[Notice, ...]:
    """Return a notice through the first way to somebody; nothing where there is none."""
    return tuple(
        Notice(recipient, contact.channel, key, title, text, ttl) for contact in contacts(recipient)[:1]
    )


def _things(alerts: list[str]) -> str:
    named = ", ".join(sorted(alerts)[:_SHOWN])
    return named + (f" and {len(alerts) - _SHOWN} more" if len(alerts) > _SHOWN else "")


def _shown(people: Mapping[str, Person], who: str) -> str:
    return people[who].shown if who in people else who


def _zone(people: Mapping[str, Person], who: str, schedule: Schedule) -> ZoneInfo:
    own = people[who].timezone if who in people else None
    return ZoneInfo(own or schedule.timezone)


def new_gaps(schedule: Schedule, now: Instant) -> tuple[Interval, ...]:
    """Return when nobody will be on call within a week, at times at which somebody was a week before.

    What is so every week (an office's nights) is meant so. A clock change moves such times by its hour, which
    makes no gap. What has begun already is none to come.
    """
    ahead = [gap for gap in gaps(schedule, now, now + GAP_AHEAD) if gap.start > now]
    if not ahead:
        return ()
    usual = [(gap.start + WEEK, gap.end + WEEK) for gap in gaps(schedule, now - WEEK, now)]

    def is_new(gap: Interval) -> bool:
        known = sum(max(0, min(end, gap.end) - max(start, gap.start)) for start, end in usual)
        moved = any(_offset(at, schedule) != _offset(at - WEEK, schedule) for at in gap)
        return gap.end - gap.start - known > (HOUR if moved else 0)

    return tuple(gap for gap in ahead if is_new(gap))


def _offset(at: Instant, schedule: Schedule) -> timedelta | None:
    return local(at, schedule.timezone).utcoffset()


def of_gap(
    schedule: Schedule, gap: Interval, targets: Iterable[str], contacts: Contacts
) -> tuple[Notice, ...]:
    """Return what is told of a time to come in which nobody is on call, to each of these recipients."""
    zone = ZoneInfo(schedule.timezone)
    title = f"nobody is on call in {schedule.name or schedule.key} from {_local(gap.start, zone)}"
    text = (
        f"Until {_local(gap.end, zone)} nobody is on call; a week before somebody was.\n"
        f"slawatch oncall override --schedule {schedule.key} puts somebody there."
    )
    return tuple(
        Notice(who, contact.channel, f"gap:{schedule.key}:{gap.start}", title, text, DAY, "high")
        for who in dict.fromkeys(targets)
        for contact in contacts(who)[:1]
    )


def _local(at: Instant, zone: ZoneInfo) -> str:
    local: datetime = to_datetime(at).astimezone(zone)
    return f"{local:%a %Y-%m-%d %H:%M} {zone.key}"
