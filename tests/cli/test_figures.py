"""Figures as people read them."""

import pytest

from slawatch.cli.figures import budget, floored, latency, span


@pytest.mark.parametrize(
    ("percent", "text"),
    [(100.0, "100"), (99.9999999, "99.999"), (0.0, "0.000"), (99.912, "99.912"), (5e-324, "0.000")],
)
def test_percentages_are_floored(percent: float, text: str) -> None:
    assert floored(percent) == text


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.00999, 0.09999, 0.999, 0.9999, 1.0, 12.5, 999.0])
def test_a_latency_is_short(seconds: float) -> None:
    assert len(latency(seconds)) <= 8


def test_spans() -> None:
    assert [span(n * 1_000_000) for n in (-5, 0, 60, 3600, 86_399, 86_400, 400 * 86_400)] == [
        "0s", "0s", "1m", "1h", "23h 59m", "1d", "400d",
    ]  # fmt: skip


def test_a_budget_that_is_spent_is_seen() -> None:
    assert budget(None)[0] == "-"
    assert budget(0.5) == ("50%", "")
    assert budget(0.129)[0] == "12%"
    assert budget(-0.001)[0] == "-1%"
    assert budget(-0.001)[1] != budget(0.129)[1] != budget(0.5)[1]
