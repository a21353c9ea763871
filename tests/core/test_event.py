"""Events as the store has them."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.escalation import Level, Policy
from slawatch.core.event import decode, encode
from slawatch.core.incident import Incident, Phase, Timer, Told


class Colour(StrEnum):
    RED = "red"


class Point(NamedTuple):
    x: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    colour: Colour
    points: tuple[Point, ...]
    pair: tuple[int, str]
    kind: Literal["a", "b"] = "a"
    size: Annotated[int | None, "note"] = None
    tags: frozenset[str] = frozenset()


def test_all_that_records_are_made_of():
    thing = Thing(Colour.RED, (Point(1, ("x",)), Point(2)), (3, "y"), "b", None, frozenset(("t", "s")))
    stored = json.loads(json.dumps(encode(thing)))
    assert decode(Thing, stored) == thing
    assert isinstance(decode(Thing, stored).colour, Colour)


def test_a_field_that_came_later_has_its_default_and_one_that_went_is_ignored():
    assert decode(Point, [1]) == Point(1)
    stored = encode(Thing(Colour.RED, (), (1, "")))
    del stored["tags"]
    assert decode(Thing, {**stored, "gone": 1}).tags == frozenset()


def test_what_is_no_record_is_refused():
    with pytest.raises(TypeError, match="nothing that is stored"):
        encode(object())


NUMBER = st.integers()
TIMERS = st.builds(Timer, st.sampled_from(["level", "contact"]), NUMBER, NUMBER, NUMBER, NUMBER)
TOLD = st.builds(Told, st.text(), st.text(), st.text(), NUMBER, st.booleans())


@given(TIMERS, TOLD, st.sampled_from(Phase))
def test_an_incident_and_back(timer, told, phase):
    policy = Policy(name="p", levels=(Level(to=("person:a",), if_="not_resolved"),))
    incident = Incident(
        id=1, title="t", group=("p", "service=x"), policy=policy, severity="high", opened_at=1, changed_at=2,
        timers=(timer,), told=(told,), state=phase,
    )  # fmt: skip
    assert decode(Incident, json.loads(json.dumps(encode(incident)))) == incident
