"""Windows entered at run time: what holds after each entry, and what a contract's clause makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.agreement import Agreement, Clause
from slawatch.core.clause import grant
from slawatch.core.instant import HOUR
from slawatch.core.maintenance import Cancelled, Changed, Entry, Planned, Window, WindowRefused, fold, step

PLANNED = Planned("m-1", 0, "alice", ("shop",), 10 * HOUR, 12 * HOUR, 0, "upgrade")


def the(*entries: Entry) -> Window:
    (found,) = fold(entries)
    return found


def test_a_window_counts_as_announced_when_it_was_entered() -> None:
    work = the(PLANNED).work()
    assert work is not None
    assert (work.services, work.start, work.end, work.announced) == (("shop",), 10 * HOUR, 12 * HOUR, 0)
    assert (work.reason, work.earlier) == ("upgrade", ())


def test_an_earlier_announcement_is_kept_beside_the_time_of_entry() -> None:
    window = the(PLANNED._replace(at=5 * HOUR, announced=HOUR))
    assert (window.announced, window.planned.at) == (HOUR, 5 * HOUR)


@pytest.mark.parametrize(
    ("now", "state"), [(10 * HOUR - 1, "planned"), (10 * HOUR, "running"), (12 * HOUR, "over")]
)
def test_state(now: int, state: str) -> None:
    assert the(PLANNED).state(now) == state
    assert the(PLANNED, Cancelled("m-1", HOUR, "bob")).state(now) == "cancelled"


def test_one_that_is_cancelled_before_it_begins_is_no_work() -> None:
    window = the(PLANNED, Cancelled("m-1", 10 * HOUR, "bob", "not needed"))
    assert window.work() is None
    assert window.cancelled == Cancelled("m-1", 10 * HOUR, "bob", "not needed")


def test_one_that_is_cancelled_while_it_runs_ends_then() -> None:
    work = the(PLANNED, Cancelled("m-1", 11 * HOUR, "bob")).work()
    assert work is not None
    assert (work.start, work.end, work.announced) == (10 * HOUR, 11 * HOUR, 0)


def test_what_a_change_brings_late_is_not_granted() -> None:
    work = the(PLANNED, Changed("m-1", 9 * HOUR, "alice", 10 * HOUR, 13 * HOUR)).work()
    assert work is not None
    terms = Agreement(
        key="a", organization="o", services=("shop",), maintenance=Clause(notice=8 * HOUR), objectives=()
    )
    found = grant(terms, [work], 0, 24 * HOUR)
    assert found.granted == ((10 * HOUR, 12 * HOUR),)
    assert found.length("edited") == HOUR


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([PLANNED._replace(end=10 * HOUR)], "ends after it starts, not from 1970-01-01T10:00:00Z"),
        ([PLANNED._replace(services=())], "names the services"),
        ([PLANNED._replace(person=" ")], "a person who enters it"),
        ([PLANNED._replace(announced=1)], "cannot have been announced at 1970-01-01T00:00:00.000001Z"),
        ([PLANNED, PLANNED], "there is a maintenance window m-1 already"),
        ([Cancelled("m-1", 0, "bob")], "there is no maintenance window m-1"),
        ([PLANNED, Cancelled("m-1", 12 * HOUR, "bob")], "is over since 1970-01-01T12:00:00Z"),
        ([PLANNED, Cancelled("m-1", 1, "bob"), Cancelled("m-1", 2, "bob")], "was cancelled by bob"),
        ([PLANNED, Cancelled("m-1", 1, "bob"), Changed("m-1", 2, "bob", 0, 9)], "was cancelled by bob"),
        ([PLANNED, Changed("m-1", 1, "alice", 9, 9)], "ends after it starts"),
        ([PLANNED, Changed("m-1", 12 * HOUR, "alice", 1, 9)], "is over since"),
    ],
)
def test_what_cannot_be_entered(entries: list[Entry], said: str) -> None:
    with pytest.raises(WindowRefused, match=said):
        fold(entries)


_SPANS = st.tuples(st.integers(1, 50), st.integers(1, 50)).map(lambda s: (s[0], s[0] + s[1]))


@given(_SPANS, st.lists(_SPANS, max_size=5), st.integers(0, 60))
def test_a_window_never_grows_by_being_cancelled(
    first: tuple[int, int], changes: list[tuple[int, int]], at: int
) -> None:
    window = step(None, PLANNED._replace(start=first[0], end=first[1]))
    for span in changes:
        window = step(window, Changed("m-1", 0, "alice", *span))
    assert len(window.earlier) == len(changes)
    if window.end <= at:
        with pytest.raises(WindowRefused):
            step(window, Cancelled("m-1", at, "bob"))
        return
    work = step(window, Cancelled("m-1", at, "bob")).work()
    assert (work is None) == (at <= window.start)
    if work is not None:
        assert window.start == work.start < work.end == at <= window.end
