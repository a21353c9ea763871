"""What the page about channels shows: how each stands, what waits, and what came of every attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from slawatch.config.model import Config
from slawatch.core.attempt import Attempt
from slawatch.core.channel import Standing
from slawatch.core.fate import WHY
from slawatch.core.instant import Instant, Micros
from slawatch.core.outbox import Row, Stage
from slawatch.core.turn import State
from slawatch.web.naming import Names
from slawatch.web.page_timeline import KINDS

_GLYPHS: Final[Mapping[str, str]] = {
    "ok": "up", "failing": "degraded", "open": "down", "misconfigured": "down", "disabled": "unknown",
}  # fmt: skip
_WORDS: Final[Mapping[str, str]] = {
    "ok": "Works", "failing": "Failing", "open": "Down", "misconfigured": "Misconfigured",
    "disabled": "Disabled",
}  # fmt: skip
_VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "ok": ("up", "Taken"), "retry": ("degraded", "Failed"), "throttle": ("degraded", "Slowed down"),
    "permanent": ("down", "Refused"), "disable": ("down", "Refused for good"),
    "misconfigured": ("down", "Misconfigured"),
}  # fmt: skip


class ChannelLine(NamedTuple):
    """One channel as it stands; `warning`: what to look at although messages go their way."""

    name: str
    type: str
    glyph: str
    state: str
    since: Instant | None
    why: str
    queued: int
    dead: int
    warning: str


class AttemptLine(NamedTuple):
    """One attempt to tell somebody; `again`: an attempt before may have got through."""

    at: Instant
    took: Micros
    channel: str
    who: str
    kind: str
    incident: int
    glyph: str
    verdict: str
    status: int | None
    answer: str
    place: int
    again: bool


class WaitingLine(NamedTuple):
    """One message that is not through: it waits, or was given up and may be tried again by hand."""

    key: str
    at: Instant
    who: str
    channel: str
    kind: str
    incident: int
    state: str
    why: str
    dead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsPage:
    """All channels, what waits for them, and what came of the attempts, the latest first."""

    channels: tuple[ChannelLine, ...]
    waiting: tuple[WaitingLine, ...]
    attempts: tuple[AttemptLine, ...]
    chosen: str
    earlier: Instant | None


def arrange(
    config: Config,
    state: State,
    standings: Mapping[str, Standing],
    attempts: Sequence[Attempt],
    *,
    chosen: str = "",
    earlier: Instant | None = None,
) -> ChannelsPage:
    """Arrange what is known of the channels.

    Args:
        config: of the channels.
        state: of alerting, for what waits.
        standings: how each stands; one that is not in it has nothing to tell yet.
        attempts: the latest first.
        chosen: only this channel's messages and attempts; empty for all.
        earlier: where the next page of attempts begins; None on the last one.
    """
    names = Names(config)
    rows = [row for row in state.rows.values() if chosen in ("", row.channel)]
    last = {attempt.channel: attempt for attempt in reversed(attempts)}
    return ChannelsPage(
        channels=tuple(
            _channel(name, channel.type, standings.get(name), last.get(name))
            for name, channel in config.channels.items()
        ),
        waiting=tuple(sorted(
            (_waiting(row, names) for row in rows if row.stage in _OPEN), key=lambda one: (one.dead, one.at),
            reverse=True,
        )),
        attempts=tuple(_attempt(attempt, names) for attempt in attempts),
        chosen=chosen,
        earlier=earlier,
    )  # fmt: skip


_OPEN: Final = (Stage.QUEUED, Stage.SENDING, Stage.RETRY_WAIT, Stage.DEAD)


def _channel(name: str, kind: str, standing: Standing | None, last: Attempt | None) -> ChannelLine:
    if standing is None:
        return ChannelLine(name, kind, "unknown", "Not used yet", None, "", 0, 0, "")
    glyph = _GLYPHS.get(standing.state, "unknown")
    word, why = _WORDS.get(standing.state, standing.state), standing.why
    shown: Instant | None = standing.since
    if standing.state == "ok" and last is None:
        glyph, word, shown = "unknown", "Nothing was sent lately", None
    elif standing.state == "ok" and last is not None and last.verdict == "permanent":
        # It answers, so it is not broken; but what it was given last, it did not take.
        glyph, word, shown, why = "degraded", "Refused the last message", last.ended_at, last.answer
    return ChannelLine(name, kind, glyph, word, shown, why, standing.queued, standing.dead, standing.warning)


def _waiting(row: Row, names: Names) -> WaitingLine:
    words = {
        Stage.QUEUED: "waits", Stage.SENDING: "is being sent", Stage.RETRY_WAIT: "is tried again",
        Stage.DEAD: "given up",
    }  # fmt: skip
    stage = Stage(row.stage)
    return WaitingLine(
        row.key, row.created_at, names.one(row.recipient), row.channel,
        KINDS.get(row.kind, row.kind), row.incident, words[stage],
        "; ".join(text for text in (WHY.get(row.why, row.why), row.answer) if text), stage is Stage.DEAD,
    )  # fmt: skip


def _attempt(attempt: Attempt, names: Names) -> AttemptLine:
    glyph, word = _VERDICTS.get(attempt.verdict, ("unknown", attempt.verdict))
    return AttemptLine(
        attempt.started_at, attempt.ended_at - attempt.started_at, attempt.channel,
        names.one(attempt.recipient), KINDS.get(attempt.kind, attempt.kind), attempt.incident, glyph, word,
        attempt.status, attempt.answer, attempt.place, attempt.possible_duplicate,
    )  # fmt: skip
