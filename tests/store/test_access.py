"""Tokens and sessions come back as they were kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from slawatch.core.credential import Session, Token, digest
from slawatch.store import access
from slawatch.store.database import Database

TOKEN = Token(
    id="t-1", name="prometheus", hash=digest("slw_x"), role="viewer", organizations=("acme", "o'hara"),
    created_at=100, created_by="alice", expires_at=200,
)  # fmt: skip
SESSION = Session(
    hash="h1", name="alice", kind="oidc", mark="", groups=("sre", "dev"), source="192.0.2.1", created_at=5,
    seen_at=6,
)  # fmt: skip


def test_tokens_come_back(tmp_path: Path) -> None:
    whole = replace(TOKEN, id="t-2", name="all", organizations=None, expires_at=None, created_at=101)
    with Database.open(tmp_path) as database:
        access.create_token(database, TOKEN)
        access.create_token(database, whole)
    with Database.open(tmp_path) as database, database.reading() as cursor:
        assert access.tokens(cursor) == (TOKEN, whole)


def test_two_tokens_that_hold_do_not_share_a_name(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        access.create_token(database, TOKEN)
        with pytest.raises(access.NameTaken):
            access.create_token(database, replace(TOKEN, id="t-2", created_at=199))
        access.create_token(database, replace(TOKEN, id="t-3", created_at=200, expires_at=None))
        access.revoke_token(database, "t-3", 300)
        access.create_token(database, replace(TOKEN, id="t-4", created_at=301, expires_at=None))
        with database.reading() as cursor:
            assert [token.id for token in access.tokens(cursor)] == ["t-1", "t-3", "t-4"]


def test_a_revocation_is_not_moved_by_another(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        access.create_token(database, TOKEN)
        access.revoke_token(database, "t-1", 150)
        access.revoke_token(database, "t-1", 170)
        with database.reading() as cursor:
            assert access.tokens(cursor) == (replace(TOKEN, revoked_at=150),)


def test_use_is_noted(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        access.create_token(database, TOKEN)
        access.save_session(database, SESSION)
        access.note_use(database, [("t-1", 120), ("gone", 1)], [("h1", 9)])
        with database.reading() as cursor:
            assert access.tokens(cursor) == (replace(TOKEN, used_at=120),)
            assert access.sessions(cursor) == (replace(SESSION, seen_at=9),)


def test_sessions_come_back_until_they_are_ended(tmp_path: Path) -> None:
    second = replace(SESSION, hash="h2", groups=(), seen_at=1)
    with Database.open(tmp_path) as database:
        access.save_session(database, SESSION)
        access.save_session(database, second)
        with database.reading() as cursor:
            assert access.sessions(cursor) == (second, SESSION)
        access.end_sessions(database, ["h2", "gone"])
        with database.reading() as cursor:
            assert access.sessions(cursor) == (SESSION,)
