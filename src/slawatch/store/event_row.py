"""An event of alerting as a row of plain values, for its table and for the journal, and back."""

import json
from collections.abc import Sequence
from typing import Any

from slawatch.core.event import Numbered
from slawatch.core.turn import read_event, write_event


def row_of(numbered: Numbered) -> tuple[Any, ...]:
    """Return an event as its row in the table, of plain values."""
    found = write_event(numbered.event)
    changes = json.dumps(found["changes"], ensure_ascii=False, separators=(",", ":"))
    return (
        numbered.number, int(found["at"]), found["kind"], found["subject"], found["text"], found["by"],
        found["origin"], changes, bool(found["gone"]), numbered.incident,
    )  # fmt: skip


def read_row(row: Sequence[Any]) -> Numbered:
    """Return the event of a row.

    Raises:
        KeyError, TypeError, ValueError: no row that `row_of` made.
    """
    number, at, kind, subject, text, by, origin, changes, gone, incident = row
    event = read_event(
        {
            "at": at, "kind": kind, "subject": subject, "text": text, "by": by, "origin": origin,
            "changes": json.loads(changes), "gone": gone,
        }
    )  # fmt: skip
    return Numbered(number, event, incident or 0)
