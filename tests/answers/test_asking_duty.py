"""What may be asked of schedules, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import NOW

from slawatch.answers import asking_duty
from slawatch.answers.asking import Seen
from slawatch.answers.entering import enter
from slawatch.answers.wish import EntryRefused
from slawatch.config.load import load
from slawatch.core.instant import DAY, HOUR, rfc3339
from slawatch.core.turn import State
from slawatch.store.database import Database

TOML = """
[slawatch]
data_dir = "duty"
[checks.a]
service = "a"
type = "tcp"
address = "a.example:80"
[people.alice]
[people.bob]
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
[schedules.second]
[[schedules.second.layers]]
people = ["bob"]
start = 2026-01-05T09:00:00
"""


class Duty:
    """Schedules in a store of their own."""

    def __init__(self, folder: Path) -> None:
        path = folder / "duty.toml"
        path.write_text(TOML)
        self.config = load(path, env={})
        self.folder = self.config.data_dir

    def ask(self, name: str, entries: tuple[dict[str, Any], ...] = (), **query: str) -> Any:
        seen = Seen(self.config, State(), NOW)
        given = {key.rstrip("_"): text for key, text in query.items()}
        with Database.open(self.folder) as database:
            for wish in entries:
                enter(database, self.config, "override.add", wish, NOW)
            with database.reading() as cursor:
                return getattr(asking_duty, name)(cursor, seen, given)


@pytest.fixture
def duty(tmp_path: Path) -> Duty:
    return Duty(tmp_path)


OFF = {
    "schedule": "second", "who": "bob", "kind": "remove", "start": rfc3339(NOW + DAY), "for": "2h",
    "person": "bob",
}  # fmt: skip


def test_gaps_are_those_of_what_was_entered_too(duty: Duty) -> None:
    assert [one["gaps"] for one in duty.ask("on_call_gaps")] == [[], []]
    found = duty.ask("on_call_gaps", (OFF,), schedule="second", days="2")
    assert found == [
        {
            "schedule": "second", "from": rfc3339(NOW), "to": rfc3339(NOW + 2 * DAY), "seconds": 7200.0,
            "gaps": [
                {"start": rfc3339(NOW + DAY), "end": rfc3339(NOW + DAY + 2 * HOUR), "seconds": 7200.0}
            ],
        }
    ]  # fmt: skip
    (before,) = duty.ask("on_call_gaps", schedule="second", to=rfc3339(NOW + DAY))
    assert before["gaps"] == []
    (begun,) = duty.ask("on_call_gaps", schedule="second", from_=rfc3339(NOW + DAY + HOUR))
    assert begun["seconds"] == 3600.0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"schedule": "primry"}, 'did you mean "primary"?'),
        ({"days": "0"}, "the end is after the start"),
        ({"days": "3661"}, "3660 days later at most"),
        ({"days": "9" * 18}, "3660 days later at most"),
        ({"days": "x"}, "days must be a whole number"),
        ({"days": "3", "to": "2026-12-01"}, "`to` and `days` say the same"),
        ({"from_": "2026-12-01", "to": "2026-11-30"}, "the end is after the start"),
        ({"from_": "1960-01-01"}, "from 1970 to 2200"),
        ({"from_": "noon"}, "from: "),
        ({"day": "3"}, 'did you mean "days"?'),
    ],
)
def test_gaps_that_cannot_be_asked_for(duty: Duty, query: dict[str, str], said: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        duty.ask("on_call_gaps", (), **query)
    assert said in str(caught.value)


def test_a_calendar_of_a_time(duty: Duty) -> None:
    usual = duty.ask("on_call_feed", person="alice")
    short = duty.ask("on_call_feed", person="alice", from_="2026-11-02", to="2026-11-03")
    assert usual.count(b"BEGIN:VEVENT") > short.count(b"BEGIN:VEVENT") == 1
    with pytest.raises(EntryRefused, match="`to` is after `from`"):
        duty.ask("on_call_feed", from_="2026-11-03", to="2026-11-02")


def test_who_is_on_call(duty: Duty) -> None:
    assert [one["schedule"] for one in duty.ask("on_call")] == ["primary", "second"]
    with pytest.raises(EntryRefused, match="`at` does not go with"):
        duty.ask("on_call", at="now", to="2026-12-01")
