"""Tables at every width."""

import re

import pytest

from slawatch.cli.table import Column, Row, paint, table, wrap
from slawatch.cli.terminal import PIPED, Terminal, columns


def test_words_longer_than_the_line_are_cut() -> None:
    assert wrap("a " + "b" * 25 + " c", 10) == ["a", "b" * 10, "b" * 10, "bbbbb c"]
    assert "".join(wrap("日本語" * 9, 10)) == "日本語" * 9


HEAD = [Column("NAME", shrinks=True), Column("COUNT", right=True), Column("WHEN", right=True)]
ROWS = [
    Row([("a-rather-long-name-of-a-thing", ""), ("7", ""), ("yesterday", "")]),
    Row([("b", ""), ("12345", "31")], note="which is wrong in more than one way"),
]


def test_a_pipe_has_room_for_everything() -> None:
    assert table(HEAD, ROWS, Terminal(PIPED)) == [
        "NAME                           COUNT       WHEN",
        "a-rather-long-name-of-a-thing      7  yesterday",
        "b                              12345  which is wrong in more than one way",
    ]


def test_what_matters_least_goes_first_and_then_names_are_cut() -> None:
    narrow = table(HEAD, ROWS[:1], Terminal(30), ("WHEN", "COUNT"))
    assert narrow == ["NAME                     COUNT", "a-rather-long-name-of-…      7"]
    kept = table(HEAD, ROWS[:1], Terminal(30))
    assert kept[1].split("…")[1].split() == ["7", "yesterday"]


@pytest.mark.parametrize("width", range(24, 60))
def test_no_line_is_too_wide(width: int) -> None:
    for line in table(HEAD, ROWS, Terminal(width, colour=True), ("WHEN",)):
        assert columns(re.sub("\x1b[^m]*m", "", line)) <= width


def test_colours_are_for_those_who_see_them() -> None:
    assert paint("x", "31", Terminal()) == "x"
    assert paint("x", "31", Terminal(colour=True)) == "\x1b[31mx\x1b[0m"
    assert paint("x", "", Terminal(colour=True)) == "x"
