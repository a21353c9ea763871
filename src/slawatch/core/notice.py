"""Notices: what somebody is told that is about no incident, through the same outbox.

A handoff, a silence that ends soon, a silence that is long forgotten, trouble with slawatch itself. Each is
a row of incident 0 whose key names it for ever; the rules here say what is due, and say it the same each
time they are asked, so that a notice is told once however often they are.
"""

from typing import Final, NamedTuple

from slawatch.core.instant import DAY, HOUR, Micros
from slawatch.core.notification import Kind
from slawatch.core.outbox import Row
from slawatch.core.telling import as_changes
from slawatch.core.turn import Turn

KEPT: Final[Micros] = 9 * DAY
"""So long a notice that went out is remembered, so that what is due each week is told once a week."""


class Notice(NamedTuple):
    """Somebody is to be told something.

    Attributes:
        recipient, channel: to whom, through what.
        key: names it for ever; the recipient and channel need not be in it.
        title: one line.
        text: some more lines.
        ttl: how long it is worth sending.
        severity: how bad what it tells is.
    """

    recipient: str
    channel: str
    key: str
    title: str
    text: str = ""
    ttl: Micros = HOUR
    severity: str = "info"

    @property
    def row_key(self) -> str:
        """The idempotency key of its message."""
        return f"0:0:{Kind.META}:{self.key}:{self.recipient}:{self.channel}"


def owe(turn: Turn, notice: Notice) -> bool:
    """Owe a notice; False where it was owed before."""
    key = notice.row_key
    if key in turn.rows:
        return False
    row = Row(
        key=key, incident=0, generation=0, kind=str(Kind.META), recipient=notice.recipient,
        channel=notice.channel, created_at=turn.now, not_before=turn.now, expires_at=turn.now + notice.ttl,
        reason=notice.title, detail=notice.text, severity=notice.severity,
    )  # fmt: skip
    turn.row(key, "row.queued", **as_changes(row))
    return True


def forget_old(turn: Turn) -> None:
    """Forget notices that went out, or were given up, long ago; their events stay."""
    for row in turn.rows_of(0):
        settled = not row.unsent and row.stage != "sending"
        if settled and row.created_at <= turn.now - KEPT:
            turn.forget(f"row:{row.key}")
