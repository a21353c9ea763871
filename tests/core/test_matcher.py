"""Matchers."""

import pytest

from slawatch.core.matcher import Matcher, matches, parse


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
