"""Unknown time and its causes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.evidence import Reason
from slawatch.core.life import Unwatched
from slawatch.report.gaps import NO_SAMPLE, explain
from slawatch.report.report import UnknownLine


def test_the_daemon_s_absence_explains_the_silence_around_it() -> None:
    lines = explain([(100, 500)], [Unwatched(60, 490, "slawatch was stopped")], (), hold=70)
    assert lines == (UnknownLine(start=100, end=500, why="slawatch was stopped"),)


def test_a_short_absence_explains_the_silence_that_begins_when_the_last_sample_is_used_up() -> None:
    absence = [Unwatched(60, 90, "slawatch was stopped")]
    assert explain([(100, 110)], absence, (), hold=50)[0].why == "slawatch was stopped"
    assert explain([(140, 150)], absence, (), hold=50)[0].why == NO_SAMPLE
    assert explain([(100, 150)], absence, (), hold=50)[0].why == NO_SAMPLE
    said = [Reason("c", 100, "no memory")]
    assert explain([(100, 110)], absence, said, hold=50)[0].why == "could not be measured: no memory"


def test_time_that_nothing_explains_says_so() -> None:
    assert [line.why for line in explain([(100, 500)], (), (), hold=70)] == [NO_SAMPLE]


def test_what_the_samples_said_explains_the_rest() -> None:
    lines = explain([(100, 500)], (), [Reason("c", 100, "no file descriptors")], hold=70)
    assert lines[0].why == "could not be measured: no file descriptors"


def test_a_long_silence_is_cut_where_its_cause_changes() -> None:
    lines = explain([(0, 1000)], [Unwatched(100, 200, "a"), Unwatched(150, 400, "b")], (), hold=50)
    assert [(line.start, line.end, line.why) for line in lines] == [
        (0, 100, NO_SAMPLE),
        (100, 200, "a"),
        (200, 400, "b"),
        (400, 1000, NO_SAMPLE),
    ]


bounds = st.tuples(st.integers(0, 100), st.integers(1, 20))


@given(st.lists(bounds, max_size=6), st.lists(bounds, max_size=6), st.integers(0, 15))
def test_no_unknown_time_is_lost_or_told_twice(stretches, gaps, hold) -> None:
    unknown, at = [], 0
    for gap, length in stretches:
        unknown.append((at + gap + 1, at + gap + 1 + length))
        at += gap + 1 + length
    silent = [Unwatched(start, start + length, "why") for start, length in gaps]
    lines = explain(unknown, silent, (), hold)
    assert sum(line.end - line.start for line in lines) == sum(b - a for a, b in unknown)
    for line in lines:
        assert any(a <= line.start < line.end <= b for a, b in unknown)
    assert all(a.end <= b.start for a, b in pairwise(lines))
