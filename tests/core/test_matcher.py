"""Matchers."""

import pytest

from slawatch.core.matcher import LONGEST, MOST, Matcher, fault, matches, parse


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {}, False),
        ("a!=b", {}, True),
        ('a=""', {}, True),
        ("a=~b.*", {"a": "bcd"}, True),
        ("a=~b", {"a": "bcd"}, False),
        ("a!~b.*", {"a": "bcd"}, False),
        ('{a="x,y", c=d}', {"a": "x,y", "c": "d"}, True),
        ("a=b, c=d,", {"a": "b"}, False),
    ],
)
def test_matching(text, labels, expected):
    assert matches(parse(text), labels) is expected


@pytest.mark.parametrize("text", ["", "{}", "a", "a=~(", "=b", "a=b c=d e", "1a=b"])
def test_no_matcher(text):
    if text == "a=b c=d e":
        assert parse(text) == (Matcher("a", "=", "b c=d e"),)
        return
    with pytest.raises(ValueError, match=r"matcher|pattern"):
        parse(text)


def test_as_text_and_back():
    found = parse('team="ops", host=~"db.*"')
    assert parse(", ".join(map(str, found))) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a=~(?=x)", "look-around"),
        (r'a=~"(b)\\1"', "backreference"),
        ('a=~"b{99999999999}"', "counts to 1000"),
        ("a=" + " " * (LONGEST - 10) + "{", "is no matcher"),
        ("a=" + " " * LONGEST, "at most 10000 characters"),
        (",".join(f"a{n}=b" for n in range(MOST + 1)), "more than 50 matchers"),
        ("a=\ud800", "character"),
        ('a="' + "\\x" * 4000, "is no matcher"),
    ],
    ids=["look", "back", "count", "spaces", "long", "many", "surrogate", "escapes"],
)
def test_a_hostile_text_is_refused_at_once(text, why):
    with pytest.raises(ValueError, match=why):
        parse(text)


@pytest.mark.parametrize("operator", ["=~", "!~"])
def test_a_stored_pattern_that_is_none_matches_nothing(operator):
    broken = Matcher("a", operator, "(?=x)")
    assert not broken.matches({"a": "x"})
    assert not broken.matches({})
    assert not broken.empty
    assert "look-around" in broken.fault
    sound = parse("a=x, b=~x.*")
    assert "look-around" in fault((*sound, broken))
    assert not fault(sound)


def test_what_costs_nothing_is_asked_first(monkeypatch):
    from slawatch.core import pattern

    asked = []
    monkeypatch.setattr(pattern, "fits", lambda *given: asked.append(given))
    assert not matches(parse('check=~".*", organization=acme'), {"check": "a", "organization": "other"})
    assert asked == []


def test_space_around_a_value_is_none_of_it():
    assert parse(" a = b , c= d e  ") == (Matcher("a", "=", "b"), Matcher("c", "=", "d e"))
