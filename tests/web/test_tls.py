"""Served by TLS: cookies that are bound to it, HSTS, and a certificate that is renewed."""

import os
import ssl
from pathlib import Path

import pytest
import trio
import trustme

from slawatch.config.web import Tls
from slawatch.web import tls
from slawatch.web.tls import Certificate, CertificateError

from .conftest import View
from .guests import HTML, Guests, configured, guests, sign_in


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def issue(authority: trustme.CA, folder: Path, name: str = "localhost") -> Tls:
    made = authority.issue_cert(name)
    made.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    made.private_key_pem.write_to_path(str(folder / "key.pem"))
    return Tls(certificate=str(folder / "cert.pem"), key=str(folder / "key.pem"))


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> Tls:
    return issue(authority, tmp_path)


async def test_a_browser_by_tls(view: View, tmp_path: Path, files: Tls, authority: trustme.CA) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path, Certificate(files)) as served:
        served.verify = trusting(authority)
        async with served.client() as client:
            answer = await sign_in(client)
            assert answer.status_code == 303
            cookie = next(c for c in answer.headers.get_list("set-cookie") if "__Host-slawatch=" in c)
            assert "Secure" in cookie
            assert "Domain" not in cookie
            page = await client.get("/", headers=HTML)
            assert page.status_code == 200
            assert page.headers["strict-transport-security"] == "max-age=31536000"
            assert (await client.get("/healthz")).headers["strict-transport-security"]
            # The same cookie under the name that it has without TLS is none.
            secret = client.cookies["__Host-slawatch"]
        async with served.client(Cookie=f"slawatch={secret}") as client:
            assert (await client.get("/api/v1/me")).status_code == 401


async def test_without_tls_there_is_no_promise_of_it(view: View, tmp_path: Path) -> None:
    async with guests(view, tmp_path) as served, served.client() as client:
        assert "strict-transport-security" not in (await client.get("/healthz")).headers


async def test_behind_a_proxy_by_tls_the_promise_is_made_for_it(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, web='proxy = { addresses = ["127.0.0.1"], secret = "s" }\n')
    headers = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    async with guests(view, tmp_path) as served:
        async with served.client(**headers, **{"X-Slawatch-Secret": "s"}) as client:
            answer = await client.get("/login", headers=HTML)
            assert answer.headers["strict-transport-security"]
            assert "__Host-slawatch-login" in answer.headers["set-cookie"]
        async with served.client(**headers) as client:
            assert "strict-transport-security" not in (await client.get("/login", headers=HTML)).headers


async def raw(served: Guests, sent: bytes) -> bytes:
    async with await trio.open_tcp_stream("127.0.0.1", int(served.url.rpartition(":")[2])) as stream:
        await stream.send_all(sent)
        found = b""
        with trio.fail_after(15):
            try:
                while piece := await stream.receive_some(65536):
                    found += piece
            except trio.BrokenResourceError:
                pass
    return found


async def test_what_is_no_tls_ends_its_connection_alone(
    view: View, tmp_path: Path, files: Tls, authority: trustme.CA
) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path, Certificate(files)) as served:
        served.verify = trusting(authority)
        for sent in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", os.urandom(500), b"\x16\x03\x01"):
            if sent != b"\x16\x03\x01":
                assert not (await raw(served, sent)).startswith(b"HTTP")
        async with served.client() as client:
            assert (await client.get("/healthz")).status_code == 200
        assert served.server.connections <= 1


async def test_a_handshake_that_does_not_come_is_not_waited_for(
    view: View, tmp_path: Path, files: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slawatch.web.serve.HEADER_SECONDS", 0.3)
    async with guests(view, tmp_path, Certificate(files)) as served:
        with trio.fail_after(5):
            assert await raw(served, b"\x16\x03\x01") == b""


async def test_a_client_that_vanishes_by_tls_is_forgotten(
    view: View, tmp_path: Path, files: Tls, authority: trustme.CA
) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path, Certificate(files)) as served:
        port = int(served.url.rpartition(":")[2])
        for _ in range(5):
            plain = await trio.open_tcp_stream("127.0.0.1", port)
            secure = trio.SSLStream(
                plain, trusting(authority), server_hostname="localhost", https_compatible=True
            )
            await secure.send_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await plain.aclose()
        with trio.fail_after(10):
            while served.server.connections:  # noqa: ASYNC110 (a test looks from outside)
                await trio.sleep(0.02)


async def test_a_renewed_certificate_is_used_and_a_broken_one_is_not(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_LOOK_EVERY", 0.0)
    first, second = trustme.CA(), trustme.CA()
    certificate = Certificate(issue(first, tmp_path))
    async with guests(view, tmp_path, certificate) as served:

        async def works(authority: trustme.CA) -> bool:
            served.verify = trusting(authority)
            async with served.client() as client:
                try:
                    return (await client.get("/healthz")).status_code == 200
                except Exception:
                    return False

        assert await works(first)
        issue(second, tmp_path)
        assert await works(second)
        assert not await works(first)
        (tmp_path / "key.pem").write_text("nonsense")
        assert await works(second)


def test_what_cannot_be_used_is_named(tmp_path: Path, authority: trustme.CA) -> None:
    files = issue(authority, tmp_path)
    with pytest.raises(CertificateError, match=r"no\.pem"):
        Certificate(Tls(certificate=str(tmp_path / "no.pem"), key=files.key))
    with pytest.raises(CertificateError, match=r"web\.tls"):
        Certificate(Tls(certificate=files.certificate, key=files.certificate))
    made = authority.issue_cert("x")
    made.private_key_pem.write_to_path(files.key)
    with pytest.raises(CertificateError, match="mismatch"):
        Certificate(files)
