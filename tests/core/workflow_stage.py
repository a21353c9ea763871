"""Alerting with workflows, driven by hand."""

from typing import Any

from slawatch.core.alert import Alert, Reason
from slawatch.core.dispatch import Fired, Started, StepEnded, Tick, steps
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event
from slawatch.core.instant import SECOND
from slawatch.core.turn import Contact, State, World, fold, read_event, write_event
from slawatch.core.workflow import Run, Step, Workflow, named
from slawatch.core.workflow_turn import at_work

PLACES = World().places
AT = 1_767_225_600 * SECOND
POLICY = Policy(name="default", levels=(Level(to=("person:ann",)), Level(to=("person:bob",))), repeat=0)


class Stage:
    """Alerting with some workflows: what is given, and what came of it."""

    def __init__(self, *workflows: Workflow) -> None:
        self.now = AT
        self.state = State()
        self.events: list[Event] = []
        self.reasons: tuple[Reason, ...] = ()
        self.channels = {"hook", "ann", "bob"}
        self.workflows = list(workflows)
        self.places = PLACES
        self.give(Started())

    @property
    def world(self) -> World:
        def contacts(recipient: str) -> tuple[Contact, ...]:
            name = recipient.partition(":")[2]
            return (Contact(name),) if name in self.channels else ()

        return World(
            policies={"default": POLICY}, recipients=lambda target, _at: (target,), contacts=contacts,
            withheld=lambda _alert, _at: self.reasons, workflows=named(self.workflows), places=self.places,
        )  # fmt: skip

    def give(self, *inputs: Any) -> None:
        # What a tick opens is due in the next one, which the dispatcher takes at once.
        self.state, events = steps(self.state, (*inputs, Tick(), Tick()), self.now, self.world)
        self.events += events

    def wait(self, length: int) -> None:
        self.now += length
        self.give()

    def fires(self, name: str = "shop", severity: str = "critical") -> None:
        self.give(
            Fired(
                Alert(
                    fingerprint=name, check=name, severity=severity, title=f"{name} is down", since=self.now,
                    fired_at=self.now, service="store",
                )
            )
        )  # fmt: skip

    def run(self, key: str = "1:1:incident.opened") -> Run:
        return self.state.workflows[key]

    def answers(self, ok: bool = True, text: str = "fine") -> None:
        for run in at_work(self.state):
            self.give(StepEnded(run.key, run.place, ok, text, run.steps[-1].epoch))

    def restarts(self) -> None:
        self.state = fold(read_event(write_event(event)) for event in self.events)
        self.give(Started())


def opened(*some: Step, **more: Any) -> Workflow:
    return Workflow(on=more.pop("on", "incident.opened"), steps=some, **more)


RUN = Step(run=("/bin/true",))
