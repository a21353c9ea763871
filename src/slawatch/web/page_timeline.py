"""What the page of an incident tells of what happened: its timeline, and the workflows that ran for it."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from slawatch.answers.timeline import parts_of
from slawatch.core.event import Event
from slawatch.core.fate import WHY
from slawatch.core.instant import Instant
from slawatch.core.turn import State
from slawatch.core.workflow import Run
from slawatch.web.naming import Names

KINDS: Final[Mapping[str, str]] = {
    "trigger": "Called", "update": "News", "ack": "Acknowledged", "resolve": "Over", "reminder": "Reminder",
    "digest": "Digest", "meta": "About slawatch",
}  # fmt: skip
"""What a message is, in a word."""
_SYMBOLS: Final[Mapping[str, str]] = {
    "incident.opened": "bad", "incident.reopened": "bad", "alert.fired": "bad", "ack.expired": "bad",
    "incident.resolved": "good", "alert.resolved": "good", "incident.acked": "open", "incident.noted": "note",
    "incident.published": "note", "row.dead": "bad", "workflow.failed": "bad",
}  # fmt: skip


_PREFIXES: Final[Mapping[str, str]] = {
    "incident.opened": "Opened", "incident.reopened": "Opened again", "alert.fired": "Alert",
    "alert.resolved": "Over", "incident.noted": "Note", "incident.published": "Published",
    "workflow.began": "Workflow", "workflow.done": "Workflow", "workflow.failed": "Workflow",
    "workflow.unknown": "Workflow", "workflow.released": "Workflow", "step.done": "Workflow",
    "step.unknown": "Workflow", "step.answered_late": "Workflow",
}  # fmt: skip
_UNTOLD: Final = frozenset(
    {
        "alert.reported",
        "alert.joined",
        "alert.joined_incident",
        "command.refused",
        "command.keyed",
        "daemon.started",
        "step.running",
        "step.failed",
        "workflow.changed",
    }
)
"""What nobody wants to read; a step that failed is told with the workflow that fails by it."""
_EXPLAINED: Final = ": explained by it"
_VERBS: Final[Mapping[str, str]] = {
    "notify": "Tell", "run": "Run", "webhook": "Call a webhook", "wait": "Wait", "assign": "Assign",
    "note": "Note",
}  # fmt: skip
_PROGRESS: Final[Mapping[str, tuple[str, str]]] = {
    "pending": ("unknown", "Waits"), "running": ("unknown", "Under way"), "done": ("up", "Done"),
    "failed": ("down", "Failed"), "unknown": ("unknown", "Nobody knows whether it was done"),
}  # fmt: skip


class Step(NamedTuple):
    """One line of a timeline; `symbol`: bad, open, good, note or empty."""

    at: Instant
    text: str
    by: str
    origin: str
    symbol: str


class Ran(NamedTuple):
    """One workflow that ran, or runs, by itself.

    Attributes:
        name: of it.
        glyph, state: how it stands.
        at: when it began.
        steps: what each does, how it stands, and what came of it.
    """

    name: str
    glyph: str
    state: str
    at: Instant
    steps: tuple[tuple[str, str, str], ...]


def told(recipient: str, channel: str, names: Names) -> str:
    """Return who is told through what: `Alice by sms`."""
    who = names.one(recipient)
    return who if channel in ("", who) else f"{who} by {channel}"


def steps_of(events: Iterable[Event], names: Names) -> Iterable[Step]:
    """Yield the lines of a timeline: what people may want to know, each thing once."""
    last: tuple[Instant, str] | None = None
    for event in events:
        text = _of_row(event, names) if event.subject.startswith("row:") else _words(event, names)
        if not text or event.kind in _UNTOLD or last == (event.at, text):
            continue
        last = event.at, text
        yield Step(event.at, text, names.one(event.by), event.origin, _SYMBOLS.get(event.kind, ""))


def _words(event: Event, names: Names) -> str:
    """Return what happened as a sentence; the titles of alerts are names, and stay as they are."""
    text = names.text(event.text)
    if event.kind == "child.listed":
        return f"Explains: {text.removesuffix(_EXPLAINED)}"
    if event.kind == "step.done" and text.endswith("(wait): done"):
        return ""
    if event.kind in _PREFIXES:
        return f"{_PREFIXES[event.kind]}: {text}"
    return text[:1].upper() + text[1:]


def _of_row(event: Event, names: Names) -> str:
    """Return what happened to a message; its key names what it says, the recipient and the channel."""
    if event.kind not in ("row.sent", "row.dead"):
        return ""
    kind, recipient, channel = parts_of(event.subject.removeprefix("row:"))
    who = told(recipient, channel, names)
    if event.kind == "row.dead":
        why = event.text.partition(":")[0]
        verb = "call" if kind == "trigger" else "tell"
        return f"Could not {verb} {who}: {WHY.get(why, why)}"
    return f"Called {who}" if kind == "trigger" else f"Told {who}: {KINDS.get(kind, kind).lower()}"


def runs_of(state: State, number: int) -> tuple[Ran, ...]:
    """Return the workflows that run or ran for an incident, the latest first."""
    found = (run for run in state.workflows.values() if run.incident == number)
    latest = sorted(found, key=lambda run: (run.began_at, run.key), reverse=True)
    return tuple(_ran(run) for run in latest)


def _ran(run: Run) -> Ran:
    glyph, word = _PROGRESS[run.state]
    if run.withheld and not run.over:
        word = "Waits while nobody is told"
    steps = []
    for place, verb in enumerate(run.verbs):
        did = run.steps[place] if place < len(run.steps) else None
        said = _PROGRESS[did.state][1] if did is not None else "Not begun"
        steps.append((_VERBS.get(verb, verb), said, did.text if did is not None else ""))
    return Ran(run.workflow, glyph, word, run.began_at, tuple(steps))
