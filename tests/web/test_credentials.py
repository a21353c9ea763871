"""Tokens and sessions in memory: as the store has them, and every change stored before it holds."""

from pathlib import Path

import pytest

from slawatch.answers.view import Refused
from slawatch.core.credential import Token
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.store import access
from slawatch.web.credentials import Credentials, mint
from slawatch.web.reading import Readers

from .conftest import NOW, View


@pytest.fixture
async def credentials(view: View) -> Credentials:
    found = Credentials(view, Readers(view))
    await found.ready()
    return found


def stored(view: View) -> tuple[Token, ...]:
    with view.database.reading() as cursor:
        return access.tokens(cursor)


def test_a_secret_is_long_random_and_known_by_its_beginning() -> None:
    made = [mint("a", "viewer", None, NOW, None, "x") for _ in range(100)]
    assert len({one.secret for one in made}) == len({one.token.id for one in made}) == 100
    assert all(one.secret.startswith("slw_") and len(one.secret) == 47 for one in made)
    assert all(one.secret not in repr(one.token) for one in made)


async def test_a_token_is_found_by_its_secret_until_it_is_over(view: View, credentials: Credentials) -> None:
    made = await credentials.create("a", "viewer", ["acme"], NOW + DAY, "alice")
    assert stored(view) == (made.token,)
    assert credentials.token(made.secret, NOW) == made.token
    assert credentials.token(made.secret + "x", NOW) is None
    expired = credentials.token(made.secret, NOW + DAY)
    assert expired is not None
    assert expired.state(NOW + DAY) == "expired"
    again = Credentials(view, Readers(view))
    await again.ready()
    assert again.token(made.secret, NOW) == made.token
    revoked = await again.revoke(made.token)
    assert revoked.state(NOW) == "revoked"
    assert stored(view) == (revoked,)


async def test_a_token_that_cannot_be_stored_does_not_hold(view: View, credentials: Credentials) -> None:
    view.refuse = Refused("full")
    with pytest.raises(Refused):
        await credentials.create("a", "viewer", None, None, "alice")
    assert credentials.tokens() == ()


async def test_a_revocation_holds_at_once_though_it_cannot_be_stored(
    view: View, credentials: Credentials
) -> None:
    made = await credentials.create("a", "viewer", None, None, "alice")
    view.refuse = Refused("full")
    with pytest.raises(Refused):
        await credentials.revoke(made.token)
    found = credentials.token(made.secret, NOW)
    assert found is not None
    assert found.state(NOW) == "revoked"


async def test_use_is_noted_to_the_minute_and_stored_seldom(view: View, credentials: Credentials) -> None:
    made = await credentials.create("a", "viewer", None, None, "alice")
    writes: list[int] = []
    real = view.write

    async def write(work):  # type: ignore[no-untyped-def]
        writes.append(view.clock.at)
        return await real(work)

    view.write = write  # type: ignore[method-assign]
    for second in range(0, 180, 5):
        view.clock.at = NOW + second * SECOND
        credentials.token(made.secret, view.clock.at)
        await credentials.note_use()
    assert writes == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    assert stored(view)[0].used_at == NOW + 2 * MINUTE
    assert credentials.tokens()[0].used_at == NOW + 2 * MINUTE


async def test_use_that_cannot_be_stored_is_no_fault(view: View, credentials: Credentials) -> None:
    made = await credentials.create("a", "viewer", None, None, "alice")
    view.refuse = Refused("full")
    credentials.token(made.secret, NOW)
    await credentials.note_use()
    view.refuse = None
    view.clock.at += MINUTE
    credentials.token(made.secret, view.clock.at)
    await credentials.note_use()
    assert stored(view)[0].used_at == NOW + MINUTE


async def test_a_session_is_prolonged_by_use_and_ends(view: View, credentials: Credentials) -> None:
    secret = await credentials.begin("alice", "password", "mark", (), "192.0.2.1")
    at = NOW
    for _ in range(13):
        at += 12 * HOUR - SECOND
        assert credentials.session(secret, at) is not None
        await credentials.note_use()
    assert credentials.session(secret, at + 12 * HOUR) is None
    assert credentials.session(secret, NOW + 7 * DAY) is None
    assert credentials.session("another", NOW) is None
    await credentials.end(secret)
    assert credentials.session(secret, NOW) is None
    await credentials.end(secret)


async def test_sessions_that_are_over_are_swept_with_the_next_that_begins(
    view: View, credentials: Credentials, tmp_path: Path
) -> None:
    await credentials.begin("alice", "password", "", (), "a")
    view.clock.at += 12 * HOUR
    await credentials.begin("bob", "oidc", "", ("sre",), "b")
    with view.database.reading() as cursor:
        (left,) = access.sessions(cursor)
    assert (left.name, left.kind, left.groups, left.source) == ("bob", "oidc", ("sre",), "b")
