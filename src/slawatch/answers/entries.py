"""The answers of `maintenance list` and `adjust list`, and the configuration with what was entered since.

Blocking, for a worker thread or the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.check import Announcement, Maintenance
from slawatch.core.instant import Instant, parse_rfc3339, rfc3339
from slawatch.core.maintenance import Window, state
from slawatch.core.version import in_force

if TYPE_CHECKING:
    import duckdb


def merged(config: Config, cursor: "duckdb.DuckDBPyConnection") -> Config:
    """Return a configuration whose maintenance has the windows that were entered at run time, too.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import entries

    entered = entries.maintenance(cursor)
    return replace(config, maintenance=(*config.maintenance, *entered)) if entered else config


def adjustments(cursor: "duckdb.DuckDBPyConnection") -> tuple[Adjustment, ...]:
    """Return the adjustments as they stand.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import entries

    return entries.adjustments(cursor)


def maintenance(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> dict[str, Any]:
    """Return all windows, those of the configuration and those entered, by their beginning.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import entries

    sources = entries.sources(cursor)
    found = [configured(window, now) for window in config.maintenance]
    found += [entered(window, now, sources.get(window.planned.id, "")) for window in entries.windows(cursor)]
    return {"maintenance": sorted(found, key=lambda line: (line["start"], line["end"]))}


def place_of_window(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return where a window stands among others, by their beginning."""
    services = ",".join(line["services"])
    return (parse_rfc3339(line["start"]), parse_rfc3339(line["end"]), line["id"] or "", services)


def place_of_adjustment(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return where an adjustment stands among others, in the order they were added."""
    return (parse_rfc3339(line["entered"]["at"]), line["id"])


def adjusted(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> dict[str, Any]:
    """Return all adjustments, in the order they were added.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import entries

    sources = entries.sources(cursor)
    return {
        "adjustments": [
            adjustment(one, config, now, sources.get(one.added.id, "")) for one in entries.adjustments(cursor)
        ]
    }


def configured(window: Maintenance, now: Instant) -> dict[str, Any]:
    """Return a window of the configuration as JSON shows it."""
    return {
        "id": None,
        "services": list(window.services),
        "start": rfc3339(window.start),
        "end": rfc3339(window.end),
        "announced": _stamp(window.announced),
        "earlier": _earlier(window.earlier),
        "reason": window.reason,
        "state": state(window.start, window.end, now),
        "source": "configuration",
        "entered": None,
        "cancelled": None,
    }


def entered(window: Window, now: Instant, source: str) -> dict[str, Any]:
    """Return a window that was entered as JSON shows it; `source` says from where."""
    first, off = window.planned, window.cancelled
    return {
        "id": first.id,
        "services": list(first.services),
        "start": rfc3339(window.start),
        "end": rfc3339(window.until if window.until > window.start else window.end),
        "announced": rfc3339(window.announced),
        "earlier": _earlier(window.earlier),
        "reason": first.reason,
        "state": window.state(now),
        "source": "entered",
        "entered": {
            "at": rfc3339(first.at),
            "person": first.person,
            "from": source,
            "late": first.announced < first.at,
        },
        "cancelled": off and {"at": rfc3339(off.at), "person": off.person, "reason": off.reason},
    }


def adjustment(one: Adjustment, config: Config, now: Instant, source: str) -> dict[str, Any]:
    """Return an adjustment as JSON shows it.

    `start` and `end` of one that is about an outage are those of the outage when it was entered; `holds`
    says for each agreement on the service whether it changes the figure.
    """
    added = one.added
    return {
        "id": added.id,
        "service": added.service,
        "class": added.kind,
        "outage": added.outage or None,
        "start": rfc3339(added.start),
        "end": rfc3339(added.end),
        "reason": added.reason,
        "evidence": added.evidence or None,
        "state": one.state,
        "author": added.author,
        "entered": {"at": rfc3339(added.at), "from": source},
        "approvers": list(one.approvers),
        "withdrawn_by": one.withdrawn_by or None,
        "decided": _stamp(one.decided_at),
        "note": one.note,
        "holds": {
            key: one.holds(terms.approval) for key, terms in terms_on(config, added.service, now).items()
        },
    }


def terms_on(config: Config, name: str, at: Instant) -> Mapping[str, Agreement]:
    """Return the terms that hold at an instant on a service or group, by the agreement's key."""
    found = {key: in_force(agreement, at) for key, agreement in config.agreements.items()}
    return {
        key: terms
        for key, terms in found.items()
        if terms is not None and (name in terms.services or name in terms.groups)
    }


def _earlier(found: Iterable[Announcement]) -> list[dict[str, Any]]:
    """Return what was announced before, oldest first."""
    return [
        {"start": rfc3339(one.start), "end": rfc3339(one.end), "announced": _stamp(one.announced)}
        for one in found
    ]


def _stamp(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
