"""Writes the audit log: every write and every refusal, and of a flood of refusals from one place a count."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slawatch.answers.view import View
from slawatch.core.access import Principal
from slawatch.core.audit import Audited, Outcome
from slawatch.core.instant import MINUTE, Instant

EACH: Final = 60
"""Refusals from one place that are written one by one each minute; the rest of them are counted."""
_PLACES: Final = 4_096
_LONGEST: Final = 300


@dataclass(slots=True)
class _Place:
    """What was refused to one place in one minute."""

    since: Instant
    written: int = 0
    more: int = 0


class Auditing:
    """Adds lines, each with who, from where, what and about what."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._places: dict[str, _Place] = {}

    def write(
        self,
        who: Principal | str | None,
        source: str,
        action: str,
        subject: str,
        outcome: Outcome,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line.

        Args:
            who: the principal, the name of somebody who is none yet, or None for nobody known.
            source: from where.
            action: what they did, or wanted to do.
            subject: what it was about.
            outcome: what came of it.
            detail: more, as JSON values; no secrets.
        """
        now = self._view.clock.now()
        more = dict(detail or {})
        if isinstance(who, Principal):
            if who.kind not in ("socket", "local"):
                more["by"] = who.kind
            if who.person and who.person != who.name:
                more["person"] = who.person
        if outcome == "refused" and not self._is_written(source, now):
            return
        name = who.name if isinstance(who, Principal) else who
        self._view.note(
            Audited(
                now, _line(name or "-"), _line(source or "-"), action, _line(subject), outcome, _json(more)
            )
        )

    def _is_written(self, source: str, now: Instant) -> bool:
        """Say whether a refusal is written by itself; else it is counted."""
        place = self._places.get(source)
        if place is None or not 0 <= now - place.since < MINUTE:
            self.settle(now)
            place = self._places[source] = _Place(now)
        if place.written >= EACH:
            place.more += 1
            return False
        place.written += 1
        return True

    def settle(self, now: Instant | None = None) -> None:
        """Write the counts of the minutes that are over; all of them where no time is given."""
        over = [
            source
            for source, place in self._places.items()
            if now is None or not 0 <= now - place.since < MINUTE or len(self._places) > _PLACES
        ]
        for source in over:
            place = self._places.pop(source)
            if place.more:
                detail = {"times": place.more, "since": place.since}
                self._view.note(
                    Audited(self._view.clock.now(), "-", source, "many", "-", "refused", _json(detail))
                )


def _line(text: str) -> str:
    """Return a text on one line, not longer than anybody would read."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=str)
