"""A wish, read key by key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.alerts import NOW, configured

from slawatch.answers.wish import EntryRefused, Wish, missing
from slawatch.config.load import Config
from slawatch.core.instant import HOUR


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path)


def test_what_is_given_is_read(config: Config) -> None:
    wish = Wish(
        {"text": " two\n words ", "for": "90m", "on": True, "n": "12", "m": 3, "s": "shop", "end": "now"},
        config,
        NOW,
    )
    assert (wish.text("text"), wish.flag("on"), wish.flag("off")) == ("two words", True, False)
    assert (wish.whole("n", needed=""), wish.whole("m", needed="")) == (12, 3)
    assert wish.length("for", "") == 3 * HOUR // 2
    assert wish.one_of("s", config.services, "service", needed="") == "shop"


def test_an_end_is_a_time_or_a_length(config: Config) -> None:
    assert Wish({"for": "1h"}, config, NOW).until(NOW) == NOW + HOUR
    assert Wish({"end": "2026-11-02T14:00"}, config, NOW).until(NOW) == NOW + HOUR
    with pytest.raises(EntryRefused, match="leave one out"):
        Wish({"for": "1h", "end": "now"}, config, NOW).until(NOW)
    with pytest.raises(EntryRefused, match="when it ends"):
        Wish({}, config, NOW).until(NOW)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda w: w.length("word", ""), "word: "),
        (lambda w: w.flag("word"), "word must be true or false"),
        (lambda w: w.whole("word", needed="which"), "word must be a whole number: which"),
        (lambda w: w.whole("none", needed="which"), "none is missing: which"),
        (lambda w: w.whole("big", needed=""), "big must be a whole number"),
        (lambda w: w.whole("minus", needed=""), "minus must be a whole number"),
        (lambda w: w.whole("true", needed=""), "true must be a whole number"),
        (lambda w: w.text("list"), "list must be a text"),
        (lambda w: w.text("long"), "long may have 1000 characters"),
        (lambda w: w.one_of("word", {"words": 1}, "thing", needed=""), 'there is no thing .*"words"'),
        (lambda w: w.one_of("word", {}, "thing", needed=""), "the configuration has none"),
        (lambda w: w.moment("word", ""), "word: "),
        (lambda w: w.id(), "id is missing"),
    ],
)
def test_mistakes_are_said_plainly(config: Config, read: Callable[[Wish], Any], said: str) -> None:
    wish = Wish(
        {"word": "wrds", "list": [], "long": "x" * 1001, "big": 1 << 63, "minus": -1, "true": True},
        config,
        NOW,
    )
    with pytest.raises(EntryRefused, match=said) as caught:
        read(wish)
    assert caught.value.status == 400


def test_what_there_is_not() -> None:
    assert missing("gone").status == 404
