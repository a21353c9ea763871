"""The draft of a postmortem: what the record of an incident says, as Markdown, with room for the rest."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from slawatch.answers.timeline import people
from slawatch.core.chain import length_text
from slawatch.core.civil import offset_near_change
from slawatch.core.instant import SECOND, parse_rfc3339

_STEERS: Final = re.compile(r"([\\`*_{}\[\]<>#|!~])")
_TO_WRITE: Final = (
    ("Impact", "Who noticed what? Which promises were touched?"),
    ("Cause", "What made it happen, and what made that possible?"),
    ("What went well", ""),
    ("What went badly", ""),
)


def markdown(incident: Mapping[str, Any], timezone: str) -> str:
    """Return the draft.

    Args:
        incident: as `answers.incidents.show` gives it.
        timezone: of the times in it.
    """
    title = f"# Incident {incident['id']}: {plain(incident['title'])}"
    parts = [title, _facts(incident, timezone), _alerts(incident, timezone)]
    parts += [f"## {head}\n\n{f'_{hint}_' if hint else '_To be written._'}" for head, hint in _TO_WRITE]
    parts += [_timeline(incident, timezone), _told(incident, timezone), _notes(incident, timezone)]
    parts.append("## Actions\n\n| What | Who | Until |\n| --- | --- | --- |\n|  |  |  |")
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    r"""Return a text on one line that Markdown shows as it is.

    >>> print(plain("a|b <i>"))
    a\|b \<i\>
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _STEERS.sub(r"\\\1", line)


def _facts(incident: Mapping[str, Any], timezone: str) -> str:
    acked = next((one for one in incident["timeline"] if one["kind"] == "incident.acked"), None)
    first = next((one for one in incident["timeline"] if one["kind"] == "row.sent"), None)
    over = incident["resolved_at"]
    state = incident["state"] + (" (exhausted)" if incident["exhausted"] else "")
    begun = min((alert["since"] for alert in incident["alerts"]), key=parse_rfc3339, default=None)
    rows = [
        ("State", plain(state)),
        ("Severity", incident["severity"]),
        ("Service", plain(incident["service"])),
        ("Organization", plain(incident["organization"])),
        ("Escalation policy", plain(incident["policy"])),
        ("First bad result", _time(begun, timezone)),
        ("Opened", _time(incident["opened_at"], timezone)),
        ("First told", _after(first and first["at"], incident["opened_at"], timezone)),
        ("Acknowledged", _after(acked and acked["at"], incident["opened_at"], timezone)
         + (f" by {_names([acked['by']])}" if acked and acked["by"] else "")),
        ("Resolved", _after(over, incident["opened_at"], timezone)
         + (f" by {_names([incident['resolved_by']])}" if incident["resolved_by"] else "")),
        ("Resolution", plain(incident["resolution"] or "")),
        ("Reopened", f"{incident['reopened']} times" if incident["reopened"] else ""),
        ("Assigned to", _names([incident["assignee"]])),
        ("Commander", _names([incident["commander"]])),
        ("Communications", _names([incident["communications"]])),
        ("Merged into it", ", ".join(f"incident {number}" for number in incident["merged"])),
    ]  # fmt: skip
    return _table(("", ""), [row for row in rows if row[1].strip()])


def _alerts(incident: Mapping[str, Any], timezone: str) -> str:
    lines = [
        (
            plain(alert["title"]),
            alert["severity"],
            _time(alert["since"], timezone),
            _time(alert["resolved_at"], timezone) or "fires",
            _length(alert["seconds"]),
            plain(alert["actual"] or ""),
            plain(alert["threshold"] or ""),
            plain(alert["resolution"] or ""),
        )
        for alert in (*incident["alerts"], *incident["children"])
    ]
    if not lines:
        return ""
    head = ("Alert", "Severity", "From", "To", "Length", "Measured", "Limit", "Resolution")
    return "## Alerts\n\n" + _table(head, lines)


def _timeline(incident: Mapping[str, Any], timezone: str) -> str:
    rows = [
        (_time(one["at"], timezone), plain(one["text"].replace("person:", "")), _names([one["by"]]))
        for one in incident["timeline"]
    ]
    if not rows:
        return ""
    zone = f"Times in {plain(timezone)}."
    return f"## Timeline\n\n{zone}\n\n" + _table(("Time", "What", "Who"), rows)


def _told(incident: Mapping[str, Any], timezone: str) -> str:
    rows = [
        (_names([one["to"]]), plain(one["channel"]), one["kind"], _time(one["at"], timezone))
        for one in incident["told"]
    ]
    return "## Who was told\n\n" + _table(("Who", "Through", "Last", "When"), rows) if rows else ""


def _notes(incident: Mapping[str, Any], timezone: str) -> str:
    lines = [
        f"- {_time(note['at'], timezone)}, {_names([note['by']])}: {plain(note['text'])}"
        for note in incident["notes"]
    ]
    return "## Notes\n\n" + "\n".join(lines) if lines else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    lines += ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _names(found: Iterable[str | None]) -> str:
    return plain(people(name for name in found if name))


def _time(stamp: str | None, timezone: str) -> str:
    if stamp is None:
        return ""
    moment = datetime.fromisoformat(stamp).astimezone(ZoneInfo(timezone))
    return f"{moment:%Y-%m-%d %H:%M:%S}{offset_near_change(moment)}"


def _after(stamp: str | None, since: str, timezone: str) -> str:
    if stamp is None:
        return ""
    length = max(0, parse_rfc3339(stamp) - parse_rfc3339(since))
    return f"{_time(stamp, timezone)} ({_length(length / SECOND)} after it was opened)"


def _length(seconds: float) -> str:
    return length_text(int(seconds * SECOND))
