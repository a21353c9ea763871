"""Silences, against Alertmanager's tests."""

import pytest
from tests.core.alert_play import cases

from slawatch.core.instant import DAY, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence, SilenceError, check, expire, in_place, put

NOW = 1_000_000 * MINUTE


def silence(start=0, end=60, match="a=b", unit=MINUTE, **more):
    return Silence(
        match=parse(match),
        author="ann",
        comment="why",
        start=NOW + start * unit,
        end=NOW + end * unit,
        **more,
    )


def group(*keys):
    found = [c for c in cases("silences") if set(keys) <= set(c)]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda c: c["id"].split("/")[1])


@group("starts_min")
def test_states(case):
    state = silence(case["starts_min"], case["ends_min"]).state(NOW)
    assert (state in case["states"]) == case["expect"] if "states" in case else state == case["expect"]


@group("op")
def test_edits(case):
    op = case["op"]
    at = NOW + op.get("t_min", 0) * MINUTE
    before = {"s2": silence(1, 100, "a=b", id="s2")}
    if "expect_error" in case:
        match = parse(op["match"]) if "match" in op else ()
        made = Silence(
            id=op.get("id", ""), match=match, author="ann", comment="why", start=NOW, end=NOW + MINUTE
        )
        with pytest.raises(SilenceError, match="not found" if "match" in op else "matcher"):
            put(before, made, at, "new")
        return
    start = 1 if "match" not in op else 3
    edited = silence(start, op.get("ends_min", 102), op.get("match", "a=b"), id="s2")
    after, found = put(before, edited, at, "new")
    if "id" in case["expect"]:
        assert found == "s2"
        assert (after["s2"].start, after["s2"].end) == (NOW + MINUTE, NOW + 102 * MINUTE)
    else:
        assert found == "new"
        assert after["s2"].end == NOW + case["expect"]["old"]["ends_min"] * MINUTE
        assert after["new"].start == NOW + case["expect"]["new"]["starts_min"] * MINUTE
        assert after["new"].end == NOW + case["expect"]["new"]["ends_min"] * MINUTE


@group("limits")
def test_limits(case):
    name = case["id"].split("/")[1]
    one, _ = put({}, silence(), NOW, "one", count=1, size=4096)
    big = "x" * 5000
    if "second-silence" in name:
        with pytest.raises(SilenceError, match="at most 1"):
            put(one, silence(), NOW, "two", count=1)
    elif "expire-collect" in name:
        ended = {"one": expire(one["one"], NOW)}
        assert put(ended, silence(), NOW, "two", count=1)[1] == "two"
    elif "over-4096" in name:
        with pytest.raises(SilenceError, match="4096"):
            put({}, silence(match=f"a={big}"), NOW, "two", size=4096)
    elif "at-the-limit" in name:
        edited = Silence(
            match=parse("a=b"), author="ann", comment="x" * 4000, start=NOW, end=NOW + 60 * MINUTE, id="one"
        )
        assert put(one, edited, NOW, "two", count=1, size=4096)[1] == "one"
    else:
        edited = silence(match="a=c" if "matcher" in name else "a=b", id="one")
        edited = Silence(
            match=edited.match, author="ann", comment=big, start=edited.start, end=edited.end, id="one"
        )
        with pytest.raises(SilenceError, match="4096"):
            put(one, edited, NOW, "two", count=1, size=4096)
        assert one["one"].state(NOW) == "active"


@group("old_s")
def test_in_place(case):
    old = None if case["old_s"][0] is None else silence(*case["old_s"], unit=SECOND)
    assert in_place(old, silence(*case["new_s"], unit=SECOND), NOW) == case["expect"]


@group("silence_s")
def test_expire(case):
    found = expire(silence(*case["silence_s"], unit=SECOND), NOW)
    expected = case["expect"]
    assert (found.start, found.end) == (NOW + expected["starts"] * SECOND, NOW + expected["ends"] * SECOND)
    assert found.state(NOW) == expected["state"]


@group("silences")
def test_mutes(case):
    at = NOW + case["at_min"] * MINUTE
    made = [silence(s["starts_min"], s["ends_min"], s["match"]) for s in case["silences"]]
    assert any(s.mutes(case["labels"], at) for s in made) == case["expect"]


@group("after_expire")
def test_mutes_until_expired(case):
    made = silence(-1, 60, "mute=me")
    assert made.mutes(case["labels"], NOW) == case["expect"]
    assert expire(made, NOW).mutes(case["labels"], NOW) == case["after_expire"]


@group("silence")
def test_validate(case):
    found = case["silence"]
    match = ",".join(f'{name}="{value}"' for name, value in found["match"])
    made = Silence(
        match=parse(match) if match else (), author="ann", comment="why", start=NOW + found["starts"],
        end=NOW + found["ends"] if "ends" in found else 0,
    )  # fmt: skip
    if case["expect_error"] is None:
        check(made)
    else:
        with pytest.raises(SilenceError, match="end"):
            check(made)


@group("given")
def test_recommended(case):
    name = case["id"].split("/")[1]
    if "30-days" in name:
        with pytest.raises(SilenceError, match="--force"):
            check(silence(0, 43201))
        check(silence(0, 43201), force=True)
    elif "author" in name:
        for author, comment in (("", "why"), ("ann", " ")):
            with pytest.raises(SilenceError):
                check(Silence(match=parse("a=b"), author=author, comment=comment, start=NOW, end=NOW + 1))
    elif "7-days" in name:
        assert silence(-7 * 1440, 99).forgotten(NOW)
        assert not silence(-7 * 1440 + 1, 99).forgotten(NOW)
    else:
        assert not silence(-60, 0).mutes({"a": "b"}, NOW), "told at once: see the dispatcher's tests"


def test_a_matcher_of_everything_is_refused():
    with pytest.raises(SilenceError, match="everything"):
        check(silence(match="a!=b"))
    check(silence(match="a!=b"), everything=True)


def test_its_author_is_reminded():
    assert silence(0, 60).reminder == NOW + 45 * MINUTE
    assert silence(0, 15).reminder is None
    assert silence(0, 30 * 1440).end - NOW == 30 * DAY
