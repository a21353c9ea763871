"""Signed links by which whoever was told of an incident acknowledges it, from wherever the message is read.

A token says which incident, in which generation, for whom and until when, under a MAC (HMAC-SHA256): nobody
can make one, or change what one says. Using it twice does no harm. It is of no use after its time, nor once
the incident has gone on to another generation: `slawatch.core.command.Ack` refuses that, with its
present state.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, NamedTuple

from slawatch.core.instant import DAY, SECOND, Instant, Micros

LIFETIME: Final[Micros] = DAY
"""A link serves for so long."""
SECRET_BYTES: Final = 32
_CONTEXT: Final = b"slawatch acknowledgement link 1\n"
_LONGEST: Final = 1024


class Link(NamedTuple):
    """What a token says.

    Attributes:
        incident: its number.
        generation: of the incident when the message was decided.
        recipient: to whom it was sent: `person:alice`, `channel:ops`.
        expires: until when it serves; whole seconds.
    """

    incident: int
    generation: int
    recipient: str
    expires: Instant


class LinkError(ValueError):
    """A token that does not serve; the message says why, for people."""


class LinkOver(LinkError):  # noqa: N818 (it was right once)
    """A token that slawatch made and whose time is over.

    Attributes:
        link: what it says.
    """

    def __init__(self, link: Link) -> None:
        super().__init__("the time of this link is over")
        self.link = link


def sign(secret: bytes, incident: int, generation: int, recipient: str, expires: Instant) -> str:
    """Return the token of a link; it holds letters, digits, `-`, `_` and one dot.

    >>> secret = bytes(32)
    >>> verify(secret, sign(secret, 7, 2, "person:alice", 60 * SECOND), 0)
    Link(incident=7, generation=2, recipient='person:alice', expires=60000000)
    """
    said = f"{incident}.{generation}.{expires // SECOND}.{recipient}".encode()
    return f"{_text(said)}.{_text(_mac(secret, said))}"


def verify(secret: bytes, token: str, now: Instant) -> Link:
    """Return what a token says.

    Raises:
        LinkError: it was not made with this secret; LinkOver: its time is over.
    """
    try:
        said, mac = (_bytes(part) for part in _parts(token))
        genuine = hmac.compare_digest(mac, _mac(secret, said))
        if not genuine:
            raise LinkError("this link is not complete, or slawatch did not make it")
        incident, generation, expires, recipient = said.decode().split(".", 3)
        link = Link(int(incident), int(generation), recipient, int(expires) * SECOND)
    except (binascii.Error, UnicodeError):
        raise LinkError("this link is not complete, or slawatch did not make it") from None
    if now >= link.expires:
        raise LinkOver(link)
    return link


def address(base: str, token: str) -> str:
    """Return where a token is used, below the address at which people reach slawatch.

    >>> address("https://watch.example/", "abc.def")
    'https://watch.example/ack/abc.def'
    """
    return f"{base.rstrip('/')}/ack/{token}"


def acknowledging(base: str, secret: bytes, now: Callable[[], Instant]) -> Callable[[int, int, str], str]:
    """Return what makes the link of an incident, its generation and a recipient, as messages want it.

    Args:
        base: `[web] public_url`; without it there are no links.
        secret: to sign with.
        now: the present.
    """

    def link(incident: int, generation: int, recipient: str) -> str:
        if not base or not incident:
            return ""
        return address(base, sign(secret, incident, generation, recipient, now() + LIFETIME))

    return link


def _parts(token: str) -> tuple[str, str]:
    said, dot, mac = token.partition(".")
    if not dot or not token.isascii() or len(token) > _LONGEST:
        raise LinkError("this link is not complete, or slawatch did not make it")
    return said, mac


def _mac(secret: bytes, said: bytes) -> bytes:
    return hmac.new(secret, _CONTEXT + said, hashlib.sha256).digest()


def _text(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    # Several texts stand for the same bytes where bits are left over; only one of them is ours.
    if _text(found) != text:
        raise LinkError("this link is not complete, or slawatch did not make it")
    return found
