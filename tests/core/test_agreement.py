"""The contract, as people write it."""

from decimal import Decimal

import pytest

from slawatch.core.agreement import read_target, read_weight


@pytest.mark.parametrize(("found", "weight"), [(0, "0"), (1, "1"), (Decimal("0.25"), "0.25"), ("0.5", "0.5")])
def test_weights(found: object, weight: str) -> None:
    assert read_weight(found) == Decimal(weight)


@pytest.mark.parametrize(
    "found", [-1, 2, True, "half", Decimal("NaN"), Decimal("Infinity"), None, [], "1.01"]
)
def test_what_is_no_weight(found: object) -> None:
    with pytest.raises(ValueError, match="a weight from 0 to 1"):
        read_weight(found)


@pytest.mark.parametrize(
    ("found", "target"),
    [
        ("99.9", "99.9"),
        ("< 500ms", "< 500ms"),
        (Decimal("99.90"), "99.90"),
        (100, "100"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_targets_stay_as_they_were_written(found: object, target: str) -> None:
    assert read_target(found) == target


@pytest.mark.parametrize("found", [True, Decimal("NaN"), None, {}, []])
def test_what_is_no_target(found: object) -> None:
    with pytest.raises(ValueError, match="as text"):
        read_target(found)


def test_a_number_beyond_all_sense_is_not_spelled_out() -> None:
    assert len(read_target(Decimal("1E+999999"))) < 20
