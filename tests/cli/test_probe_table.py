"""A probe as people see it."""

import re

import pytest

from slawatch.cli.probe_table import as_json, render
from slawatch.cli.terminal import Terminal, columns
from slawatch.core.check import Check
from slawatch.core.sample import Cause, Outcome

CHECK = Check(name="shop-home", service="shop", type="http", options=None)


def row(outcome: Outcome = Outcome.UP, reason: str | None = None, **phases: int | None) -> tuple[object, ...]:
    found = [phases.get(name) for name in ("dns", "connect", "tls", "first_byte", "transfer")]
    return (1, 0, 1_500_000, int(outcome), int(Cause.NONE), 100_000, *found, 70, 0, reason, None, ())


def test_the_phases_follow_each_other_down_the_page() -> None:
    text = render(CHECK, row(dns=10_000, connect=20_000, first_byte=70_000), [], 100_000, Terminal(86))  # type: ignore[arg-type]
    bars = [line[25:] for line in text.splitlines() if "█" in line]
    assert bars == ["█" * 6, " " * 6 + "█" * 12, " " * 18 + "█" * 42]
    assert "100 ms" in text.splitlines()[0]


def test_a_phase_of_no_length_is_still_seen() -> None:
    text = render(CHECK, row(dns=0, connect=1, first_byte=99_999), [], 100_000, Terminal(80))  # type: ignore[arg-type]
    assert text.count("▏") == 2


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_bars_fit(width: int) -> None:
    text = render(CHECK, row(dns=33_333, connect=33_333, tls=33_334), [], 100_000, Terminal(width))  # type: ignore[arg-type]
    assert max(columns(line) for line in text.splitlines()) <= width


def test_what_is_wrong_stands_below_the_name_and_steers_no_terminal() -> None:
    lines = [(1_234, "connected to \x1b[31mx"), (5_000, "two\nlines")]
    text = render(CHECK, row(Outcome.DOWN, "no \x07 answer"), lines, 6_000, Terminal(80, unicode=False))  # type: ignore[arg-type]
    assert text.splitlines() == [
        "x down shop-home (http) in 100 ms",
        "  no ? answer",
        "",
        "     1.234 ms  connected to ?[31mx",
        "     5.000 ms  two",
        "               lines",
    ]


def test_colours_change_nothing_but_colour() -> None:
    given = row(Outcome.DEGRADED, "slow", connect=50_000)
    plain = render(CHECK, given, [(1, "x")], 100_000, Terminal(80))  # type: ignore[arg-type]
    coloured = render(CHECK, given, [(1, "x")], 100_000, Terminal(80, colour=True))  # type: ignore[arg-type]
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain


def test_numbers_that_the_probe_saw() -> None:
    given = (*row()[:15], (("certificate_days", 12.5, "d"), ("load", 1.0, "")))
    text = render(CHECK, given, [], 1, Terminal(80))  # type: ignore[arg-type]
    assert "  certificate_days  12.5 d\n  load              1\n" in text
    said = as_json(CHECK, given, [], 1)  # type: ignore[arg-type]
    assert said["measures"][0] == {"name": "certificate_days", "value": 12.5, "unit": "d"}
    assert said["at"] == "1970-01-01T00:00:01.5Z"
