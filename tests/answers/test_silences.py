"""Lists of silences, overrides and swaps."""

import json
from functools import partial
from typing import Any

from tests.alerts import NOW, Play
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.core.duty import Added, Cancelled, Taken
from slawatch.core.event import decode
from slawatch.core.instant import HOUR, MINUTE, rfc3339
from slawatch.core.matcher import Matcher, parse
from slawatch.core.override import Override, Swap
from slawatch.core.silence import Silence, expire, put
from slawatch.store import duty


def silence(play: Play, name: str, match: str, start: int = NOW, end: int = NOW + HOUR) -> Silence:
    made = Silence(match=parse(match), author="alice", comment="disk", start=start, end=end)
    return duty.enter_silence(
        play.database, lambda known: put(known, made, NOW, name), "alice", "alice@ops1", NOW
    )


def listed(play: Play, **query: str) -> Any:
    return ask(play, lambda c, s: asking.silences(c, s, query))["silences"]


def test_the_active_ones_come_first_each_with_what_it_hits(play: Play) -> None:
    play.fire("shop-home")
    play.fire("api-a")
    play.fire("shop-db")
    play.end("shop-db")
    silence(play, "s-later", "service=api", NOW + HOUR, NOW + 2 * HOUR)
    silence(play, "s-long", "severity=critical", end=NOW + 2 * HOUR)
    silence(play, "s-short", "service=shop")
    gone = silence(play, "s-gone", "service=shop")
    duty.enter_silence(
        play.database, lambda known: ({**known, gone.id: expire(gone, NOW)}, gone.id), "bob", "b", NOW
    )
    found = listed(play)
    assert [(one["id"], one["state"], one["hits"]) for one in found] == [
        ("s-short", "active", ["shop-home"]),
        ("s-long", "active", ["shop-home", "api-a"]),
        ("s-later", "pending", ["api-a"]),
    ]
    assert found[0] | {"hits": []} == {
        "id": "s-short", "state": "active", "match": 'service="shop"', "fault": None,
        "matchers": [{"label": "service", "operator": "=", "value": "shop"}], "author": "alice",
        "comment": "disk", "start": rfc3339(NOW), "end": rfc3339(NOW + HOUR), "updated": rfc3339(NOW),
        "from": "alice@ops1", "hits": [],
    }  # fmt: skip
    assert [one["id"] for one in listed(play, expired="true")][-1] == "s-gone"


def test_a_silence_whose_pattern_is_none_is_listed_with_the_reason(play: Play) -> None:
    play.fire("shop-home")
    made = Silence(
        match=(Matcher("check", "=~", "(?!api).*"), Matcher("service", "=", "shop")), author="alice",
        comment="disk", start=NOW, end=NOW + HOUR,
    )  # fmt: skip
    duty.enter_silence(play.database, lambda known: put(known, made, NOW, "s-old"), "alice", "a", NOW)
    (found,) = listed(play)
    assert (found["id"], found["state"], found["hits"]) == ("s-old", "active", [])
    assert found["fault"].startswith("'(?!api).*' is no pattern: look-around")


def test_long_lists_come_in_pages(play: Play) -> None:
    for n in range(5):
        silence(play, f"s-{n}", "service=shop", end=NOW + (n + 1) * HOUR)
        carol = Override(person="carol", start=NOW, end=NOW + HOUR)
        duty.enter_duty(play.database, Added(f"o-{n}", NOW + n, "eve", "primary", carol), "eve")
    for question, name, expected in (
        (asking.silences, "silences", [f"s-{n}" for n in range(5)]),
        (asking.overrides, "overrides", [f"o-{n}" for n in range(5)]),
    ):
        found: list[str] = []
        query = {"limit": "2"}
        while True:
            page = ask(play, partial(_asked, question, query))
            found += [line["id"] for line in page[name]]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert found == expected


def _asked(question: Any, query: dict[str, str], cursor: Any, seen: Any) -> Any:
    return question(cursor, seen, query)


def test_overrides_and_swaps_are_listed_with_what_holds(play: Play) -> None:
    carol = Override(person="carol", start=NOW, end=NOW + HOUR, kind="add")
    offer = Swap(person="bob", start=NOW + HOUR, end=NOW + 2 * HOUR)
    for entry in (
        Added("o-1", NOW, "eve", "primary", carol),
        Added("o-2", NOW, "eve", "primary", carol),
        Added("x-1", NOW, "bob", "primary", offer),
        Added("x-2", NOW, "bob", "primary", offer),
        Taken("x-2", NOW, "alice"),
        Cancelled("o-2", NOW + MINUTE, "bob", "not needed"),
    ):
        duty.enter_duty(play.database, entry, "eve@ops1")
    play.give(after=2 * MINUTE)
    found = ask(play, lambda c, s: asking.overrides(c, s, {}))["overrides"]
    assert [(one["id"], one["what"], one["state"]) for one in found] == [
        ("o-1", "override", "active"), ("x-1", "swap", "offered"), ("x-2", "swap", "planned"),
    ]  # fmt: skip
    every = ask(play, lambda c, s: asking.overrides(c, s, {"over": "true"}))["overrides"]
    off = next(one for one in every if one["id"] == "o-2")
    assert (off["state"], off["end"]) == ("cancelled", rfc3339(NOW + MINUTE))
    assert off["cancelled"] == {"at": rfc3339(NOW + MINUTE), "person": "bob", "reason": "not needed"}
    taken = next(one for one in every if one["id"] == "x-2")
    held = decode(Swap, json.loads(json.dumps(taken["holds"])))
    assert held == Swap(person="bob", start=NOW + HOUR, end=NOW + 2 * HOUR, taken_by="alice")
    assert found[1]["holds"] is None
