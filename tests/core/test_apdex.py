"""Apdex, against its specification and others' tests."""

from fractions import Fraction

import pytest
from tests.core.published import cases

from slawatch.core.apdex import of_responses, rating, score, zone


@cases("confidence", "apdex")
def test_published_scores(case):
    asked, expected = case["params"], case["expected"]
    if "zone" in expected:
        assert zone(Fraction(str(asked["sample"])), Fraction(str(asked["T"]))) == expected["zone"]
    elif "rating" in expected:
        assert rating(Fraction(str(asked["apdex"]))) == expected["rating"]
    elif "samples" in asked:
        samples = [None if s is None else Fraction(str(s)) for s in asked["samples"]]
        assert of_responses(samples, Fraction(str(asked["T"]))) == Fraction(str(expected["apdex"]))
    else:
        total = asked.get("total", asked["satisfied"] + asked["tolerating"] + asked.get("frustrated", 0))
        found = score(asked["satisfied"], asked["tolerating"], total)
        assert found == pytest.approx(expected["apdex"], rel=1e-12)


def test_no_response_is_no_data():
    assert score(0, 0, 0) is None
    assert rating(Fraction(0)) == "unacceptable"
