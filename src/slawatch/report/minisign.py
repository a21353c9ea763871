"""Signatures as `minisign` writes them: Ed25519, so that a customer can check one without slawatch.

The format: https://jedisct1.github.io/minisign/#signature-format. What is signed is the BLAKE2b-512 of the
bytes (algorithm `ED`); a second signature covers the first one and the trusted comment.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import blake2b, sha256
from typing import Final, NamedTuple

_KEY: Final = b"Ed"
_PREHASHED: Final = b"ED"
_ID: Final = 8
_PUBLIC: Final = 32
_SIGNATURE: Final = 64
_TRUSTED: Final = "trusted comment: "
_UNTRUSTED: Final = "untrusted comment: "
_LINES: Final = 4


class SignatureWrong(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A signature or key is not what it should be; the text says what, for people."""


class PublicKey(NamedTuple):
    """What a signature is checked with.

    Attributes:
        id: the eight bytes by which signatures name the key.
        key: the 32 bytes of the Ed25519 key.
    """

    id: bytes
    key: bytes

    @classmethod
    def of(cls, key: bytes) -> "PublicKey":
        """Return the key with the id that slawatch gives it: the start of its SHA-256."""
        return cls(sha256(key).digest()[:_ID], key)

    @property
    def name(self) -> str:
        """The id as minisign prints it."""
        return self.id[::-1].hex().upper()

    def __str__(self) -> str:
        """Return the key as `minisign -P` takes it: one word that begins with RW."""
        return b64encode(_KEY + self.id + self.key).decode("ascii")


def key_file(key: PublicKey) -> str:
    """Return the text of `minisign.pub`."""
    return f"{_UNTRUSTED}minisign public key {key.name}\n{key}\n"


def parse_key(text: str) -> PublicKey:
    """Return the key in a word that begins with RW, or in the text of a `.pub` file.

    Raises:
        SignatureWrong: it is no such key.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    word = lines[-1] if lines else ""
    raw = _decoded(word)
    if len(raw) != len(_KEY) + _ID + _PUBLIC or not raw.startswith(_KEY):
        raise SignatureWrong(
            "this is no public key of minisign: one is a word of 56 letters that begins with RW"
        )
    return PublicKey(raw[2 : 2 + _ID], raw[2 + _ID :])


def signature(data: bytes, comment: str, key: PublicKey, sign: Callable[[bytes], bytes]) -> str:
    """Return the text of a `.minisig` file.

    Args:
        data: what is signed.
        comment: a line that is signed too, such as the number and time of a report.
        key: the public half of the key that signs.
        sign: returns the Ed25519 signature of some bytes.
    """
    if "\n" in comment or "\r" in comment:
        raise ValueError("a trusted comment is one line")
    own = sign(blake2b(data).digest())
    whole = sign(own + comment.encode())
    return (
        f"{_UNTRUSTED}signature by slawatch, key {key.name}\n"
        f"{b64encode(_PREHASHED + key.id + own).decode('ascii')}\n"
        f"{_TRUSTED}{comment}\n"
        f"{b64encode(whole).decode('ascii')}\n"
    )


def check(data: bytes, text: str, key: PublicKey) -> str:
    """Return the trusted comment of a signature that a key made over these bytes.

    Raises:
        SignatureWrong: it is no signature, another key made it, or the bytes are not those that were signed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    lines = text.splitlines()
    if len(lines) < _LINES or not lines[2].startswith(_TRUSTED):
        raise SignatureWrong(
            "this is no signature of minisign: one has four lines, the third a trusted comment"
        )
    raw, whole = _decoded(lines[1]), _decoded(lines[3])
    if len(raw) != 2 + _ID + _SIGNATURE or raw[:2] != _PREHASHED:
        raise SignatureWrong("this is no signature over BLAKE2b (`ED`) as minisign writes it")
    named = raw[2 : 2 + _ID]
    if named != key.id:
        name = named[::-1].hex().upper()
        raise SignatureWrong(f"another key made this signature: {name}, not {key.name}")
    own, comment = raw[2 + _ID :], lines[2].removeprefix(_TRUSTED)
    public = Ed25519PublicKey.from_public_bytes(key.key)
    try:
        public.verify(own, blake2b(data).digest())
    except InvalidSignature:
        raise SignatureWrong("these bytes are not those that were signed") from None
    try:
        public.verify(whole, own + comment.encode())
    except InvalidSignature:
        raise SignatureWrong("the trusted comment is not the one that was signed") from None
    return comment


def _decoded(word: str) -> bytes:
    try:
        return b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return b""
