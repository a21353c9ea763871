"""What fits into text messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.notifiers._sms_text import BASIC, EXTENDED, encoding, fit, plainer


@pytest.mark.parametrize(
    ("text", "name", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        # An escaped character is not torn apart: 152 septets are used of the first segment's 153.
        ("€" * 153, "GSM-7", 306, 3),
        ("ü" * 160, "GSM-7", 160, 1),
        ("ç", "UCS-2", 1, 1),
        ("✅" * 70, "UCS-2", 70, 1),
        ("✅" * 71, "UCS-2", 71, 2),
        ("✅" * 134, "UCS-2", 134, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # A surrogate pair is not torn apart either: 66 of the first segment's 67.
        ("😀" * 67, "UCS-2", 134, 3),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_segments(text: str, name: str, units: int, segments: int) -> None:
    assert encoding(text) == (name, units, segments)


def test_the_alphabet_has_its_size() -> None:
    """128 code points: 127 characters and the escape."""
    assert len(BASIC) == 127
    assert len(EXTENDED) == 10


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“shop” – it’s down…", '"shop" - it\'s down...'),
        ("a → b", "a -> b"),
        ("a\x00b\tc\nd", "ab c\nd"),
        ("✅ “shop”", "✅ “shop”"),
        ("Straße à 5 €", "Straße à 5 €"),
    ],
)
def test_typography_gives_way_where_it_costs(text: str, plain: str) -> None:
    assert plainer(text) == plain


def test_a_character_made_of_several_is_not_torn() -> None:
    family = "👨\u200d👩\u200d👧"
    found = fit(family * 40, 1)
    assert encoding(found).segments == 1
    assert not found.removesuffix("…").endswith("\u200d")
    assert fit("e\u0301" * 200, 1).removesuffix("…").endswith("\u0301")


@given(st.text(max_size=2000), st.integers(1, 4))
def test_what_is_sent_fits(text: str, segments: int) -> None:
    found = fit(text, segments)
    assert encoding(found).segments <= segments
    assert len(found) <= 1600


@given(st.text(alphabet=sorted(BASIC - {"\r", "\n", " "}), max_size=153))
def test_what_fits_is_not_touched(text: str) -> None:
    assert fit(text, 1) == text
