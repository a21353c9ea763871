"""What a rehearsal is made of."""

import pytest
from tests.core.stage import START, do, played, scene

from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.matcher import Matcher
from slawatch.core.scenario import Happening, horizon, outage, why


@pytest.mark.parametrize(
    ("what", "missing"),
    [
        ("down", "check"),
        ("up", "check"),
        ("channel_down", "channel"),
        ("channel_up", "channel"),
        ("silence", "check"),
    ],
)
def test_what_needs_a_name_says_so(what, missing):
    with pytest.raises(ValueError, match=f"needs `{missing}`"):
        Happening(t=0, do=what)


def test_a_play_lasts_an_hour_longer_than_what_happens_in_it():
    assert horizon(outage("shop", 40 * MINUTE)) == 100 * MINUTE
    assert horizon(()) == HOUR
    assert horizon((do(5, "restart", for_=10 * MINUTE),)) == 75 * MINUTE
    assert horizon((do(0, "silence", check="shop"),)) == 2 * HOUR


def test_what_happens_is_said_in_words():
    texts = [
        do(0, "ack").text,
        do(0, "ack", by="ann").text,
        do(0, "silence", check="shop", by="ann").text,
        do(0, "silence", match=(Matcher("service", "=", "shop"),)).text,
        do(0, "channel_down", channel="mail").text,
    ]
    assert texts == [
        "acknowledged",
        "acknowledged by ann",
        "silence of shop by ann",
        'silence of service="shop"',
        "channel mail goes down",
    ]


def test_the_fallback_is_named_as_such():
    where = scene(("person:nobody",), policy={"fallback": ("person:boss",)})
    found = played(where, do(0, "down", check="shop"), minutes=1)
    row = next(iter(found.state.rows.values()))
    assert why(row, found.state.incidents[1], where.world) == "fallback: nobody on any level"
    assert found.messages[0].at - START == 2_000_000
