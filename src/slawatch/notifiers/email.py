"""Mail over SMTP: plain and HTML, threaded by incident."""

import socket
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import trio

from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers import _http_client, _texts, _tls
from slawatch.notifiers._dial import dial, shown
from slawatch.notifiers._exchange import combined
from slawatch.notifiers._fault import Fault, retry
from slawatch.notifiers._mail import Mailbox, parse_mailbox, write
from slawatch.notifiers._scrub import secrets_of
from slawatch.notifiers._sending import Sending
from slawatch.notifiers._smtp import Login, Session, Tls
from slawatch.notifiers._threads import in_thread

_AT_ONCE: Final = 4
_SUBMISSIONS: Final = 465
_SUBMISSION: Final = 587


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sends mail.

    A mail goes to the address of the person who is told, or to the addresses in `to`, each in a mail of its
    own. Mails about an incident make a thread.

    Attributes:
        host: the mail server.
        port: 25, 587 (submission) or 465 (implicit TLS), unless something else is written.
        from_: the sender, `ops@example.com` or `Operations <ops@example.com>`; `from` in TOML.
        to: the addresses that get what goes to this channel and not to a person.
        username: to sign in with.
        password: to sign in with.
        tls: `required`: STARTTLS or nothing; `optional`: STARTTLS where the server offers it, its certificate
            not verified; `none`; `implicit`: TLS from the first byte. Absent, it is implicit on port 465,
            required on port 587 and with a username, else optional.
        ca_file: a PEM file of the authorities to trust instead of the system's; with it, `optional` verifies.
        templates: a folder of templates that replace ours: `subject.txt`, `text.txt`, `email.html`.
    """

    host: str
    port: int = 25
    from_: str
    to: tuple[str, ...] = ()
    username: str = ""
    password: Secret | None = None
    tls: Tls | None = None
    ca_file: FilePath | None = None
    templates: FilePath = ""

    def __post_init__(self) -> None:
        if not self.host or not self.host.isprintable() or any(c in self.host for c in " /@"):
            raise ValueError("host: the name or address of a mail server belongs here")
        if not 1 <= self.port <= 65535:
            raise ValueError("port: from 1 to 65535")
        for key, address in (("`from`", self.from_), *(("to", one) for one in self.to)):
            try:
                parse_mailbox(address)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together")
        if self.password is not None:
            if not (self.username + self.password.value).isascii():
                raise ValueError("password: username and password must be ASCII")
            if self.tls == "optional":
                raise ValueError(
                    'tls: "optional" may show the password to others: use "required" or "implicit"'
                )

    @property
    def security(self) -> Tls:
        """How the conversation is encrypted."""
        if self.tls is not None:
            return self.tls
        if self.port == _SUBMISSIONS:
            return "implicit"
        return "required" if self.password is not None or self.port == _SUBMISSION else "optional"


def prepare(options: Options) -> None:
    """Make the TLS context and compile the templates."""
    _http_client.prepare(options.ca_file)
    _texts.prepare(options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Send one mail to each address that does not have it yet, in one conversation."""
    results: dict[str, Delivery] = {}
    warnings: dict[str, None] = {}
    mails: dict[str, bytes] = {}
    sender = parse_mailbox(options.from_)
    for text in (notification.address,) if notification.address else options.to:
        try:
            recipient = parse_mailbox(text)
        except ValueError as error:
            results[text] = Delivery(verdict=Verdict.PERMANENT, answer=str(error))
            continue
        if recipient.address not in sending.reached:
            mail, noticed = write(notification, sending, sender, recipient, options.templates)
            mails[recipient.address] = mail.as_bytes()
            warnings |= dict.fromkeys(noticed)
    if mails:
        results |= await _deliver(options, sender, mails, sending)
    delivery = combined(results, sending.reached)
    return replace(delivery, warnings=(*warnings, *delivery.warnings))


async def _deliver(
    options: Options, sender: Mailbox, mails: dict[str, bytes], sending: Sending
) -> dict[str, Delivery]:
    """Return what became of each address."""
    try:
        session = Session(
            host=options.host,
            port=options.port,
            tls=options.security,
            context=_context(options),
            login=None if options.password is None else Login(options.username, options.password.value),
            sender=sender.address,
            mails=mails,
            secrets=_secrets(options),
        )
    except Fault as fault:
        return dict.fromkeys(mails, fault.delivery)
    cut_off: Delivery | None = None
    with trio.move_on_after(sending.timeout / SECOND) as scope:
        try:
            await _converse(session, sending)
        except Fault as fault:
            cut_off = fault.delivery
    if scope.cancelled_caught:
        said = f"no answer from {shown(options.host, options.port)} within {sending.timeout / SECOND:g} s"
        cut_off = retry(said, written=session.written).delivery
    results = dict(session.results)
    if cut_off is not None:
        untouched = replace(cut_off, possible_duplicate=False)
        for address in mails:
            if address not in results:
                results[address] = cut_off if address == session.current else untouched
    return results


def _secrets(options: Options) -> tuple[str, ...]:
    if options.password is None:
        return ()
    return secrets_of(options.password, Secret(f"\0{options.username}\0{options.password.value}"))


def _context(options: Options) -> ssl.SSLContext | None:
    if options.security == "none":
        return None
    return _tls.context(options.ca_file, verify=options.security != "optional" or options.ca_file is not None)


async def _converse(session: Session, sending: Sending) -> None:
    """Hold the conversation in a thread; cancelled, break it off by shutting the connection down."""
    with trio.move_on_after(sending.connect_timeout / SECOND) as scope:
        stream = await dial(session.host, session.port)
    if scope.cancelled_caught:
        who = shown(session.host, session.port)
        raise retry(f"no connection to {who} within {sending.connect_timeout / SECOND:g} s")
    sock = socket.socket(fileno=stream.socket.detach())
    with closing(sock), closing(sock.dup()) as same:
        sock.settimeout(sending.timeout / SECOND)
        fault: Fault | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_shut_down_in_the_end, same)
            try:
                name = f"mail {sending.channel}"
                await in_thread(partial(session.run, sock), name, size=_AT_ONCE, sending=sending)
            except Fault as ended:
                fault = ended
            nursery.cancel_scope.cancel()
    if fault is not None:
        raise fault


async def _shut_down_in_the_end(sock: socket.socket) -> None:
    """Wake whoever waits for the connection in a thread."""
    try:
        await trio.sleep_forever()
    finally:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
