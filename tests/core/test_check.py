"""What is watched, as people write it."""

import pytest

from slawatch.core.check import Quorum, read_quorum


@pytest.mark.parametrize("found", [{"quorum": 2}, "quorum:2", "quorum = 2", " quorum : 2 "])
def test_a_quorum(found: object) -> None:
    assert read_quorum(found) == Quorum(2)


@pytest.mark.parametrize(
    "found",
    [
        "most",
        "quorum",
        "quorum:-1",
        "quorum:0",
        {"quorum": 0},
        {"quorum": True},
        {"quorum": "2"},
        {},
        2,
        None,
        [2],
        {"quorum": 2, "of": 3},
    ],
)
def test_what_is_no_quorum(found: object) -> None:
    with pytest.raises(ValueError, match="quorum"):
        read_quorum(found)
