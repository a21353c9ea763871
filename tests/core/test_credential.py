"""Tokens and sessions: when they hold."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.credential import ABSOLUTE, IDLE, Session, Token, digest

TOKEN = Token(
    id="t-1", name="prometheus", hash=digest("slw_x"), role="viewer", organizations=None, created_at=100,
    created_by="alice",
)  # fmt: skip
SESSION = Session(
    hash="h", name="alice", kind="password", mark="m", groups=(), source="192.0.2.1", created_at=0, seen_at=0
)


def test_a_token_holds_until_it_expires_or_is_revoked() -> None:
    assert TOKEN.state(10**18) == "valid"
    short = replace(TOKEN, expires_at=200)
    assert [short.state(at) for at in (199, 200, 201)] == ["valid", "expired", "expired"]
    revoked = replace(short, revoked_at=150)
    assert [revoked.state(at) for at in (149, 150, 300)] == ["valid", "revoked", "revoked"]


def test_a_session_ends_when_it_is_idle_or_old() -> None:
    assert SESSION.holds(IDLE - 1)
    assert not SESSION.holds(IDLE)
    assert replace(SESSION, seen_at=ABSOLUTE - 1).holds(ABSOLUTE - 1)
    assert not replace(SESSION, seen_at=ABSOLUTE - 1).holds(ABSOLUTE)


@given(st.integers(0, 10**9), st.integers(-(10**9), 0))
def test_a_clock_that_was_set_back_ends_no_session(seen: int, now: int) -> None:
    assert replace(SESSION, seen_at=seen, created_at=seen).holds(now)


def test_a_digest_tells_nothing_and_is_always_the_same() -> None:
    assert digest("slw_x") == digest("slw_x") != digest("slw_y")
    assert len(digest("\udcff")) == 64
