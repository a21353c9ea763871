"""What ends an attempt early, and what the errors of the network and of TLS mean for a channel."""

import errno
import os
import ssl
from typing import Final

from slawatch.core.notification import Delivery, Verdict


class Fault(Exception):  # noqa: N818 (it carries the answer; nothing is wrong with the program)
    """The attempt is over.

    Attributes:
        delivery: what came of it.
    """

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.answer)
        self.delivery = delivery


_OURS: Final = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
)

_WORDS: Final[dict[int, str]] = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EPIPE: "connection closed by the other side",
    errno.ETIMEDOUT: "connection timed out",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.EMFILE: "this process has no file descriptors left (raise LimitNOFILE)",
    errno.ENFILE: "this machine has no file descriptors left",
}


def words(error: BaseException) -> str:
    """Return what an error of the operating system means, in lower case words."""
    if not isinstance(error, OSError) or error.errno is None:
        return type(error).__name__
    return _WORDS.get(error.errno) or os.strerror(error.errno).lower()


def retry(answer: str, *, written: bool = False, counts: bool = True, warning: str = "") -> Fault:
    """Return a fault after which the message is tried again.

    Args:
        answer: what went wrong.
        written: the whole message had been written: it may have got through.
        counts: it speaks against the channel's health.
        warning: what somebody should look at.
    """
    return Fault(
        Delivery(
            verdict=Verdict.RETRY,
            answer=answer,
            possible_duplicate=written,
            counts=counts,
            warnings=(warning,) if warning else (),
        )
    )


def misconfigured(answer: str) -> Fault:
    """Return a fault that only another config ends."""
    return Fault(Delivery(verdict=Verdict.MISCONFIGURED, answer=answer))


def unreachable(error: OSError, who: str) -> Fault:
    """Return what it means that a connection could not be made."""
    return retry(f"cannot connect to {who}: {words(error)}", counts=error.errno not in _OURS)


def tls_fault(error: BaseException, who: str, *, mail: bool = False) -> Fault:
    """Return what a failed handshake means.

    An expired certificate is the provider's to renew, so the message waits, and somebody is told; any other
    mistrust is a matter of the config. A mail server is tried again whatever it is.

    Args:
        error: what ssl raised, or what it led to.
        who: the server.
        mail: it is a mail server.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        said = f"certificate of {who}: {(cause.verify_message or 'not valid').rstrip('.')}"
        if cause.verify_code == _EXPIRED or mail:
            return retry(said, warning=said)
        return misconfigured(said)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        said = f"TLS with {who}: {(cause.reason or 'the handshake failed').replace('_', ' ').lower()}"
        return retry(said) if mail else misconfigured(said)
    return retry(f"{who} closed the connection during the TLS handshake")


_EXPIRED: Final = 10
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED."""
