"""Alerts, silences and messages in terminals of any width."""

from typing import Any

import pytest

from slawatch.cli.alert_table import in_zone, local, pairs, render_alerts, render_silences
from slawatch.cli.terminal import Terminal, columns
from slawatch.core.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-02T12:00:00Z")


def line(**more: Any) -> dict[str, Any]:
    found = {
        "id": "shop-home", "severity": "critical", "service": "shop", "since": "2026-11-02T11:00:00Z",
        "seconds": 3600.0, "actual": "connection refused by a host with a long name", "threshold": None,
        "incident": 7, "incident_state": "acked", "flapping": False, "stale": False, "suppressed": [],
        "resolution": None,
    }  # fmt: skip
    return {**found, **more}


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    why = [{"text": "silenced by alice: the disk of this machine is replaced, which takes until tonight"}]
    text = render_alerts(
        [line(), line(id="a-check-with-a-name-that-is-long-beyond-reason", suppressed=why, stale=True)],
        "firing", "UTC", NOW, Terminal(width),
    )  # fmt: skip
    assert all(columns(one) <= width for one in text.splitlines()), text
    assert "silenced by alice" in text
    assert "stale" in text


def test_colours_are_for_terminals_that_show_them() -> None:
    assert "\x1b[31;1m" in render_alerts([line()], "firing", "UTC", NOW, Terminal(80, colour=True))
    assert "\x1b" not in render_alerts([line()], "firing", "UTC", NOW, Terminal(80))


def test_nothing_steers_the_terminal() -> None:
    text = render_alerts([line(id="a\x1b[2Jb", actual="x\ny")], "firing", "UTC", NOW, Terminal())
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_silences_in_a_narrow_terminal() -> None:
    one = {
        "id": "s-4be1a07c", "state": "active", "end": "2026-11-02T14:00:00Z", "hits": ["a"],
        "author": "alice", "match": 'service="shop"', "comment": "disk",
    }  # fmt: skip
    text = render_silences([one], "Europe/Berlin", NOW, Terminal(60))
    assert all(columns(part) <= 60 for part in text.splitlines()), text
    assert "15:00" in text
    assert "disk" in text


def test_a_silence_that_silences_nothing_says_why() -> None:
    one = {
        "id": "s-4be1a07c", "state": "active", "end": "2026-11-02T14:00:00Z", "hits": [],
        "author": "alice", "match": 'check=~"(?=x)"', "comment": "disk", "fault": "it is no pattern",
    }  # fmt: skip
    text = render_silences([one], "Europe/Berlin", NOW, Terminal(60))
    assert "broken" in text
    assert "active" not in text
    assert "it silences nothing: it is no pattern" in " ".join(text.split())


def test_times_are_those_of_the_zone() -> None:
    assert local("2026-11-02T23:30:00Z", "Europe/Berlin", NOW) == "2026-11-03 00:30"
    assert local("2026-11-02T11:30:05Z", "Europe/Berlin", NOW, seconds=True) == "12:30:05"
    assert local(None, "UTC", NOW) == "-"
    assert in_zone("a 2026-11-02T11:30:00.5Z: b", "UTC") == "a 2026-11-02 11:30:00: b"


def test_pairs_leave_out_what_there_is_not() -> None:
    assert pairs([("A", "x"), ("Longer", ""), ("Bee", "y z")], Terminal(40)) == ["A    x", "Bee  y z"]
