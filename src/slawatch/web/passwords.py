"""Passwords: hashed with argon2id, checked so that the time taken tells nothing about who exists."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import trio

from slawatch.core.access import User
from slawatch.core.credential import digest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LONGEST: Final = 1_024
"""Characters of a password; a longer one is not looked at."""
SHORTEST: Final = 10
"""Characters of a new password."""
_CHECKING: Final = trio.CapacityLimiter(1)
"""One at a time: a check takes a core and 64 MiB for a tenth of a second, which probes must not miss."""


def hash_of(password: str) -> str:
    """Return what the configuration keeps of a password; blocking for a tenth of a second.

    Raises:
        ValueError: too short to be any good, or too long.
    """
    if len(password) < SHORTEST:
        raise ValueError(f"a password has {SHORTEST} characters or more")
    if len(password) > LONGEST:
        raise ValueError(f"a password has {LONGEST} characters at most")
    return _hasher().hash(password)


def mark_of(user: User) -> str:
    """Return what changes with a user's password and does not tell it: sessions with another are over."""
    return digest(user.password.value)[:16] if user.password else ""


class Passwords:
    """Checks passwords in a thread."""

    def __init__(self) -> None:
        self._nobody: dict[str, str] = {}

    async def check(self, users: Mapping[str, User], name: str, password: str) -> User | None:
        """Return the user with this name and password; None otherwise, after the same time."""
        user = users.get(name)
        expected = user.password.value if user and user.password else None
        like = next((u.password.value for u in users.values() if u.password), "")

        def work() -> bool:
            right = _verify(expected or self._stranger(like), password[:LONGEST])
            return right and expected is not None and len(password) <= LONGEST

        return user if await trio.to_thread.run_sync(work, limiter=_CHECKING) else None

    def _stranger(self, like: str) -> str:
        """Return a hash that costs what those of the configuration cost, of a password that nobody has."""
        parameters = like.rpartition("$")[0].rpartition("$")[0]
        if parameters not in self._nobody:
            import secrets

            from argon2 import PasswordHasher, extract_parameters

            word = secrets.token_urlsafe(32)
            same = PasswordHasher.from_parameters(extract_parameters(like)) if like else _hasher()
            self._nobody[parameters] = same.hash(word)
        return self._nobody[parameters]


def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def _verify(expected: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(expected, password)
    except (VerificationError, InvalidHashError):
        return False
