"""SCRAM-SHA-256 against the exchange that RFC 7677 prints, and its refusals."""

import base64

import pytest

from slawatch.checks import _scram
from slawatch.checks._scram import (
    ScramError,
    challenge,
    derive,
    first_message,
    keys,
    known,
    prepare,
    proof,
    verify,
)

NONCE = "rOprNGfwEbeRWgbNEkqO"
FIRST = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"


def test_the_exchange_of_rfc_7677() -> None:
    """The RFC names the user in the first message, where PostgreSQL wants none: so it is put together
    here."""
    asked = challenge(FIRST, NONCE)
    assert (asked.iterations, asked.nonce) == (4096, "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    derived = keys("pencil", asked.salt, asked.iterations)
    signed = f"n=user,r={NONCE},{FIRST},c=biws,r={asked.nonce}".encode()
    signature = _scram._hmac(_scram.hashlib.sha256(derived.client).digest(), signed)
    shown = bytes(a ^ b for a, b in zip(derived.client, signature, strict=True))
    assert base64.b64encode(shown) == b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    answer = base64.b64encode(_scram._hmac(derived.server, signed))
    assert answer == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_proof_is_over_the_messages_as_they_are_sent() -> None:
    asked = challenge(FIRST, NONCE)
    last, expected = proof(keys("pencil", asked.salt, 4096), NONCE, asked)
    assert last.startswith(f"c=biws,r={asked.nonce},p=")
    verify("v=" + base64.b64encode(expected).decode(), expected)


@pytest.mark.parametrize("message", ["", "e=other-error", "v=", "v=AAAA", "v=!!!!", "x=AAAA"])
def test_a_server_that_does_not_know_the_password_is_refused(message: str) -> None:
    with pytest.raises(ScramError, match="not the one it claims to be"):
        verify(message, b"\x01" * 32)


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ("", "cannot be read"),
        ("r=abcdef,s=QQ==", "cannot be read"),
        ("r=abcdef,s=***,i=4096", "cannot be read"),
        ("r=abcdef,s=QQ==,i=many", "cannot be read"),
        ("r=other,s=QQ==,i=4096", "not for us"),
        ("r=abc,s=QQ==,i=4096", "not for us"),
        ("r=abcdef,s=QQ==,i=0", "0 iterations"),
        ("r=abcdef,s=QQ==,i=2000000000", "at most 1000000"),
    ],
)
def test_a_bad_challenge_is_refused(message: str, wrong: str) -> None:
    with pytest.raises(ScramError, match=wrong):
        challenge(message, "abc")


def test_keys_are_derived_once_for_a_password_and_a_salt() -> None:
    asked = challenge(FIRST, NONCE)
    derived = derive("once", asked)
    assert derived == keys("once", asked.salt, 4096)
    assert known("once", asked) is derived
    assert known("other", asked) is None
    assert known("once", asked._replace(salt=b"other")) is None
    assert known("once", asked._replace(iterations=4097)) is None


def test_no_nonce_comes_twice() -> None:
    nonces = {first_message()[0] for _ in range(100)}
    assert len(nonces) == 100
    assert not any("," in nonce for nonce in nonces)


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("plain", "plain"),
        ("I\u00adX", "IX"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0007\u00e4", "\u0007\u00e4"),
        ("\u0627\u0031", "\u0627\u0031"),
        ("\u00ad", "\u00ad"),
    ],
)
def test_saslprep(password: str, prepared: str) -> None:
    """The examples of RFC 4013, section 3; a forbidden password stays as it is."""
    assert prepare(password) == prepared
