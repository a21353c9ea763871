"""What became of a message, in the words of people; programs read the codes."""

from collections.abc import Mapping
from typing import Final

from slawatch.core.escalation import Place, place_text
from slawatch.core.notification import Verdict
from slawatch.core.outbox import Stage

STAGES: Final[Mapping[str, str]] = {
    Stage.QUEUED: "waits to be sent", Stage.SENDING: "is being sent",
    Stage.RETRY_WAIT: "could not be sent so far, and is tried again", Stage.SENT: "sent",
    Stage.DEAD: "given up", Stage.CANCELLED: "not sent",
}  # fmt: skip
"""Where a message is on its way."""

WHY: Final[Mapping[str, str]] = {
    "permanent": "refused", "no attempt left": "every attempt failed", "ttl": "too late to be worth it",
    "disable": "refused for good", "misconfigured": "the channel is misconfigured",
    "generation": "the incident went on without it", "superseded": "a later message says it",
    "suppressed": "nobody is to be told now", "channel removed": "the channel is gone",
    "person removed": "the person is gone",
}  # fmt: skip
"""Why a message was not sent."""

VERDICTS: Final[Mapping[str, str]] = {
    Verdict.OK: "taken", Verdict.RETRY: "failed", Verdict.THROTTLE: "asked to wait",
    Verdict.PERMANENT: "refused", Verdict.DISABLE: "refused for good",
    Verdict.MISCONFIGURED: "refused: the channel is misconfigured",
}  # fmt: skip
"""What came of an attempt."""

KINDS: Final[Mapping[str, str]] = {
    "trigger": "page", "update": "update", "ack": "word of an acknowledgement", "resolve": "all-clear",
    "reminder": "reminder", "digest": "digest", "meta": "notice",
}  # fmt: skip
"""What a message is."""

_REASONS: Final[Mapping[str, str]] = {
    "dependency": "another incident explains it", "merged": "it became part of another incident",
    "acked": "it was acknowledged", "resolved": "it is over", "late": "",
}  # fmt: skip


def because(reason: str, detail: str, level: int | None, cycle: int | None) -> str:
    """Return why somebody is told.

    >>> because("", "", 1, 0), because("snooze ended", "", 0, 0), because("resolved", "recovered", None, None)
    ('level 1 is told', 'snooze ended', 'recovered')
    >>> because("nobody could be reached on the level before", "nothing goes through mail", None, None)
    'nobody could be reached on the level before: nothing goes through mail'
    """
    words = _REASONS.get(reason, reason)
    if detail:
        return f"{words}: {detail}" if words and reason not in _REASONS else detail
    if words or level is None:
        return words
    return place_text(Place(level, cycle or 0))


def answered(status: int | None, answer: str) -> str:
    """Return what a provider said, with the status of its answer where it does not say that itself.

    >>> answered(550, "550 no such user"), answered(503, "try later"), answered(None, "no answer in 15s")
    ('550 no such user', '503: try later', 'no answer in 15s')
    """
    if status is None or str(status) in answer.split(maxsplit=1)[:1]:
        return answer
    return f"{status}: {answer}" if answer else str(status)
