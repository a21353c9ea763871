"""Incidents as people see them in a terminal of any width."""

from collections.abc import Iterable
from typing import Any, Final

from slawatch.cli.alert_table import (
    BOLD,
    GREEN,
    RED,
    SEVERITY,
    YELLOW,
    headline,
    local,
    named,
    pairs,
    timeline,
    told,
    upcoming,
)
from slawatch.cli.figures import span
from slawatch.cli.table import DIM, Column, Row, paint, table, wrap
from slawatch.cli.terminal import Terminal, clean
from slawatch.core.escalation import turn_text
from slawatch.core.instant import SECOND, Instant, parse_rfc3339

STATE: Final = {"triggered": RED, "acked": YELLOW, "snoozed": YELLOW, "resolved": GREEN, "merged": DIM}
_NEXT: Final = {
    "level": "told", "contact": "told", "flush": "update", "ack_reminder": "reminder",
    "ack_timeout": "ack ends", "snooze_end": "snooze ends", "reminder": "reminder",
}  # fmt: skip


def render_list(found: list[dict[str, Any]], state: str, now: Instant, terminal: Terminal) -> str:
    """Return a list of incidents."""
    if not found:
        said = "no incident is open" if state == "open" else "no such incident"
        return paint(said, GREEN if state == "open" else "", terminal) + "\n"
    head = [
        Column("#", right=True), Column("STATE"), Column("SEVERITY"), Column("INCIDENT", shrinks=True),
        Column("SERVICE", shrinks=True), Column("OPEN", right=True), Column("WHO", shrinks=True),
        Column("NEXT"),
    ]  # fmt: skip
    rows = [
        Row(
            [
                (str(one["id"]), ""),
                (shown_state(one), STATE.get(one["state"], "")),
                (one["severity"], SEVERITY.get(one["severity"], "")),
                (clean(one["title"]), ""),
                (clean(one["service"] or ""), ""),
                (span(int(one["seconds"] * SECOND)), ""),
                (clean(_who(one)), ""),
                (_next(one, now), DIM),
            ],
            clean(_note(one)),
        )
        for one in found
    ]
    return _text(table(head, rows, terminal, ("SERVICE", "NEXT", "WHO")))


def render(one: dict[str, Any], timezone: str, now: Instant, terminal: Terminal) -> str:
    """Return all about one incident."""
    lines = headline(f"Incident {one['id']}: {one['title']}", one["severity"], shown_state(one), terminal)
    opened = local(one["opened_at"], timezone, now)
    lasted = span(int(one["seconds"] * SECOND))
    end = one["resolved_at"]
    level = (
        ""
        if one["level"] is None
        else f", level {one['level']}" + (f" for the {turn_text(one['cycle'])}" if one["cycle"] else "")
    )
    facts = [
        ("Service", named(one["service"], one["organization"])),
        ("Opened", f"{opened}, {lasted} ago" if not end else f"{opened}, open for {lasted}"),
        ("Acknowledged", _by(one["acker"], one["acked_at"], timezone, now)),
        ("Snoozed", f"until {local(one['snoozed_until'], timezone, now)}" if one["snoozed_until"] else ""),
        ("Resolved", _by(one["resolved_by"] or "itself", end, timezone, now) if end else ""),
        ("Resolution", one["resolution"] if end else ""),
        ("Assigned to", _plain(one["assignee"])),
        ("Commander", _plain(one["commander"])),
        ("Communications", _plain(one["communications"])),
        ("Policy", f"{one['policy']}{level}" if one["policy"] else ""),
        ("Not told", ", ".join(one["suppressed"])),
        ("Reopened", f"{one['reopened']} times" if one["reopened"] else ""),
        ("Part of it", ", ".join(f"incident {number}" for number in one["merged"])),
        ("Part of", f"incident {one['merged_into']}" if one["merged_into"] else ""),
    ]
    lines += pairs(facts, terminal)
    for title, alerts in (("Alerts", one["alerts"]), ("Explained by it", one["children"])):
        if alerts:
            lines += ["", paint(title, BOLD, terminal), *_alerts(alerts, now, terminal)]
    if one["next"]:
        lines += ["", paint("Next", BOLD, terminal), *upcoming(one["next"], terminal)]
    if one["told"]:
        lines += ["", paint("Told", BOLD, terminal), *told(one["told"], timezone, now, terminal)]
    if one["owed"]:
        lines += ["", paint("On the way", BOLD, terminal), *_owed(one["owed"], terminal)]
    if one["notes"]:
        lines += ["", paint("Notes", BOLD, terminal), *_notes(one["notes"], timezone, now, terminal)]
    lines += ["", *timeline(one["timeline"], timezone, now, terminal)]
    lines += [paint(f"times in {timezone}", DIM, terminal)]
    return _text(lines)


def render_done(found: dict[str, Any], terminal: Terminal) -> str:
    """Return what a command came to."""
    incident = found["incident"]
    lines = []
    if incident is not None:
        state = shown_state(incident)
        said = f"incident {incident['id']}: {state}"
        who = _who(incident)
        if who and incident["state"] == "acked":
            said += f" by {clean(who)}"
        lines.append(
            paint(said, STATE.get(incident["state"], ""), terminal) + f", {clean(incident['title'])}"
        )
    shown = [one["text"] for one in found["events"] if not one["kind"].startswith("row.")]
    lines += [f"  {clean(text).replace('person:', '')}" for text in shown]
    return _text(lines)


def shown_state(one: dict[str, Any]) -> str:
    """Return the state of an incident as people read it.

    >>> shown_state({"state": "triggered", "exhausted": True})
    'triggered (exhausted)'
    """
    return f"{one['state']} (exhausted)" if one["exhausted"] and one["state"] == "triggered" else one["state"]


def _alerts(found: list[dict[str, Any]], now: Instant, terminal: Terminal) -> list[str]:
    head = [
        Column("", shrinks=True),
        Column(""),
        Column(""),
        Column("", right=True),
        Column("", shrinks=True),
    ]
    rows = []
    for alert in found:
        over = alert["state"] == "resolved"
        colour = GREEN if over else SEVERITY.get(alert["severity"], "")
        lasted = span(int(alert["seconds"] * SECOND) if over else now - parse_rfc3339(alert["since"]))
        measured = " ".join(
            filter(None, (alert["actual"], f"(limit {alert['threshold']})" if alert["threshold"] else ""))
        )
        quiet = "; ".join(why["text"] or why["kind"] for why in alert["suppressed"])
        rows.append(
            Row(
                [
                    (f"  {clean(alert['title'])}", colour), (alert["severity"], colour),
                    (alert["state"], colour), (lasted, ""), (clean(measured), DIM),
                ],
                clean(f"nobody is told: {quiet}" if quiet else ""),
            )
        )  # fmt: skip
    return table(head, rows, terminal)[1:]


def _owed(found: list[dict[str, Any]], terminal: Terminal) -> list[str]:
    head = [Column(""), Column(""), Column(""), Column("")]
    rows = [
        Row(
            [
                (f"  {clean(_plain(one['to']))}", ""), (clean(one["channel"]), ""), (one["kind"], ""),
                (one["state"].replace("_", " "), YELLOW if one["state"] == "retry_wait" else ""),
            ],
            clean(one["answer"] or ""),
        )
        for one in found
    ]  # fmt: skip
    return table(head, rows, terminal)[1:]


def _notes(found: list[dict[str, Any]], timezone: str, now: Instant, terminal: Terminal) -> list[str]:
    lines = []
    for note in found:
        head = f"{local(note['at'], timezone, now)} {_plain(note['by'])}: "
        text = clean(head + note["text"])
        first, *rest = wrap(text, terminal.width - 4 if terminal.width else 1_000_000)
        lines += [f"  {first}", *(f"    {line}" for line in rest)]
    return lines


def _by(who: str | None, at: str | None, timezone: str, now: Instant) -> str:
    if not who or at is None:
        return ""
    return f"{local(at, timezone, now)} by {_plain(who)}"


def _who(one: dict[str, Any]) -> str:
    return _plain(one["assignee"] or (one["acker"] if one["state"] == "acked" else ""))


def _plain(name: str | None) -> str:
    return (name or "").removeprefix("person:")


def _next(one: dict[str, Any], now: Instant) -> str:
    if one.get("nobody_to_tell"):
        return "nobody to tell"
    if one["next_at"] is None:
        return ""
    what = _NEXT.get(one["next_kind"], "")
    left = parse_rfc3339(one["next_at"]) - now
    return f"{what} in {span(left)}" if left > 0 else f"{what} now"


def _note(one: dict[str, Any]) -> str:
    if one["suppressed"]:
        return f"nobody is told: {', '.join(one['suppressed']).replace('_', ' ')}"
    if one["merged_into"]:
        return f"part of incident {one['merged_into']}"
    return one["resolution"] or "" if one["state"] == "resolved" else ""


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"
