"""A replay of a store that a scenario was recorded in is the rehearsal of that scenario."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.recorded import samples_of

from slawatch.answers import replay
from slawatch.config.load import Config, load
from slawatch.config.world import scene_of
from slawatch.core.duty import Added
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, parse_rfc3339
from slawatch.core.matcher import parse
from slawatch.core.override import Override
from slawatch.core.rehearsal import play
from slawatch.core.replayed import compare
from slawatch.core.sample import Sample, Transition
from slawatch.core.scenario import Happening, Message
from slawatch.core.sifting import Sampled
from slawatch.core.silence import Silence
from slawatch.core.timeline import Held, fold
from slawatch.store import duty
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

START = parse_rfc3339("2026-01-05T00:00:00Z")
TEXT = """
[slawatch]
data_dir = "data"
[checks.home]
service = "shop"
type = "tcp"
address = "127.0.0.1:80"
[checks.db]
service = "database"
type = "tcp"
address = "127.0.0.1:5432"
interval = "10s"
[services.shop]
depends_on = ["database"]
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
[people.alice]
email = "alice@example.com"
contact = [{ channel = "mail" }]
[people.bob]
email = "bob@example.com"
contact = [{ channel = "mail" }]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-01T00:00:00
[[escalations.default.levels]]
to = ["schedule:primary"]
[[escalations.default.levels]]
to = ["person:bob"]
"""
RULE = """
[[rules]]
name = "slow"
metric = "availability"
critical = "< 50%"
"""


def config(folder: Path, more: str = "", name: str = "slawatch.toml") -> Config:
    path = folder / name
    path.write_text(TEXT + more)
    return load(path, env={})


def recorded(folder: Path, samples: list[Sampled]) -> Database:
    database = Database.open(folder)
    numbers = database.check_numbers(["home", "db"])
    rows = [
        Sample(
            numbers[one.check], one.started_at, one.started_at, one.outcome, 2 if one.outcome == 2 else 0,
            None, None, None, None, None, None, one.holds, 0, None, None, (),
        )
        for one in samples
    ]  # fmt: skip
    transitions: list[tuple[int, Transition]] = []
    for number in numbers.values():
        made, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in rows if s.check == number)
        transitions += ((number, change) for change in made)
    Writer(database).write(Batch(1, rows, transitions))
    return database


def asked(database: Database, configs: list[Config], start: int, end: int) -> replay.Material:
    wish = replay.wish(configs, start, end)
    again = replay.read_wish(json.loads(json.dumps(replay.write_wish(wish))))
    assert again == wish
    with database.reading() as cursor:
        found = replay.material(cursor, again, "digest")
    return replay.read_material(json.loads(json.dumps(found)))


def outage(*script: tuple[float, str, str]) -> tuple[Happening, ...]:
    return tuple(Happening(t=int(t * MINUTE), do=do, check=check) for t, do, check in script)  # type: ignore[arg-type]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from(["down", "up"]), st.sampled_from(["home", "db"])),
        min_size=1,
        max_size=8,
    )
)
def test_a_recorded_scenario_is_replayed_as_it_was_rehearsed(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[float, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    found = config(folder)
    scene = scene_of(found)
    rehearsed = play(scene, outage(*script), START, 2 * HOUR)
    samples = samples_of(scene, outage(*script), rehearsed, START, 2 * HOUR)
    with recorded(folder / "data", samples) as database:
        stored = asked(database, [found], START, START + 2 * HOUR)
    assert len(stored.samples) < len(samples)
    replayed = replay.played(found, stored, START, START + 2 * HOUR)
    assert replayed.messages == rehearsed.messages


OUTAGE = outage((5, "down", "db"), (5, "down", "home"), (20, "up", "db"), (21, "up", "home"))


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Config, Database]:
    found = config(tmp_path, RULE)
    scene = scene_of(found)
    rehearsed = play(scene, OUTAGE, START, 2 * HOUR)
    return found, recorded(tmp_path / "data", samples_of(scene, OUTAGE, rehearsed, START, 2 * HOUR))


def test_the_whole_answer(stored: tuple[Config, Database], tmp_path: Path) -> None:
    old, database = stored
    new = config(tmp_path, '[defaults.check]\nfailures = 100\nretry_interval = "10s"\n', "new.toml")
    with database:
        found = asked(database, [old, new], START, START + DAY)
    before, after = (replay.played(one, found, START, START + DAY) for one in (old, new))
    difference = compare(before, after, str)
    answer = replay.answer(
        before, after, difference, configs=[old, new], found=found, ack_after=None, warnings=["careful"]
    )
    json.dumps(answer)
    assert (answer["from"], answer["to"]) == ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z")
    assert answer["samples"]["stored"] > answer["samples"]["replayed"] > 0
    assert answer["samples"]["gone_until"] is None
    assert [alert["alert"] for alert in answer["old"]["alerts"]] == ["db", "home"]
    assert answer["old"]["alerts"][1]["withheld"] == ["dependency"]
    assert answer["new"]["alerts"] == []
    assert [alert["alert"] for alert in answer["difference"]["only_old"]] == ["db", "home"]
    assert answer["old"]["incidents"][0]["told"][0]["to"] == "person:alice"
    assert answer["left_out"][0] == "the rule slow (its metric is made of more than samples)"
    assert answer["warnings"] == ["careful"]


def test_what_people_entered_then_counts(stored: tuple[Config, Database]) -> None:
    found, database = stored
    silence = Silence(
        match=parse("service=database"), author="alice", comment="moving", start=START,
        end=START + 10 * MINUTE,
    )  # fmt: skip
    change = Override(person="bob", start=START, end=START + DAY)
    with database:
        named = replace(silence, id="s")
        duty.enter_silence(database, lambda known: ({**known, "s": named}, "s"), "alice", "test", START)
        duty.enter_duty(database, Added("o", START, "alice", "primary", change), "test")
        material = asked(database, [found], START, START + DAY)
    assert material.digest == "digest"
    replayed = replay.played(found, material, START, START + DAY)
    pages = [message for message in replayed.messages if message.kind == "trigger"]
    assert pages[0] == Message(
        START + 10 * MINUTE, "trigger", "person:bob", "mail", 0, 0,
        "level 0 of default, schedule:primary: silence ended", pages[0].incident,
    )  # fmt: skip


def test_where_samples_are_gone_results_are_imagined(stored: tuple[Config, Database]) -> None:
    found, database = stored
    with database:
        writer = Writer(database)
        writer.seal(START // DAY)
        writer.retain(START + DAY)
        material = asked(database, [found], START, START + DAY)
    assert material.samples == ()
    assert material.gone_until == START + DAY
    replayed = replay.played(found, material, START, START + DAY)
    assert [alert.alert for alert in replayed.alerts] == ["db", "home"]
    assert abs(replayed.alerts[0].at - (START + 5 * MINUTE)) < 5 * SECOND


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"start": 1, "end": 1, "checks": {}, "neighbours": {}},
        {"start": 1, "end": 2, "checks": {"a": [1]}, "neighbours": {}},
        {"start": "x", "end": 2, "checks": {}, "neighbours": {}},
        {"start": 1, "end": 2, "checks": [], "neighbours": {}},
    ],
)
def test_what_is_no_wish_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wish|start|invalid"):
        replay.read_wish(wish)


def test_what_a_wish_lacks_is_named() -> None:
    with pytest.raises(ValueError, match=r"^this is no wish for a replay: 'start' is missing$"):
        replay.read_wish({})


ERRORS = """
[[rules]]
name = "errors"
metric = "error_rate"
services = ["database"]
window = "5m"
every = "1m"
warning = "> 10%"
critical = "> 50%"
"""


def test_rules_on_metrics_are_replayed_too(stored: tuple[Config, Database], tmp_path: Path) -> None:
    _, database = stored
    found = config(tmp_path, ERRORS, "rules.toml")
    with database:
        material = asked(database, [found], START, START + DAY)
    replayed = replay.played(found, material, START, START + DAY)
    (alert,) = [alert for alert in replayed.alerts if alert.alert.startswith("errors")]
    assert (alert.service, alert.severity) == ("database", "critical")
    assert alert.at == START + 6 * MINUTE
    assert alert.ended == START + 25 * MINUTE
    assert replay.left_out(found) == [replay.OTHERS]


@pytest.mark.parametrize(
    "gauge",
    [
        ["nonsense", ["a"], 300_000_000, 60_000_000, [], False],
        ["availability", ["a"], 300_000_000, 60_000_000, [], False],
        ["error_rate", ["a"], 1, 60_000_000, [], False],
        ["error_rate", ["a"], 10**18, 60_000_000, [], False],
        ["error_rate", ["a"]],
    ],
)
def test_a_gauge_that_cannot_be_read_is_refused(gauge: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replay.read_wish({"start": 1, "end": 2, "checks": {}, "neighbours": {}, "gauges": [gauge]})
