"""The keys that sign frozen reports: Ed25519 (RFC 8032); see `slawatch.report.minisign` for the format."""

import hashlib
import re
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from slawatch.report import minisign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES: Final = 32

_WORD: Final = re.compile(r"(?<![A-Za-z0-9+/])RW[A-Za-z0-9+/]{54}(?![A-Za-z0-9+/=])", re.ASCII)
_HEX: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])", re.ASCII)
_ALGORITHM: Final = re.compile(r"sha-?256\s*:")
_JOINED: Final = re.compile(r"(?<=[0-9a-f])[ :](?=[0-9a-f])", re.ASCII)
_PREFIX: Final = bytes.fromhex("302a300506032b6570032100")
"""What precedes the 32 bytes of an Ed25519 key in DER (RFC 8410)."""


class KeyUnreadable(ValueError):  # noqa: N818 (what a text is)
    """A text that names no key; it says what would."""


class Signer(Protocol):
    """Whoever can sign."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that others check a signature with."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of a signature."""
        ...


class Key:
    """A signing key, from the 32 random bytes that it is made of.

    Raises:
        KeyUnreadable: not so many bytes.
    """

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise KeyUnreadable(f"a signing key is made of {SEED_BYTES} bytes, not of {len(seed)}")
        self._seed = seed

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @cached_property
    def public_key(self) -> bytes:
        """The 32 bytes that others check a signature with."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of a signature; the same for the same data."""
        return self._private.sign(data)


def fingerprint(public_key: bytes) -> str:
    """Return what people compare keys by: SHA-256 of the 32 bytes, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def pem(public_key: bytes) -> str:
    """Return a public key as other programs read it, such as `openssl`."""
    import base64

    body = base64.b64encode(_PREFIX + public_key).decode("ascii")
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"


def trusted_key(text: str) -> str:
    """Return the key that a text names: its word that begins with RW, or its fingerprint.

    The text is one of them, or the content of a file in which one stands.

    Raises:
        KeyUnreadable: it names no key, or several.
    """
    words = set(_WORD.findall(text)) or set(_HEX.findall(_JOINED.sub("", _ALGORITHM.sub(" ", text.lower()))))
    if len(words) == 1:
        (word,) = words
        with suppress(minisign.SignatureWrong):
            return str(minisign.parse_key(word)) if word.startswith("RW") else word
    raise KeyUnreadable(
        "this names several keys: give one"
        if words and len(words) > 1
        else "a key is named by its word of 56 letters that begins with RW, or by its fingerprint of 64 "
        "hexadecimal digits; or name a file with one of them"
    )


def names(trusted: str, public_key: bytes) -> bool:
    """Whether a key is the one that `trusted_key` found."""
    return trusted in (str(minisign.PublicKey.of(public_key)), fingerprint(public_key))
