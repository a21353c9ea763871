"""Signatures: of what is sent (Standard Webhooks, `v1`), and of links by which somebody acknowledges.

A link carries the incident, its generation, the recipient and an end. It may be used again (nothing is done
twice), but one of an earlier generation is refused by the incident itself.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from slawatch.core.instant import DAY, MINUTE, SECOND, Instant, Micros

PREFIX: Final = "whsec_"
TOLERANCE: Final[Micros] = 5 * MINUTE
LINK_LASTS: Final[Micros] = DAY
_SHORTEST: Final = 24
_LONGEST: Final = 64


def key_of(secret: str) -> bytes:
    """Return the bytes of a signing secret: base64, padded or not, after `whsec_` or bare.

    Raises:
        ValueError: there are none. The message does not repeat the secret.
    """
    text = secret.removeprefix(PREFIX)
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64 after whsec_") from None
    if not found:
        raise ValueError("it is empty")
    return found


def check_secret(secret: str) -> None:
    """Look at a signing secret.

    Raises:
        ValueError: it is none, or not of 24 to 64 bytes, as the specification wants it.
    """
    size = len(key_of(secret))
    if not _SHORTEST <= size <= _LONGEST:
        raise ValueError(f"it has {size} bytes, but must have {_SHORTEST} to {_LONGEST}")


def content(msg_id: str, timestamp: int, body: bytes) -> bytes:
    """Return what is signed.

    Raises:
        ValueError: the id has a dot in it, and so two messages could have the same content.
    """
    if not msg_id or "." in msg_id:
        raise ValueError("a message id has no dot in it, and is not empty")
    return f"{msg_id}.{timestamp}.".encode() + body


def sign(secrets: Sequence[str], msg_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature header: one signature for each secret, for while they are being changed.

    Args:
        secrets: as people have them, `whsec_...`.
        msg_id: the same for each attempt.
        timestamp: seconds since the epoch, of this attempt.
        body: the bytes that are sent.
    """
    signed = content(msg_id, timestamp, body)
    digests = (hmac.digest(key_of(secret), signed, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def verify(secret: str, seen: Mapping[str, str], body: bytes, now: Instant) -> bool:
    """Say whether a message is of somebody who has the secret, and not older or newer than five minutes."""
    found = {name.lower(): value for name, value in seen.items()}
    msg_id, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not msg_id or "." in msg_id or not re.fullmatch(r"[0-9]{1,15}", stamp, re.ASCII):
        return False
    if abs(now // SECOND - int(stamp)) * SECOND > TOLERANCE:
        return False
    wanted = sign([secret], msg_id, int(stamp), body)
    return any(
        hmac.compare_digest(wanted.encode(), one.encode())
        for one in found.get("webhook-signature", "").split(" ")
    )


def verify_pagerduty(secret: str, header: str, body: bytes) -> bool:
    """Say whether a PagerDuty v3 webhook is PagerDuty's: one of its `v1=` signatures fits."""
    wanted = "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(wanted.encode(), one.strip().encode()) for one in header.split(","))


class Link(NamedTuple):
    """What a signed link says.

    Attributes:
        incident, generation: that it is for.
        recipient: who it was sent to.
        until: how long it is good.
    """

    incident: int
    generation: int
    recipient: str
    until: Instant


def seal(secret: bytes, link: Link) -> str:
    """Return the token of a link, for a URL."""
    text = f"{link.incident}:{link.generation}:{link.until}:{link.recipient}"
    digest = hmac.digest(secret, b"link:" + text.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest + text.encode()).decode().rstrip("=")


def unseal(secret: bytes, token: str, now: Instant) -> Link:
    """Return what a token says.

    Raises:
        ValueError: it is not ours, or too old.
    """
    try:
        found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        digest, text = found[:16], found[16:].decode()
        incident, generation, until, recipient = text.split(":", 3)
        link = Link(int(incident), int(generation), recipient, int(until))
    except (binascii.Error, ValueError):
        raise ValueError("this is no link of ours") from None
    if not hmac.compare_digest(digest, hmac.digest(secret, b"link:" + text.encode(), "sha256")[:16]):
        raise ValueError("this is no link of ours")
    if now >= link.until:
        raise ValueError("this link is too old: open the incident instead")
    return link
