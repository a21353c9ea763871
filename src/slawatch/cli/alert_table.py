"""Alerts, silences and messages as people see them in a terminal of any width."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from slawatch.cli.figures import span
from slawatch.cli.table import DIM, Column, Row, paint, table, wrap
from slawatch.cli.terminal import Terminal, clean
from slawatch.core.civil import offset_near_change
from slawatch.core.instant import SECOND, Instant, parse_rfc3339

BOLD: Final = "1"
RED: Final = "31;1"
GREEN: Final = "32"
YELLOW: Final = "33"
SEVERITY: Final = {"critical": RED, "high": "31", "medium": YELLOW, "low": "36", "info": DIM}


def render_alerts(
    found: list[dict[str, Any]], state: str, timezone: str, now: Instant, terminal: Terminal
) -> str:
    """Return a list of alerts; why nobody is told of one stands beside it."""
    if not found:
        empty = {
            "firing": "no alert fires",
            "suppressed": "no alert fires that nobody is told of",
            "resolved": "no alert has fired and ended yet",
        }
        return paint(empty[state], GREEN if state == "firing" else "", terminal) + "\n"
    over = state == "resolved"
    head = [
        Column("ALERT", shrinks=True), Column("SEVERITY"), Column("SERVICE", shrinks=True),
        Column("FROM" if over else "SINCE", right=not over),
        Column("LASTED" if over else "INCIDENT", right=over),
        Column("MEASURED", shrinks=True),
    ]  # fmt: skip
    rows = []
    for alert in found:
        colour = SEVERITY.get(alert["severity"], "")
        start = parse_rfc3339(alert["since"])
        marks = [word for word in ("flapping", "stale") if alert[word]]
        measured = " ".join(filter(None, (alert["actual"], _limit(alert["threshold"]))))
        rows.append(
            Row(
                [
                    (clean(alert["id"]), colour if not over else ""),
                    (alert["severity"], colour),
                    (clean(alert["service"]), ""),
                    (local(alert["since"], timezone, now) if over else span(now - start), ""),
                    (span(int(alert["seconds"] * SECOND)), "") if over else (_incident(alert), ""),
                    (clean(measured), DIM),
                ],
                clean("; ".join([*marks, *_quiet(alert)]) if not over else alert["resolution"] or ""),
            )
        )
    return text_of(table(head, rows, terminal, ("MEASURED", "SERVICE")))


def render_alert(alert: dict[str, Any], timezone: str, now: Instant, terminal: Terminal) -> str:
    """Return all about one alert."""
    lines = headline(f"{alert['id']}: {alert['title']}", alert["severity"], alert["state"], terminal)
    end = alert["resolved_at"]
    since = local(alert["since"], timezone, now)
    lasted = span(int(alert["seconds"] * SECOND))
    facts = [
        ("Service", named(alert["service"], alert["organization"])),
        ("Check", alert["check"] if alert["check"] != alert["id"] else ""),
        ("Since", f"{since}, {lasted}" if not end else ""),
        ("Was", f"{since} to {local(end, timezone, now)}, {lasted}" if end else ""),
        ("Measured", " ".join(filter(None, (alert["actual"], _limit(alert["threshold"]))))),
        ("Incident", _incident(alert) if alert["incident"] else ""),
        ("Labels", ", ".join(f'{key}="{value}"' for key, value in alert["labels"].items())),
        ("Resolution", (alert["resolution"] or "") if end else ""),
        ("Not told", "; ".join(_quiet(alert))),
    ]
    lines += [*pairs(facts, terminal), ""]
    head = [Column("FROM"), Column("TO"), Column("LASTED", right=True), Column("SEVERITY"),
            Column("MEASURED", shrinks=True), Column("INCIDENT")]  # fmt: skip
    rows = [
        Row(
            [
                (local(one["start"], timezone, now), ""),
                (local(one["end"], timezone, now) if one["end"] else "fires", "" if one["end"] else RED),
                (span(int(one["seconds"] * SECOND)), ""),
                (one["severity"], SEVERITY.get(one["severity"], "")),
                (clean(" ".join(filter(None, (one["actual"], _limit(one["threshold"]))))), DIM),
                (str(one["incident"] or ""), ""),
            ],
            clean(one["resolution"] or ""),
        )
        for one in alert["violations"]
    ]
    if rows:
        lines += [*table(head, rows, terminal, ("MEASURED", "INCIDENT")), ""]
    lines += timeline(alert["timeline"], timezone, now, terminal)
    return text_of(lines)


def render_explained(found: dict[str, Any], timezone: str, now: Instant, terminal: Terminal) -> str:
    """Return why an alert fired, who was told, and why others or nobody was."""
    alert = found["alert"]
    lines = []
    if alert is not None:
        lines += [
            *headline(f"{alert['id']}: {alert['title']}", alert["severity"], alert["state"], terminal), "",
        ]  # fmt: skip
    lines += [
        paint("Why", BOLD, terminal),
        *bullets((one["text"] for one in found["why"]), timezone, terminal),
    ]
    if found["told"]:
        lines += ["", paint("Told", BOLD, terminal)]
        lines += told(found["told"], timezone, now, terminal)
    elif alert is not None:
        lines += ["", paint("Told", BOLD, terminal), "  nobody"]
    if found["not_told"]:
        lines += ["", paint("Why nobody else" if found["told"] else "Why nobody", BOLD, terminal)]
        lines += bullets((one["text"] for one in found["not_told"]), timezone, terminal)
    if found["next"]:
        lines += ["", paint("Next", BOLD, terminal), *upcoming(found["next"], terminal)]
    return text_of(lines)


def render_silences(found: list[dict[str, Any]], timezone: str, now: Instant, terminal: Terminal) -> str:
    """Return a list of silences, with what each hits now."""
    if not found:
        return "nothing is silenced: `slawatch silence add` silences alerts\n"
    colours = {"active": YELLOW, "pending": "", "expired": DIM}
    head = [
        Column("ID"), Column("STATE"), Column("ENDS"), Column("LEFT", right=True),
        Column("ALERTS", right=True), Column("AUTHOR", shrinks=True), Column("MATCH"),
    ]  # fmt: skip
    rows = [
        Row(
            [
                (one["id"], ""),
                ("broken", RED) if one.get("fault") else (one["state"], colours[one["state"]]),
                (local(one["end"], timezone, now), ""),
                (_left(one, now), ""),
                (str(len(one["hits"])), ""),
                (clean(one["author"]), ""),
                (clean(one["match"]), ""),
            ],
            clean(f"it silences nothing: {one['fault']}" if one.get("fault") else one["comment"]),
        )
        for one in found
    ]
    return text_of(table(head, rows, terminal, ("LEFT", "ALERTS", "AUTHOR")))


def headline(title: str, severity: str, state: str, terminal: Terminal) -> list[str]:
    """Return the lines above all about one thing."""
    colour = SEVERITY.get(severity, "") if state not in ("resolved", "merged") else GREEN
    text = f"{clean(title)}"
    lines = wrap(text, terminal.width) if terminal.width else [text]
    said = f"{severity}, {state}" if severity else state
    return [*(paint(line, BOLD, terminal) for line in lines), paint(said, colour, terminal)]


def pairs(facts: Iterable[tuple[str, str]], terminal: Terminal) -> list[str]:
    """Return names and values, those without a value left out."""
    found = [(name, clean(value)) for name, value in facts if value]
    width = max((len(name) for name, _ in found), default=0)
    lines = []
    for name, value in found:
        room = terminal.width - width - 2 if terminal.width else 1_000_000
        first, *rest = wrap(value, room) or [""]
        lines.append(f"{paint(name.ljust(width), DIM, terminal)}  {first}")
        lines += [" " * (width + 2) + line for line in rest]
    return lines


def bullets(texts: Iterable[str], timezone: str, terminal: Terminal) -> list[str]:
    """Return sentences below each other, their times as the zone's clocks show them."""
    lines = []
    for text in texts:
        first, *rest = wrap(
            clean(in_zone(text, timezone)), terminal.width - 4 if terminal.width else 1_000_000
        )
        lines += [f"  {_dot(terminal)} {first}", *(f"    {line}" for line in rest)]
    return lines


def told(found: list[dict[str, Any]], timezone: str, now: Instant, terminal: Terminal) -> list[str]:
    """Return who was told what last."""
    head = [Column("  WHO", shrinks=True), Column("THROUGH", shrinks=True), Column("LAST"), Column("WHEN")]
    rows = [
        Row(
            [
                (f"  {clean(one['to'].removeprefix('person:'))}", ""),
                (clean(one["channel"]), ""),
                (one["kind"], ""),
                (local(one["at"], timezone, now), ""),
            ]
        )
        for one in found
    ]
    return table(head, rows, terminal)[1:]


def upcoming(found: list[dict[str, Any]], terminal: Terminal) -> list[str]:
    """Return what happens next."""
    times = [f"in {span(int(one['in'] * SECOND))}" if one["in"] > 0 else "now" for one in found]
    width = max(map(len, times))
    lines = []
    for when, one in zip(times, found, strict=True):
        room = terminal.width - width - 4 if terminal.width else 1_000_000
        first, *rest = wrap(clean(one["text"]), room)
        lines.append(f"  {when.ljust(width)}  {paint(first, DIM if one['withheld'] else '', terminal)}")
        lines += [" " * (width + 4) + line for line in rest]
    return lines


def timeline(found: list[dict[str, Any]], timezone: str, now: Instant, terminal: Terminal) -> list[str]:
    """Return what happened, in its order."""
    if not found:
        return []
    times = [local(one["at"], timezone, now, seconds=True) for one in found]
    width = max(map(len, times))
    lines = [paint("Timeline", BOLD, terminal)]
    for when, one in zip(times, found, strict=True):
        by = one["by"]
        text = clean(one["text"])
        if by and by not in text:
            text += f" ({clean(by)})"
        room = terminal.width - width - 4 if terminal.width else 1_000_000
        first, *rest = wrap(text.replace("person:", ""), room)
        lines.append(f"  {paint(when.ljust(width), DIM, terminal)}  {first}")
        lines += [" " * (width + 4) + line for line in rest]
    return lines


def local(stamp: str | None, timezone: str, now: Instant, *, seconds: bool = False) -> str:
    """Return a time as a zone's clocks show it: with the date where that is not today's."""
    if stamp is None:
        return "-"
    zone = ZoneInfo(timezone)
    moment = datetime.fromisoformat(stamp).astimezone(zone)
    today = datetime.fromtimestamp(now / SECOND, zone).date()
    clock = moment.strftime("%H:%M:%S" if seconds else "%H:%M") + offset_near_change(moment)
    return clock if moment.date() == today else f"{moment:%Y-%m-%d} {clock}"


def in_zone(text: str, timezone: str) -> str:
    """Return a text whose times in UTC are written as a zone's clocks show them.

    >>> in_zone("until 2026-12-01T21:00:00Z", "Europe/Berlin")
    'until 2026-12-01 22:00:00'
    """
    zone = ZoneInfo(timezone)
    words = []
    for word in text.split(" "):
        bare = word.rstrip(",:;.)")
        if len(bare) >= 20 and bare[4] == "-" and bare[10] == "T" and bare.endswith("Z"):
            moment = datetime.fromisoformat(bare).astimezone(zone)
            word = f"{moment:%Y-%m-%d %H:%M:%S}{offset_near_change(moment)}{word[len(bare) :]}"
        words.append(word)
    return " ".join(words)


def named(service: str | None, organization: str | None) -> str:
    """Return a service with its organisation.

    >>> named("shop", "acme"), named("shop", "")
    ('shop (acme)', 'shop')
    """
    return f"{service} ({organization})" if service and organization else service or organization or ""


def _incident(alert: dict[str, Any]) -> str:
    if alert["incident"] is None:
        return "-"
    state = alert["incident_state"]
    return f"{alert['incident']} {state}" if state else str(alert["incident"])


def _quiet(alert: dict[str, Any]) -> list[str]:
    found = [why["text"] or why["kind"] for why in alert["suppressed"]]
    return [*found, "its incident was resolved by hand"] if alert.get("guard_until") else found


def _limit(threshold: str | None) -> str:
    return f"(limit {threshold})" if threshold else ""


def _left(one: dict[str, Any], now: Instant) -> str:
    if one["state"] == "expired":
        return "-"
    return span(parse_rfc3339(one["end"]) - now)


def _dot(terminal: Terminal) -> str:
    return "•" if terminal.unicode else "-"


def text_of(lines: Iterable[str]) -> str:
    """Return lines as they are printed."""
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"
