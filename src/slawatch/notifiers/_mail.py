"""Messages as mail: addresses, headers that thread an incident, plain and HTML parts."""

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from slawatch.core.instant import to_datetime
from slawatch.core.notification import Kind, Notification
from slawatch.notifiers import _texts
from slawatch.notifiers._cut import cut, one_line
from slawatch.notifiers._sending import Sending

_SUBJECT = 250


class Mailbox(NamedTuple):
    """Who a mail is from, or for.

    Attributes:
        name: for display; may be empty.
        local, domain: before and after the @; the domain in ASCII form.
    """

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The address alone, as SMTP wants it."""
        return f"{self.local}@{self.domain}"

    @property
    def header(self) -> Address:
        """The address as headers have it."""
        return Address(self.name, self.local, self.domain)


_MAILBOX = re.compile(r'(?:"?(?P<name>[^"<>]*?)"?\s*<(?P<inner>[^<>]+)>|(?P<bare>[^<>]+))')
_LOCAL = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+(?:\.[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.?)+", re.ASCII)


def parse_mailbox(text: str) -> Mailbox:
    """Return the mailbox that `a@b.example` or `A Name <a@b.example>` names.

    >>> parse_mailbox("slawatch <alerts@bücher.example>").address
    'alerts@xn--bcher-kva.example'

    Raises:
        ValueError: there can be no such address, or mail servers may not take it.
    """
    match = _MAILBOX.fullmatch(text.strip()) if text.isprintable() else None
    local, at, domain = (match["inner"] or match["bare"]).strip().rpartition("@") if match else ("", "", "")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if match is None or not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{one_line(text)!r} is not a mail address such as ops@example.com")
    return Mailbox((match["name"] or "").strip(), local, domain)


def write(
    notification: Notification, sending: Sending, sender: Mailbox, recipient: Mailbox, folder: str
) -> tuple[EmailMessage, tuple[str, ...]]:
    """Return the mail of a message, and what was noticed on the way.

    The Message-ID follows from the message, so that a mail that comes twice is seen to be one. All mails
    about an incident refer to the same root, which makes them a thread wherever it was joined.
    """
    subject = _texts.title(notification, folder, "subject.txt")
    plain = _texts.render("text.txt", notification, folder)
    html = _texts.render("email.html", notification, folder)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender.header
    mail["To"] = recipient.header
    mail["Subject"] = cut(subject.text, _SUBJECT)
    mail["Date"] = format_datetime(to_datetime(sending.now))
    mail["Message-ID"] = _id(f"{notification.idempotency_key}\n{recipient.address}", sender)
    if notification.incident:
        root = _id(f"{sending.instance}\n{notification.incident}\n{notification.reopen}", sender)
        mail["In-Reply-To"] = root
        mail["References"] = root
        mail["X-Slawatch-Incident"] = _token(notification.incident)
    mail["X-Slawatch-Kind"] = str(notification.kind)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if notification.kind in (Kind.TRIGGER, Kind.REMINDER) and notification.severity in ("critical", "high"):
        mail["Importance"] = "high"
    mail.set_content(plain.text, cte="quoted-printable")
    if not html.warnings:
        mail.add_alternative(html.text, subtype="html", cte="quoted-printable")
    return mail, tuple(dict.fromkeys((*subject.warnings, *plain.warnings, *html.warnings)))


def _id(of: str, sender: Mailbox) -> str:
    return f"<{hashlib.sha256(of.encode()).hexdigest()[:40]}@{sender.domain}>"


def _token(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z:._-]", "_", text)[:200]
