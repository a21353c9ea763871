"""However many mistakes there are, in however many files: each is told at its place, and nothing else is."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.config.example import ENV, EXAMPLE

from slawatch.config.load import ConfigError, load
from slawatch.config.problem import dotted
from slawatch.config.reading import Reader
from slawatch.config.review import review
from slawatch.config.sections import Assembly
from slawatch.config.source import Document, read_text
from slawatch.core.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-23T08:00:00Z")
Path_ = tuple[str | int, ...]


class Line(NamedTuple):
    """One line of the example: where its key stands, if it holds a whole `key = value`."""

    number: int
    text: str
    block: int
    table: Path_
    key: str

    @property
    def path(self) -> Path_:
        return (*self.table, self.key)


class Plant(NamedTuple):
    """A mistake: a line that is written otherwise, and the path at which it must be told, there or above."""

    number: int
    text: str | None
    path: str
    line: int
    near: Path_


def lines_of(text: str) -> list[Line]:
    """Return the lines, by the block of tables that must stay in one file."""
    found: list[Line] = []
    table: Path_ = ()
    counts: dict[Path_, int] = {}
    owners: dict[Path_, int] = {}
    block = 0
    for number, line in enumerate(text.split("\n")):
        key = ""
        if match := re.match(r"\[\[?([\w.-]+)\]", line):
            names: Path_ = tuple(match[1].split("."))
            block = owners.setdefault(names[:2], len(owners) + 1) if names[0] != "routes" else 0
            placed: Path_ = ()
            for name in names:
                placed = (*placed, name)
                if placed in counts and placed != names:
                    placed = (*placed, counts[placed] - 1)
            if line.startswith("[["):
                counts[placed] = counts.get(placed, 0) + 1
                placed = (*placed, counts[placed] - 1)
            table = placed
        elif match := re.match(r"([\w-]+) = ", line):
            try:
                tomllib.loads(line)
                key = match[1]
            except ValueError:
                pass
        found.append(Line(number, line, block, table, key))
    return found


LINES = lines_of(EXAMPLE.read_text())
KEYS = [line for line in LINES if line.key]
HEADERS = {line.table: line.number for line in reversed(LINES) if line.text.startswith("[")}
ANYTHING = {"json", "header", "body_json", "env", "headers", "weights", "counters"}
"""Tables whose keys are names, and keys that take whatever is written."""


def misspelt(line: Line) -> Plant | None:
    if line.table[-1] in ANYTHING:
        return None
    text = line.text.replace(line.key, line.key + "x", 1)
    return Plant(line.number, text, dotted((*line.table, line.key + "x")), line.number, line.path)


def mistyped(line: Line) -> Plant | None:
    if dotted(line.path) == "checks.shop-db.expect":
        return None
    if ANYTHING.intersection(line.path) and line.key not in ("env", "headers", "weights", "counters"):
        return None
    return Plant(line.number, f"{line.key} = nan", dotted(line.path), line.number, line.path)


def strange(line: Line) -> Plant | None:
    if line.table[-1] in ANYTHING:
        return None
    key = f"zzzz{line.number}"
    return Plant(
        line.number,
        f"{line.text}\n{key} = 1",
        dotted((*line.table, key)),
        line.number + 1,
        (*line.table, key),
    )


def left_out(line: Line) -> Plant | None:
    return (
        Plant(line.number, None, dotted(line.table), HEADERS[line.table], line.path) if needed(line) else None
    )


@cache
def needed(line: Line) -> bool:
    """Say whether the key must be there, as the example without it alone tells."""
    if line.table not in HEADERS:
        return False
    document = Document({}, [])
    document.add(read_text(EXAMPLE, "\n".join(one.text for one in LINES if one != line).encode()))
    reader = Reader(document, ENV)
    review(reader, Assembly(reader).config(), NOW)
    return [problem.message.startswith("the key ") for problem in reader.problems] == [True]


MEANINGS = [
    ("slawatch.timezone", '"Europe/Berln"', ""),
    ("slawatch.probers", "0", ""),
    ("slawatch.log_level", '"loud"', ""),
    ("web.listen", '"127.0.0.1"', ""),
    ("web.sessions", '{ idle = "1s" }', ".idle"),
    ("retention.samples", '"1h"', ""),
    ("users.alice.role", '"root"', ""),
    ("users.alice.organizations", '["acne"]', "[0]"),
    ("users.alice.person", '"alcie"', ""),
    ("users.customer.organizations", "[]", ""),
    ("users.customer.password", '{ env = "UNSET" }', ".env"),
    ("organizations.acme.timezone", '"Mars/Base"', ""),
    ("services.shop.organization", '"acne"', ""),
    ("services.shop.depends_on", '["mial"]', "[0]"),
    ("services.shop.escalation", '"defualt"', ""),
    ("defaults.check.failures", '"3"', ""),
    ("checks.shop-home.interval", '"10"', ""),
    ("checks.shop-home.url", '"shop.example"', ""),
    ("checks.shop-home.http_version", '"3"', ""),
    ("checks.shop-home.max_body", "-1", ""),
    ("checks.shop-home.tls.min_version", '"1.1"', ""),
    ("checks.shop-home.expect.status", '"2999"', ""),
    ("checks.shop-home.expect.body_regex", '"("', ""),
    ("checks.mail-smtp.address", '"mail.example"', ""),
    ("checks.mail-smtp.ip_version", "5", ""),
    ("checks.shop-db.engine", '"oracle"', ""),
    ("checks.shop-db.port", "70000", ""),
    ("checks.mail-queue.command", "[]", ""),
    ("checks.backup.every", '"0s"', ""),
    ("calendars.office.timezone", '"Europe/Berln"', ""),
    ("calendars.office.hours", '{ mon-fri = ["25:00-26:00"] }', ""),
    ("calendars.office.dates", '{ 2026-13-24 = [] }', ""),
    ("calendars.office.holidays.country", '"XX"', ""),
    ("agreements.acme-gold.organization", '"acne"', ""),
    ("agreements.acme-gold.calendar", '"ofice"', ""),
    ("agreements.acme-gold.unknown", '"ignore"', ""),
    ("agreements.acme-gold.cap", '"150"', ""),
    ("agreements.acme-gold.min_outage", '"half a minute"', ""),
    ("agreements.acme-gold.effective_from", '"2026-02-30"', ""),
    ("agreements.acme-web.preset", '"aws-compute-regoin"', ""),
    ("agreements.acme-web.services", '["shpo"]', "[0]"),
    ("maintenance[0].services", '["shpo"]', "[0]"),
    ("maintenance[0].end", "2026-12-01T21:00:00", ""),
    ("people.alice.email", '"alice"', ""),
    ("people.alice.phone", '"0151"', ""),
    ("people.bob.contact", '[{ channel = "mali" }]', "[0].channel"),
    ("teams.database.people", '["alice", "bop"]', "[1]"),
    ("teams.database.schedule", '"primray"', ""),
    ("schedules.primary.timezone", '"Berlin"', ""),
    ("schedules.primary.layers[0].shift", '"fortnightly"', ""),
    ("schedules.primary.layers[1].people", '["carlo"]', "[0]"),
    ("schedules.primary.layers[1].priority", '"high"', ""),
    ("schedules.primary.overrides[0].replaces", '"alcie"', ""),
    ("schedules.primary.swaps[0].taken_by", '"alcie"', ""),
    ("escalations.default.repeat", "-1", ""),
    ("escalations.default.fallback", '["channel:mali"]', "[0]"),
    ("escalations.default.levels[0].to", '["schedule:primray"]', "[0]"),
    ("escalations.default.levels[1].to", '["carol"]', "[0]"),
    ("escalations.default.levels[1].if", '"always"', ""),
    ("channels.mail.port", "0", ""),
    ("channels.mail.tls", '"maybe"', ""),
    ("channels.mail.limits", '["ten"]', "[0]"),
    ("channels.mail.ttl", '"1s"', ""),
    ("channels.sms.max_segments", "99", ""),
    ("channels.sms.validity", '"11h"', ""),
    ("channels.hook.url", '"hooks.example"', ""),
    ("channels.siren.command", "[]", ""),
    ("alerting.instance", '"a b"', ""),
    ("alerting.recover_after", "0", ""),
    ("alerting.start_grace", '"1h"', ""),
    ("alerting.ping_every", '"1s"', ""),
    ("alerting.tier_ahead", "101.0", ""),
    ("alerting.meta", '["channel:phone-psuh"]', "[0]"),
    ("rules[0].metric", '"latency_p59s"', ""),
    ("rules[0].services", '["shpo"]', "[0]"),
    ("rules[0].checks", '["shop-hme"]', "[0]"),
    ("rules[0].warning", '"500ms"', ""),
    ("rules[0].hysteresis", "100.0", ""),
    ("rules[0].every", '"10ms"', ""),
    ("rules[0].escalation", '"defualt"', ""),
    ("routes[0].severity", '"hihg"', ""),
    ("routes[0].match", "'a ~ b'", ""),
    ("routes[0].channels", '["mali"]', "[0]"),
    ("routes[1].channels", '["hok"]', "[0]"),
    ("workflows[0].on", '"incident.open"', ""),
    ("workflows[0].when", '{ services = ["shpo"] }', ".services[0]"),
    ("inhibit[0].source", '"severity=~("', ""),
    ("quiet_hours.night.services", '["mial"]', "[0]"),
    ("quiet_hours.night.severity", '"worst"', ""),
]  # fmt: skip
BY_PATH = {dotted(line.path): line for line in KEYS}


def meant(entry: tuple[str, str, str]) -> Plant:
    path, value, inner = entry
    line = BY_PATH[path]
    return Plant(line.number, f"{line.key} = {value}", path + inner, line.number, line.path)


def clash(one: Plant, other: Plant) -> bool:
    """Say whether of two mistakes one may hide the other: the type of a table says what belongs into it."""
    if one.number == other.number:
        return True
    for a, b in ((one.near, other.near), (other.near, one.near)):
        says = a[-1] in ("type", "engine", "preset", "metric", "combine", "country")
        if says and b[: len(a) - 1] == a[:-1]:
            return True
    return False


@st.composite
def planted(draw: st.DrawFn) -> list[Plant]:
    ways: list[Callable[[Line], Plant | None]] = [misspelt, mistyped, strange, left_out]
    found: list[Plant] = []
    for _ in range(draw(st.integers(1, 12))):
        if draw(st.booleans()):
            plant: Plant | None = meant(draw(st.sampled_from(MEANINGS)))
        else:
            plant = draw(st.sampled_from(ways))(draw(st.sampled_from(KEYS)))
        if plant is not None and not any(clash(plant, other) for other in found):
            found.append(plant)
    return found


def written(plants: list[Plant], files: list[int], folder: Path) -> dict[int, tuple[str, int]]:
    """Write the example with its mistakes, block by block into several files; return where each line is."""
    changed = {plant.number: plant.text for plant in plants}
    names = [folder / "slawatch.toml", folder / "conf.d" / "a.toml", folder / "conf.d" / "b.toml"]
    texts: list[list[str]] = [[] for _ in names]
    places: dict[int, tuple[str, int]] = {}
    for line in LINES:
        file = files[line.block % len(files)] if line.block else 0
        text = changed.get(line.number, line.text)
        places[line.number] = (str(names[file]), len(texts[file]) + 1)
        if text is not None:
            texts[file] += text.split("\n")
    (folder / "conf.d").mkdir(exist_ok=True)
    for name, lines in zip(names, texts, strict=True):
        name.write_text("\n".join(lines))
    return places


def told(folder: Path) -> set[tuple[str, int, str]]:
    try:
        load(folder / "slawatch.toml", env=ENV, now=NOW)
    except ConfigError as refused:
        return {(problem.file, problem.line, problem.path) for problem in refused.problems}
    return set()


def expected(plants: list[Plant], places: dict[int, tuple[str, int]]) -> set[tuple[str, int, str]]:
    found = set()
    for plant in plants:
        after = plant.line - plant.number if plant.line == plant.number + 1 else 0
        file, line = places[plant.line - after]
        found.add((file, line + after, plant.path))
    return found


relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("entry", MEANINGS, ids=lambda entry: entry[0])
def test_each_alone(folder: Path, entry: tuple[str, str, str]) -> None:
    plant = meant(entry)
    places = written([plant], [0], folder)
    assert told(folder) == expected([plant], places)


@pytest.mark.parametrize("other", ["channels.sms.max_segments", "channels.sms.validity"])
@pytest.mark.parametrize("to", ["nan", '["0151"]'])
def test_numbers_that_cannot_be_read_hide_nothing(folder: Path, to: str, other: str) -> None:
    plants = [meant(entry) for entry in MEANINGS if entry[0] == other]
    plants.append(meant(("channels.sms.to", to, "")))
    places = written(plants, [0], folder)
    assert told(folder) == expected(plants, places)


@settings(relaxed, max_examples=60)
@given(planted(), st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_all_at_once_and_nothing_else(folder: Path, plants: list[Plant], files: list[int]) -> None:
    places = written(plants, files, folder)
    assert told(folder) == expected(plants, places)


def test_all_that_were_ever_thought_of(folder: Path) -> None:
    plants: list[Plant] = []
    for entry in MEANINGS:
        plant = meant(entry)
        if not any(clash(plant, other) for other in plants):
            plants.append(plant)
    places = written(plants, [0, 1, 2], folder)
    assert told(folder) == expected(plants, places)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(relaxed, max_examples=3000)
@given(planted(), st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_three_thousand_times(folder: Path, plants: list[Plant], files: list[int]) -> None:
    places = written(plants, files, folder)
    assert told(folder) == expected(plants, places)
