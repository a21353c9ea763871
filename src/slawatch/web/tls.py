"""The certificate that the port is served by: read again when its files change, kept when they are wrong."""

import logging
import ssl
from pathlib import Path
from typing import Final

import trio

from slawatch.config.web import Tls

_log = logging.getLogger("slawatch.web")

_LOOK_EVERY: Final = 60.0
"""Seconds between two looks at the files, while somebody connects."""


class CertificateError(Exception):
    """Certificate and key cannot be used; the text says which, and why."""


class Certificate:
    """Certificate and key, ready for connections.

    Attributes:
        context: for the next connection.
    """

    def __init__(self, files: Tls) -> None:
        """Read them.

        Raises:
            CertificateError: they cannot be used.
        """
        self._files = files
        self._seen = self._stamp()
        self.context = self._read()
        self._look_again: float | None = None

    def refresh(self) -> ssl.SSLContext:
        """Return the context for a connection that begins now; new files are read first."""
        now = trio.current_time()
        if self._look_again is None or now >= self._look_again:
            self._look_again = now + _LOOK_EVERY
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                try:
                    self.context = self._read()
                except CertificateError as error:
                    _log.error("the new certificate is not used, the old one goes on: %s", error)
                else:
                    _log.info("the certificate was read again")
        return self.context

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        found = []
        for name in (self._files.certificate, self._files.key):
            try:
                status = Path(name).stat()
            except OSError:
                found.append((0, 0))
            else:
                found.append((status.st_mtime_ns, status.st_ino))
        return tuple(found)

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._files.certificate, self._files.key, password=_no_password)
        except ssl.SSLError as error:
            said = (error.reason or "they do not fit").replace("_", " ").lower()
            raise CertificateError(f"web.tls: {self._files.certificate} and its key: {said}") from None
        except OSError as error:
            raise CertificateError(
                f"web.tls: {error.filename or self._files.certificate}: {error.strerror}"
            ) from None
        except ValueError:
            raise CertificateError(
                f"web.tls: {self._files.key} has a password; slawatch cannot type it"
            ) from None
        return context


def _no_password() -> bytes:
    raise ValueError
