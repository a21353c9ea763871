"""The client's side of SCRAM-SHA-256, by which PostgreSQL asks for a password without being told it.

Sources: RFC 5802, RFC 7677; RFC 4013 (SASLprep). Without channel binding.
"""

import base64
import binascii
import hashlib
import hmac
import os
import stringprep
import unicodedata
from typing import Final, NamedTuple

MECHANISM: Final = "SCRAM-SHA-256"
MOST_ITERATIONS: Final = 1_000_000
"""A server that asks for more would cost us a second of computing for each login."""


class ScramError(Exception):
    """The server's side of the exchange is wrong."""


class Challenge(NamedTuple):
    """What the server answers first.

    Attributes:
        text: all of it.
        nonce: ours, with the server's behind it.
        salt: of the password.
        iterations: of the derivation.
    """

    text: str
    nonce: str
    salt: bytes
    iterations: int


class Keys(NamedTuple):
    """What is derived from a password: it costs milliseconds, and stays the same while the salt does."""

    client: bytes
    server: bytes


def first_message(nonce: str = "") -> tuple[str, str]:
    """Return a nonce and the first message, which carries it.

    PostgreSQL takes the user from its start packet, so none is named here.
    """
    nonce = nonce or base64.b64encode(os.urandom(18)).decode()
    return nonce, f"n,,n=,r={nonce}"


def challenge(message: str, nonce: str) -> Challenge:
    """Read the server's first message.

    Raises:
        ScramError: it is malformed, not for us, or asks for too much.
    """
    fields = dict(part.split("=", 1) for part in message.split(",") if "=" in part)
    try:
        salt = base64.b64decode(fields["s"], validate=True)
        iterations = int(fields["i"])
        theirs = fields["r"]
    except (KeyError, ValueError, binascii.Error):
        raise ScramError("a SCRAM challenge that cannot be read") from None
    if not theirs.startswith(nonce) or len(theirs) == len(nonce):
        raise ScramError("a SCRAM challenge that is not for us")
    if not 1 <= iterations <= MOST_ITERATIONS:
        raise ScramError(f"SCRAM with {iterations} iterations, where at most {MOST_ITERATIONS} are done")
    return Challenge(message, theirs, salt, iterations)


_known: Final[dict[tuple[str, bytes, int], Keys]] = {}
_KNOWN_AT_MOST: Final = 1024


def known(password: str, asked: Challenge) -> Keys | None:
    """Return the keys that were derived for this challenge before, None for the first time."""
    return _known.get((password, asked.salt, asked.iterations))


def derive(password: str, asked: Challenge) -> Keys:
    """Derive the keys of a password, which takes milliseconds, and remember them."""
    if len(_known) >= _KNOWN_AT_MOST:
        _known.clear()
    derived = keys(password, asked.salt, asked.iterations)
    _known[password, asked.salt, asked.iterations] = derived
    return derived


def keys(password: str, salt: bytes, iterations: int) -> Keys:
    """Return the keys of a password: `ClientKey` and `ServerKey`, by way of `Hi`."""
    salted = hashlib.pbkdf2_hmac("sha256", prepare(password).encode(), salt, iterations)
    return Keys(_hmac(salted, b"Client Key"), _hmac(salted, b"Server Key"))


def proof(derived: Keys, nonce: str, asked: Challenge) -> tuple[str, bytes]:
    """Return the last message, and what the server must sign its answer with."""
    without_proof = f"c=biws,r={asked.nonce}"
    signed = f"n=,r={nonce},{asked.text},{without_proof}".encode()
    signature = _hmac(hashlib.sha256(derived.client).digest(), signed)
    shown = bytes(a ^ b for a, b in zip(derived.client, signature, strict=True))
    return f"{without_proof},p={base64.b64encode(shown).decode()}", _hmac(derived.server, signed)


def verify(message: str, expected: bytes) -> None:
    """Check the server's last message: it too must know the password.

    Raises:
        ScramError: it does not.
    """
    name, _, value = message.partition(",")[0].partition("=")
    try:
        shown = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        shown = b""
    if name != "v" or not hmac.compare_digest(shown, expected):
        raise ScramError("the server does not know the password either: it is not the one it claims to be")


def prepare(password: str) -> str:
    """Return a password as SASLprep writes it; unchanged where SASLprep forbids it, as PostgreSQL does."""
    if password.isascii():
        return password
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in password
        if not stringprep.in_table_b1(char)
    )
    normal = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if not normal or any(_forbidden(char) for char in normal):
        return password
    right = [stringprep.in_table_d1(char) for char in normal]
    if any(right) and (any(stringprep.in_table_d2(char) for char in normal) or not (right[0] and right[-1])):
        return password
    return normal


_FORBIDDEN: Final = (
    stringprep.in_table_a1, stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3,
    stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7,
    stringprep.in_table_c8, stringprep.in_table_c9,
)  # fmt: skip


def _forbidden(char: str) -> bool:
    return any(table(char) for table in _FORBIDDEN)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
