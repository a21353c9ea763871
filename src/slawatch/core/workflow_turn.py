"""What a turn does to workflows: they begin when something happens, and their steps follow one another.

A step of slawatch itself (`notify`, `assign`, `wait`) is done within the turn. One outside (`run`, `webhook`)
becomes `running`, is committed, and is then done by the shell, which answers with `ended`. Nothing here waits
for anything, and what goes wrong in a workflow stays in it: an escalation never notices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from slawatch.core.alert import Alert
from slawatch.core.command import Assign, execute
from slawatch.core.escalation import Place, place_text
from slawatch.core.event import Event
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import DAY, MINUTE, Instant, Micros
from slawatch.core.notice import Notice, owe
from slawatch.core.notification import Kind
from slawatch.core.suppress import labels_of
from slawatch.core.telling import as_changes, tell
from slawatch.core.turn import State, Turn
from slawatch.core.workflow import Did, Progress, Run, Step, Workflow

OUTSIDE: Final = ("run", "webhook")
"""What the shell does."""

OVERDUE: Final[Micros] = MINUTE
"""So long after a step's own timeout its answer is not waited for any more."""

TRIES: Final = 5
"""So often a step is begun that may be done again."""

BY: Final = "workflow:"
"""What begins the author of whatever a workflow does; it begins no other workflow."""

_KINDS: Final[dict[str, Kind]] = {
    "incident.opened": Kind.TRIGGER, "incident.reopened": Kind.TRIGGER, "incident.escalated": Kind.TRIGGER,
    "incident.acked": Kind.ACK, "incident.resolved": Kind.RESOLVE,
}  # fmt: skip
_ALERTS: Final = ("alert.fired", "alert.resolved")
_SUBJECT_TTL: Final[Micros] = DAY


class Occasion(NamedTuple):
    """Something happened that workflows may wait for.

    Attributes:
        on: what.
        text: the same in a line.
        labels: those of which one must fulfil the conditions of a workflow.
        title: of what it happened to.
        incident, generation: of what; 0 for none.
        apart: what tells it from others of its kind in one generation.
        withheld: the incident is suppressed now.
        alert: the fingerprint of the alert that tells of it, whose incident it then belongs to.
    """

    on: str
    text: str
    labels: tuple[dict[str, str], ...]
    title: str = ""
    incident: int = 0
    generation: int = 0
    apart: str = ""
    withheld: bool = False
    alert: str = ""


def happened(turn: Turn, given: Occasion) -> None:
    """Begin workflows for what is no event of an incident or alert, such as a breach of an agreement."""
    alert = turn.alerts.get(given.alert)
    incident = turn.incidents.get((alert.incident if alert is not None else None) or 0)
    if alert is not None and incident is not None:
        given = given._replace(
            incident=incident.id, generation=incident.generation, withheld=bool(alert.suppressed)
        )
    subject = f"incident:{incident.id}" if incident is not None else f"occasion:{given.apart}"
    turn.record(given.on, subject, given.text)
    begin(turn, given)


def follow(turn: Turn, *, ticked: bool) -> None:
    """Begin workflows for what happened in a turn; in a tick, go on with those at work.

    Args:
        turn: the turn.
        ticked: whether time has passed in it.
    """
    if turn.world.workflows:
        for event in list(turn.events):
            if not event.by.startswith(BY):
                for occasion in _occasions(turn, event):
                    begin(turn, occasion)
    if ticked:
        room = _Room(turn.world.places - sum(map(_outside, turn.workflows.values())))
        for key in [run.key for run in turn.workflows.values() if not run.over]:
            _advance(turn, key, room)


@dataclass(slots=True)
class _Room:
    """How many more steps may be done outside."""

    left: int


def _outside(run: Run) -> bool:
    """Whether the shell does its present step."""
    if run.over or not run.steps:
        return False
    last = run.steps[-1]
    return last.state is Progress.RUNNING and last.verb in OUTSIDE


def begin(turn: Turn, occasion: Occasion) -> None:
    """Begin the workflows that wait for this; each once for the same occasion."""
    for name, workflow in turn.world.workflows.items():
        if workflow.on != occasion.on:
            continue
        labels = next((found for found in occasion.labels if workflow.when.holds(found)), None)
        key = f"{occasion.incident}:{occasion.generation}:{name}"
        key += f":{occasion.apart}" if occasion.apart else ""
        if labels is None or key in turn.workflows:
            continue
        run = Run(
            key=key, workflow=name, on=occasion.on, incident=occasion.incident,
            generation=occasion.generation, labels=tuple(sorted(labels.items())), title=occasion.title,
            text=occasion.text, began_at=turn.now, withheld=occasion.withheld,
            verbs=tuple(step.verb for step in workflow.steps),
        )  # fmt: skip
        text = f"{name}: waits while nobody is told" if occasion.withheld else f"{name}: {occasion.text}"
        turn.record("workflow.began", f"workflow:{key}", text, **as_changes(run))


def _occasions(turn: Turn, event: Event) -> Iterator[Occasion]:
    kind, _, name = event.subject.partition(":")
    if kind == "incident":
        incident = turn.incidents.get(int(name))
        if incident is not None:
            yield from _of_incident(turn, event, incident)
    elif kind == "alert" and event.kind in _ALERTS:
        alert = turn.alerts.get(name)
        if alert is not None:
            yield _of_alert(turn, event, alert)


def _of_incident(turn: Turn, event: Event, incident: Incident) -> Iterator[Occasion]:
    on, apart = event.kind, ""
    if on == "level.fired":
        place = event.text.partition(":")[0]
        if place == place_text(Place(0, 0)):
            return
        on, apart = "incident.escalated", place
    elif on == "incident.escalated":
        return  # the level that fires by it says so
    elif on == "incident.assigned":
        apart = f"{incident.assignee}/{incident.commander}/{incident.communications}"
    elif on == "incident.severity_up":
        apart = incident.severity
    withheld = bool(incident.suppressed)
    if withheld and on == "incident.resolved" and not incident.told:
        return
    yield Occasion(
        on, event.text, _labels(turn, incident), incident.title, incident.id, incident.generation, apart,
        withheld and incident.open,
    )  # fmt: skip


def _of_alert(turn: Turn, event: Event, alert: Alert) -> Occasion:
    incident = turn.incidents.get(alert.incident or 0)
    return Occasion(
        event.kind, event.text, (labels_of(alert),), alert.title, incident.id if incident else 0,
        incident.generation if incident else 0, f"{alert.fingerprint}@{alert.fired_at}",
        bool(alert.suppressed),
    )  # fmt: skip


def _labels(turn: Turn, incident: Incident) -> tuple[dict[str, str], ...]:
    own = {
        "service": incident.service, "organization": incident.organization, "severity": incident.severity,
    }  # fmt: skip
    own = {name: value for name, value in own.items() if value}
    alerts = [turn.alerts[f] for f in incident.alerts if f in turn.alerts]
    found = [{**labels_of(alert), "severity": incident.severity} for alert in alerts]
    return tuple(found) or (own,)


def _advance(turn: Turn, key: str, room: _Room) -> None:
    while not (run := turn.workflows[key]).over:
        workflow = turn.world.workflows.get(run.workflow)
        if workflow is None or tuple(step.verb for step in workflow.steps) != run.verbs:
            running = bool(run.steps) and run.steps[-1].state is Progress.RUNNING
            if running and turn.now < run.steps[-1].until:
                return  # what runs outside is let end
            if running and run.steps[-1].verb in OUTSIDE:
                lost(turn, run, None, "no answer came")
            else:
                _end(turn, run, Progress.FAILED, "it was changed by a reload")
            return
        if run.withheld and not _released(turn, run):
            return
        run = turn.workflows[key]
        place = run.place
        if place >= len(workflow.steps):
            _end(turn, run, Progress.DONE, "done")
            return
        last = run.steps[place] if place < len(run.steps) else None
        if not _step(turn, run, workflow.steps[place], last, room):
            return


def _released(turn: Turn, run: Run) -> bool:
    """Say whether a workflow that waited for the end of a suppression goes on now."""
    incident = turn.incidents.get(run.incident)
    if incident is None or not incident.open or incident.generation != run.generation:
        if not run.over:
            _end(turn, run, Progress.DONE, "it was over before anybody was told")
        return False
    if incident.suppressed:
        return False
    turn.record("workflow.released", f"workflow:{run.key}", f"{run.workflow}: goes on", withheld=False)
    return True


def _step(turn: Turn, run: Run, step: Step, last: Did | None, room: _Room) -> bool:
    """Do the present step as far as it can be done now; say whether the next one follows."""
    if last is not None and last.state is Progress.RUNNING:
        if turn.now < last.until:
            return False
        if step.verb == "wait":
            _note(turn, run, last._replace(state=Progress.DONE, at=turn.now), "")
            return True
        lost(turn, run, step, "no answer came")
        return False
    tries = 1 if last is None else last.tries + 1
    if step.verb in OUTSIDE:
        if room.left > 0:
            room.left -= 1
            until = turn.now + step.timeout + OVERDUE
            _note(turn, run, Did(step.verb, Progress.RUNNING, turn.now, until, tries=tries, epoch=turn.epoch))
        return False
    if step.verb == "wait":
        until = turn.now + (step.wait or 0)
        _note(turn, run, Did("wait", Progress.RUNNING, turn.now, until))
        return False
    failed, text = (_assign if step.verb == "assign" else _notify)(turn, run, step)
    state = Progress.FAILED if failed else Progress.DONE
    _note(turn, run, Did(step.verb, state, turn.now, text=text), text)
    if failed:
        _end(turn, turn.workflows[run.key], Progress.FAILED, text)
    return not failed


def _assign(turn: Turn, run: Run, step: Step) -> tuple[bool, str]:
    if run.incident not in turn.incidents:
        return True, "there is no incident to assign"
    before = len(turn.events)
    execute(turn, Assign(by=f"{BY}{run.workflow}", origin="workflow", incident=run.incident, to=step.assign))
    refused = next((e for e in turn.events[before:] if e.kind == "command.refused"), None)
    return (True, refused.text) if refused is not None else (False, f"assigned to {step.assign}")


def _notify(turn: Turn, run: Run, step: Step) -> tuple[bool, str]:
    recipient = f"channel:{step.notify}"
    contact = next(iter(turn.world.contacts(recipient)), None)
    if contact is None:
        return True, f"there is no channel {step.notify}"
    incident = turn.incidents.get(run.incident)
    detail = f"{run.workflow}: {run.text}"
    if incident is None:
        title, severity = run.title or run.workflow, dict(run.labels).get("severity", "info")
        key = run.step_key(run.place)
        owe(turn, Notice(recipient, contact.channel, key, title, detail, _SUBJECT_TTL, severity))
        return False, f"{step.notify} is told"
    kind = _KINDS.get(run.on, Kind.UPDATE)
    if run.on.startswith("agreement.") and incident.state is Phase.TRIGGERED:
        kind = Kind.TRIGGER
    if kind is Kind.TRIGGER and incident.state is not Phase.TRIGGERED:
        return False, f"{step.notify} need not be told: {incident.shown}"
    if kind is not Kind.TRIGGER:
        incident = turn.quietly(incident.id, round=incident.round + 1)
    made = tell(turn, incident, recipient, contact, kind, reason="workflow", detail=detail)
    return False, f"{step.notify} is told" if made else f"{step.notify} knows already"


def ended(turn: Turn, key: str, place: int, ok: bool, text: str, epoch: int) -> None:
    """Take the answer of a step that was done outside; one that nobody waits for any more is only noted."""
    run = turn.workflows.get(key)
    last = run.steps[place] if run is not None and place < len(run.steps) else None
    if run is None or last is None or last.state is not Progress.RUNNING or last.epoch != epoch:
        turn.record("step.answered_late", f"workflow:{key}", text)
        return
    state = Progress.DONE if ok else Progress.FAILED
    _note(turn, run, last._replace(state=state, at=turn.now, text=text), text)
    if not ok:
        _end(turn, turn.workflows[key], Progress.FAILED, text)


def started(turn: Turn) -> None:
    """At a start, what ran outside may have been done or not: it is done again where that does no harm."""
    for run in list(turn.workflows.values()):
        if _outside(run):
            step = _same(turn.world.workflows.get(run.workflow), run)
            lost(turn, run, step, "slawatch ended while it ran")


def _same(workflow: Workflow | None, run: Run) -> Step | None:
    """Return the present step, if the config still has it."""
    if workflow is None or tuple(step.verb for step in workflow.steps) != run.verbs:
        return None
    return workflow.steps[run.place]


def lost(turn: Turn, run: Run, step: Step | None, why: str) -> None:
    """Nobody knows whether a step was done: it is done again if that is declared harmless, or is left."""
    last = run.steps[-1]
    if step is not None and step.idempotent and last.tries < TRIES:
        _note(turn, run, last._replace(state=Progress.PENDING, at=turn.now, text=why), f"{why}: again")
        return
    text = f"{why}: whether it was done is not known"
    _note(turn, run, last._replace(state=Progress.UNKNOWN, at=turn.now, text=text), text)
    _end(turn, turn.workflows[run.key], Progress.UNKNOWN, text)


def _note(turn: Turn, run: Run, did: Did, text: str = "") -> None:
    """Record how far the present step came."""
    place = run.place
    steps = (*run.steps[:place], did)
    line = f"{run.workflow}, step {place + 1} ({did.verb}): {text or did.state}"
    state = Progress.RUNNING if run.state is Progress.PENDING else run.state
    turn.record(f"step.{did.state}", f"workflow:{run.key}", line, steps=steps, state=state)


def _end(turn: Turn, run: Run, state: Progress, text: str) -> None:
    left = len(run.verbs) - len(run.steps)
    more = f"; not begun: {left} of its {len(run.verbs)} steps" if left and state is not Progress.DONE else ""
    turn.record(
        f"workflow.{state}", f"workflow:{run.key}", f"{run.workflow}: {text}{more}", state=state,
        ended_at=turn.now,
    )  # fmt: skip


def moved(turn: Turn, by: Micros) -> None:
    """The wall clock was set: what is counted in elapsed time moves with it."""
    for run in list(turn.workflows.values()):
        if not run.over and run.steps and run.steps[-1].until:
            last = run.steps[-1]
            steps = (*run.steps[:-1], last._replace(until=last.until + by))
            turn.record("workflow.changed", f"workflow:{run.key}", steps=steps)


def forget_old(turn: Turn) -> None:
    """Forget workflows that were over long ago, with their incident; their events stay."""
    old = turn.now - turn.world.keep
    for run in list(turn.workflows.values()):
        if run.ended_at is not None and run.ended_at <= old and run.incident not in turn.incidents:
            turn.forget(f"workflow:{run.key}")


def due(state: State) -> Instant | None:
    """Return when a wait ends or an answer is overdue, if ever."""
    found = [
        run.steps[-1].until
        for run in state.workflows.values()
        if not run.over and run.steps and run.steps[-1].state is Progress.RUNNING
    ]
    return min(found, default=None)


def at_work(state: State) -> tuple[Run, ...]:
    """Return the workflows whose present step the shell is to do, or does."""
    return tuple(
        run for run in state.workflows.values() if _outside(run) and run.steps[-1].epoch == state.epoch
    )
