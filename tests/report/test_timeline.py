"""The ledger stretch by stretch, and the first second that differs."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases

from slawatch.core.instant import SECOND, Micros, parse_rfc3339, rfc3339
from slawatch.report.report import CLASSES, Report
from slawatch.report.timeline import HEADER, Moment, first_difference, render

REPORTS = [
    cases.october(),
    cases.contract(),
    cases.two_services(),
    cases.october(None),
    cases.many(3, "2026-10"),
]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.key)
def test_every_microsecond_of_the_period_stands_in_it_once_with_the_class_of_the_ledger(
    report: Report,
) -> None:
    header, *found = rows(render(report))
    assert tuple(header) == HEADER
    for service in report.services:
        own = [row for row in found if row[0] == service.service]
        assert (own[0][1], own[-1][2]) == (rfc3339(report.period.start), rfc3339(report.period.end))
        assert all(one[2] == other[1] for one, other in pairwise(own))
        assert all(one[3:] != other[3:] for one, other in pairwise(own)), "neighbours differ"
        lengths: dict[str, Micros] = dict.fromkeys(CLASSES, 0)
        for _, start, end, kind, _ in own:
            lengths[kind] += parse_rfc3339(end) - parse_rfc3339(start)
        assert lengths == service.classes


def table(*stretches: tuple[str, int, int, str], observed: str = "up") -> str:
    lines = [",".join(HEADER)]
    lines += [
        f"{name},{rfc3339(a * SECOND)},{rfc3339(b * SECOND)},{kind},{observed}"
        for name, a, b, kind in stretches
    ]
    return "\r\n".join([*lines, ""])


BASE = table(("shop", 0, 5, "up"), ("shop", 5, 9, "down"), ("shop", 9, 20, "up"))


@pytest.mark.parametrize(
    ("stored", "at", "said", "recomputed"),
    [
        ([("shop", 0, 6, "up"), ("shop", 6, 9, "down"), ("shop", 9, 20, "up")], 5, "up", "down"),
        ([("shop", 0, 4, "up"), ("shop", 4, 9, "down"), ("shop", 9, 20, "up")], 4, "down", "up"),
        (
            [("shop", 0, 5, "up"), ("shop", 5, 9, "maintenance"), ("shop", 9, 20, "up")],
            5,
            "maintenance",
            "down",
        ),
        ([("shop", 0, 20, "up")], 5, "up", "down"),
        ([("shop", 0, 5, "up"), ("shop", 5, 9, "down")], 9, "", "up"),
        ([("shop", 0, 5, "up"), ("shop", 5, 9, "down"), ("shop", 9, 21, "up")], 20, "up", ""),
        ([("shop", 1, 5, "up"), ("shop", 5, 9, "down"), ("shop", 9, 20, "up")], 0, "", "up"),
        ([], 0, "", "up"),
    ],
)
def test_the_first_second_that_differs(
    stored: list[tuple[str, int, int, str]], at: int, said: str, recomputed: str
) -> None:
    assert first_difference(table(*stored), BASE) == Moment("shop", at * SECOND, said, recomputed)


def test_of_several_services_the_earliest_second_is_named() -> None:
    ours = table(("a", 0, 9, "up"), ("a", 9, 20, "down"), ("b", 0, 2, "up"), ("b", 2, 20, "down"))
    theirs = table(("a", 0, 20, "up"), ("b", 0, 20, "up"))
    assert first_difference(ours, theirs) == Moment("b", 2 * SECOND, "down", "up")


def test_a_service_that_only_one_of_them_has() -> None:
    other = table(("mail", 3, 5, "up"))
    assert first_difference(BASE + other.partition("\r\n")[2], BASE) == Moment("mail", 3 * SECOND, "up", "")


def test_what_was_observed_under_the_same_class_counts_too() -> None:
    ours = table(("shop", 0, 9, "maintenance"), observed="down")
    found = first_difference(ours, table(("shop", 0, 9, "maintenance")))
    assert found == Moment("shop", 0, "maintenance (seen down)", "maintenance (seen up)")


def test_the_same_table_written_otherwise_has_no_second_that_differs() -> None:
    assert first_difference(BASE.replace("\r\n", "\n"), BASE) is None


def test_fractions_of_a_second_are_compared_as_time_and_not_as_text() -> None:
    ours = BASE.replace(rfc3339(5 * SECOND), rfc3339(5 * SECOND + 400_000))
    assert first_difference(ours, BASE) == Moment("shop", 5 * SECOND, "up", "down")
    assert first_difference(BASE, ours) == Moment("shop", 5 * SECOND, "down", "up")


cut = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(["up", "down", "unknown"])), min_size=1, max_size=6
)


@given(cut, cut)
def test_it_is_the_first_second_by_looking_at_each_of_them(
    one: list[tuple[int, str]], other: list[tuple[int, str]]
) -> None:
    def laid(cuts: list[tuple[int, str]]) -> tuple[str, dict[int, str]]:
        stretches: list[tuple[str, int, int, str]] = []
        seconds: dict[int, str] = {}
        at = 0
        for length, kind in cuts:
            if stretches and stretches[-1][3] == kind:
                stretches[-1] = ("shop", stretches[-1][1], at + length, kind)
            else:
                stretches.append(("shop", at, at + length, kind))
            seconds |= dict.fromkeys(range(at, at + length), kind)
            at += length
        return table(*stretches), seconds

    (ours, our_seconds), (theirs, their_seconds) = laid(one), laid(other)
    found = first_difference(ours, theirs)
    expected = next((s for s in range(300) if our_seconds.get(s) != their_seconds.get(s)), None)
    assert (None if found is None else found.at // SECOND) == expected
    if found is not None:
        assert (found.stored, found.recomputed) == (
            our_seconds.get(found.at // SECOND, ""),
            their_seconds.get(found.at // SECOND, ""),
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\r\n", "line 1: the columns are"),
        (",".join(HEADER) + "\r\nshop,x\r\n", "line 2: 5 cells belong here"),
        (",".join(HEADER) + "\r\nshop,x,y,up,up\r\n", "line 2: 'x' is not a time"),
        (",".join(HEADER) + "\r\n" + "x" * 200_000 + "\r\n", "this is no table"),
    ],
)
def test_what_is_no_timeline_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        first_difference(text, BASE)
