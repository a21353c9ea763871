"""What `status` shows of alerting."""

from typing import Any

import pytest

from slawatch.cli import exits, status_alerting
from slawatch.cli.status_now import verdict
from slawatch.cli.status_table import nagios, render
from slawatch.cli.terminal import Terminal, columns
from slawatch.core.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-02T12:00:00Z")


def alert(**more: Any) -> dict[str, Any]:
    return {"id": "a", "title": "a is down", "labels": {}, "suppressed": [], **more}


META = alert(title="slawatch: channel mail does not work", labels={"kind": "meta", "trouble": "channel mail"})


def incident(**more: Any) -> dict[str, Any]:
    found = {
        "id": 7, "state": "triggered", "exhausted": False, "severity": "critical", "title": "shop is down",
        "seconds": 90.0, "assignee": None, "acker": None, "next_at": "2026-11-02T12:03:30Z",
        "next_kind": "level", "suppressed": [],
    }  # fmt: skip
    return {**found, **more}


def channel(**more: Any) -> dict[str, Any]:
    return {"channel": "mail", "state": "ok", "why": None, "warning": None, "queued": 0, "dead": 0, **more}


def answer(**more: Any) -> dict[str, Any]:
    service: dict[str, Any] = {
        "service": "shop", "organization": "", "state": "up", "since": None, "checks": [],
        "availability": {"24h": None, "7d": None, "30d": None}, "budget_remaining": None,
    }  # fmt: skip
    found = {
        "at": "2026-11-02T12:00:00Z", "services": [service], "alerts": [], "incidents": [], "channels": [],
        "daemon": {
            "running": True, "version": "1", "since": "2026-11-02T11:00:00Z", "lag": 0.0, "trouble": [],
        },
    }  # fmt: skip
    return {**found, **more}


def test_nothing_is_shown_where_all_is_well() -> None:
    assert status_alerting.lines(answer(), NOW, Terminal()) == []
    assert status_alerting.troubles(answer(channels=[channel()])) == []
    assert verdict(answer(alerts=[alert()], channels=[channel(dead=3)])) == exits.OK


def test_open_incidents() -> None:
    acked = incident(id=8, state="acked", acker="person:alice", next_kind="ack_timeout")
    text = render(answer(incidents=[incident(), acked, incident(id=9, exhausted=True)]), Terminal())
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert [
        "7",
        "triggered",
        "critical",
        "shop",
        "is",
        "down",
        "1m",
        "30s",
        "told",
        "in",
        "3m",
        "30s",
    ] in lines
    assert ["8", "acked", "critical", "shop", "is", "down", "1m", "30s", "alice", "ack", "ends", "in", "3m",
            "30s"] in lines  # fmt: skip
    assert any(line[:2] == ["9", "exhausted"] for line in lines)


def test_a_storm_does_not_crowd_the_services_out() -> None:
    many = [incident(id=number) for number in range(20)]
    text = render(answer(incidents=many), Terminal(80))
    assert "and 12 more: slawatch incidents list" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    quiet = alert(suppressed=[{"kind": "silence"}])
    found = answer(
        alerts=[quiet, META], incidents=[incident(title="x" * 200, suppressed=["silence"])],
        channels=[channel(state="open", why="y " * 80, dead=2, warning="template z is broken")],
    )  # fmt: skip
    text = render(found, Terminal(width))
    assert all(columns(line) <= width for line in text.splitlines()), text


def test_what_nobody_is_told_of() -> None:
    quiet = alert(suppressed=[{"kind": "silence"}])
    assert "nobody is told of one alert that fires: slawatch alerts list --state suppressed" in render(
        answer(alerts=[quiet]), Terminal()
    )
    assert "nobody is told of 2 alerts" in render(answer(alerts=[quiet, quiet]), Terminal())
    assert "nobody is told: silence" in render(
        answer(incidents=[incident(suppressed=["silence"])]), Terminal()
    )


def test_trouble_with_slawatch_itself_counts() -> None:
    found = answer(alerts=[META], channels=[channel(state="misconfigured", why="invalid token")])
    assert status_alerting.troubles(found) == ["slawatch: channel mail does not work"]
    assert verdict(found) == exits.NO
    line, code = nagios(found)
    assert (code, line.startswith("SLAWATCH WARNING - the service is up; slawatch: channel mail")) == (
        1,
        True,
    )
    assert "alerts=1;;;0; incidents=0;;;0; notifications_queued=0;;;0; notifications_dead=0;;;0;" in line


def test_a_channel_in_trouble_is_said_where_no_alert_says_it() -> None:
    found = answer(channels=[channel(state="open", why="connection refused")])
    assert status_alerting.troubles(found) == [
        "channel mail: messages fail again and again: connection refused"
    ]
    assert nagios(found)[1] == exits.NAGIOS_WARNING


def test_remarks_count_for_nothing() -> None:
    found = answer(channels=[channel(dead=1, warning="template x is broken")])
    assert status_alerting.remarks(found) == [
        "channel mail: template x is broken",
        "one message was given up: slawatch notifications list --state dead",
    ]
    assert nagios(found)[1] == exits.NAGIOS_OK
