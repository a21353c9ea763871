"""What somebody proves with who they are: API tokens and sessions, known by the hash of their secret."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from slawatch.core.access import Role
from slawatch.core.instant import DAY, HOUR, Instant, Micros

PREFIX: Final = "slw_"
"""What every token begins with, so that scanners for leaked secrets know it."""
TOKENS_LAST: Final[Micros] = 90 * DAY
"""How long a token holds where nobody says."""
IDLE: Final[Micros] = 12 * HOUR
ABSOLUTE: Final[Micros] = 7 * DAY


def digest(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256. A secret of 256 random bits needs no slow hash.

    >>> digest("slw_x")[:8]
    '734829d8'
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token, without its secret.

    Attributes:
        id: its name for ever.
        name: what people call it; of those that hold, no two have the same.
        hash: of the secret, as `digest` makes it.
        role: what it may do.
        organizations: None for all.
        created_at, created_by: when and by whom.
        expires_at: None for never.
        revoked_at: None while nobody has revoked it.
        used_at: when it was last used, to the minute; None for never.
    """

    id: str
    name: str
    hash: str
    role: Role
    organizations: tuple[str, ...] | None
    created_at: Instant
    created_by: str
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    used_at: Instant | None = None

    def state(self, now: Instant) -> Literal["valid", "expired", "revoked"]:
        """Return what it is at an instant."""
        if self.revoked_at is not None and now >= self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who has signed in with a browser, until they leave, are idle, or it has lasted long enough.

    Attributes:
        hash: of what stands in the cookie.
        name: of the user.
        kind: how they signed in.
        mark: of the user's password when they did: with another password the session is over.
        groups: what a provider said they are a member of.
        source: the address that they came from.
        created_at, seen_at: when it began, and when it was last used, to a few minutes.
    """

    hash: str
    name: str
    kind: Literal["password", "oidc"]
    mark: str
    groups: tuple[str, ...]
    source: str
    created_at: Instant
    seen_at: Instant

    def holds(self, now: Instant, idle: Micros = IDLE, absolute: Micros = ABSOLUTE) -> bool:
        """Say whether it holds at an instant; a clock that was set back ends none.

        Args:
            now: the instant.
            idle: how long it holds unused.
            absolute: how long it holds at all.
        """
        return now - self.seen_at < idle and now - self.created_at < absolute
