"""A rehearsal that is asked for as JSON: read back as it was written, and refused where it makes no sense."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import NOW

from slawatch.answers import rehearse
from slawatch.answers.rehearse import NOBODY, Wish, play, read_wish, write_wish
from slawatch.answers.wish import EntryRefused
from slawatch.config.load import Config
from slawatch.config.problem import ConfigError
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.scenario import Happening, outage

_LENGTHS = st.integers(0, 100 * DAY)
_HAPPENINGS = st.one_of(
    st.builds(Happening, t=_LENGTHS, do=st.sampled_from(["down", "up"]), check=st.just("shop-home")),
    st.builds(Happening, t=_LENGTHS, do=st.just("ack"), note=st.sampled_from(["", "on it"])),
    st.builds(Happening, t=_LENGTHS, do=st.just("restart"), for_=st.none() | _LENGTHS),
    st.builds(
        Happening, t=_LENGTHS, do=st.just("silence"), for_=st.none() | _LENGTHS,
        match=st.sampled_from([parse('service="shop", severity=~"high|low"'), parse("check=a")]),
    ),
)  # fmt: skip


@given(st.lists(_HAPPENINGS, min_size=1, max_size=5), st.none() | st.integers(1, 400 * DAY))
def test_what_is_written_is_read_back(script: list[Happening], length: int | None) -> None:
    from pathlib import Path

    from slawatch import checks
    from slawatch.core.check import Check

    options = checks.load("tcp").options(address=("a", 1))
    check = Check(name="shop-home", service="shop", type="tcp", options=options)
    config = Config(path=Path("x.toml"), data_dir=Path("x"), checks={"shop-home": check})
    wish = Wish(tuple(script), NOW, length)
    assert read_wish(write_wish(wish), config, 0) == wish


def test_a_check_that_is_down_for_a_while(config: Config) -> None:
    made = read_wish({"check": "shop-home"}, config, NOW)
    assert made == (outage("shop-home", HOUR), NOW, None)
    made = read_wish(
        {"check": "shop-home", "down_for": "5m", "at": "2026-11-02T00:00:00Z",
         "until": "2026-11-02T00:01:00Z"},
        config, NOW,
    )  # fmt: skip
    assert (made.script[1].t, made.start - NOW, made.length) == (5 * MINUTE, 12 * HOUR, MINUTE)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "say what happens"),
        ({"chek": "shop-home"}, 'did you mean "check"?'),
        ({"check": "shop-hom"}, 'did you mean "shop-home"?'),
        ({"check": "shop-home", "down_for": "0s"}, "down_for: more than nothing"),
        ({"check": "shop-home", "for": "401d"}, "for: more than nothing, 400 days at most"),
        ({"check": "shop-home", "until": "2026-01-01"}, "until: a time after the beginning"),
        ({"check": "shop-home", "for": "1h", "until": "now"}, "`until` and `for` say the same"),
        ({"check": "shop-home", "at": "2201-01-01"}, "from 1970 to 2200"),
        ({"check": 7}, "check must be a text"),
        ({"events": [], "check": "shop-home"}, "check: the events say what happens"),
    ],
)
def test_what_makes_no_sense_is_refused(config: Config, found: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        read_wish(found, config, NOW)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("events", "path"),
    [
        ([], ""),
        ([7], "events[0]"),
        ([{"t": "1m"}], "events[0]"),
        ([{"t": "1m", "do": "down", "check": "nope"}], "events[0].check"),
        ([{"t": "1m", "do": "ack", "by": "nobody"}], "events[0].by"),
        ([{"t": 60, "do": "ack"}], "events[0].t"),
    ],
)
def test_events_with_mistakes_are_told_by_their_place(config: Config, events: Any, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_wish({"events": events}, config, NOW)
    assert path in [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize("events", ["x", None, {}])
def test_events_are_a_list(config: Config, events: Any) -> None:
    with pytest.raises(EntryRefused, match=r"^events: a list belongs here, as in"):
        read_wish({"events": events}, config, NOW)


def test_where_nobody_is_told_that_is_said(config: Config) -> None:
    found = play(config, None, Wish(outage("shop-home", SECOND), NOW, None))
    assert (found["events"], found["warnings"]) == ([], [NOBODY])


def test_a_play_of_more_than_so_many_turns_is_none(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    from slawatch.core.rehearsal import TooLong

    monkeypatch.setattr(rehearse, "is_silent", lambda _: False)
    wish = Wish(outage("shop-home", HOUR), NOW, None)
    assert play(config, None, wish)["end"] == "2026-11-01T14:00:00Z"
    with pytest.raises(TooLong, match="3 turns"):
        play(config, None, wish, most=3)
