"""The text format, read back by a strict parser of our own."""

from hypothesis import given
from hypothesis import strategies as st

from slawatch.web.exposition import Family, labels, number, render

from .prometheus import parse


def test_a_page_reads_back_as_it_was_meant() -> None:
    gauge = Family("a_ratio", "With a \\ and\na line.")
    gauge.add(0.5, labels({"service": 'sh"op\\', "organization": "a\nb"}))
    gauge.add(1, labels({"service": "none"}))
    counter = Family("b_total", "A counter.", "counter")
    counter.add(3)
    histogram = Family("c_seconds", "A histogram.", "histogram")
    histogram.add_histogram(("0.1", "1.0"), (1, 2), 4, 7.5, labels({"service": "x"}))
    histogram.add_histogram(("0.1", "1.0"), (0, 0), 0, 0.0)
    found = parse(render([gauge, counter, Family("empty", "Nothing."), histogram]).decode())
    assert found["a_ratio"].kind == "gauge"
    assert found["a_ratio"].help == "With a \\ and\na line."
    assert found["a_ratio"].samples == {
        ("a_ratio", (("organization", "a\nb"), ("service", 'sh"op\\'))): 0.5,
        ("a_ratio", (("service", "none"),)): 1.0,
    }
    assert found["b_total"].samples == {("b_total", ()): 3.0}
    assert found["c_seconds"].samples[("c_seconds_bucket", (("le", "+Inf"), ("service", "x")))] == 4
    assert found["c_seconds"].samples[("c_seconds_bucket", (("le", "0.1"),))] == 0
    assert "empty" not in found


@given(st.text(min_size=1))
def test_any_text_can_be_a_label(text: str) -> None:
    family = Family("a", "b")
    family.add(1, labels({"x": text}))
    assert parse(render([family]).decode("utf-8", "surrogatepass"))["a"].samples == {
        ("a", (("x", text),)): 1.0
    }


@given(st.floats(allow_nan=False))
def test_any_number_reads_back(value: float) -> None:
    assert float(number(value)) == value
