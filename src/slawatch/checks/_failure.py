"""What ends a probe early: a fault of the target, or a fault of our own."""

import errno
import os
from typing import Final

from slawatch.core.instant import Micros
from slawatch.core.sample import Cause, Observation, Outcome


class Failure(Exception):  # noqa: N818 (it is an answer about the target, not an error)
    """The target cannot be used: the probe's answer is `down`.

    Attributes:
        cause: the class of what is wrong.
        reason: one line for people; no secret is in it.
    """

    outcome: Outcome = Outcome.DOWN

    def __init__(self, cause: Cause, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason

    def observation(self, latency: Micros | None = None) -> Observation:
        """Return what the probe answers."""
        return Observation(self.outcome, self.cause, self.reason, latency)


class OwnFault(Failure):
    """The probe could not be made: its answer is `unknown`, for it says nothing about the target."""

    outcome: Outcome = Outcome.UNKNOWN

    def __init__(self, reason: str) -> None:
        super().__init__(Cause.OURS, reason)


_OWN: Final[dict[int, str]] = {
    errno.EMFILE: "this process has no file descriptors left (raise LimitNOFILE)",
    errno.ENFILE: "this machine has no file descriptors left",
    errno.ENOBUFS: "this machine has no network buffers left",
    errno.ENOMEM: "this machine has no memory left",
    errno.EADDRNOTAVAIL: "this machine has no address or no free port to connect from",
    errno.ENETDOWN: "the network of this machine is down",
    errno.EAFNOSUPPORT: "this machine does not support this address family",
    errno.EACCES: "this machine forbids the connection (firewall or sandbox)",
    errno.EPERM: "this machine forbids the connection (firewall or sandbox)",
}

_OWN_AT_ONCE: Final[dict[int, str]] = {
    errno.ENETUNREACH: "this machine has no route to the network",
    errno.EHOSTUNREACH: "this machine has no route to the host",
    errno.EINVAL: "this machine cannot connect to such an address",
}

_THEIRS: Final[dict[int, str]] = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EPIPE: "connection closed by the other side",
    errno.ETIMEDOUT: "connection timed out",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
}


def words(error: OSError) -> str:
    """Return what an operating system error means, in lower case words.

    >>> words(OSError(errno.ECONNREFUSED, "Connection refused"))
    'connection refused'
    """
    if error.errno is None:
        return str(error) or type(error).__name__
    known = _THEIRS.get(error.errno)
    return known if known is not None else os.strerror(error.errno).lower()


def own_fault(error: OSError, *, at_once: bool = False) -> str | None:
    """Return why an error is our own fault, or None where it speaks about the target.

    Args:
        error: what the operating system said.
        at_once: it said so before anything went out to the network: then a missing route is ours too, which
            later on is the answer of some router.
    """
    if error.errno is None:
        return None
    reason = _OWN.get(error.errno)
    if reason is None and at_once:
        reason = _OWN_AT_ONCE.get(error.errno)
    return reason
