"""Pages of long lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.web.paging import MOST, USUAL, PageError, limit_of, number_of, paged


@given(
    st.lists(st.tuples(st.integers(), st.text(st.characters(codec="utf-8"))), unique=True), st.integers(1, 5)
)
def test_all_pages_are_the_list(items: list[tuple[int, str]], limit: int) -> None:
    found: list[tuple[int, str]] = []
    cursor = ""
    while True:
        page = paged(items, lambda item: item, limit, cursor)
        assert len(page.lines) <= limit
        found += page.lines
        if page.following is None:
            break
        cursor = page.following
    assert found == sorted(items)


def test_what_comes_and_goes_meanwhile_moves_nothing_else() -> None:
    first = paged([1, 3, 5, 7], lambda n: (n,), 2)
    assert (first.lines, first.following is None) == ([1, 3], False)
    assert paged([0, 2, 5, 6, 7], lambda n: (n,), 2, first.following or "").lines == [5, 6]


@pytest.mark.parametrize("cursor", ["x", "!!", "bnVsbA", "eyJhIjoxfQ", "WzFd" * 4, "W1tb", "é"])
def test_a_cursor_that_no_page_had_is_refused(cursor: str) -> None:
    with pytest.raises(PageError):
        paged([("a",)], lambda item: item, 2, cursor)


def test_limits_and_numbers() -> None:
    assert (limit_of({}), limit_of({"limit": "7"}), limit_of({"limit": str(MOST)})) == (USUAL, 7, MOST)
    assert (number_of({}), number_of({"cursor": "12"})) == (None, 12)


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "", "9" * 5000, "٣"])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(PageError, match="limit is a number from 1 to 500"):
        limit_of({"limit": limit})


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 19, "٣"])
def test_a_number_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(PageError, match="cursor"):
        number_of({"cursor": cursor})
