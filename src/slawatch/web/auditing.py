"""Writes the audit log: every write and every refusal, and of a flood of refusals a count.

What nobody known is refused is counted by place, what somebody known is refused by who they are: noise that
anybody can make hides nothing of those who may do something.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slawatch.answers.view import View
from slawatch.core.access import Principal
from slawatch.core.audit import Audited, Outcome
from slawatch.core.instant import MINUTE, Instant

EACH: Final = 60
"""Refusals of nobody known, from one place, that are written one by one each minute; the rest are counted."""
EACH_KNOWN: Final = 600
"""The same of somebody known."""
_PLACES: Final = 4_096
_ACTIONS: Final = 100
_LONGEST: Final = 300


@dataclass(slots=True)
class _Flood:
    """What was refused to one place, or to somebody known, in one minute.

    Attributes:
        name: of who it was; empty for nobody known.
        source: from where the first of them came.
        since: when the minute began.
        written: how many are in the log.
        more: how many are not, by action.
    """

    name: str
    source: str
    since: Instant
    written: int = 0
    more: Counter[str] = field(default_factory=Counter)


class Auditing:
    """Adds lines, each with who, from where, what and about what."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._floods: dict[tuple[str, str], _Flood] = {}

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
        if outcome == "refused" and not self._is_written(who, source, action, now):
            return
        name = who.name if isinstance(who, Principal) else who
        self._view.note(
            Audited(
                now, _line(name or "-"), _line(source or "-"), action, _line(subject), outcome, _json(more)
            )
        )

    def _is_written(self, who: Principal | str | None, source: str, action: str, now: Instant) -> bool:
        """Say whether a refusal is written by itself; else it is counted."""
        known = isinstance(who, Principal)
        key = (who.kind, who.id or who.name) if isinstance(who, Principal) else ("", source)
        flood = self._floods.get(key)
        if flood is None or not 0 <= now - flood.since < MINUTE:
            self.settle(now)
            name = who.name if isinstance(who, Principal) else ""
            flood = self._floods[key] = _Flood(name, source, now)
        if flood.written >= (EACH_KNOWN if known else EACH):
            flood.more[action if action in flood.more or len(flood.more) < _ACTIONS else "more"] += 1
            return False
        flood.written += 1
        return True

    def settle(self, now: Instant | None = None) -> None:
        """Write the counts of the minutes that are over; all of them where no time is given."""
        many = len(self._floods) > _PLACES
        over = [
            key
            for key, flood in self._floods.items()
            if now is None or not 0 <= now - flood.since < MINUTE or many
        ]
        for key in over:
            flood = self._floods.pop(key)
            if not flood.more:
                continue
            detail = {
                "times": flood.more.total(), "since": flood.since, "actions": dict(flood.more.most_common()),
            }  # fmt: skip
            self._view.note(
                Audited(
                    self._view.clock.now(), _line(flood.name or "-"), _line(flood.source or "-"), "many", "-",
                    "refused", _json(detail),
                )
            )  # fmt: skip


def _line(text: str) -> str:
    """Return a text on one line, not longer than anybody would read."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=str)
