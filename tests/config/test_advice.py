"""What to write in place of a value of the wrong kind."""

from decimal import Decimal
from typing import Any

import pytest

from slawatch.config.advice import advice
from slawatch.config.web import Listen
from slawatch.core.agreement import Fee
from slawatch.core.people import ContactRule
from slawatch.core.text import Duration, Secret


@pytest.mark.parametrize(
    ("kind", "found", "words"),
    [
        (Duration, 30, 'a length of time has a unit and stands in quotes: "30s" or "30m"'),
        (str, 3, 'text stands in quotes: "3"'),
        (str, Decimal("1.5"), 'text stands in quotes: "1.5"'),
        (int, "3", "a number stands without quotes: 3"),
        (float, "0.5", "a number stands without quotes: 0.5"),
        (int, "0.5", ""),
        (bool, "Yes", "write true or false without quotes: true"),
        (bool, "off", "write true or false without quotes: false"),
        (bool, "maybe", ""),
        (tuple[str, ...], "shop", 'several stand in brackets, one as well: ["shop"]'),
        (tuple[int, ...], "shop", ""),
        (dict[str, str], "a=b", "a table stands in braces: { key = value }"),
        (Listen, 8470, ""),
        (Fee, "1200 EUR", "a table stands in braces: { amount = ..., currency = ... }"),
        (
            tuple[ContactRule, ...],
            "mail",
            "several tables stand in brackets, one as well: [{ channel = ... }]",
        ),
        (tuple[ContactRule, ...], {"channel": "mail"}, ""),
    ],
)
def test_what_to_write_instead(kind: Any, found: object, words: str) -> None:
    assert advice(kind, found) == words


@pytest.mark.parametrize("kind", [Secret, str | Secret, tuple[Secret, ...], tuple[str | Secret, ...]])
def test_no_advice_shows_a_secret(kind: Any) -> None:
    for found in ("hunter2", 12345678, "true", "1"):
        assert advice(kind, found) == ""
