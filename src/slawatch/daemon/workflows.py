"""Does the steps of workflows that are done outside: programs and webhooks, each in a task of its own."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final

import trio

from slawatch import notifiers, process
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.core.dispatch import StepEnded
from slawatch.core.instant import SECOND, Micros, rfc3339
from slawatch.core.notification import Delivery, Kind, Notification, Verdict
from slawatch.core.turn import State
from slawatch.core.workflow import Did, Run, Step, named
from slawatch.core.workflow_turn import at_work
from slawatch.notifiers._cut import one_line
from slawatch.notifiers._scrub import answer_line
from slawatch.notifiers._sending import CONNECT_TIMEOUT, TIMEOUT, Sending

log = logging.getLogger("slawatch.workflows")

_FIRST_PAUSE: Final = 1.0
_LOOK_AGAIN: Final = 0.05
_AGAIN: Final = (Verdict.RETRY, Verdict.THROTTLE)
_KINDS: Final = {
    "incident.opened": Kind.TRIGGER, "incident.reopened": Kind.TRIGGER, "incident.acked": Kind.ACK,
    "incident.resolved": Kind.RESOLVE,
}  # fmt: skip
_CHANGED: Final = "the config changed before it was begun"


class Workflows:
    """Watches the stored state for steps to do, does each once, and gives the answers to the dispatcher."""

    def __init__(
        self,
        clock: Clock,
        config: Callable[[], Config],
        state: Callable[[], State],
        give: Callable[[StepEnded], None],
    ) -> None:
        """Prepare.

        Args:
            clock: the daemon's.
            config: the present one.
            state: of alerting, as last stored: what is not stored is not begun.
            give: takes an answer for the dispatcher.
        """
        self._clock = clock
        self._config = config
        self._state = state
        self._give = give
        self._begun: set[tuple[str, int, int, int]] = set()
        self._wake = trio.Event()
        self._busy = 0
        self._idle = trio.Event()

    def look(self) -> None:
        """The stored state has changed: do what is to be done."""
        self._wake.set()

    async def run(self) -> None:
        """Do steps for ever; those at work when this is cancelled are killed."""
        async with trio.open_nursery() as nursery:
            while True:
                # Not before the first turn: until then the state says what the last daemon ran.
                await self._wake.wait()
                self._wake = trio.Event()
                state = self._state()
                running = at_work(state)
                present = {_mark(run) for run in running}
                self._begun &= present
                for run in running:
                    if _mark(run) not in self._begun:
                        self._begun.add(_mark(run))
                        nursery.start_soon(self._do, run, state)

    async def stop(self, grace: float) -> None:
        """Wait a little for what is at work; the rest is killed with `run`. Nothing more is to be begun."""
        with trio.move_on_after(grace):
            while self._busy or any(_mark(run) not in self._begun for run in at_work(self._state())):
                with trio.move_on_after(_LOOK_AGAIN):
                    await self._idle.wait()

    async def _do(self, run: Run, state: State) -> None:
        place = len(run.steps) - 1
        did = run.steps[place]
        self._busy += 1
        try:
            ok, text = await self._attempt(run, place, did, state)
        except Exception:
            log.exception("a fault in step %d of workflow %s", place + 1, run.workflow)
            ok, text = False, "a fault in slawatch: see its log"
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()
                self._idle = trio.Event()
        if not ok:
            log.warning("workflow %s, step %d (%s): %s", run.workflow, place + 1, did.verb, text)
        self._give(StepEnded(run.key, place, ok, text, did.epoch))

    async def _attempt(self, run: Run, place: int, did: Did, state: State) -> tuple[bool, str]:
        config = self._config()
        workflow = named(config.workflows).get(run.workflow)
        if workflow is None or tuple(step.verb for step in workflow.steps) != run.verbs:
            return False, _CHANGED
        step = workflow.steps[place]
        if step.verb == "run":
            return await _run(step, run, place, did, state)
        return await self._post(step, run, place, state, config)

    async def _post(self, step: Step, run: Run, place: int, state: State, config: Config) -> tuple[bool, str]:
        """Post what happened, as a webhook channel would, until it is taken or the time is over."""
        assert step.webhook is not None
        kind = notifiers.load("webhook")
        options = kind.options(url=step.webhook)
        message = notification(run, place, state)
        end = trio.current_time() + step.timeout / SECOND
        pause, attempt, delivery = _FIRST_PAUSE, 0, Delivery(verdict=Verdict.RETRY, answer="no time to begin")
        while (left := end - trio.current_time()) > 0:
            attempt += 1
            allowed: Micros = min(int(left * SECOND), TIMEOUT)
            sending = Sending(
                now=self._clock.now(), channel=f"workflow {run.workflow}", instance=config.alerting.instance,
                attempt=attempt, timeout=allowed, connect_timeout=min(CONNECT_TIMEOUT, allowed),
            )  # fmt: skip
            delivery = await kind.send(options, message, sending)
            asked = (delivery.retry_after or 0) / SECOND
            if delivery.verdict not in _AGAIN or trio.current_time() + max(pause, asked) >= end:
                break
            await trio.sleep(max(pause, asked))
            pause *= 2
        said = f"{delivery.verdict}: {delivery.answer}" if delivery.answer else str(delivery.verdict)
        return delivery.ok, said + (f", at attempt {attempt}" if attempt > 1 else "")


def _mark(run: Run) -> tuple[str, int, int, int]:
    did = run.steps[-1]
    return run.key, len(run.steps) - 1, did.tries, did.epoch


async def _run(step: Step, run: Run, place: int, did: Did, state: State) -> tuple[bool, str]:
    program = step.run[0]
    text = json.dumps(facts(run, place, state), ensure_ascii=False).encode() + b"\n"
    deadline = trio.current_time() + step.timeout / SECOND
    try:
        ended = await process.run(step.run, text, environment(run, place, did, state), "", deadline)
    except process.NotStarted as refused:
        return False, str(refused)
    if ended.code is None:
        return False, f"{program} was killed: it had not ended within {step.timeout / SECOND:g} s"
    line = _first_line(ended.output) or _first_line(ended.errors)
    how = f"{program} {process.ending(ended.code)}"
    return ended.code == 0, answer_line(how + (f": {line}" if line else ""), ())


def _first_line(text: str) -> str:
    return one_line(text.strip().partition("\n")[0])


def facts(run: Run, place: int, state: State) -> dict[str, Any]:
    """Return what a program reads on its standard input: what happened, and the incident as it is now."""
    incident = state.incidents.get(run.incident)
    found: dict[str, Any] = {
        "event": run.on, "at": rfc3339(run.began_at), "title": run.title, "text": run.text,
        "workflow": run.workflow, "step": place + 1, "key": run.step_key(place), "labels": dict(run.labels),
        "incident": None,
    }  # fmt: skip
    if incident is not None:
        found["incident"] = {
            "id": incident.id, "title": incident.title, "severity": incident.severity,
            "state": str(incident.state), "service": incident.service,
            "organization": incident.organization, "opened_at": rfc3339(incident.opened_at),
            "generation": incident.generation, "policy": incident.policy.name,
            "assignee": incident.assignee, "acknowledged_by": incident.acker,
            "resolution": incident.resolution, "alerts": [
                {"alert": alert.fingerprint, "check": alert.check, "severity": alert.severity,
                 "title": alert.title, "since": rfc3339(alert.since), "firing": alert.firing,
                 "actual": alert.actual, "threshold": alert.threshold}
                for fingerprint in incident.alerts if (alert := state.alerts.get(fingerprint)) is not None
            ],
        }  # fmt: skip
    return found


def environment(run: Run, place: int, did: Did, state: State) -> dict[str, str]:
    """Return all of the environment of a program: the usual few variables, and SLAWATCH_*."""
    labels = dict(run.labels)
    incident = state.incidents.get(run.incident)
    about = {
        "SLAWATCH_ATTEMPT": str(did.tries),
        "SLAWATCH_EVENT": run.on,
        "SLAWATCH_INCIDENT": str(run.incident) if run.incident else "",
        "SLAWATCH_KEY": run.step_key(place),
        "SLAWATCH_ORGANIZATION": labels.get("organization", ""),
        "SLAWATCH_SERVICE": labels.get("service", ""),
        "SLAWATCH_SEVERITY": incident.severity if incident is not None else labels.get("severity", ""),
        "SLAWATCH_STATE": str(incident.state) if incident is not None else "",
        "SLAWATCH_TITLE": run.title,
        "SLAWATCH_WORKFLOW": run.workflow,
    }
    return {**process.inherited(), **{name: value.replace("\0", " ") for name, value in about.items()}}


def notification(run: Run, place: int, state: State) -> Notification:
    """Return what a webhook is posted, in the words of any notification."""
    incident = state.incidents.get(run.incident)
    labels = dict(run.labels)
    return Notification(
        kind=_KINDS.get(run.on, Kind.UPDATE if incident is not None else Kind.META),
        idempotency_key=run.step_key(place), at=run.began_at, title=run.title or run.workflow,
        incident=str(run.incident) if run.incident else "", generation=run.generation,
        reopen=incident.reopened if incident is not None else 0,
        severity=incident.severity if incident is not None else labels.get("severity", "info"),
        service=labels.get("service", ""), organization=labels.get("organization", ""),
        summary=run.text, reason=f"workflow {run.workflow}, on {run.on}",
        since=incident.opened_at if incident is not None else None, details=labels,
    )  # fmt: skip
