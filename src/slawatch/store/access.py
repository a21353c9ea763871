"""Tokens and sessions in the store: few rows, changed in place. Blocking, for the writer's thread."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from slawatch.core.access import Role
from slawatch.core.credential import Session, Token
from slawatch.core.instant import Instant
from slawatch.store.database import Database
from slawatch.store.entries import in_transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ISSUED: Final = (
    "SELECT id, name, hash, role, organizations, created_at, created_by, expires_at, revoked_at, used_at "
    "FROM token ORDER BY created_at, id"
)
_BEGUN: Final = (
    "SELECT hash, name, kind, mark, groups, source, created_at, seen_at FROM session ORDER BY seen_at"
)


class NameTaken(ValueError):  # noqa: N818 (the answer to a wish)
    """A token that holds has this name already."""


def tokens(cursor: "DuckDBPyConnection") -> tuple[Token, ...]:
    """Return every token there ever was, the oldest first."""
    return tuple(_token(row) for row in cursor.execute(_ISSUED).fetchall())


def sessions(cursor: "DuckDBPyConnection") -> tuple[Session, ...]:
    """Return the sessions that are kept, the one longest unused first."""
    return tuple(_session(row) for row in cursor.execute(_BEGUN).fetchall())


def create_token(database: Database, token: Token) -> None:
    """Keep a new token.

    Raises:
        NameTaken: one that holds has its name.
        StoreError: it cannot be stored.
    """

    def work(cursor: "DuckDBPyConnection") -> None:
        for known in tokens(cursor):
            if known.name == token.name and known.state(token.created_at) == "valid":
                raise NameTaken(f"there is a token {token.name!r} already: revoke it, or choose another name")
        organizations = None if token.organizations is None else list(token.organizations)
        cursor.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                token.id, token.name, token.hash, token.role, organizations, token.created_at,
                token.created_by, token.expires_at, token.revoked_at, token.used_at,
            ],
        )  # fmt: skip

    in_transaction(database, work, "keep a token")


def revoke_token(database: Database, ident: str, at: Instant) -> None:
    """Let a token not hold any more; one that is revoked already stays as it is.

    Raises:
        StoreError: it cannot be stored.
    """
    in_transaction(
        database,
        lambda cursor: cursor.execute(
            "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [at, ident]
        ),
        "revoke a token",
    )


def note_use(
    database: Database, used: Iterable[tuple[str, Instant]], seen: Iterable[tuple[str, Instant]]
) -> None:
    """Note when tokens and sessions were last used.

    Args:
        database: the store.
        used: `(id of the token, when)`.
        seen: `(hash of the session, when)`.

    Raises:
        StoreError: it cannot be stored.
    """

    def work(cursor: "DuckDBPyConnection") -> None:
        for ident, at in used:
            cursor.execute("UPDATE token SET used_at = ? WHERE id = ?", [at, ident])
        for key, at in seen:
            cursor.execute("UPDATE session SET seen_at = ? WHERE hash = ?", [at, key])

    in_transaction(database, work, "note who was here")


def save_session(database: Database, session: Session) -> None:
    """Keep a new session.

    Raises:
        StoreError: it cannot be stored.
    """
    row = [
        session.hash, session.name, session.kind, session.mark, list(session.groups), session.source,
        session.created_at, session.seen_at,
    ]  # fmt: skip
    in_transaction(
        database,
        lambda cursor: cursor.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row),
        "keep a session",
    )


def end_sessions(database: Database, hashes: Iterable[str]) -> None:
    """Forget sessions.

    Raises:
        StoreError: it cannot be stored.
    """
    gone = list(hashes)
    in_transaction(
        database,
        lambda cursor: cursor.execute("DELETE FROM session WHERE list_contains(?, hash)", [gone]),
        "end a session",
    )


def _token(row: tuple[Any, ...]) -> Token:
    ident, name, key, role, organizations, created_at, created_by, expires_at, revoked_at, used_at = row
    return Token(
        id=ident, name=name, hash=key, role=cast("Role", role),
        organizations=None if organizations is None else tuple(organizations),
        created_at=created_at, created_by=created_by, expires_at=expires_at, revoked_at=revoked_at,
        used_at=used_at,
    )  # fmt: skip


def _session(row: tuple[Any, ...]) -> Session:
    key, name, kind, mark, groups, source, created_at, seen_at = row
    return Session(
        hash=key, name=name, kind=kind, mark=mark, groups=tuple(groups), source=source,
        created_at=created_at, seen_at=seen_at,
    )  # fmt: skip
