"""Pages of long lists."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.answers.paging import MOST, USUAL, PageError, limit_of, number_of, paged, sifted


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


def stored(count: int, limit: int) -> tuple[list[int], Any]:
    """Return the list of numbers that were read before, and a store of so many lines."""
    asked: list[int] = []

    def read(before: int | None) -> list[tuple[int, int]]:
        asked.append(before or 0)
        below = count + 1 if before is None else before
        return [(number, number) for number in range(below - 1, 0, -1)][:limit]

    return asked, read


@given(st.integers(0, 40), st.integers(1, 7), st.integers(1, 5))
def test_all_pages_of_what_is_sifted_are_what_is_wanted(count: int, limit: int, every: int) -> None:
    found: list[int] = []
    cursor: int | None = None
    while True:
        _, read = stored(count, limit)
        page = sifted(read, lambda n: n % every == 0, limit, cursor, 1000)
        assert len(page.lines) <= limit
        found += page.lines
        if page.following is None:
            break
        cursor = int(page.following)
    assert found == [n for n in range(count, 0, -1) if n % every == 0]


def test_what_is_rare_is_not_looked_for_without_end() -> None:
    asked, read = stored(1000, 10)
    page = sifted(read, lambda n: n == 5, 10, None, 50)
    assert (page.lines, page.following, len(asked)) == ([], "951", 5)


def test_the_last_page_says_that_it_is_the_last() -> None:
    _, read = stored(5, 3)
    first = sifted(read, lambda _: True, 3, None, 50)
    assert (first.lines, first.following) == ([5, 4, 3], "3")
    assert sifted(read, lambda n: n < 2, 1, 2, 50) == ([1], "1")
    _, read = stored(5, 2)
    assert sifted(read, lambda _: True, 2, 2, 50) == ([1], None)
