"""The TLS contexts of the channels, made once."""

import os
import ssl

from slawatch.notifiers._fault import misconfigured

_contexts: dict[tuple[str | None, bool, tuple[int, ...]], ssl.SSLContext] = {}


def context(ca_file: str | None, *, verify: bool = True) -> ssl.SSLContext:
    """Return the context that trusts these authorities: made once, for it takes up to 50 ms.

    Args:
        ca_file: a PEM file; None for the system's authorities.
        verify: whether certificates are looked at.

    Raises:
        Fault: the file cannot be used.
    """
    stamps: tuple[int, ...] = ()
    path = ca_file or ssl.get_default_verify_paths().cafile
    if verify and path is not None:
        try:
            status = os.stat(path)  # noqa: PTH116 (one look, not a path to work with)
            stamps = (status.st_mtime_ns, status.st_size)
        except OSError:
            stamps = ()
    key = (ca_file, verify, stamps)
    if key not in _contexts:
        built = _build(ca_file, verify=verify)
        for old in [old for old in _contexts if old[:2] == key[:2]]:
            del _contexts[old]
        _contexts[key] = built
    return _contexts[key]


def _build(ca_file: str | None, *, verify: bool) -> ssl.SSLContext:
    built = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    built.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        built.check_hostname = False
        built.verify_mode = ssl.CERT_NONE
    elif ca_file is None:
        built.load_default_certs()
    else:
        try:
            built.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            why = None if isinstance(error, ssl.SSLError) else error.strerror
            raise misconfigured(
                f"cannot use ca_file {ca_file}: {(why or 'there is no PEM certificate in it').lower()}"
            ) from error
    return built
