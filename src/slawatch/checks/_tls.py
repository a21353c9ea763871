"""TLS for probes: the settings people write, the contexts made of them, and what a failed handshake means."""

import os
import ssl
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from slawatch.checks._failure import Failure, OwnFault
from slawatch.clock import steady
from slawatch.core.instant import MINUTE, Micros
from slawatch.core.sample import Cause
from slawatch.core.text import FilePath, Secret

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """How a target is spoken to over TLS.

    Attributes:
        verify: whether the certificate must be valid and for this name; without it only its days left matter.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        certificate: a PEM file of the client certificate to show, with its chain.
        key: a PEM file of its private key; absent where `certificate` holds both.
        key_password: the password of that key.
        server_name: the name to ask for (SNI) and to find in the certificate, where it is not the host's.
        min_version: the oldest TLS version that is accepted.
    """

    verify: bool = True
    ca_file: FilePath | None = None
    certificate: FilePath | None = None
    key: FilePath | None = None
    key_password: Secret | None = None
    server_name: str | None = None
    min_version: Literal["1.2", "1.3"] = "1.2"

    def __post_init__(self) -> None:
        if self.certificate is None and (self.key is not None or self.key_password is not None):
            raise ValueError("key and key_password need a certificate beside them")
        if not self.verify and self.ca_file is not None:
            raise ValueError("ca_file has no effect with verify = false")


class _Kept(NamedTuple):
    context: ssl.SSLContext
    stamps: tuple[object, ...]


_contexts: dict[tuple[TlsSettings, tuple[str, ...]], _Kept] = {}
_LOOK_EVERY: Final[Micros] = MINUTE
_looked_at: dict[tuple[TlsSettings, tuple[str, ...]], Micros] = {}


def _files(tls: TlsSettings) -> tuple[str, ...]:
    system = ssl.get_default_verify_paths().cafile or "" if tls.verify and tls.ca_file is None else ""
    return tuple(path for path in (system, tls.ca_file, tls.certificate, tls.key) if path)


def _stamps(tls: TlsSettings) -> tuple[object, ...]:
    found: list[object] = []
    for path in _files(tls):
        try:
            status = os.stat(path)  # noqa: PTH116 (once a minute, in the middle of probes)
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)


def context(tls: TlsSettings, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return the context of some settings: made once (it takes up to 50 ms), and again when its files change.

    Raises:
        OwnFault: a file of the settings cannot be used.
    """
    key = (tls, alpn)
    kept = _contexts.get(key)
    now = steady()
    if kept is not None and now < _looked_at[key] + _LOOK_EVERY:
        return kept.context
    stamps = _stamps(tls)
    if kept is None or kept.stamps != stamps:
        kept = _contexts[key] = _Kept(_build(tls, alpn), stamps)
    _looked_at[key] = now
    return kept.context


def _build(tls: TlsSettings, alpn: tuple[str, ...]) -> ssl.SSLContext:
    built = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    built.minimum_version = _VERSIONS[tls.min_version]
    if not tls.verify:
        built.check_hostname = False
        built.verify_mode = ssl.CERT_NONE
    elif tls.ca_file is None:
        built.load_default_certs()
    else:
        try:
            built.load_verify_locations(tls.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise OwnFault(f"cannot use ca_file {tls.ca_file}: {_file_words(error)}") from error
    if tls.certificate is not None:
        # OpenSSL would ask for a missing password on the terminal.
        password = tls.key_password.value if tls.key_password is not None else ""
        try:
            built.load_cert_chain(tls.certificate, tls.key, lambda: password)
        except (OSError, ssl.SSLError, ValueError) as error:
            paths = " with ".join(path for path in (tls.certificate, tls.key) if path)
            raise OwnFault(f"cannot use certificate {paths}: {_file_words(error)}") from error
    if alpn:
        built.set_alpn_protocols(list(alpn))
    return built


def _file_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        known = {
            "KEY_VALUES_MISMATCH": "the key is not the certificate's",
            "BAD_DECRYPT": "the key's password is wrong",
            "BAD_PASSWORD_READ": "the key needs a key_password",
        }
        return known.get(
            error.reason or "", "no PEM certificate or key in it, or the key's password is wrong"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "it cannot be used"


_PROTOCOL_WORDS: Final[dict[str, str]] = {
    "WRONG_VERSION_NUMBER": "the answer is not TLS",
    "HTTP_REQUEST": "the answer is not TLS",
    "UNEXPECTED_MESSAGE": "the answer is not proper TLS",
    "BAD_RECORD_TYPE": "the answer is not TLS",
    "PACKET_LENGTH_TOO_LONG": "the answer is not TLS",
    "RECORD_LAYER_FAILURE": "the answer is not TLS",
    "UNSUPPORTED_PROTOCOL": "the server offers only an older TLS version than min_version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server refuses our TLS versions",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server refuses the handshake: no common cipher, or no certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server wants a client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the authority of our client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server refuses our client certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the server says that our client certificate has expired",
    "TLSV1_UNRECOGNIZED_NAME": "the server does not know this name",
    "TLSV1_ALERT_INTERNAL_ERROR": "the server has an internal error",
    "NO_PROTOCOLS_AVAILABLE": "no TLS version is common to both",
}


def tls_failure(error: OSError, who: str, *, established: bool = False) -> Failure:
    """Return what a TLS error of a handshake, or after it, says about the target.

    Args:
        error: what ssl raised.
        who: the target, for the reason.
        established: the handshake was over.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        message = error.verify_message or str(error.reason or "invalid")
        return Failure(Cause.CERTIFICATE, f"certificate of {who}: {message.rstrip('.')}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        when = "without a farewell" if established else "during the TLS handshake"
        return Failure(Cause.TLS, f"{who} closed the connection {when}")
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        words = _PROTOCOL_WORDS.get(reason) or reason.replace("_", " ").lower() or "handshake failed"
        return Failure(Cause.TLS, f"TLS with {who}: {words}")
    return Failure(Cause.TLS, f"TLS with {who}: {error.strerror or error}")
