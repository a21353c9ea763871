"""The end of a certificate, read from its DER form: enough of X.509 to need no library, verified or not."""

from datetime import UTC, datetime
from functools import lru_cache

from slawatch.core.instant import DAY, Instant, from_datetime

_SEQUENCE, _EXPLICIT_0, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, start and end of the content of the element at an offset."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(der[start : start + octets], "big")
        start += octets
    if start + length > len(der):
        raise ValueError("the certificate is cut short")
    return tag, start, start + length


def _time(tag: int, content: bytes) -> Instant:
    text = content.decode("ascii").rstrip("Z")
    if tag == _UTC_TIME:
        century = "19" if int(text[:2]) >= 50 else "20"
        text = century + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("the certificate has no validity")
    moment = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return from_datetime(moment)


@lru_cache(maxsize=4096)
def ends_at(der: bytes) -> Instant:
    """Return the instant at which a certificate ends (its `notAfter`, RFC 5280 section 4.1.2.5).

    Raises:
        ValueError: it is not a certificate.
    """
    try:
        _, at, _ = _element(der, 0)
        _, at, _ = _element(der, at)
        tag, _, end = _element(der, at)
        if tag == _EXPLICIT_0:
            _, _, end = _element(der, end)
        for _ in ("signature", "issuer"):
            _, _, end = _element(der, end)
        tag, at, _ = _element(der, end)
        if tag != _SEQUENCE:
            raise ValueError("the certificate has no validity")
        _, _, at = _element(der, at)
        tag, start, end = _element(der, at)
        return _time(tag, der[start:end])
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("the certificate cannot be read") from error


def days_left(der: bytes, now: Instant) -> float:
    """Return the days until a certificate ends; negative once it has."""
    return (ends_at(der) - now) / DAY
