"""Patterns in linear time: hostile ones end, and sound ones mean what Python's mean."""

import re
import resource
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.pattern import LONGEST, PatternError, fault, fits

HOSTILE = [
    "(.*)" * 30 + "x",
    "(.*)" * 60,
    "(.*)*(.*)*(.*)*x",
    "(([a-z-]*)*)*x",
    "(?:a?){200}x",
    ".*" * 12 + "Q",
    "(s|sh|h|o|p|op|-|ho|m|e)*Q",
    "(x+x+)+y",
    "(?:.*.*){400}Q",
    ".*a.{500}",
]
REFUSED = {
    "(?=x)": "look-around",
    "a(?!x)": "look-around",
    "(?<=a)b": "look-around",
    "(?<!a)b": "look-around",
    r"(a)\1": "backreference",
    "(?P<n>a)(?P=n)": "referred to",
    "(?>a)": "atomic",
    "a**": "repetitions",
    "a*+": "repetitions",
    "a{99999999999}": "counts to 1000",
    "a{1001}": "counts to 1000",
    "a{,3}": "0,2",
    "(?:(?:a{1,300}){1,300}){1,300}": "counts to 1000",
    r"(?:\pL{100}|.){10}": "too large",
    "(": r"has no \)",
    ")": r"has no \(",
    "[a": r"has no \]",
    "*a": "nothing is there",
    "a\\": "backslash",
    r"a\Z": "leave",
    "\ud800": "character",
    "a" * (LONGEST + 1): "at most",
}


@pytest.mark.parametrize("pattern", HOSTILE, ids=lambda pattern: pattern[:20])
def test_a_hostile_pattern_ends(pattern: str) -> None:
    # Backtracking would take longer than the universe has lasted; two seconds are a thousand times enough.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert not fault(pattern)
    assert fits(pattern, "shop-home" * 20) is (pattern == "(.*)" * 60)
    assert fits(pattern, "x" * 200) in (True, False)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 2


@pytest.mark.parametrize(("pattern", "why"), REFUSED.items(), ids=lambda text: text[:20])
def test_what_is_no_pattern_is_refused_in_plain_words(
    pattern: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert re.search(why, fault(pattern)), fault(pattern)
    with pytest.raises(PatternError, match=why):
        fits(pattern, "a")
    assert capfd.readouterr() == ("", "")


def test_braces_that_are_meant_are_none() -> None:
    assert fits(r"a\{,3\}", "a{,3}")
    assert fits("a{0,3}", "aaa")
    assert fits("a{2}b{1,}", "aabb")


def test_texts_of_all_alphabets() -> None:
    assert fits("sh.p", "shöp")
    assert fits("(?i)SHÖP", "shöp")
    assert fits("a.", "a\ud800")
    assert not fits("a.b", "a\nb")


ATOMS = st.sampled_from(["a", "b", "-", "[ab]", "[^a]", ".", r"\.", "ab", r"\-", "[a-c]"])


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    )


@given(pattern=st.recursive(ATOMS, repeated, max_leaves=6), value=st.text(alphabet="abc-.\n", max_size=8))
def test_a_pattern_means_what_it_means_in_python(pattern: str, value: str) -> None:
    assert fits(pattern, value) is (re.fullmatch(pattern, value) is not None)


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_text_is_a_pattern_or_is_refused(pattern: str, value: str) -> None:
    if fault(pattern):
        with pytest.raises(PatternError):
            fits(pattern, value)
    else:
        assert fits(pattern, value) in (True, False)


def test_the_engine_is_loaded_for_the_first_pattern_only() -> None:
    script = (
        "import sys; from slawatch.core.matcher import matches, parse; "
        "matches(parse('a=b, c!=d'), {'a': 'b'}); print('re2' in sys.modules); "
        "matches(parse('a=~b'), {'a': 'b'}); print('re2' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]
