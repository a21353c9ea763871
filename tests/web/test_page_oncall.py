"""The page about who is on call: now, next, the calendar, and where nobody is."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from slawatch.config.load import Config, load
from slawatch.core.instant import DAY, HOUR, parse_rfc3339
from slawatch.core.override import Override, Swap
from slawatch.web.page_oncall import DAYS, arrange

from .conftest import NOW
from .duty import DUTY


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


def test_now_next_and_the_calendar(config: Config) -> None:
    (rota,) = arrange(config, (), NOW).rotas
    assert {rota.now, rota.following} == {"Alice Arnold", "Bob Ray"}
    assert rota.until == rota.changes == parse_rfc3339("2026-11-02T08:00:00Z")
    assert not rota.stands_in
    assert rota.gaps == ()
    assert rota.escalations == ("default",)
    assert len(rota.weeks) * 7 == DAYS
    turns = [turn for week in rota.weeks for turn in week.turns]
    assert all(a.end == b.start for a, b in pairwise(turns)), "no time is missing"
    assert turns[-1].end - turns[0].start == DAYS * DAY
    assert [today for week in rota.weeks for *_, today in week.days].count(True) == 1


def test_the_drawing_is_sound_and_names_nobody_but_in_words(config: Config) -> None:
    for week in arrange(config, (), NOW).rotas[0].weeks:
        root = ET.fromstring(str(week.drawing))
        assert root.get("aria-hidden") == "true"
        assert len([e for e in root if e.tag.endswith("rect")]) == len(week.turns)


def test_where_nobody_is_on_call_it_says_so(config: Config) -> None:
    gone = Override(person="alice", kind="remove", start=NOW - HOUR, end=NOW + 3 * DAY)
    both = (gone, replace(gone, person="bob"))
    schedule = replace(config.schedules["primary"], overrides=both)
    page = arrange(replace(config, schedules={"primary": schedule}), (), NOW)
    (rota,) = page.rotas
    assert rota.now == ""
    assert page.uncovered == 1
    assert rota.gaps[0] == (NOW, NOW + 3 * DAY)
    assert any(turn.gap for week in rota.weeks for turn in week.turns)


def test_what_was_entered_is_listed_with_names(config: Config) -> None:
    entered = {
        "who": "bob",
        "schedule": "primary",
        "start": "2026-11-02T00:00:00Z",
        "end": "2026-11-03T00:00:00Z",
        "kind": "add",
    }
    (one,) = arrange(config, (entered,), NOW).entered
    assert one["who"] == "Bob Ray"
    assert one["start"] == parse_rfc3339("2026-11-02T00:00:00Z")


def test_what_is_written_in_the_configuration_is_listed_beside_it(config: Config) -> None:
    holds = Override(person="alice", start=NOW - HOUR, end=NOW + HOUR, reason="travel")
    over = replace(holds, start=NOW - 3 * HOUR, end=NOW - 2 * HOUR)
    swaps = (
        Swap(person="bob", start=NOW + DAY, end=NOW + 2 * DAY, taken_by="alice"),
        Swap(person="bob", start=NOW + DAY, end=NOW + 2 * DAY),
    )
    schedule = replace(config.schedules["primary"], overrides=(holds, over), swaps=swaps)
    written = replace(config, schedules={"primary": schedule})
    first, second = arrange(written, (), NOW, written).entered
    assert (first["who"], first["state"], first["reason"], first["written"]) == (
        "Alice Arnold", "active", "travel", True,
    )  # fmt: skip
    assert (first["zone"], first["schedule_name"]) == ("Europe/Berlin", "primary")
    assert (second["who"], second["what"], second["state"]) == ("Bob Ray", "swap", "planned")


def test_without_schedules_there_is_nothing(config: Config) -> None:
    assert arrange(replace(config, schedules={}), (), NOW).rotas == ()
