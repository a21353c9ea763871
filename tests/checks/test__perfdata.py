"""Outputs of plugins, many of them as real plugins write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.checks._perfdata import measures, read
from slawatch.core.sample import Measure


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("time=0.012s;1;2;0;10", [("time", 0.012, "s")]),
        ("load1=0.590;5.000;10.000;0; load5=0.540;4;6;0;", [("load1", 0.59, ""), ("load5", 0.54, "")]),
        ("rta=0.041ms;100;500;0 pl=0%;20;60;;", [("rta", 0.041, "ms"), ("pl", 0, "%")]),
        ("/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98", [("/", 2643, "MB"), ("/boot", 68, "MB")]),
        ("'C: used'=42%;80;90", [("C: used", 42, "%")]),
        ("'it''s'=1", [("it's", 1, "")]),
        ("''''=1", [("'", 1, "")]),
        ("'a=b'=3c", [("a=b", 3, "c")]),
        ("x=-5.5 y=+3 z=1e3 w=.5", [("x", -5.5, ""), ("y", 3, ""), ("z", 1000, ""), ("w", 0.5, "")]),
        ("x=0,25s", [("x", 0.25, "s")]),
        ("lost=U x=1", [("x", 1, "")]),
        ("a=1 stray b=2", [("a", 1, ""), ("b", 2, "")]),
        ("a= b=2", [("b", 2, "")]),
        ("a=text b=2", [("b", 2, "")]),
        ("a=1e999 b=2", [("b", 2, "")]),
        ("=5 b=2", [("b", 2, "")]),
        ("'open=5", []),
        ("'closed' b=2", [("b", 2, "")]),
        ("temp=21°C", [("temp", 21, "°C")]),
        ("a=1;~:5;@1:2;0;9", [("a", 1, "")]),
    ],
)
def test_measures(text: str, found: list[tuple[str, float, str]]) -> None:
    assert measures(text) == tuple(Measure(*item) for item in found)


def test_the_example_of_the_nagios_plugin_api() -> None:
    output = read(
        "DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n"
        "/ 15272 MB (77%);\n"
        "/boot 68 MB (69%);\n"
        "/home 69357 MB (27%);\n"
        "/var/log 819 MB (84%); | /boot=68MB;88;93;0;98\n"
        "/home=69357MB;253404;253409;0;253414\n"
        "/var/log=818MB;970;975;0;980\n"
    )
    assert output.summary == "DISK OK - free space: / 3326 MB (56%);"
    assert output.details == (
        "/ 15272 MB (77%);", "/boot 68 MB (69%);", "/home 69357 MB (27%);", "/var/log 819 MB (84%);",
    )  # fmt: skip
    assert [measure.name for measure in output.measures] == ["/", "/boot", "/home", "/var/log"]
    assert [measure.value for measure in output.measures] == [2643, 68, 69357, 818]


@pytest.mark.parametrize("text", ["", "\n", "|", "|\n|", "OK|", "\n\n"])
def test_little_is_not_an_error(text: str) -> None:
    output = read(text)
    assert output.measures == ()
    assert output.summary in ("", "OK")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for measure in read(text).measures:
        assert measure.name
        assert math.isfinite(measure.value)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20),
            st.floats(allow_nan=False, allow_infinity=False),
            st.sampled_from(["", "s", "%", "MB", "c"]),
        )
    )
)
def test_what_is_written_by_the_guidelines_is_read_back(items: list[tuple[str, float, str]]) -> None:
    quoted = [(name.replace("'", "''"), value, unit) for name, value, unit in items]
    text = " ".join(f"'{name}'={value!r}{unit};1;2" for name, value, unit in quoted)
    assert measures(text) == tuple(Measure(*item) for item in items)


def test_a_long_output_takes_no_longer_than_its_length() -> None:
    hostile = "'" * 60_000 + "=" * 4_000 + "a " * 30_000
    assert measures(hostile) == ()
