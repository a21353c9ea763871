"""How promises stand, for people."""

from fractions import Fraction

import pytest

from slawatch.report.standing import standing


@pytest.mark.parametrize(
    ("verdict", "behind", "known", "said"),
    [
        ("met", False, None, "met"),
        ("met", False, Fraction(6, 100), "hardly known"),
        ("missed", False, Fraction(6, 100), "hardly known"),
        ("missed", True, Fraction(6, 100), "behind"),
        ("undecided", False, Fraction(6, 100), "undecided"),
        ("no data", False, Fraction(0), "no data"),
    ],
)
def test_a_verdict_that_rests_on_too_little_is_none(verdict, behind, known, said):
    assert standing(verdict, behind=behind, known=known) == said
