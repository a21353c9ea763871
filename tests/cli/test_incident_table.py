"""Incidents in terminals of any width."""

from pathlib import Path
from typing import Any

import pytest
from tests.alerts import NOW, Play, configured

from slawatch.answers import incidents
from slawatch.cli.incident_table import render, render_done, render_list, shown_state
from slawatch.cli.terminal import Terminal, columns
from slawatch.config.world import world_of
from slawatch.core.command import Ack, Assign, Write
from slawatch.core.instant import MINUTE
from slawatch.store.database import Database


@pytest.fixture
def incident(tmp_path: Path) -> Any:
    config = configured(tmp_path)
    with Database.open(config.data_dir) as database:
        play = Play(config, database)
        play.broken = {"hook"}
        play.fire(title="the shop is slow for customers in the whole of the European area and beyond")
        play.give(after=6 * MINUTE)
        play.give(Assign(by="person:alice", incident=1, to="team:database"))
        play.give(Write(by="person:alice", incident=1, text="the vendor says that it will take them " * 4))
        play.give(Ack(by="person:alice", incident=1), after=MINUTE)
        with database.reading() as cursor:
            found = incidents.show(cursor, play.state, 1, world_of(config), play.now)
    assert found is not None
    return found


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(incident: Any, width: int) -> None:
    text = render(incident, "Europe/Berlin", NOW + 7 * MINUTE, Terminal(width))
    assert all(columns(line) <= width for line in text.splitlines()), text
    listed = render_list([incident], "open", NOW + 7 * MINUTE, Terminal(width))
    assert all(columns(line) <= width for line in listed.splitlines()), listed


def test_a_wide_list_says_who_has_it_and_what_comes(incident: Any) -> None:
    text = render_list([incident], "open", NOW + 7 * MINUTE, Terminal(160))
    assert text.splitlines()[1].endswith("team:database  reminder in 25m")


def test_colours(incident: Any) -> None:
    text = render(incident, "UTC", NOW, Terminal(100, colour=True))
    assert "\x1b[1mTimeline\x1b[0m" in text


def test_what_was_done(incident: Any) -> None:
    events = [
        {"kind": "incident.acked", "text": "acknowledged by person:alice"},
        {"kind": "row.sent", "text": "x"},
    ]
    text = render_done({"incident": incident, "events": events}, Terminal())
    assert text.splitlines()[1:] == ["  acknowledged by alice"]
    assert render_done({"incident": None, "events": []}, Terminal()) == "\n"


def test_states() -> None:
    assert shown_state({"state": "triggered", "exhausted": True}) == "triggered (exhausted)"
    assert shown_state({"state": "acked", "exhausted": True}) == "acked"
