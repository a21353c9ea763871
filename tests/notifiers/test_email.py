"""Mail, against a real SMTP server (aiosmtpd), with and without TLS."""

import dataclasses
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.notifiers.smtp_servers import Inbox, Script, running, scripted

from slawatch.core.instant import SECOND
from slawatch.core.notification import Kind, Link, Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers.email import Options, send


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running(Inbox()) as found:
        yield found


def options_for(port: int, **keys: Any) -> Options:
    usual = {"host": "localhost", "from_": "Ops <slawatch@example.com>", "to": ("ops@example.com",)}
    return Options(port=port, **{**usual, **keys})


async def test_a_mail_has_what_programs_and_people_need(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    found = await send(options_for(inbox.port), notification, sending)
    assert found.ok, found
    assert found.status == 250
    assert found.provider_id == "4FbXyz1"
    assert found.reached == ("ops@example.com",)
    assert inbox.envelopes == [("slawatch@example.com", ["ops@example.com"])]
    (mail,) = inbox.mails
    assert mail["From"] == "Ops <slawatch@example.com>"
    assert mail["To"] == "ops@example.com"
    assert mail["Subject"] == "[CRITICAL] shop is down"
    assert mail["Date"] == "Thu, 01 Jan 2026 00:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Slawatch-Incident"] == "7"
    assert mail["X-Slawatch-Kind"] == "trigger"
    assert mail["Importance"] == "high"
    assert re.fullmatch(r"<[0-9a-f]{40}@example\.com>", mail["Message-ID"])
    assert mail["In-Reply-To"] == mail["References"] != mail["Message-ID"]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "shop-home: connection refused" in plain.get_content()
    assert "Since:     2025-12-31 23:58:55 UTC, for 1 min 5 s" in plain.get_content()
    assert '<a href="https://wiki.example/shop"' in html.get_content()
    assert mail.is_multipart()
    assert not inbox.encrypted[0]
    assert max(len(line) for line in inbox.raw[0].splitlines()) <= 998


async def test_mails_about_an_incident_are_a_thread(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    for n, kind in enumerate((Kind.TRIGGER, Kind.ACK, Kind.RESOLVE)):
        one = dataclasses.replace(notification, kind=kind, idempotency_key=f"k{n}", generation=n)
        assert (await send(options_for(inbox.port), one, sending)).ok
    assert len({mail["References"] for mail in inbox.mails}) == 1
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 3
    again = dataclasses.replace(notification, idempotency_key="k9", reopen=1)
    await send(options_for(inbox.port), again, sending)
    assert inbox.mails[3]["References"] != inbox.mails[0]["References"]
    meta = dataclasses.replace(notification, kind=Kind.META, incident="", idempotency_key="k10")
    await send(options_for(inbox.port), meta, sending)
    assert inbox.mails[4]["References"] is None


async def test_a_repeated_attempt_has_the_same_message_id(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    await send(options_for(inbox.port), notification, sending)
    later = dataclasses.replace(sending, attempt=2, now=sending.now + 60 * SECOND)
    await send(options_for(inbox.port), notification, later)
    assert inbox.mails[0]["Message-ID"] == inbox.mails[1]["Message-ID"]
    other = dataclasses.replace(notification, address="bob@example.com")
    await send(options_for(inbox.port), other, sending)
    assert inbox.mails[2]["Message-ID"] != inbox.mails[0]["Message-ID"]
    assert inbox.mails[2]["To"] == "bob@example.com"


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "a\r\nBcc: evil@example.com"},
        {"title": "a\nX-Evil: 1\n\nbody"},
        {"service": "s\r\nX-Evil: 1", "incident": "7\r\nX-Evil: 1"},
        {"summary": ".\r\n.\r\nMAIL FROM:<evil@example.com>\r\n.\nX\r.\r", "reason": "a\r\n.\r\nb"},
        {"title": "ü" * 300, "summary": "✅ \u2028 \x85 \x0b \0 \x1b[31m" * 50},
        {"details": {"a\r\nX-Evil: 1": "<script>alert(1)</script>"}},
        {"links": (Link("<b>", 'https://x.example/"onclick="'), Link("js", "javascript:alert(1)"))},
        {"summary": "x" * 5000},
    ],
)
async def test_no_text_gets_into_headers_or_out_of_the_mail(
    inbox: Inbox, notification: Notification, sending: Sending, changes: dict[str, Any]
) -> None:
    one = dataclasses.replace(notification, **changes)
    found = await send(options_for(inbox.port), one, sending)
    assert found.ok, found
    (mail,) = inbox.mails
    assert inbox.envelopes == [("slawatch@example.com", ["ops@example.com"])]
    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Slawatch-Incident",
        "X-Slawatch-Kind", "Auto-Submitted", "X-Auto-Response-Suppress", "Importance", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert "\n" not in str(mail["Subject"])
    raw = inbox.raw[0]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    html = mail.get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert "<script>" not in text
    assert "javascript:" not in text
    assert '"onclick="' not in text


async def test_starttls_is_used_where_it_is_offered(
    authority: trustme.CA, ca_file: str, notification: Notification, sending: Sending
) -> None:
    with running(Inbox(), authority) as inbox:
        for keys in ({"tls": "required", "ca_file": ca_file}, {}, {"tls": "optional", "ca_file": ca_file}):
            assert (await send(options_for(inbox.port, **keys), notification, sending)).ok
        assert (await send(options_for(inbox.port, tls="none"), notification, sending)).ok
        assert inbox.encrypted == [True, True, True, False]
        found = await send(options_for(inbox.port, tls="required"), notification, sending)
        assert (found.verdict, found.counts) == (Verdict.RETRY, True)
        assert "certificate of localhost" in found.answer
        assert found.warnings
        assert len(inbox.mails) == 4


async def test_where_it_is_required_and_not_offered_nothing_is_sent(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    found = await send(options_for(inbox.port, tls="required"), notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "STARTTLS" in found.answer
    assert inbox.mails == []


async def test_tls_from_the_first_byte(
    authority: trustme.CA, ca_file: str, notification: Notification, sending: Sending, inbox: Inbox
) -> None:
    with running(Inbox(), authority, implicit=True) as secured:
        found = await send(options_for(secured.port, tls="implicit", ca_file=ca_file), notification, sending)
        assert found.ok, found
        assert len(secured.mails) == 1
        found = await send(options_for(secured.port, tls="implicit"), notification, sending)
        assert found.verdict is Verdict.RETRY
    found = await send(options_for(inbox.port, tls="implicit"), notification, sending)
    assert found.verdict is Verdict.RETRY
    assert "TLS with localhost" in found.answer


@pytest.mark.parametrize("mechanisms", [{}, {"auth_exclude_mechanism": ["PLAIN"]}])
async def test_it_signs_in(
    authority: trustme.CA,
    ca_file: str,
    notification: Notification,
    sending: Sending,
    mechanisms: dict[str, Any],
) -> None:
    inbox = Inbox()
    with running(inbox, authority, authenticator=inbox.authenticate, auth_required=True, **mechanisms):
        options = options_for(inbox.port, username="alerts", password=Secret("hunter22"), ca_file=ca_file)
        assert options.security == "required"
        assert (await send(options, notification, sending)).ok
        wrong = dataclasses.replace(options, password=Secret("wrong-one"))
        found = await send(wrong, notification, sending)
        assert (found.verdict, found.status, found.counts) == (Verdict.MISCONFIGURED, 535, False)
        assert "wrong-one" not in repr(found)
        nobody = options_for(inbox.port, tls="required", ca_file=ca_file)
        found = await send(nobody, notification, sending)
        assert found.verdict is Verdict.MISCONFIGURED
        assert found.status == 530
        assert len(inbox.mails) == 1


async def test_a_server_that_takes_no_username_is_the_configs_fault(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    options = options_for(inbox.port, username="alerts", password=Secret("hunter22"), tls="none")
    found = await send(options, notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "AUTH" in found.answer


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async with scripted() as found:
        yield found


async def test_it_introduces_itself_with_a_name_or_an_address(
    script: Script, notification: Notification, sending: Sending
) -> None:
    await send(options_for(script.port), notification, sending)
    assert re.fullmatch(r"EHLO (\[[0-9a-fA-F:.v]+\]|[\w-]+(\.[\w-]+)+)", script.commands[0], re.IGNORECASE)


async def test_lines_that_are_a_dot_stay_in_the_mail(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    one = dataclasses.replace(notification, summary="first\n.\n..second\n.third")
    await send(options_for(inbox.port), one, sending)
    plain = inbox.mails[0].get_body(("plain",))
    assert plain is not None
    assert "first\n.\n..second\n.third" in plain.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "address", ["", "bob", "bob@", "a@b@c", "bob@exa mple.com", "böb@example.com", "a@b\nc.de"]
)
async def test_without_an_address_nobody_can_be_told(
    script: Script, notification: Notification, sending: Sending, address: str
) -> None:
    one = dataclasses.replace(notification, address=address)
    found = await send(options_for(script.port, to=()), one, sending)
    assert found.verdict is Verdict.PERMANENT
    assert found.answer.isprintable()
    assert script.commands == []


async def test_names_beyond_ascii_are_fine(
    inbox: Inbox, notification: Notification, sending: Sending
) -> None:
    options = options_for(inbox.port, from_="Überwachung <ops@bücher.example>")
    one = dataclasses.replace(notification, address="Bob Ü <bob@bücher.example>")
    assert (await send(options, one, sending)).ok
    assert inbox.envelopes == [("ops@xn--bcher-kva.example", ["bob@xn--bcher-kva.example"])]
    assert inbox.mails[0]["From"] == "Überwachung <ops@xn--bcher-kva.example>"


async def test_templates_are_the_users(
    inbox: Inbox, notification: Notification, sending: Sending, folder: Path
) -> None:
    (folder / "subject.txt").write_text("{{ severity }} at\n{{ organization }}")
    (folder / "text.txt").write_text("Hello {{ recipient }}")
    (folder / "email.html").write_text("<p>{{ title }}</p>")
    one = dataclasses.replace(notification, title="<b>")
    found = await send(options_for(inbox.port, templates=str(folder)), one, sending)
    assert found.warnings == ()
    (mail,) = inbox.mails
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert mail["Subject"] == "critical at acme"
    assert plain.get_content().strip() == "Hello person:bob"
    assert html.get_content().strip() == "<p>&lt;b&gt;</p>"


@pytest.mark.parametrize(
    ("keys", "security"),
    [
        ({"port": 25}, "optional"), ({"port": 587}, "required"), ({"port": 465}, "implicit"),
        ({"port": 25, "username": "u", "password": Secret("p")}, "required"),
        ({"port": 587, "tls": "none"}, "none"),
    ],
)  # fmt: skip
def test_how_it_is_encrypted_unless_told(keys: dict[str, Any], security: str) -> None:
    assert Options(host="h", from_="a@b.example", **keys).security == security


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"host": ""}, "host"),
        ({"host": "a/b"}, "host"),
        ({"port": 0}, "port"),
        ({"from_": "nobody"}, "`from`"),
        ({"from_": "a@b.example\r\nBcc: c@d.example"}, "`from`"),
        ({"to": ("x",)}, "to: "),
        ({"username": "u"}, "go together"),
        ({"username": "u", "password": Secret("p"), "tls": "optional"}, "tls"),
        ({"username": "u", "password": Secret("pä")}, "ASCII"),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**{"host": "h", "from_": "a@b.example", **keys})
