"""Which TOML values an annotation takes, and what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import pytest

from slawatch.config.annotations import accepts, describe, holds_secret, keys, show, word_for
from slawatch.core.text import Duration, FilePath, Moment, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A table.

    Attributes:
        password: hidden.
    """

    password: Secret


TABLE = [
    (str, "a", 1, "text in quotes"),
    (int, 1, True, "a whole number"),
    (int, -5, Decimal("1.0"), "a whole number"),
    (float, Decimal("0.5"), "0.5", "a number"),
    (float, 3, Decimal("NaN"), "a number"),
    (float, 3, Decimal("-Infinity"), "a number"),
    (bool, False, 0, "true or false"),
    (date, date(2026, 1, 1), datetime(2026, 1, 1), "a date"),
    (Literal["a", 2], 2, True, '"a" or 2'),
    (Literal["a", "b", "c"], "z", 2, '"a", "b" or "c"'),
    (tuple[str, ...], [1], "a", "an array of texts"),
    (tuple[Inner, ...], [], {}, "an array of tables"),
    (dict[str, str], {}, [], "a table"),
    (Mapping[str, int], {}, 3, "a table"),
    (Inner, {}, "a", "a table of password"),
    (Duration, "1s", 1, 'a duration such as "30s", "5m" or "250ms"'),
    (FilePath, "a", {}, "a path in quotes"),
    (str | Secret, {}, [], f"text in quotes or {describe(Secret)}"),
    (bool | Inner | None, {}, 3, "true or false or a table of password"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "right", "wrong", "words"), TABLE)
def test_what_fits_and_what_it_is_called(kind: Any, right: object, wrong: object, words: str) -> None:
    assert accepts(kind, right)
    assert not accepts(kind, wrong)
    assert describe(kind) == words


def test_what_a_parser_takes_is_its_own_affair() -> None:
    assert accepts(Moment, 3)
    assert accepts(Any, [])


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        (str, False),
        (Secret, True),
        (str | Secret, True),
        (dict[str, str | Secret], True),
        (Inner | None, True),
        (tuple[Inner, ...], True),
        (Duration, False),
        (tuple[str, ...], False),
    ],
)
def test_where_a_secret_may_be(kind: Any, holds: bool) -> None:
    assert holds_secret(kind) is holds


@pytest.mark.parametrize(
    ("found", "shown", "word"),
    [
        (True, "true", "a truth value"),
        (3, "3", "a number"),
        (Decimal("0.50"), "0.50", "a number"),
        ("a\n\x1b[31m", '"a??[31m"', "text"),
        ("x" * 100, '"' + "x" * 59 + '…"', "text"),
        (date(2026, 1, 2), "2026-01-02", "a date or time"),
        (time(7, 30), "07:30:00", "a date or time"),
        ({"a": 1}, "a table", "a table"),
        ([1], "an array", "an array"),
        ([], "an empty array", "an empty array"),
    ],
)
def test_how_a_value_is_shown(found: object, shown: str, word: str) -> None:
    assert show(found) == shown
    assert word_for(found) == word


def test_keys_are_the_fields_with_their_defaults() -> None:
    @dataclass(frozen=True)
    class Made:
        needed: int
        there: str = "x"
        listed: dict[str, int] = field(default_factory=dict)
        computed: int = field(default=1, init=False)

    found = keys(Made)
    assert list(found) == ["needed", "there", "listed"]
    assert [key.required for key in found.values()] == [True, False, False]
    assert (found["there"].default, found["listed"].default) == ("x", {})
