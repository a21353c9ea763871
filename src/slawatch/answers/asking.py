"""What may be asked of alerting, and its answers, for the API and for commands that run without a daemon.

Blocking, for a worker thread or the command line.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers import alerts as alerts_answers
from slawatch.answers import explaining, postmortem
from slawatch.answers import incidents as incidents_answers
from slawatch.answers import notifications as notifications_answers
from slawatch.answers import silences as silences_answers
from slawatch.answers.paging import PageError, limit_of, number_of, paged
from slawatch.answers.view import LiveCheck
from slawatch.answers.wish import EntryRefused, Wish, missing
from slawatch.config.entered import with_entered
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.config.world import world_of
from slawatch.core.channel import Standing
from slawatch.core.incident import SEVERITIES
from slawatch.core.instant import Instant, parse_rfc3339
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence, SilenceError
from slawatch.core.silence import check as check_silence
from slawatch.core.turn import State, World

if TYPE_CHECKING:
    import duckdb

QUERIES: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts": ("state", "severity", "service", "org", "check", "incident", "limit", "cursor"),
    "incidents": ("state", "severity", "service", "org", "assignee", "limit", "cursor"),
    "notifications": ("state", "channel", "to", "incident", "limit", "cursor"),
    "silences": ("expired", "limit", "cursor"),
    "overrides": ("over", "limit", "cursor"),
    "oncall": ("schedule", "at", "from", "to"),
    "oncall.gaps": ("schedule", "from", "to", "days"),
    "oncall.ics": ("schedule", "person", "from", "to"),
}
"""The parameters of each list."""


class Seen(NamedTuple):
    """What is known besides the store, all of one instant.

    Attributes:
        config: the one in force.
        state: of alerting.
        now: the present.
        channels: how each channel stands; empty where no daemon runs.
        checks: as the daemon sees them; empty where none runs.
    """

    config: Config
    state: State
    now: Instant
    channels: Mapping[str, Standing] = {}
    checks: Mapping[str, LiveCheck] = {}


def alone(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> Seen:
    """Return what is known without a daemon.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alerting

    return Seen(config, alerting.state(cursor), now)


def alerts(cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a list of alerts.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    check_query("alerts", query)
    wanted = alerts_answers.Filter(
        state=_word(query, "state", alerts_answers.STATES, "firing"),
        severity=_word(query, "severity", SEVERITIES),
        service=query.get("service", ""), organization=query.get("org", ""), check=query.get("check", ""),
        incident=_number(query, "incident"),
    )  # fmt: skip
    try:
        if wanted.state == "resolved":
            return alerts_answers.resolved(cursor, wanted, seen.now, limit_of(query), number_of(query))
        return alerts_answers.firing(seen.state, wanted, seen.now, limit_of(query), query.get("cursor", ""))
    except PageError as error:
        raise EntryRefused(str(error)) from None


def alert(cursor: "duckdb.DuckDBPyConnection", seen: Seen, name: str) -> dict[str, Any]:
    """Return an alert with its timeline and violations.

    Raises:
        EntryRefused: there never was one of that fingerprint.
    """
    found = alerts_answers.show(cursor, seen.state, name, seen.now)
    if found is None:
        raise _no_alert(seen, name)
    return found


def explained(cursor: "duckdb.DuckDBPyConnection", seen: Seen, name: str) -> dict[str, Any]:
    """Return why an alert fired, who was told, and why others or nobody was.

    Raises:
        EntryRefused: there is neither an alert nor a check of that name.
    """
    from slawatch.store import alert_history, alerting

    one = alerts_answers.find(seen.state, name) or alert_history.alerts(cursor, [name]).get(name)
    grounds = explaining.Grounds(seen.state, _world(cursor, seen), seen.channels, seen.now)
    if one is None:
        if name not in seen.config.checks:
            raise _no_alert(seen, name)
        return explaining.quiet(name, grounds._replace(live=seen.checks.get(name)))
    happened: tuple[tuple[Instant, str, str], ...] = ()
    if one.incident is not None:
        events = alerting.events(cursor, incident=one.incident, limit=1000)
        happened = tuple((e.at, e.kind, e.text) for _, e, _ in reversed(events))
    return explaining.explain(one, grounds._replace(live=seen.checks.get(one.check), happened=happened))


def _no_alert(seen: Seen, name: str) -> EntryRefused:
    if name in seen.config.checks:
        return missing(f"{name} has never fired: `slawatch alerts explain {name}` says how it is")
    known = [*seen.state.alerts, *seen.config.checks]
    hint = nearest(name, known) or "`slawatch alerts list` shows those that fire"
    return missing(f"there is no alert {name[:200]!r}, and never was: {hint}")


def incidents(cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a list of incidents.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    check_query("incidents", query)
    assignee = query.get("assignee", "")
    if assignee in seen.config.people:
        assignee = f"person:{assignee}"
    wanted = incidents_answers.Filter(
        state=_word(query, "state", incidents_answers.STATES, "open"),
        severity=_word(query, "severity", SEVERITIES),
        service=query.get("service", ""), organization=query.get("org", ""), assignee=assignee,
    )  # fmt: skip
    try:
        if wanted.state in ("all", "resolved"):
            return incidents_answers.past(
                cursor, seen.state, wanted, seen.now, limit_of(query), number_of(query)
            )
        return incidents_answers.current(
            seen.state, wanted, seen.now, limit_of(query), query.get("cursor", "")
        )
    except PageError as error:
        raise EntryRefused(str(error)) from None


def incident(cursor: "duckdb.DuckDBPyConnection", seen: Seen, number: int) -> dict[str, Any]:
    """Return all about an incident.

    Raises:
        EntryRefused: there never was one of that number.
    """
    found = incidents_answers.show(cursor, seen.state, number, _world(cursor, seen), seen.now)
    if found is None:
        raise missing(f"there is no incident {number}: `slawatch incidents list --state all` shows them")
    return found


def draft(cursor: "duckdb.DuckDBPyConnection", seen: Seen, number: int) -> str:
    """Return the draft of an incident's postmortem, as Markdown.

    Raises:
        EntryRefused: there never was one of that number.
    """
    found = incident(cursor, seen, number)
    return postmortem.markdown(found, zone_of(seen.config, found["organization"]))


def zone_of(config: Config, organization: str | None) -> str:
    """Return whose clocks the people of an organisation read."""
    owner = config.organizations.get(organization or "")
    return owner.timezone if owner is not None else config.timezone


def silences(cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the silences, each with what it hits now.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    check_query("silences", query)
    expired = _truth(query, "expired")
    found = silences_answers.silences(cursor, seen.now, seen.state.alerts.values(), expired=expired)
    order = ("active", "pending", "expired")
    places = [
        (order.index(line["state"]), parse_rfc3339(line["end"]), line["id"]) for line in found["silences"]
    ]
    return _page("silences", found["silences"], places, query)


def tried(seen: Seen, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a silence would hit now, made of the same wish as `silence.add`; nothing is stored.

    Raises:
        EntryRefused: it could not be made.
    """
    asked = Wish(wish, seen.config, seen.now)
    try:
        match = parse(asked.text("match", needed="which alerts, such as service=shop"))
    except ValueError as error:
        raise EntryRefused(f"match: {error}") from None
    start = asked.moment("start", "") if asked.has("start") else seen.now
    end = asked.until(start) if asked.has("end") or asked.has("for") else start + 1
    made = Silence(
        id=asked.text("id"), match=match, author=asked.text("person") or "nobody yet",
        comment=asked.text("comment") or "tried", start=start, end=end,
    )  # fmt: skip
    try:
        check_silence(made, force=asked.flag("force"), everything=asked.flag("everything"))
    except SilenceError as error:
        raise EntryRefused(str(error)) from None
    found = silences_answers.hits(match, seen.state.alerts.values())
    alerts = alerts_answers.summary(
        (seen.state.alerts[name] for name in found), seen.state.incidents, seen.now
    )
    return {"match": ", ".join(str(one) for one in match), "hits": found, "alerts": alerts}


def overrides(cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the overrides and swaps that were entered.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    check_query("overrides", query)
    found = silences_answers.overrides(cursor, seen.now, over=_truth(query, "over"))["overrides"]
    return _page(
        "overrides", found, [(parse_rfc3339(line["entered"]["at"]), line["id"]) for line in found], query
    )


def notifications(
    cursor: "duckdb.DuckDBPyConnection", seen: Seen, query: Mapping[str, str]
) -> dict[str, Any]:
    """Return a list of messages.

    Raises:
        EntryRefused: the query asks for what there is not.
    """
    check_query("notifications", query)
    wanted = notifications_answers.Filter(
        state=_word(query, "state", notifications_answers.STATES),
        channel=query.get("channel", ""), to=query.get("to", ""), incident=_number(query, "incident"),
    )  # fmt: skip
    try:
        return notifications_answers.messages(cursor, seen.state, wanted, limit_of(query), number_of(query))
    except PageError as error:
        raise EntryRefused(str(error)) from None


def notification(cursor: "duckdb.DuckDBPyConnection", seen: Seen, key: str) -> dict[str, Any]:
    """Return a message with every attempt.

    Raises:
        EntryRefused: there never was one of that key.
    """
    found = notifications_answers.show(cursor, seen.state, key)
    if found is None:
        raise missing(
            f"there is no notification {key[:200]!r}: `slawatch notifications list` shows their ids"
        )
    return found


def _page(
    name: str, lines: list[dict[str, Any]], places: list[tuple[Any, ...]], query: Mapping[str, str]
) -> dict[str, Any]:
    try:
        page = paged(
            zip(places, lines, strict=True), lambda pair: pair[0], limit_of(query), query.get("cursor", "")
        )
    except PageError as error:
        raise EntryRefused(str(error)) from None
    return {name: [line for _, line in page.lines], "next": page.following}


def _world(cursor: "duckdb.DuckDBPyConnection", seen: Seen) -> World:
    from slawatch.store import duty

    return world_of(with_entered(seen.config, duty.overrides(cursor)))


def check_query(name: str, query: Mapping[str, str]) -> None:
    """Refuse a parameter that a list does not have.

    Raises:
        EntryRefused: there is one.
    """
    unknown = [key for key in query if key not in QUERIES[name]]
    if unknown:
        hint = nearest(unknown[0], QUERIES[name]) or f"there is {one_of(QUERIES[name])}"
        raise EntryRefused(f"there is no parameter {unknown[0][:100]!r} here: {hint}")


def _word(query: Mapping[str, str], key: str, known: tuple[str, ...], usual: str = "") -> str:
    word = query.get(key, usual)
    if word and word not in known:
        hint = nearest(word, known) or f"write {one_of(known)}"
        raise EntryRefused(f"{key}: there is no {word[:100]!r}: {hint}")
    return word


def _number(query: Mapping[str, str], key: str) -> int:
    text = query.get(key, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise EntryRefused(f"{key} is a number")
    return int(text or 0)


def _truth(query: Mapping[str, str], key: str) -> bool:
    word = query.get(key, "false")
    if word not in ("true", "false"):
        raise EntryRefused(f"{key} is true or false")
    return word == "true"
