"""The table of `status` at every width, and the line for Nagios."""

import re
from copy import deepcopy
from typing import Any

import pytest

from slawatch.cli import status_table
from slawatch.cli.status_table import headline, nagios, render
from slawatch.cli.terminal import PIPED, Terminal, columns


def check(name: str, state: str = "up", **more: Any) -> dict[str, Any]:
    return {
        "check": name, "state": state, "since": "2026-11-01T10:00:00Z", "last_sample": "2026-11-01T11:59:48Z",
        "latency": 0.0123, "reason": "", **more,
    }  # fmt: skip


def service(name: str, state: str = "up", *checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "service": name, "organization": None, "state": state, "since": "2026-10-30T12:00:00Z",
        "checks": list(checks) or [check(name)],
        "availability": {"24h": 100.0, "7d": 99.99996, "30d": None}, "budget_remaining": None, **more,
    }  # fmt: skip


def answer(*services: dict[str, Any], **daemon: Any) -> dict[str, Any]:
    known = {
        "running": True, "version": "0.1.0", "since": "2026-11-01T00:00:00Z", "lag": 0.1, "queued": 0,
        "ready": True, "trouble": [],
    }  # fmt: skip
    return {
        "at": "2026-11-01T12:00:00.5Z", "daemon": {**known, **daemon}, "services": list(services),
        "alerts": [], "incidents": [], "channels": [],
    }  # fmt: skip


BROKEN = service(
    "shop",
    "down",
    check("shop-home"),
    check(
        "shop-db", "down", reason="connection refused by db.example, which has refused it for a long time now"
    ),
    organization="acme",
    availability={"24h": 99.1234, "7d": 99.9, "30d": 99.95},
    budget_remaining=0.1299,
)
STOPPED = {"running": False, "since": None, "lag": None}


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_all_is_well() -> None:
    text = render(answer(service("shop"), service("api")), Terminal())
    assert text.splitlines()[0].startswith("● All 2 services are up")
    assert text.endswith("slawatch 0.1.0 has run for 12h\n")
    assert "└" not in text


def test_what_is_down_shows_its_checks_and_why() -> None:
    lines = render(answer(BROKEN, service("api")), Terminal()).splitlines()
    assert lines[0].startswith("✖ 1 of 2 down: shop")
    assert lines[2].split() == [
        "SERVICE", "ORGANIZATION", "STATE", "SINCE", "LAST", "SAMPLE", "LATENCY", "24H", "7D", "30D",
        "BUDGET",
    ]  # fmt: skip
    assert lines[3].split() == [
        "✖", "shop", "acme", "down", "2d", "12s", "ago", "12.3", "ms", "99.123%", "99.900%", "99.950%", "12%",
    ]  # fmt: skip
    assert lines[4].split()[:3] == ["├", "shop-home", "up"]
    assert lines[5].endswith("connection refused by db.example, which has refused it for a long time now")
    assert lines[6].split()[:2] == ["●", "api"]


def test_nothing_is_rounded_up_and_no_data_is_a_dash() -> None:
    line = render(answer(service("shop")), Terminal()).splitlines()[3]
    assert line.split()[-3:] == ["100%", "99.999%", "-"]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("checks", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, colour: bool, checks: bool) -> None:
    long = service(
        "a-service-with-quite-a-long-name-日本語", "degraded", check("x" * 60, "degraded", reason="y" * 200)
    )
    given = answer(BROKEN, long, service("api"), trouble=["results wait to be stored: " + "disk full " * 20])
    text = render(given, Terminal(width, colour=colour), checks=checks)
    assert max(columns(line) for line in plain(text).splitlines()) <= width
    assert ("\x1b" in text) is colour
    for line in text.splitlines():
        assert line == line.rstrip()


def test_names_stay_whole_while_there_are_columns_to_do_without() -> None:
    two = service("shop", "up", check("shop-front-page"), check("shop-front-desk"), organization="acme")
    lines = plain(render(answer(two), Terminal(width=36), checks=True)).splitlines()
    assert any("shop-front-page" in line for line in lines)
    assert any("shop-front-desk" in line for line in lines)
    assert lines[2].split() == ["SERVICE", "STATE", "SINCE"]


def test_every_check_is_shown_when_asked_for() -> None:
    text = render(answer(service("shop", "up", check("a"), check("b"))), Terminal(), checks=True)
    assert "├ a" in text
    assert "└ b" in text


def test_without_unicode_there_is_only_ascii() -> None:
    assert render(answer(BROKEN), Terminal(80, unicode=False), checks=True).isascii()


def test_names_and_reasons_cannot_steer_the_terminal() -> None:
    evil = service("\x1b[2Jshop", "down", check("a\x1b]0;x\x07", "down", reason="\x1b[31mred\nline"))
    text = render(answer(evil), Terminal(120))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_no_services() -> None:
    assert "No services are configured" in render(answer(), Terminal(80))


def test_a_daemon_that_does_not_run_is_said() -> None:
    text = render(answer(service("shop"), **STOPPED), Terminal(80))
    assert "The daemon is not running: states are as of the last samples" in text


def test_trouble_and_lag_are_said() -> None:
    text = render(answer(service("shop"), lag=90.0, queued=1234, trouble=["the disk is full"]), Terminal(120))
    assert "The disk is full" in text
    assert "1,234 results wait to be stored, the oldest for 1m 30s" in text


def test_the_headline_names_the_worst_first_and_not_too_many() -> None:
    down = [service(f"s{n}", "down") for n in range(5)]
    text = headline(answer(*down, service("d", "degraded"), service("u", "unknown"), service("ok")))
    assert text == "5 of 8 down: s0, s1, s2 and 2 more; 1 of 8 unknown: u; 1 of 8 degraded: d"


@pytest.mark.parametrize(
    ("states", "word", "code"),
    [
        (["up", "up"], "OK", 0),
        (["up", "degraded"], "WARNING", 1),
        (["degraded", "down", "unknown"], "CRITICAL", 2),
        (["up", "unknown"], "UNKNOWN", 3),
        (["degraded", "unknown"], "WARNING", 1),
        ([], "UNKNOWN", 3),
    ],
)
def test_nagios_codes(states: list[str], word: str, code: int) -> None:
    line, found = nagios(answer(*(service(f"s{n}", state) for n, state in enumerate(states))))
    assert line.startswith(f"SLAWATCH {word} - ")
    assert found == code


def test_nagios_performance_data() -> None:
    line, _ = nagios(answer(BROKEN, service("it's = a | pipe")))
    text, _, data = line.partition(" | ")
    assert text == (
        "SLAWATCH CRITICAL - 1 of 2 down: shop; shop: connection refused by db.example, "
        "which has refused it for a long time now"
    )
    assert data == (
        "up=1;;;0;2 degraded=0;;;0;2 down=1;;;0;2 unknown=0;;;0;2 lag=0.100s;;;0; "
        "alerts=0;;;0; incidents=0;;;0; notifications_queued=0;;;0; notifications_dead=0;;;0; "
        "'shop availability 24h'=99.1234%;;;0;100 'it''s _ a / pipe availability 24h'=100%;;;0;100"
    )
    assert "\n" not in line


def test_nagios_worries_when_nobody_watches_or_stores() -> None:
    assert nagios(answer(service("shop"), **STOPPED))[1] == 3
    assert nagios(answer(service("shop"), trouble=["the disk is full"]))[1] == 1
    why = "nobody can be told of trouble with slawatch: nothing goes through mail"
    line, code = nagios(answer(service("shop"), trouble=[why], unheard=why))
    assert (code, why in line) == (2, True)
    assert nagios(answer(service("shop"), lag=60.0))[1] == 1


def test_an_answer_is_not_changed_by_being_shown() -> None:
    given = answer(BROKEN)
    before = deepcopy(given)
    render(given, Terminal(80), checks=True)
    nagios(given)
    assert given == before
    assert status_table.WINDOWS == ("24h", "7d", "30d")
    assert PIPED == 0
