"""How often somebody may fail."""

from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.patience import Patience, by_address, by_name, by_user


def test_a_burst_is_allowed_then_one_after_each_wait() -> None:
    patience = Patience(burst=3, every=10 * SECOND)
    for _ in range(3):
        assert patience.wait("a", 0) == 0
        patience.failed("a", 0)
    assert patience.wait("a", 0) == 10 * SECOND
    assert patience.wait("b", 0) == 0
    assert patience.wait("a", 10 * SECOND) == 0
    patience.failed("a", 10 * SECOND)
    assert patience.wait("a", 10 * SECOND) == 10 * SECOND
    assert patience.wait("a", 100 * SECOND) == 0


def test_success_forgives() -> None:
    patience = Patience(burst=1, every=MINUTE)
    patience.failed("a", 0)
    assert patience.wait("a", 0)
    patience.succeeded("a")
    assert patience.wait("a", 0) == 0


def test_what_was_no_failure_is_taken_back_and_nothing_else() -> None:
    patience = Patience(burst=3, every=10 * SECOND)
    for _ in range(3):
        patience.failed("a", 0)
    patience.taken_back("a")
    assert patience.wait("a", 0) == 0
    patience.failed("a", 0)
    assert patience.wait("a", 0) == 10 * SECOND
    patience.taken_back("b")
    assert patience.wait("b", 0) == 0


def test_a_name_from_everywhere_lasts_longer_than_from_one_address_and_not_for_ever() -> None:
    everywhere, tried = by_name(), 0
    for second in range(0, 3600, 2):
        if everywhere.wait("alice", second * SECOND) == 0:
            everywhere.failed("alice", second * SECOND)
            tried += 1
    assert by_user().burst < tried <= 100 + 60


@given(st.lists(st.integers(0, 3600), min_size=1, max_size=200))
def test_attempts_in_an_hour_are_few_however_they_come(at: list[int]) -> None:
    patience = by_user()
    tried = 0
    for second in sorted(at):
        now = second * SECOND
        if patience.wait("alice", now) == 0:
            tried += 1
            patience.failed("alice", now)
    assert tried <= 10 + 60


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_a_clock_that_was_set_locks_nobody_out_for_long(before: int, after: int) -> None:
    patience = by_address()
    for _ in range(100):
        patience.failed("a", before)
    assert patience.wait("a", after) <= 6 * SECOND


def test_memory_is_bounded() -> None:
    patience = Patience(burst=2, every=SECOND)
    for n in range(25_000):
        patience.failed(f"{n}", n * SECOND // 1000)
    assert len(patience._full_at) <= 10_000
