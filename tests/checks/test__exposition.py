"""Pages of metrics as Prometheus and OpenMetrics write them."""

import pytest

from slawatch.checks._exposition import Page, parse_selector

PAGE = r"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a\"b\\c\nd"} 1027 1395066363000
http_requests_total{code="404",path="/"} 3
http_requests_total{ code = "500" , path="/", } 2.5e+01

# TYPE process_open_fds gauge
process_open_fds 12
# TYPE jobs counter
jobs_total{kind="x"} 7 # {trace_id="abc"} 0.67 1520879607.789
untyped NaN
low -Inf
negative -4
latency_bucket{le="+Inf"} 144320
# EOF"""


def sums(page: str = PAGE, **selectors: str) -> tuple[dict[str, float], list[str]]:
    read = Page({name: parse_selector(text) for name, text in selectors.items()})
    read.take(page.split("\n"))
    return read.sums()


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("http_requests_total", 1055),
        ('http_requests_total{code="404"}', 3),
        ('http_requests_total{code!="404"}', 1052),
        ('http_requests_total{code!~"5.."}', 1030),
        ('http_requests_total{code=~"2..|4..", path="/"}', 3),
        (r'http_requests_total{path="/a\"b\\c\nd"}', 1027),
        (r'http_requests_total{path=~"/a\"b.*"}', 1027),
        ('http_requests_total{code=~"[45]\\d\\d",}', 28),
        ('http_requests_total{region=""}', 1055),
        ('jobs_total{kind=~"x"}', 7),
        ('latency_bucket{le="+Inf"}', 144320),
    ],
)
def test_the_series_that_match_are_summed(selector: str, expected: float) -> None:
    found, faults = sums(a=selector)
    assert (found, faults) == ({"a": expected}, [])


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("nothing_total", "counter a: nothing on the page matches nothing_total"),
        ('http_requests_total{code="4"}', 'nothing on the page matches http_requests_total{code="4"}'),
        ("process_open_fds", "process_open_fds is a gauge, not a counter"),
        ("untyped", "untyped is NaN, which no counter can be"),
        ("low", "low is -Inf"),
        ("negative", "negative is -4"),
    ],
)
def test_what_cannot_be_counted_is_told(selector: str, reason: str) -> None:
    found, faults = sums(a=selector, ok="jobs_total")
    assert found == {"ok": 7}
    assert len(faults) == 1
    assert reason in faults[0]


def test_the_same_series_twice_is_told() -> None:
    assert "twice" in sums('a{x="1"} 1\na{x="1"} 2', a="a")[1][0]


def test_great_numbers_stay_exact() -> None:
    page = 'a{n="1"} 9007199254740991\na{n="2"} 1\na{n="3"} 9.007199254740990e15'
    assert sums(page, x='a{n=~"[12]"}', y='a{n="3"}')[0] == {"x": 2**53, "y": 2**53 - 2}


@pytest.mark.parametrize(
    "line",
    [
        "<html>", "a", "a b", "1a 2", 'a{x="1} 2', "a{x=1} 2", "a{x='1'} 2", 'a{x="1"y="2"} 3', "a 1_000",
        "a 0x10", "a 1 2 3", 'a{x="1"', "a5", "a{} ", '{"a"} 1', "a infinit",
    ],
)  # fmt: skip
def test_a_line_that_is_no_metric_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is not a metric"):
        sums(f"ok 1\n{line}", a="ok")


def test_a_hostile_line_takes_no_time() -> None:
    for line in (
        "a{" + 'x="1",' * 20_000,
        "a" * 100_000 + "{",
        "a{x" + " " * 100_000,
        'a{x="' + "\\" * 99_999,
    ):
        with pytest.raises(ValueError, match="line 1"):
            sums(line, a="a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a selector"),
        ("a b", "not a selector"),
        ("a{", "not a selector"),
        ('a{x="1"', "not a selector"),
        ("a{x}", "not a label matcher"),
        ("a{x=1}", "not a label matcher"),
        ('a{x="1" y="2"}', "not a label matcher"),
        ('a{x=="1"}', "not a label matcher"),
        ('a{x=~"("}', "not a regular expression"),
    ],
)
def test_a_selector_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_selector(text)
