"""Links: nobody else can make one, none serves for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import SECOND
from slawatch.core.link import LIFETIME, Link, LinkError, acknowledging, address, sign, verify

SECRET = bytes(range(32))
TOKEN = sign(SECRET, 7, 2, "person:alice", 100 * SECOND)


@given(
    st.integers(1, 1 << 40),
    st.integers(1, 1 << 20),
    st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()),
    st.integers(1, 1 << 40),
)
def test_a_token_says_what_was_signed(incident: int, generation: int, recipient: str, end: int) -> None:
    token = sign(SECRET, incident, generation, recipient, end * SECOND)
    assert verify(SECRET, token, 0) == Link(incident, generation, recipient, end * SECOND)
    assert address("https://watch.example", token).isascii()


def test_a_token_of_another_secret_does_not_serve() -> None:
    with pytest.raises(LinkError, match="slawatch did not make it"):
        verify(bytes(32), TOKEN, 0)


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_one_character_changed_and_it_does_not_serve(place: int, other: str) -> None:
    changed = TOKEN[:place] + other + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(LinkError, match="slawatch did not make it"):
            verify(SECRET, changed, 0)


@given(st.text(max_size=80))
def test_whatever_is_no_token_is_refused_in_words(text: str) -> None:
    with pytest.raises(LinkError):
        verify(SECRET, text, 0)


def test_its_end_is_exclusive() -> None:
    assert verify(SECRET, TOKEN, 100 * SECOND - 1).incident == 7
    with pytest.raises(LinkError, match="time of this link is over"):
        verify(SECRET, TOKEN, 100 * SECOND)


def test_a_token_too_long_is_not_looked_at() -> None:
    with pytest.raises(LinkError):
        verify(SECRET, "a" * 4000 + "." + "b" * 43, 0)


def test_a_link_serves_as_long_as_a_mail_does() -> None:
    assert LIFETIME == 24 * 3600 * SECOND


def test_messages_have_links_only_where_people_can_reach_them() -> None:
    made = acknowledging("https://watch.example", SECRET, lambda: 50 * SECOND)(7, 2, "person:alice")
    assert made.startswith("https://watch.example/ack/")
    found = verify(SECRET, made.rpartition("/")[2], 0)
    assert found == Link(7, 2, "person:alice", 50 * SECOND + LIFETIME)
    assert acknowledging("", SECRET, lambda: 0)(7, 2, "person:alice") == ""
    assert acknowledging("https://watch.example", SECRET, lambda: 0)(0, 0, "person:alice") == ""
