"""Tokens and sessions as the daemon knows them: read from the store once, then looked up in memory."""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import trio

from slawatch.answers.view import Refused, View
from slawatch.core.access import Role
from slawatch.core.credential import PREFIX, Session, Token, digest
from slawatch.core.instant import MINUTE, Instant, Micros
from slawatch.web.reading import Readers

if TYPE_CHECKING:
    import duckdb

    from slawatch.store.database import Database

_log = logging.getLogger("slawatch.web")

_TOKEN_NOTED: Final[Micros] = MINUTE
_SESSION_NOTED: Final[Micros] = 5 * MINUTE
"""The use of a token or session is stored so often at most."""
_SESSIONS_EACH: Final = 20
"""Sessions that one user may have; the one longest unused ends first."""
_LIMIT: Final = 10.0


class Made(NamedTuple):
    """A new token or session, with the secret that is told once."""

    secret: str
    token: Token


class Credentials:
    """Looks secrets up by their hashes; every change is stored before it holds.

    Attributes:
        ended: set when a token or session has ended; another one stands here then.
    """

    def __init__(self, view: View, readers: Readers) -> None:
        self._view = view
        self._readers = readers
        self._loading = trio.Lock()
        self._loaded = False
        self._tokens: dict[str, Token] = {}
        self._sessions: dict[str, Session] = {}
        self._stale_tokens: dict[str, Instant] = {}
        self._stale_sessions: dict[str, Instant] = {}
        self._noting = False
        self.ended = trio.Event()

    def forget(self) -> None:
        """Read the store anew at the next use: it was changed by others."""
        self._loaded = False
        self._tell()

    def _tell(self) -> None:
        before, self.ended = self.ended, trio.Event()
        before.set()

    async def ready(self) -> None:
        """Read the store, unless that is done.

        Raises:
            Problem: it cannot be read.
        """
        if self._loaded:
            return
        async with self._loading:
            if not self._loaded:
                tokens, sessions = await self._readers.read(_read, limit=_LIMIT)
                self._tokens = {token.hash: token for token in tokens}
                self._sessions = {session.hash: session for session in sessions}
                self._loaded = True

    def token(self, secret: str, now: Instant) -> Token | None:
        """Return the token with this secret, whether it holds or not; note that it was used if it does."""
        found = self._tokens.get(digest(secret))
        if found is not None and found.state(now) == "valid":
            before = self._stale_tokens.get(found.id, found.used_at)
            if before is None or not 0 <= now - before < _TOKEN_NOTED:
                self._stale_tokens[found.id] = now
        return found

    def session(self, secret: str, now: Instant) -> Session | None:
        """Return the session of a cookie if it holds, and note that it was used."""
        key = digest(secret)
        found = self._sessions.get(key)
        limits = self._view.config.web.sessions
        seen = self._stale_sessions.get(key)
        if found is None or not (found if seen is None else replace(found, seen_at=seen)).holds(
            now, limits.idle, limits.length
        ):
            return None
        last = found.seen_at if seen is None else seen
        if not 0 <= now - last < min(_SESSION_NOTED, limits.idle // 10):
            self._stale_sessions[key] = now
        return found

    async def note_use(self) -> None:
        """Store what was used since the last time; what cannot be stored now is noted at the next use."""
        if self._noting or not (self._stale_tokens or self._stale_sessions):
            return
        self._noting = True
        used, self._stale_tokens = self._stale_tokens, {}
        seen, self._stale_sessions = self._stale_sessions, {}
        try:
            for key, token in list(self._tokens.items()):
                if token.id in used:
                    self._tokens[key] = replace(token, used_at=used[token.id])
            for key, at in seen.items():
                if key in self._sessions:
                    self._sessions[key] = replace(self._sessions[key], seen_at=at)
            from slawatch.store import access

            await self._view.commands.write(
                lambda database: access.note_use(database, used.items(), seen.items())
            )
        except Refused as refused:
            _log.debug("the use of credentials is not stored: %s", refused)
        finally:
            self._noting = False

    async def create(
        self,
        name: str,
        role: Role,
        organizations: Iterable[str] | None,
        expires_at: Instant | None,
        by: str,
    ) -> Made:
        """Make a token.

        Raises:
            NameTaken: one that holds has its name.
            Refused: it cannot be stored now.
        """
        from slawatch.store import access

        made = mint(name, role, organizations, self._view.clock.now(), expires_at, by)
        await self._view.commands.write(lambda database: access.create_token(database, made.token))
        self._tokens[made.token.hash] = made.token
        return made

    async def revoke(self, token: Token) -> Token:
        """Let a token not hold any more.

        Raises:
            Refused: it cannot be stored now; the token does not hold until the next start, even so.
        """
        from slawatch.store import access

        now = self._view.clock.now()
        if token.revoked_at is None:
            token = replace(token, revoked_at=now)
            self._tokens[token.hash] = token
            self._tell()
            await self._view.commands.write(lambda database: access.revoke_token(database, token.id, now))
        return token

    def tokens(self) -> tuple[Token, ...]:
        """Return every token there ever was, the oldest first."""
        return tuple(
            replace(token, used_at=self._stale_tokens.get(token.id, token.used_at))
            for token in self._tokens.values()
        )

    async def begin(
        self, name: str, kind: Literal["password", "oidc"], mark: str, groups: Iterable[str], source: str
    ) -> str:
        """Begin a session and return what goes into its cookie.

        Raises:
            Refused: it cannot be stored now.
        """
        from slawatch.store import access

        now = self._view.clock.now()
        secret = secrets.token_urlsafe(32)
        session = Session(
            hash=digest(secret), name=name, kind=kind, mark=mark, groups=tuple(groups), source=source,
            created_at=now, seen_at=now,
        )  # fmt: skip
        gone = self._over(name, kind, now)

        def work(database: "Database") -> None:
            access.save_session(database, session)
            if gone:
                access.end_sessions(database, gone)

        await self._view.commands.write(work)
        self._sessions[session.hash] = session
        self._drop(gone)
        return secret

    def _over(self, name: str, kind: str, now: Instant) -> list[str]:
        """Return the sessions that have ended by themselves, and those that are too many of one user."""
        limits = self._view.config.web.sessions
        current = [
            replace(session, seen_at=self._stale_sessions.get(session.hash, session.seen_at))
            for session in self._sessions.values()
        ]
        gone = [s.hash for s in current if not s.holds(now, limits.idle, limits.length)]
        mine = sorted(
            (s for s in current if (s.name, s.kind) == (name, kind) and s.hash not in gone),
            key=lambda s: s.seen_at,
        )
        return [*gone, *(s.hash for s in mine[: max(0, len(mine) - _SESSIONS_EACH + 1)])]

    async def end(self, secret: str) -> None:
        """End a session.

        Raises:
            Refused: it cannot be stored now; the session is over until the next start, even so.
        """
        from slawatch.store import access

        key = digest(secret)
        if key in self._sessions:
            self._drop([key])
            await self._view.commands.write(lambda database: access.end_sessions(database, [key]))

    def _drop(self, hashes: Sequence[str]) -> None:
        for key in hashes:
            self._sessions.pop(key, None)
            self._stale_sessions.pop(key, None)
        if hashes:
            self._tell()


def mint(
    name: str,
    role: Role,
    organizations: Iterable[str] | None,
    now: Instant,
    expires_at: Instant | None,
    by: str,
) -> Made:
    """Return a new token that is not kept anywhere yet."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        id=f"t-{secrets.token_hex(4)}", name=name, hash=digest(secret), role=role,
        organizations=None if organizations is None else tuple(organizations),
        created_at=now, created_by=by, expires_at=expires_at,
    )  # fmt: skip
    return Made(secret, token)


def _read(cursor: "duckdb.DuckDBPyConnection") -> tuple[tuple[Token, ...], tuple[Session, ...]]:
    from slawatch.store import access

    return access.tokens(cursor), access.sessions(cursor)
