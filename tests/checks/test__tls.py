"""Certificates, ours and theirs, and servers that speak no TLS."""

import ssl
from pathlib import Path

import pytest
import trio
import trustme
from tests.checks.servers import (
    Web,
    asked,
    authority,
    ca_file,
    serve,
    serve_blocking,
    server_context,
)

from slawatch.checks._tls import TlsSettings
from slawatch.core.sample import Cause, Outcome


async def test_certificates_that_are_not_valid(nursery: trio.Nursery, tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    past = datetime.now(UTC) - timedelta(days=3)
    trusted = TlsSettings(ca_file=ca_file(tmp_path))
    expired = await serve(nursery, Web(), tls=server_context("localhost", not_after=past))
    other = await serve(nursery, Web(), tls=server_context("other.example"))
    for port, tls, reason in (
        (expired, trusted, "certificate has expired"),
        (other, trusted, "Hostname mismatch, certificate is not valid for 'localhost'"),
        (other, TlsSettings(), "unable to get local issuer certificate"),
    ):
        found = await asked(f"https://localhost:{port}/", tls=tls)
        assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CERTIFICATE)
        assert reason in found.reason
    unverified = await asked(f"https://localhost:{expired}/", tls=TlsSettings(verify=False))
    assert unverified.outcome is Outcome.UP
    assert -3.1 < unverified.measures[0].value < -2.9
    named = TlsSettings(ca_file=trusted.ca_file, server_name="other.example")
    assert (await asked(f"https://localhost:{other}/", tls=named)).outcome is Outcome.UP


async def test_client_certificates(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, Web(), tls=server_context(client_ca=True))
    mine = authority().issue_cert("me@example.com")
    certificate, key = tmp_path / "me.pem", tmp_path / "me.key"
    mine.cert_chain_pems[0].write_to_path(str(certificate))
    mine.private_key_pem.write_to_path(str(key))
    authorities = ca_file(tmp_path)
    url = f"https://localhost:{port}/"
    shown = TlsSettings(ca_file=authorities, certificate=str(certificate), key=str(key))
    assert (await asked(url, tls=shown)).outcome is Outcome.UP
    openssl = await serve_blocking(nursery, server_context(client_ca=True))
    without = await asked(f"https://localhost:{openssl}/", tls=TlsSettings(ca_file=authorities))
    assert (without.outcome, without.cause) == (Outcome.DOWN, Cause.TLS)
    assert "client certificate" in without.reason
    wrong = TlsSettings(ca_file=authorities, certificate=str(certificate), key=authorities)
    broken = await asked(url, tls=wrong)
    assert (broken.outcome, broken.cause) == (Outcome.UNKNOWN, Cause.OURS)
    missing = await asked(url, tls=TlsSettings(ca_file=str(tmp_path / "gone.pem")))
    assert missing.reason == f"cannot use ca_file {tmp_path / 'gone.pem'}: no such file or directory"


async def test_a_server_without_tls_or_with_an_old_one(nursery: trio.Nursery, tmp_path: Path) -> None:
    async def plainly(stream: trio.abc.Stream) -> None:
        await stream.receive_some(1000)
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    plain = await serve(nursery, plainly)
    found = await asked(f"https://localhost:{plain}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.TLS)

    async def talker(stream: trio.abc.Stream) -> None:
        await stream.send_all(b"220 mail.example ESMTP ready\r\n")
        await stream.receive_some(1000)

    chatty = await serve(nursery, talker)
    found = await asked(f"https://localhost:{chatty}/")
    assert found.reason.endswith("the answer is not TLS")

    async def silent(stream: trio.abc.Stream) -> None:
        await stream.receive_some(1000)

    closing = await serve(nursery, silent)
    found = await asked(f"https://localhost:{closing}/")
    assert found.reason.endswith("closed the connection during the TLS handshake")

    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(old)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    port = await serve(nursery, Web(), tls=old)
    tls = TlsSettings(ca_file=ca_file(tmp_path), min_version="1.3")
    found = await asked(f"https://localhost:{port}/", tls=tls)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.TLS)


async def test_a_renewed_authority_is_read_again(
    nursery: trio.Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slawatch.checks._tls as tls_module

    monkeypatch.setattr(tls_module, "_LOOK_EVERY", 0)
    port = await serve(nursery, Web(), tls=server_context())
    path = tmp_path / "authorities.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    tls = TlsSettings(ca_file=str(path))
    assert (await asked(f"https://localhost:{port}/", tls=tls)).cause is Cause.CERTIFICATE
    authority().cert_pem.write_to_path(str(path), append=True)
    assert (await asked(f"https://localhost:{port}/", tls=tls)).outcome is Outcome.UP
