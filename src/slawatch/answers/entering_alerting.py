"""Carries out what people enter about alerting: silences, overrides and swaps, checked, then stored."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from slawatch.answers import silences
from slawatch.answers.wish import EntryRefused, Wish
from slawatch.config.entered import effective
from slawatch.config.problem import nearest, one_of
from slawatch.core import duty as dutying
from slawatch.core import oncall
from slawatch.core.civil import told_in
from slawatch.core.duty import Entered
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.matcher import Matcher, parse
from slawatch.core.override import Override, Swap
from slawatch.core.rota import Schedule, swept
from slawatch.core.silence import Silence, SilenceError, check, expire, in_place, put

if TYPE_CHECKING:
    from slawatch.store.database import Database

Kind = Literal["replace", "add", "remove"]
MOST_SILENCES: Final = 1000
"""Each alert is held against each silence that is not over, at every turn."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "silence.add": (
        "id", "match", "start", "end", "for", "comment", "force", "everything", "person", "source",
    ),
    "silence.change": ("id", "match", "start", "end", "for", "comment", "force", "person", "source"),
    "silence.expire": ("id", "person", "source"),
    "override.add": (
        "id", "schedule", "who", "start", "end", "for", "kind", "replaces", "priority", "reason", "person",
        "source",
    ),
    "override.cancel": ("id", "reason", "person", "source"),
    "swap.add": (
        "id", "schedule", "who", "start", "end", "for", "taken_by", "reason", "person", "source",
    ),
    "swap.take": ("id", "who", "person", "source"),
    "swap.cancel": ("id", "reason", "person", "source"),
}  # fmt: skip
"""What can be entered, and the keys of each wish."""


def matchers(wish: Wish) -> tuple[Matcher, ...]:
    """Return the conditions of a silence.

    Raises:
        EntryRefused: they are none.
    """
    text = wish.text("match", needed='which alerts, such as service=shop or check=~"db-.*"')
    try:
        return parse(text)
    except ValueError as error:
        raise EntryRefused(f"match: {error}") from None


def _silence(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import duty

    start = wish.moment("start", "") if wish.has("start") else wish.now
    name, person = wish.id("s"), wish.person()
    made = Silence(
        match=matchers(wish), author=person, comment=wish.text("comment", needed="why, and until what"),
        start=start, end=wish.until(start),
    )  # fmt: skip
    if made.end <= wish.now:
        raise EntryRefused(f"end: {rfc3339(made.end)} is over already: nothing would be silenced")
    force, everything = wish.flag("force"), wish.flag("everything")

    def decide(known: Mapping[str, Silence]) -> tuple[Mapping[str, Silence], str]:
        before = known.get(name)
        if before is None:
            return put(known, made, wish.now, name, count=MOST_SILENCES, force=force, everything=everything)
        asked = replace(made, id=name, start=before.start, updated=before.updated)
        # An end that was counted from now is later when the same wish comes again.
        if replace(asked, end=before.end) == before and (wish.has("for") or asked.end == before.end):
            return known, name
        raise SilenceError(f"there is a silence {name} already: change it, or choose another id")

    stored = duty.enter_silence(database, decide, person, wish.source(), wish.now)
    return _shown(stored, wish, database)


def _change_silence(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import duty

    name, person = wish.id(), wish.person()
    new_id = f"s-{secrets.token_hex(4)}"
    force = wish.flag("force")

    def decide(known: Mapping[str, Silence]) -> tuple[Mapping[str, Silence], str]:
        old = known.get(name)
        if old is None:
            raise _unknown_silence(name, known)
        start = wish.moment("start", "") if wish.has("start") else old.start
        asked = replace(
            old,
            match=matchers(wish) if wish.has("match") else old.match,
            comment=wish.text("comment") or old.comment,
            start=start,
            end=wish.until(wish.now) if wish.has("for") or wish.has("end") else old.end,
            author=person,
        )
        if replace(asked, author=old.author) == old:
            raise EntryRefused("nothing would change: give another `end`, `comment`, `start` or `match`")
        check(asked, force=force)
        if in_place(old, asked, wish.now):
            # Who made it is told of its end; whoever edits it is on record with the entry.
            asked = replace(asked, author=old.author)
        if asked.end <= wish.now:
            raise EntryRefused(f"end: {rfc3339(asked.end)} is over already: expire it instead")
        return put(known, asked, wish.now, new_id, force=force)

    stored = duty.enter_silence(database, decide, person, wish.source(), wish.now)
    return _shown(stored, wish, database)


def _expire_silence(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import duty

    name, person = wish.id(), wish.person()

    def decide(known: Mapping[str, Silence]) -> tuple[Mapping[str, Silence], str]:
        if name not in known:
            raise _unknown_silence(name, known)
        return {**known, name: expire(known[name], wish.now)}, name

    stored = duty.enter_silence(database, decide, person, wish.source(), wish.now)
    return _shown(stored, wish, database)


def _unknown_silence(name: str, known: Mapping[str, Silence]) -> EntryRefused:
    hint = nearest(name, known) or "`slawatch silence list` shows their ids"
    return EntryRefused(f"there is no silence {name!r}: {hint}", HTTPStatus.NOT_FOUND)


def _shown(silence: Silence, wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import duty

    with database.reading() as cursor:
        source = duty.sources(cursor).get(silence.id, "")
    return silences.shown(silence, wish.now, source)


def _override(wish: Wish, database: "Database") -> dict[str, Any]:
    kinds = get_args(Kind)
    kind = wish.text("kind") or "replace"
    if kind not in kinds:
        hint = nearest(kind, kinds) or f"write {one_of(kinds)}"
        raise EntryRefused(f"there is no kind {kind[:100]!r} of override: {hint}")
    schedule, who, start, end = _duty(wish)
    replaces = ""
    if wish.has("replaces"):
        replaces = wish.one_of("replaces", wish.config.people, "person", needed="")
    try:
        change = Override(
            person=who, start=start, end=end, kind=cast("Kind", kind), replaces=replaces,
            priority=wish.whole("priority", needed="") if wish.has("priority") else 0,
            reason=wish.text("reason"),
        )  # fmt: skip
    except ValueError as error:
        raise EntryRefused(str(error)) from None
    entry = dutying.Added(wish.id("o"), wish.now, wish.person(), schedule, change)
    return _entered(entry, wish, database)


def _swap(wish: Wish, database: "Database") -> dict[str, Any]:
    schedule, who, start, end = _duty(wish)
    taken_by = ""
    if wish.has("taken_by"):
        taken_by = wish.one_of("taken_by", wish.config.people, "person", needed="")
    try:
        change = Swap(person=who, start=start, end=end, taken_by=taken_by, reason=wish.text("reason"))
    except ValueError as error:
        raise EntryRefused(str(error)) from None
    name = wish.id("x")
    if name not in _ids(database):
        _on_call_in(change, schedule, wish, database)
    entry = dutying.Added(name, wish.now, wish.person(), schedule, change)
    return _entered(entry, wish, database)


def _on_call_in(change: Swap, schedule: str, wish: Wish, database: "Database") -> None:
    """Refuse an offer of time in which nobody of that name is on call."""
    found = _schedules(wish, database)[schedule]
    if not any(change.person in shift.people for shift in swept(found, change.start, change.end)):
        raise EntryRefused(
            f"{change.person} is not on call in {schedule} from {rfc3339(change.start)} to "
            f"{rfc3339(change.end)}: `slawatch oncall show --schedule {schedule}` shows the shifts",
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )


def _duty(wish: Wish) -> tuple[str, str, Instant, Instant]:
    """Return the schedule, the person and the time."""
    config = wish.config
    schedule = wish.one_of("schedule", config.schedules, "schedule", needed="which one it changes")
    who = wish.one_of("who", config.people, "person", needed="who it is about, as in [people]")
    start = wish.moment("start", "") if wish.has("start") else wish.now
    end = wish.until(start)
    if start >= end:
        raise EntryRefused(f"it must end after it starts, not from {rfc3339(start)} to {rfc3339(end)}")
    return schedule, who, start, end


def _take(wish: Wish, database: "Database") -> dict[str, Any]:
    name = wish.id()
    _known(name, database)
    who = wish.one_of("who", wish.config.people, "person", needed="who takes the shift, as in [people]")
    return _entered(dutying.Taken(name, wish.now, who), wish, database)


def _cancel(wish: Wish, database: "Database") -> dict[str, Any]:
    name = wish.id()
    _known(name, database)
    return _entered(dutying.Cancelled(name, wish.now, wish.person(), wish.text("reason")), wish, database)


def _ids(database: "Database") -> set[str]:
    from slawatch.store import duty

    with database.reading() as cursor:
        return {one.added.id for one in duty.overrides(cursor)}


def _known(name: str, database: "Database") -> None:
    known = _ids(database)
    if name not in known:
        hint = nearest(name, known) or "`slawatch oncall override --list` shows their ids"
        raise EntryRefused(f"there is no override or swap {name!r}: {hint}", HTTPStatus.NOT_FOUND)


def _entered(entry: dutying.Entry, wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import duty

    one = duty.enter_duty(database, entry, wish.source())
    with database.reading() as cursor:
        source = duty.sources(cursor).get(one.added.id, "")
    found = silences.entered(one, wish.now, source)
    return found | {"remarks": _remarks(one, _schedules(wish, database))}


def _schedules(wish: Wish, database: "Database") -> dict[str, Schedule]:
    from slawatch.store import duty

    with database.reading() as cursor:
        return effective(wish.config, duty.overrides(cursor))


def _remarks(one: Entered, schedules: Mapping[str, Schedule]) -> list[str]:
    """Return what follows from an entry that may not be meant: time in which nobody is on call."""
    schedule = schedules.get(one.added.schedule)
    if schedule is None or one.cancelled is not None:
        return []
    name, zone = one.added.schedule, schedule.timezone
    found = [
        told_in(f"nobody is on call in {name} from {rfc3339(gap.start)} to {rfc3339(gap.end)}", zone)
        for gap in oncall.gaps(schedule, one.change.start, one.change.end)
    ]
    if isinstance(one.change, Swap) and not one.change.taken_by:
        found.append(f"nothing changes until somebody takes it: slawatch oncall swap --take {one.added.id}")
    return found


ACTIONS: Final[Mapping[str, Callable[[Wish, "Database"], dict[str, Any]]]] = {
    "silence.add": _silence,
    "silence.change": _change_silence,
    "silence.expire": _expire_silence,
    "override.add": _override,
    "override.cancel": _cancel,
    "swap.add": _swap,
    "swap.take": _take,
    "swap.cancel": _cancel,
}
