"""Values as JSON by their annotations, and back."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.report import codec
from slawatch.report.codec import Misread


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Pair(NamedTuple):
    one: int
    other: str = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    share: Fraction
    amount: Decimal
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    policy: Literal["up", "down"] | Decimal = "up"
    inner: Inner | None = None
    several: tuple[Inner, ...] = ()
    hours: Mapping[int, tuple[Pair, ...]] = field(default_factory=dict)
    on: Mapping[date, Annotated[int, "micros"]] = field(default_factory=dict)
    colour: Colour = Colour.RED
    level: Level = Level.LOW
    yes: bool = False
    again: "tuple[Outer, ...]" = ()
    both: tuple[int, str] = (1, "a")


inner = st.builds(
    Inner,
    share=st.fractions(),
    amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
    days=st.frozensets(st.dates(), max_size=3),
)
outer = st.builds(
    Outer,
    name=st.text(),
    policy=st.sampled_from(["up", "down"]) | st.decimals(0, 1, places=3),
    inner=st.none() | inner,
    several=st.lists(inner, max_size=2).map(tuple),
    hours=st.dictionaries(
        st.integers(0, 6), st.lists(st.builds(Pair, st.integers(0, 10), st.text())).map(tuple)
    ),
    on=st.dictionaries(st.dates(), st.integers(-(2**60), 2**60), max_size=3),
    yes=st.booleans(),
)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(codec.plain(value, {})))


@given(outer)
def test_what_is_written_is_read_back(value: Outer) -> None:
    assert codec.read(through_json(value), Outer) == value


@given(outer)
def test_a_value_within_a_value_of_its_own_kind(value: Outer) -> None:
    whole = Outer(name="whole", again=(value,))
    assert codec.read(through_json(whole), Outer) == whole


def test_decimals_keep_the_digits_that_were_written() -> None:
    found = codec.read({"share": "1/3", "amount": "99.90"}, Inner)
    assert str(found.amount) == "99.90"
    assert found.share == Fraction(1, 3)


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    assert codec.read({"name": "a"}, Outer) == Outer(name="a")
    assert codec.read({"one": 3}, Pair) == Pair(3)


def test_fields_can_be_left_out() -> None:
    assert "inner" not in codec.plain(Outer(name="a"), {Outer: frozenset({"inner"})})


@pytest.mark.parametrize(
    ("found", "where", "what"),
    [
        (3, "", "an object belongs here, not 3"),
        ({}, "name", "it is missing"),
        ({"name": 1}, "name", "a text belongs here, not 1"),
        ({"name": "a", "yes": 1}, "yes", "true or false belongs here"),
        ({"name": "a", "newer": 1}, "newer", "verify with a newer one"),
        ({"name": "a", "policy": "sideways"}, "policy", "sideways"),
        ({"name": "a", "colour": "blue"}, "colour", "one of red belongs here"),
        ({"name": "a", "level": [1]}, "level", "one of 1 belongs here"),
        ({"name": "a", "several": [{"share": "1/0", "amount": "1"}]}, "several[0].share", "divides by zero"),
        ({"name": "a", "several": [{"share": "a", "amount": "1"}]}, "several[0].share", "a fraction such as"),
        ({"name": "a", "several": [{"share": "1", "amount": "NaN"}]}, "several[0].amount", "a decimal"),
        ({"name": "a", "several": {}}, "several", "an array belongs here"),
        ({"name": "a", "hours": {"mon": []}}, "hours", "a number belongs here, not 'mon'"),
        ({"name": "a", "hours": {"1": [{"one": True}]}}, "hours.1[0].one", "a whole number belongs here"),
        ({"name": "a", "hours": {"1": [{}]}}, "hours.1[0].one", "it is missing"),
        ({"name": "a", "on": {"2026-13-01": 1}}, "on", "a day such as"),
        ({"name": "a", "on": {"2026-10-01": 1 << 70}}, "on.2026-10-01", "a whole number belongs here"),
        ({"name": "a", "both": [1]}, "both", "2 values belong here, not 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(found: Any, where: str, what: str) -> None:
    with pytest.raises(Misread) as caught:
        codec.read(found, Outer)
    assert caught.value.where == where
    assert what in caught.value.what


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Outer.__slots__, "one", "share", "amount", "x"]), below, max_size=4
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_any_json_is_a_value_or_a_mistake(found: Any) -> None:
    with suppress(Misread):
        assert isinstance(codec.read(found, Outer), Outer)


def test_a_long_value_is_cut_in_a_message() -> None:
    assert codec.shown("x" * 500).endswith("…")
