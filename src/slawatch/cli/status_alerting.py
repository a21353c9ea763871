"""What `status` shows of alerting: what is open, what nobody is told of, channels in trouble."""

from typing import Any, Final

from slawatch.cli.figures import span
from slawatch.cli.table import DIM, Column, Row, table, wrap
from slawatch.cli.terminal import Terminal, clean
from slawatch.core.instant import SECOND, Instant, parse_rfc3339

MOST: Final = 8
"""So many incidents are listed; `slawatch incidents list` shows the others."""
_COLOURS: Final = {"triggered": "31;1", "acked": "33", "snoozed": "33"}
_TROUBLED: Final = {
    "failing": "messages fail", "open": "messages fail again and again",
    "misconfigured": "its provider refuses what is sent", "disabled": "its provider wants no more messages",
}  # fmt: skip
_NEXT: Final = {
    "level": "told", "contact": "told", "flush": "update", "ack_reminder": "reminder",
    "ack_timeout": "ack ends", "snooze_end": "snooze ends", "reminder": "reminder",
}  # fmt: skip


def lines(answer: dict[str, Any], now: Instant, terminal: Terminal) -> list[str]:
    """Return the open incidents and how many alerts nobody is told of; nothing where all is well."""
    found: list[str] = []
    incidents = answer["incidents"]
    if incidents:
        head = [
            Column("INCIDENT", right=True), Column("STATE"), Column("SEVERITY"), Column("WHAT", shrinks=True),
            Column("OPEN", right=True), Column("WHO", shrinks=True), Column("NEXT"),
        ]  # fmt: skip
        found += table(
            head, [_row(one, now) for one in incidents[:MOST]], terminal, ("SEVERITY", "WHO", "NEXT")
        )
        if len(incidents) > MOST:
            found.append(f"and {len(incidents) - MOST} more: slawatch incidents list")
    quiet = [alert for alert in answer["alerts"] if alert["suppressed"]]
    if quiet:
        count = "nobody is told of one alert that fires" if len(quiet) == 1 else (
            f"nobody is told of {len(quiet)} alerts that fire"
        )  # fmt: skip
        text = f"{count}: slawatch alerts list --state suppressed"
        found += wrap(text, terminal.width) if terminal.width else [text]
    return [*found, ""] if found else []


def meta(answer: dict[str, Any]) -> list[str]:
    """Return the alerts about slawatch itself, a line each: they count in the exit code."""
    return [clean(alert["title"]) for alert in answer["alerts"] if alert["labels"].get("kind") == "meta"]


def troubles(answer: dict[str, Any]) -> list[str]:
    """Return what is wrong with slawatch itself and with its ways of telling people, a line each."""
    found = meta(answer)
    for channel in answer["channels"]:
        name, why = clean(channel["channel"]), clean(channel.get("why") or "")
        if channel["state"] in _TROUBLED and not any(name in line for line in found):
            found.append(f"channel {name}: {_TROUBLED[channel['state']]}" + (f": {why}" if why else ""))
    return found


def remarks(answer: dict[str, Any]) -> list[str]:
    """Return what is worth a look, and no trouble of now: messages given up, templates that are broken."""
    found = [
        f"channel {clean(channel['channel'])}: {clean(channel['warning'])}"
        for channel in answer["channels"]
        if channel.get("warning")
    ]
    dead = sum(channel["dead"] for channel in answer["channels"])
    if dead:
        count = "one message was" if dead == 1 else f"{dead} messages were"
        found.append(f"{count} given up: slawatch notifications list --state dead")
    return found


def figures(answer: dict[str, Any]) -> list[str]:
    """Return performance data for Nagios."""
    waiting = sum(channel["queued"] for channel in answer["channels"])
    dead = sum(channel["dead"] for channel in answer["channels"])
    return [
        f"alerts={len(answer['alerts'])};;;0;",
        f"incidents={len(answer['incidents'])};;;0;",
        f"notifications_queued={waiting};;;0;",
        f"notifications_dead={dead};;;0;",
    ]


def _row(one: dict[str, Any], now: Instant) -> Row:
    colour = _COLOURS.get(one["state"], "")
    who = one["assignee"] or (one["acker"] if one["state"] == "acked" else "") or ""
    state = "exhausted" if one["exhausted"] and one["state"] == "triggered" else one["state"]
    following = ""
    if one.get("nobody_to_tell"):
        following = "nobody to tell"
    elif one["next_at"] is not None:
        left = parse_rfc3339(one["next_at"]) - now
        due = f"in {span(left)}" if left > 0 else "now"
        following = f"{_NEXT.get(one['next_kind'], '')} {due}".strip()
    return Row(
        [
            (str(one["id"]), ""),
            (state, colour),
            (one["severity"], colour if one["state"] == "triggered" else ""),
            (clean(one["title"]), ""),
            (span(int(one["seconds"] * SECOND)), ""),
            (clean(who.removeprefix("person:")), ""),
            (following, DIM),
        ],
        f"nobody is told: {', '.join(one['suppressed']).replace('_', ' ')}" if one["suppressed"] else "",
    )
