"""Carries out what people enter at run time, checked, then stored: maintenance, adjustments, silences, duty.

Blocking: in the daemon the writer's thread runs it, without a daemon the command itself.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers import entering_alerting, finding
from slawatch.answers import entries as entries_answers
from slawatch.answers.wish import EntryRefused, Wish
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.core import adjustment as adjusting
from slawatch.core import maintenance as planning
from slawatch.core.adjustment import Adjustment, AdjustmentRefused
from slawatch.core.agreement import Clause
from slawatch.core.civil import told_in
from slawatch.core.clause import in_time, stretches
from slawatch.core.duty import DutyRefused
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.maintenance import Window, WindowRefused
from slawatch.core.silence import SilenceError
from slawatch.core.text import format_duration
from slawatch.core.version import parts

if TYPE_CHECKING:
    from slawatch.store.database import Database

__all__ = ["KEYS", "EntryRefused", "enter"]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "maintenance.add": ("id", "services", "start", "end", "announced", "reason", "person", "source"),
    "maintenance.change": ("id", "start", "end", "reason", "person", "source"),
    "maintenance.cancel": ("id", "reason", "person", "source"),
    "adjustment.add": (
        "id", "outage", "service", "start", "end", "class", "reason", "evidence", "person", "source",
    ),
    "adjustment.approve": ("id", "reason", "person", "source"),
    "adjustment.withdraw": ("id", "reason", "person", "source"),
    **entering_alerting.KEYS,
}  # fmt: skip
"""What can be entered, and the keys of each wish."""


def enter(
    database: "Database", config: Config, what: str, wish: Mapping[str, Any], now: Instant
) -> dict[str, Any]:
    """Make an entry and return what it is about as it stands then; the same wish twice is stored once.

    Args:
        database: the store.
        config: says which services and agreements there are, and the zone of local times.
        what: a key of `KEYS`.
        wish: texts by name, as the API takes them; `services` is an array of names.
        now: when it is entered.

    Raises:
        EntryRefused: it makes no sense.
        StoreError: it cannot be stored.
    """
    unknown = [key for key in wish if key not in KEYS[what]]
    if unknown:
        hint = nearest(unknown[0], KEYS[what]) or f"write {one_of(KEYS[what])}"
        raise EntryRefused(f"there is no key {unknown[0]!r} here: {hint}")
    asked = Wish(wish, config, now)
    try:
        return _ACTIONS[what](asked, database)
    except (AdjustmentRefused, WindowRefused, SilenceError, DutyRefused) as error:
        said, status = str(error), HTTPStatus.UNPROCESSABLE_ENTITY
    except EntryRefused as error:
        said, status = str(error), error.status
    raise EntryRefused(told_in(said, zone_of(config, wish)), status)


def zone_of(config: Config, wish: Mapping[str, Any]) -> str:
    """Return by whose clocks people read of a wish: those of its schedule, else the usual ones."""
    schedule = config.schedules.get(str(wish.get("schedule", "")))
    return config.timezone if schedule is None else schedule.timezone


def _plan(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    start, end = wish.span()
    announced = wish.now
    if wish.has("announced"):
        announced = wish.moment("announced", "")
        if announced > wish.now:
            raise EntryRefused(
                f"announced: {rfc3339(announced)} is still to come: leave it out, and the window counts as "
                "announced now"
            )
    entry = planning.Planned(
        id=wish.id("m"),
        at=wish.now,
        person=wish.person(),
        services=wish.services(),
        start=start,
        end=end,
        announced=announced,
        reason=wish.text("reason"),
    )
    return _window(entries.enter_maintenance(database, entry, wish.source()), wish, database)


def _change(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    name = wish.id()
    known = _known_window(database, name)
    start = wish.moment("start", "") if wish.has("start") else known.start
    end = wish.moment("end", "") if wish.has("end") else known.end
    if (start, end) == (known.start, known.end):
        raise EntryRefused("nothing would change: give another `start` or `end`")
    entry = planning.Changed(name, wish.now, wish.person(), start, end, wish.text("reason"))
    return _window(entries.enter_maintenance(database, entry, wish.source()), wish, database)


def _cancel(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    name = wish.id()
    _known_window(database, name)
    entry = planning.Cancelled(name, wish.now, wish.person(), wish.text("reason"))
    return _window(entries.enter_maintenance(database, entry, wish.source()), wish, database)


def _add(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    kind = wish.text("class", needed=f"write {one_of(adjusting.CLASSES)}")
    if kind not in adjusting.CLASSES:
        hint = nearest(kind, adjusting.CLASSES) or f"write {one_of(adjusting.CLASSES)}"
        raise EntryRefused(f"there is no class {kind[:100]!r} of an adjustment: {hint}")
    outage = wish.text("outage")
    service, start, end = _about(wish, database, outage)
    entry = adjusting.Added(
        id=wish.id("a"),
        at=wish.now,
        author=wish.person(),
        service=service,
        kind=kind,
        reason=wish.text("reason", needed="the customer reads in it why the figure is changed"),
        outage=outage,
        start=start,
        end=end,
        evidence=wish.text("evidence"),
    )
    return _adjusted(entries.enter_adjustment(database, entry, wish.source()), wish, database)


def _about(wish: Wish, database: "Database", outage: str) -> tuple[str, Instant, Instant]:
    """Return whose time an adjustment is about, and which."""
    if outage:
        extra = [key for key in ("service", "start", "end") if wish.has(key)]
        if extra:
            raise EntryRefused(
                "`outage` says which time it is: leave " + " and ".join(f"`{key}`" for key in extra) + " out"
            )
        with database.reading() as cursor:
            merged = entries_answers.merged(wish.config, cursor)
            found = finding.outage(cursor, merged, outage, wish.now)
        if found is None:
            raise EntryRefused(
                f"there is no outage {outage[:200]!r}: `slawatch export outages` lists them with their ids",
                HTTPStatus.NOT_FOUND,
            )
        if found.ongoing:
            raise EntryRefused(
                f"outage {outage} is not over: adjust it when it is, or name the time so far by "
                "`service`, `start` and `end`"
            )
        return found.service, found.start, found.end
    if not wish.has("service"):
        raise EntryRefused("say which time it is: `outage`, or `service` with `start` and `end`")
    groups = {group: None for a in wish.config.agreements.values() for group in a.groups}
    service = wish.known(wish.text("service"), {**groups, **wish.config.services})
    start, end = wish.span()
    if end > wish.now:
        raise EntryRefused(
            f"{rfc3339(end)} is still to come: an adjustment is about time that was measured; what is to "
            "come is announced with `slawatch maintenance add`"
        )
    return service, start, end


def _approve(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    name = wish.id()
    _known_adjustment(database, name)
    entry = adjusting.Approved(name, wish.now, wish.person(), wish.text("reason"))
    return _adjusted(entries.enter_adjustment(database, entry, wish.source()), wish, database)


def _withdraw(wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    name = wish.id()
    _known_adjustment(database, name)
    reason = wish.text("reason", needed="why it shall not hold")
    entry = adjusting.Withdrawn(name, wish.now, wish.person(), reason)
    return _adjusted(entries.enter_adjustment(database, entry, wish.source()), wish, database)


_ACTIONS: Final[Mapping[str, Callable[[Wish, "Database"], dict[str, Any]]]] = {
    "maintenance.add": _plan,
    "maintenance.change": _change,
    "maintenance.cancel": _cancel,
    "adjustment.add": _add,
    "adjustment.approve": _approve,
    "adjustment.withdraw": _withdraw,
    **entering_alerting.ACTIONS,
}


def _known_window(database: "Database", name: str) -> Window:
    from slawatch.store import entries

    with database.reading() as cursor:
        known = {window.planned.id: window for window in entries.windows(cursor)}
    if name not in known:
        hint = nearest(name, known) or "`slawatch maintenance list` shows their ids"
        raise EntryRefused(
            f"there is no maintenance window {name!r} that was entered at run time: {hint}",
            HTTPStatus.NOT_FOUND,
        )
    return known[name]


def _known_adjustment(database: "Database", name: str) -> Adjustment:
    from slawatch.store import entries

    with database.reading() as cursor:
        known = {one.added.id: one for one in entries.adjustments(cursor)}
    if name not in known:
        hint = nearest(name, known) or "`slawatch adjust list` shows their ids"
        raise EntryRefused(f"there is no adjustment {name!r}: {hint}", HTTPStatus.NOT_FOUND)
    return known[name]


def _window(window: Window, wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    with database.reading() as cursor:
        source = entries.sources(cursor).get(window.planned.id, "")
    return entries_answers.entered(window, wish.now, source) | {
        "remarks": list(_remarks(window, wish.config))
    }


def _remarks(window: Window, config: Config) -> list[str]:
    """Return what the agreements on its services do not grant of a window, a line each."""
    work = window.work()
    found: list[str] = []
    for key, agreement in config.agreements.items() if work is not None else ():
        assert work is not None
        for part in parts(agreement, work.start, work.end):
            if not set(part.terms.services) & set(work.services):
                continue
            clause = part.terms.maintenance
            if clause == "ignore":
                found.append(f"{key}: grants no maintenance: the window is listed and its time counts")
                break
            notice = clause.notice if isinstance(clause, Clause) else 0
            if not all(in_time(stretch, notice) for stretch in stretches(work)):
                asked = f"{format_duration(notice)} before it begins" if notice else "before it begins"
                found.append(
                    f"{key}: asks for an announcement {asked}: what came later is listed, and its time counts"
                )
                break
    return found


def _adjusted(one: Adjustment, wish: Wish, database: "Database") -> dict[str, Any]:
    from slawatch.store import entries

    with database.reading() as cursor:
        source = entries.sources(cursor).get(one.added.id, "")
    return entries_answers.adjustment(one, wish.config, wish.now, source)
