"""Messages as people see them in a terminal of any width: to whom, through what, and what came of each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from slawatch.cli.alert_table import BOLD, GREEN, RED, YELLOW, local, pairs, text_of
from slawatch.cli.figures import latency, span
from slawatch.cli.table import DIM, Column, Row, paint, table
from slawatch.cli.terminal import Terminal, clean
from slawatch.core import fate
from slawatch.core.instant import Instant, parse_rfc3339

if TYPE_CHECKING:
    from slawatch.core.people import Person

STAGE: Final = {
    "sent": GREEN, "queued": "", "sending": "", "retry_wait": YELLOW, "dead": RED, "cancelled": DIM,
}  # fmt: skip


def render_messages(found: list[dict[str, Any]], timezone: str, now: Instant, terminal: Terminal) -> str:
    """Return a list of messages; what went wrong stands beside each."""
    if not found:
        return "no message, or none of that kind\n"
    head = [
        Column("WHEN"), Column("STATE"), Column("TO", shrinks=True), Column("CHANNEL", shrinks=True),
        Column("KIND"), Column("INCIDENT", right=True), Column("TRIES", right=True), Column("ID"),
    ]  # fmt: skip
    rows = [
        Row(
            [
                (local(one["created_at"], timezone, now), ""),
                (one["state"].replace("_", " "), STAGE.get(one["state"], "")),
                (clean(one["to"].removeprefix("person:")), ""),
                (clean(one["channel"]), ""),
                (one["kind"], ""),
                (str(one["incident"] or ""), ""),
                (str(one["tries"]), DIM),
                (clean(one["id"]), DIM),
            ],
            clean(_trouble(one)),
        )
        for one in found
    ]
    return text_of(table(head, rows, terminal, ("TRIES", "INCIDENT", "KIND")))


def render_message(
    one: dict[str, Any], people: Mapping[str, "Person"], timezone: str, now: Instant, terminal: Terminal
) -> str:
    """Return a message with every attempt and what the provider answered, in the words of people.

    Args:
        one: as JSON has it, with its codes.
        people: by key, for their names.
        timezone: that times are told in.
        now: the present.
        terminal: where it goes.
    """
    who = one["to"].removeprefix("person:")
    who = people[who].shown if who in people else who
    through = "" if one["to"] == f"channel:{one['channel']}" else f" through {one['channel']}"
    title = f"{fate.KINDS.get(one['kind'], one['kind'])} to {who}{through}"
    state = fate.STAGES.get(one["state"], one["state"])
    why = fate.WHY.get(one["why"], one["why"]) if one["state"] in ("dead", "cancelled") else ""
    lines = [
        paint(clean(title[:1].upper() + title[1:]), BOLD, terminal),
        paint(clean(f"{state[:1].upper()}{state[1:]}" + (f": {why}" if why else "")),
              STAGE.get(one["state"], ""), terminal),
    ]  # fmt: skip
    facts = [
        ("Incident", str(one["incident"] or "")),
        ("Service", one["service"] or ""),
        ("Decided", local(one["created_at"], timezone, now, seconds=True)),
        ("Because", fate.because(one["reason"] or "", one["detail"] or "", one["level"], one["cycle"])),
        ("Next try", _ahead(one["not_before"], timezone, now)),
        ("Until", _ahead(one["expires_at"], timezone, now)),
        ("Answer", "" if one["attempts"] else one["answer"] or ""),
        ("Careful", "it may have got through before, and come twice" if one["possible_duplicate"] else ""),
        ("Provider's id", one["provider_id"] or ""),
        ("Replaced by", one["superseded_by"] or ""),
        ("Id", one["id"]),
    ]
    lines += pairs(facts, terminal)
    head = [Column("TRY", right=True), Column("WHEN"), Column("TOOK", right=True), Column("CAME TO")]
    rows = [
        Row(
            [
                (str(tried["number"]), ""),
                (local(tried["started_at"], timezone, now, seconds=True), ""),
                (latency(tried["seconds"]), ""),
                (fate.VERDICTS.get(tried["verdict"], tried["verdict"]),
                 GREEN if tried["verdict"] == "ok" else YELLOW),
            ],
            clean(fate.answered(tried["status"], tried["answer"] or "")),
        )
        for tried in one["attempts"]
    ]  # fmt: skip
    lines += ["", *(table(head, rows, terminal) if rows else ["nobody was asked to deliver it yet"])]
    if one["state"] == "dead":
        lines += ["", f"slawatch notifications retry {clean(one['id'])} sends it again"]
    return text_of(lines)


def _ahead(at: str | None, timezone: str, now: Instant) -> str:
    """Return a time to come, and in how long; nothing for none."""
    if at is None:
        return ""
    left = parse_rfc3339(at) - now
    when = local(at, timezone, now, seconds=True)
    return f"{when}, in {span(left)}" if left > 0 else f"{when}, now"


def _trouble(one: dict[str, Any]) -> str:
    if one["state"] == "sent":
        return ""
    return ": ".join(filter(None, (fate.WHY.get(one["why"], one["why"]), one["answer"])))
