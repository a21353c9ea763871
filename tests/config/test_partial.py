"""Values with holes: what is known of them can be asked for, what is not ends the judgement."""

from dataclasses import dataclass

import pytest

from slawatch.config.partial import (
    BAD,
    HOLE,
    Flawed,
    Lost,
    Unread,
    judging,
    nothing_of,
    partial,
    reopened,
    unflawed,
    whole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: str
    if_: str = "always"
    size: int = 3

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("size: one at least")

    @property
    def double(self) -> int:
        return 2 * self.size


def test_what_is_known_of_a_thing_can_be_asked_for() -> None:
    thing = partial(Thing, {"name": "a"}, ["size"])
    assert isinstance(thing, Thing)
    assert (thing.name, thing.if_) == ("a", "always")


def test_what_could_not_be_read_ends_the_judgement() -> None:
    thing = partial(Thing, {"name": "a"}, ["size"])
    judged = []
    with judging:
        judged.append(thing.double)
    with judging:
        judged.append(thing.name)
    assert judged == ["a"]
    with pytest.raises(Unread):
        _ = thing.size
    with pytest.raises(AttributeError):
        _ = thing.colour


def test_a_thing_of_which_nothing_is_known_has_no_defaults_either() -> None:
    thing = nothing_of(Thing, name="a")
    assert thing.name == "a"
    with pytest.raises(Unread):
        _ = thing.if_


def test_a_copy_has_the_same_holes_and_further_ones() -> None:
    copy = reopened(reopened(Thing(name="a", size=5), unread=("if",)), name="b")
    assert (copy.name, copy.size) == ("b", 5)
    with pytest.raises(Unread):
        _ = copy.if_


def test_a_hole_equals_nothing_and_no_judgement_can_be_built_on_it() -> None:
    assert HOLE not in ("a", 1, None)
    assert ["x", HOLE].index(HOLE) == 1
    for use in (bool, len, list, str, int, float, lambda hole: hole < 1, lambda hole: hole.name):
        with pytest.raises(Unread):
            use(HOLE)


def test_whether_a_value_was_read_without_a_mistake() -> None:
    assert whole([1, "a", ()])
    assert not whole([1, BAD])
    assert not whole([Flawed(1)])
    assert (unflawed(Flawed(1)), unflawed(2)) == (1, 2)


def test_nobody_knows_what_is_in_a_lost_section() -> None:
    lost = Lost()
    assert list(lost.items()) == []
    for use in (bool, len, lambda it: "a" in it, lambda it: it["a"], lambda it: it.get("a")):
        with pytest.raises(Unread):
            use(lost)
