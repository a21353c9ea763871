"""Values of every kind, read into dataclasses."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from slawatch.config.reading import Reader
from slawatch.config.source import Document, Source
from slawatch.core.text import Duration, FilePath, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A table inside.

    Attributes:
        port: a number from 1 on.
        note: a text.
    """

    port: int
    note: str = ""

    def __post_init__(self) -> None:
        if self.port < 1:
            raise ValueError("port must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Everything at once.

    Attributes:
        text, whole, share, exact, truth, choice, length, words, table, inner, many, either: values.
        path, anything: values too.
    """

    text: str = ""
    whole: int = 0
    share: float = 0.0
    exact: Decimal = Decimal(0)
    truth: bool = False
    choice: Literal["a", "b", 3] = "a"
    length: Duration = 0
    words: tuple[str, ...] = ()
    table: dict[str, int] = field(default_factory=dict)
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    either: bool | Inner | Duration = False
    secret: str | Secret = ""
    path: FilePath = ""
    anything: Any = None

    def __post_init__(self) -> None:
        if self.text == "refused":
            raise ValueError("`inner.port` does not go with this text")


def read(text: str, env: Mapping[str, str] | None = None) -> tuple[Any, Reader]:
    tree = tomllib.loads(text, parse_float=Decimal)
    document = Document({}, [])
    document.add(Source(Path("/etc/x/f.toml"), text, tree))
    reader = Reader(document, env or {})
    return reader.table(Thing, tree.get("t", tree), ("t",) if "t" in tree else ()), reader


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('text = "x"', "x"),
        ("whole = 3", 3),
        ("share = 0.5", 0.5),
        ("share = 2", 2.0),
        ("exact = 0.10", Decimal("0.10")),
        ("truth = true", True),
        ('choice = "b"', "b"),
        ("choice = 3", 3),
        ('length = "1m"', 60_000_000),
        ('words = ["a", "b"]', ("a", "b")),
        ("table = { a = 1 }", {"a": 1}),
        ("inner = { port = 2 }", Inner(port=2)),
        ('many = [{ port = 2 }, { port = 3, note = "x" }]', (Inner(port=2), Inner(port=3, note="x"))),
        ("either = true", True),
        ('either = "2s"', 2_000_000),
        ("either = { port = 1 }", Inner(port=1)),
        ('secret = "s"', "s"),
        ('secret = { env = "A" }', Secret("value", "env A")),
        ('path = "a/b"', "/etc/x/a/b"),
        ('path = "/a"', "/a"),
        ("anything = [1, 0.5, { a = 1.5 }]", (1, 0.5, {"a": 1.5})),
    ],
)
def test_a_value_of_each_kind(written: str, value: object) -> None:
    thing, reader = read(written, {"A": "value"})
    assert reader.problems == []
    found = getattr(thing, written.split(" ", 1)[0])
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ('whole = "3"', "whole", "a number stands without quotes: 3"),
        ('whole = "x"', "whole", "text cannot stand here"),
        ("whole = 3.0", "whole", "a number cannot stand here"),
        ("share = nan", "share", "a number cannot stand here"),
        ("truth = 1", "truth", "a number cannot stand here"),
        ('choice = "B"', "choice", 'there is no such choice: did you mean "b"?'),
        ("choice = true", "choice", "a truth value cannot stand here"),
        ("length = 3", "length", 'a length of time has a unit and stands in quotes: "3s" or "3m"'),
        ("words = [1]", "words[0]", 'text stands in quotes: "1"'),
        ('words = "a"', "words", 'several stand in brackets, one as well: ["a"]'),
        ('truth = "on"', "truth", "write true or false without quotes: true"),
        ('choice = "3"', "choice", "a number stands without quotes: 3"),
        ("secret = 3", "secret", "a number cannot stand here"),
        ('table = { a = "x" }', "table.a", "text cannot stand here"),
        ("inner = { }", "inner", 'the key "port" is missing'),
        ("inner = { port = 0 }", "inner.port", "port must be 1 or more"),
        ("many = [{ port = 1 }, { prt = 1 }]", "many[1].prt", 'unknown key "prt": did you mean "port"?'),
        ("either = 3.5", "either", "a number cannot stand here"),
        ("path = ''", "path", "text cannot stand here"),
        ('text = "refused"\ninner = { port = 1 }', "inner.port", "`inner.port` does not go with this text"),
        ("frog = 1", "frog", 'unknown key "frog": `slawatch config schema` prints all there are'),
    ],
)
def test_a_value_that_does_not_fit(written: str, path: str, message: str) -> None:
    _, reader = read(written)
    told = {problem.path: problem.message for problem in reader.problems}
    assert told[path] == message


def test_all_mistakes_are_told_not_only_the_first() -> None:
    _, reader = read("[t]\nwhole = 'x'\ntruth = 'x'\nwords = [1, 2]\n[t.inner]\nport = 'x'\n")
    assert [(problem.line, problem.path) for problem in reader.problems] == [
        (2, "t.whole"), (3, "t.truth"), (4, "t.words[0]"), (4, "t.words[1]"), (6, "t.inner.port"),
    ]  # fmt: skip


def test_a_value_that_could_be_several_things_says_which() -> None:
    _, reader = read("either = []")
    (problem,) = reader.problems
    assert (
        problem.expected
        == 'true or false or a table of port, note or a duration such as "30s", "5m" or "250ms"'
    )
