"""The keys that sign reports, and how people name them."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.report.packs import KEY, STRANGER, WORD

from slawatch.report import minisign, seal
from slawatch.report.minisign import PublicKey
from slawatch.report.seal import Key, KeyUnreadable

FINGERPRINT = seal.fingerprint(KEY.public_key)


def test_the_key_is_that_of_the_published_test_vector() -> None:
    # RFC 8032, 7.1, test 1.
    key = Key(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")
    assert key.sign(b"") == key.sign(b"")


def test_other_programs_read_the_public_key() -> None:
    found = load_pem_public_key(seal.pem(KEY.public_key).encode())
    assert isinstance(found, Ed25519PublicKey)
    assert found.public_bytes_raw() == KEY.public_key


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_another_length_is_refused(seed: bytes) -> None:
    with pytest.raises(KeyUnreadable, match="made of 32 bytes"):
        Key(seed)


@pytest.mark.parametrize(
    "text",
    [
        WORD,
        f"  {WORD}\n",
        minisign.key_file(PublicKey.of(KEY.public_key)),
        json.dumps({"algorithm": "Ed25519", "public_key": WORD}),
        f"Our key is {WORD}, since 2026.",
    ],
)
def test_a_key_is_found_by_its_word(text: str) -> None:
    assert seal.trusted_key(text) == WORD
    assert seal.names(seal.trusted_key(text), KEY.public_key)
    assert not seal.names(seal.trusted_key(text), STRANGER.public_key)


@pytest.mark.parametrize(
    "text",
    [
        FINGERPRINT,
        FINGERPRINT.upper(),
        f"sha256:{FINGERPRINT}",
        " ".join(FINGERPRINT[i : i + 8] for i in range(0, 64, 8)),
        ":".join(FINGERPRINT[i : i + 2] for i in range(0, 64, 2)),
        f"fingerprint: {FINGERPRINT}\n",
    ],
)
def test_a_key_is_found_by_its_fingerprint(text: str) -> None:
    assert seal.names(seal.trusted_key(text), KEY.public_key)
    assert not seal.names(seal.trusted_key(text), STRANGER.public_key)


@pytest.mark.parametrize("text", ["", "RW", WORD[:-1], WORD + "A", FINGERPRINT[:-1], FINGERPRINT + "0", "no"])
def test_half_a_key_names_none(text: str) -> None:
    with pytest.raises(KeyUnreadable, match="begins with RW"):
        seal.trusted_key(text)


def test_a_file_with_two_keys_names_none() -> None:
    with pytest.raises(KeyUnreadable, match="several keys"):
        seal.trusted_key(f"{WORD}\n{PublicKey.of(STRANGER.public_key)}\n")
