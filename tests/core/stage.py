"""A small scene for rehearsals: a shop that needs a database, two people and their boss."""

from datetime import datetime
from typing import Any

from slawatch.core.check import Check, Service
from slawatch.core.dependency import Dependency, Graph
from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.oncall import on_call
from slawatch.core.override import Override
from slawatch.core.rehearsal import play
from slawatch.core.rota import Schedule
from slawatch.core.scenario import Happening, Played, Scene
from slawatch.core.shift import Layer
from slawatch.core.turn import Contact, World

START = 1_767_225_600 * SECOND
MAIL, SMS = Contact("mail"), Contact("sms", 2 * MINUTE)


def check(name: str, service: str, **more: Any) -> Check:
    return Check(name=name, service=service, type="tcp", options=None, **more)


def scene(*levels: tuple[str, ...], people: dict[str, Any] | None = None, **more: Any) -> Scene:
    """A scene whose `schedule:primary` has ann on call."""
    known = {"ann": (MAIL, SMS), "bob": (MAIL,), "boss": (SMS._replace(after=0),), **(people or {})}
    schedules = more.pop("schedules", {"primary": rota()})

    def recipients(target: str, at: int) -> tuple[str, ...]:
        kind, _, name = target.partition(":")
        if kind == "schedule":
            return tuple(f"person:{who}" for who in on_call([schedules[name]], at))
        return (target,)

    def contacts(recipient: str) -> tuple[Contact, ...]:
        kind, _, name = recipient.partition(":")
        return known.get(name, ()) if kind == "person" else (Contact(name),)

    made = tuple(Level(to=to) for to in levels or (("schedule:primary",), ("person:bob",)))
    policy = Policy(
        name="default", levels=made, **{"repeat": 0, "fallback": ("person:boss",), **more.pop("policy", {})}
    )
    world = World(
        policies=more.pop("policies", {"default": policy}), recipients=recipients, contacts=contacts,
        routed=more.pop("routed", lambda _alert: ()),
    )  # fmt: skip
    checks = [check("shop", "store"), check("db", "database")]
    return Scene(
        world=world, checks={c.name: c for c in more.pop("checks", checks)}, schedules=schedules,
        services={name: Service(name=name) for name in ("store", "database")}, **more,
    )  # fmt: skip


def rota(*overrides: Override, **layer: Any) -> Schedule:
    made = Layer(**{"people": (("ann",),), "start": datetime(2026, 1, 1), **layer})
    return Schedule(key="primary", layers=(made,), overrides=overrides)


NEEDS_DATABASE = Graph([Dependency("store", "database")])


def do(minutes: float, what: Any, **more: Any) -> Happening:
    return Happening(t=int(minutes * MINUTE), do=what, **more)


def played(where: Scene, *script: Happening, minutes: int = 120) -> Played:
    return play(where, script, START, minutes * MINUTE)


def got(found: Played) -> list[tuple[float, str, str, str]]:
    """What was sent: seconds, kind, to whom, through what."""
    return [
        ((m.at - START) / SECOND, str(m.kind), m.to.removeprefix("person:"), m.channel)
        for m in found.messages
    ]
