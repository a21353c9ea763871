"""A look at a configuration as a terminal shows it."""

from typing import Any

from slawatch.cli.config_table import lines
from slawatch.cli.terminal import Terminal


def problem(message: str, file: str = "a.toml", **more: Any) -> dict[str, Any]:
    return {
        "file": file,
        "line": 3,
        "path": "web.listen",
        "expected": "",
        "found": "",
        "message": message,
        **more,
    }


def found(*problems: dict[str, Any], warnings: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "ok": not problems, "files": ["a.toml"], "digest": "", "problems": list(problems),
        "warnings": list(warnings), "counts": {"check": 1, "service": 2},
    }  # fmt: skip


def test_a_mistake_is_a_block_with_what_belongs_there() -> None:
    one = problem("a number cannot stand here", expected="an address", found="8470")
    assert lines(found(one), Terminal()) == [
        "a.toml:3: error: web.listen",
        "    a number cannot stand here",
        "    expected  an address",
        "    found     8470",
        "a.toml: 1 mistake: not usable",
    ]


def test_nothing_is_said_twice() -> None:
    one = problem(
        '\'30\' is not a duration such as "30s" or "1h"', expected='a duration such as "5m"', found='"30"'
    )
    assert lines(found(one), Terminal())[1:-1] == ['    \'30\' is not a duration such as "30s" or "1h"']


def test_no_line_is_wider_than_the_terminal() -> None:
    one = problem("word " * 40, expected="thing " * 40)
    shown = lines(found(one), Terminal(width=60))
    assert max(map(len, shown)) <= 60
    assert sum(line.startswith("              thing") for line in shown) > 1


def test_warnings_stand_before_what_must_be_mended() -> None:
    shown = lines(found(problem("wrong"), warnings=(problem("odd"),)), Terminal())
    assert [line.split(": ")[1] for line in shown if line.startswith("a.toml:3")] == ["warning", "error"]
    assert shown[-1] == "a.toml: 1 mistake, 1 warning: not usable"
    assert (
        lines(found(warnings=(problem("odd"),)), Terminal())[-1]
        == "a.toml: fine (1 check, 2 services, 1 warning)"
    )


def test_many_files_are_counted() -> None:
    several = [problem("wrong", file=f"{number}.toml") for number in range(9)]
    assert lines(found(*several), Terminal())[-1] == "9 files: 9 mistakes: not usable"
    nowhere = problem("there is no configuration", file="", line=0, path="")
    assert lines(found(nowhere), Terminal()) == [
        "error:",
        "    there is no configuration",
        "1 mistake: not usable",
    ]


def test_colour_is_for_terminals_that_show_it() -> None:
    assert "\x1b[31merror\x1b[0m" in lines(found(problem("wrong")), Terminal(colour=True))[0]
    assert "\x1b" not in "".join(lines(found(problem("wr\x1b[2Jong")), Terminal()))
