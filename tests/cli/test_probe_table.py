"""A probe as people see it."""

import re

import pytest

from slawatch.answers.probe import PHASES, Probed, answer
from slawatch.cli.probe_table import render
from slawatch.cli.terminal import Terminal, columns
from slawatch.core.check import Check
from slawatch.core.sample import Cause, Outcome

CHECK = Check(name="shop-home", service="shop", type="http", options=None)


def shown(
    terminal: Terminal,
    outcome: Outcome = Outcome.UP,
    reason: str = "",
    lines: tuple[tuple[int, str], ...] = (),
    measures: tuple[tuple[str, float, str], ...] = (),
    took: int = 100_000,
    **phases: int,
) -> str:
    """Return a probe of 100 ms as people see it."""
    lengths = tuple(phases.get(name) for name in PHASES)
    probed = Probed(1_500_000, outcome, Cause.NONE, reason, 100_000, took, lengths, measures, lines)
    return render(answer(CHECK, probed), terminal)


def test_the_phases_follow_each_other_down_the_page() -> None:
    text = shown(Terminal(86), dns=10_000, connect=20_000, first_byte=70_000)
    bars = [line[25:] for line in text.splitlines() if "█" in line]
    assert bars == ["█" * 6, " " * 6 + "█" * 12, " " * 18 + "█" * 42]
    assert "100 ms" in text.splitlines()[0]


def test_a_phase_of_no_length_is_still_seen() -> None:
    text = shown(Terminal(80), dns=0, connect=1, first_byte=99_999)
    assert text.count("▏") == 2


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_bars_fit(width: int) -> None:
    text = shown(Terminal(width), dns=33_333, connect=33_333, tls=33_334)
    assert max(columns(line) for line in text.splitlines()) <= width


def test_what_is_wrong_stands_below_the_name_and_steers_no_terminal() -> None:
    lines = ((1_234, "connected to \x1b[31mx"), (5_000, "two\nlines"))
    text = shown(Terminal(80, unicode=False), Outcome.DOWN, "no \x07 answer", lines)
    assert text.splitlines() == [
        "x down shop-home (http) in 100 ms",
        "  no ? answer",
        "",
        "     1.234 ms  connected to ?[31mx",
        "     5.000 ms  two",
        "               lines",
    ]


def test_colours_change_nothing_but_colour() -> None:
    def given(terminal: Terminal) -> str:
        return shown(terminal, Outcome.DEGRADED, "slow", ((1, "x"),), connect=50_000)

    plain, coloured = given(Terminal(80)), given(Terminal(80, colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain


def test_numbers_that_the_probe_saw() -> None:
    text = shown(Terminal(80), measures=(("certificate_days", 12.5, "d"), ("load", 1.0, "")))
    assert "  certificate_days  12.5 d\n  load              1\n" in text
