"""Expectations of values: what they are written as, and what meets them."""

import pickle
from decimal import Decimal

import pytest

from slawatch.checks._expected import parse_expected


@pytest.mark.parametrize(
    ("written", "value", "met"),
    [
        ("1", "1", True),
        (1, "1", True),
        (1, "1.0", True),
        (Decimal("0.5"), "0.50", True),
        ("1", "2", False),
        ("ok", "ok", True),
        ("ok", "OK", False),
        ("ok", "ok ", False),
        ("", "", True),
        ("", "x", False),
        ("< 10", "9.99", True),
        ("< 10", "10", False),
        ("<= 10", "10", True),
        (">0", "1e-3", True),
        (">= 5", "4", False),
        ("< 10", "many", False),
        ("< 10", "nan", False),
        ("< 10", "-inf", False),
        ("!= 0", "1", True),
        ("!= 0", "0.0", False),
        ("!= bad", "good", True),
        ("= < 10", "< 10", True),
        ("/^role:master/", "role:master\nslaves:0", True),
        ("/^role:master/", "role:slave", False),
        ("/^v(8|9)/", "v9.1", True),
        ("007", "7", True),
        ("1", None, False),
        ("!= 1", None, False),
        ("/.*/", None, False),
    ],
)
def test_met(written: object, value: str | None, met: bool) -> None:
    assert parse_expected(written).met(value) is met


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("< much", "'much' is not a number to compare with"),
        (">", "'' is not a number"),
        ("/(/", "is not a regular expression"),
        (True, "truth value"),
        (["1"], "expected a text, a number"),
        (None, "expected a text, a number"),
    ],
)
def test_what_cannot_be_expected(written: object, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_expected(written)


def test_it_reads_as_it_was_written_and_travels() -> None:
    for text in ("ok", "< 10", "/^a/", "!= 3"):
        expected = parse_expected(text)
        assert str(expected) == text
        assert pickle.loads(pickle.dumps(expected)) == expected
