"""A conversation with a mail server: blocking, in a thread, and ended from outside by closing its socket."""

import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from slawatch.core.notification import Delivery, Verdict
from slawatch.core.retry import Meaning, by_smtp
from slawatch.notifiers._fault import Fault, misconfigured, retry, tls_fault, words
from slawatch.notifiers._scrub import answer_line

_CLOSING: Final = 421

Tls = Literal["required", "optional", "none", "implicit"]


class Login(NamedTuple):
    """How we sign in."""

    username: str
    password: str


@dataclass(slots=True)
class Session:
    """What is to be sent in one conversation, and how far it came: read from outside when it is cut off.

    Attributes:
        host, port: the server.
        tls: whether and how the conversation is encrypted.
        context: for TLS; None where there is none.
        login: how we sign in, if we do.
        sender: the envelope's sender.
        mails: what each address gets, as bytes with CRLF.
        secrets: what no message may show.
        results: what became of each address so far.
        current: the address whose turn it is.
        written: its mail was wholly written, and the answer is outstanding.
        hello: how we introduce ourselves.
    """

    host: str
    port: int
    tls: Tls
    context: ssl.SSLContext | None
    login: Login | None = field(repr=False)
    sender: str
    mails: Mapping[str, bytes]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    results: dict[str, Delivery] = field(default_factory=dict)
    current: str = ""
    written: bool = False
    hello: str | None = None

    def run(self, sock: socket.socket) -> None:
        """Hold the conversation over a connected socket, which is closed after it.

        Raises:
            Fault: it ended before all addresses had their turn.
        """
        server: _Server | None = None
        try:
            server = _Server(self, sock)
            self._begin(server)
            for address, mail in self.mails.items():
                self.current, self.written = address, False
                self.results[address] = self._mail(server, address, mail)
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        except Fault:
            raise
        except smtplib.SMTPConnectError as error:
            delivery = self._refusal(error.smtp_code, error.smtp_error)
            if delivery.verdict is Verdict.PERMANENT:
                delivery = replace(delivery, verdict=Verdict.MISCONFIGURED)
            raise Fault(delivery) from error
        except smtplib.SMTPResponseException as error:
            raise Fault(self._refusal(error.smtp_code, error.smtp_error)) from error
        except ssl.SSLError as error:
            raise tls_fault(error, self.host, mail=True) from error
        except (smtplib.SMTPException, OSError, ValueError, UnicodeError) as error:
            raise self.broken(words(error) if isinstance(error, OSError) and error.errno else "") from error
        finally:
            if server is not None:
                server.close()
            sock.close()

    def broken(self, why: str = "") -> Fault:
        """Return what it means that the conversation broke off here."""
        said = f"{self.host} ended the conversation" + (f" ({why})" if why else "")
        if self.written:
            said += " after it had the whole mail, and before it answered"
        return retry(said, written=self.written)

    def _begin(self, server: "_Server") -> None:
        server.ehlo_or_helo_if_needed()
        if self.tls == "required" and not server.has_extn("starttls"):
            raise misconfigured(f"{self.host} does not offer STARTTLS, and tls is required")
        if self.tls in ("required", "optional") and server.has_extn("starttls"):
            server.starttls(context=self.context)
            server.ehlo()
        if self.login is not None:
            self._sign_in(server, self.login)

    def _sign_in(self, server: "_Server", login: Login) -> None:
        if not server.has_extn("auth"):
            raise misconfigured(f"{self.host} takes no username here: it offers no AUTH")
        try:
            server.login(login.username, login.password)
        except smtplib.SMTPNotSupportedError as error:
            raise misconfigured(f"{self.host} offers no way of signing in that is known here") from error
        except smtplib.SMTPAuthenticationError as error:
            raise Fault(self._refusal(error.smtp_code, error.smtp_error, login=True)) from error

    def _mail(self, server: "_Server", address: str, mail: bytes) -> Delivery:
        """Hand over one mail to one address, so that one bad address costs the others nothing."""
        options = [f"SIZE={len(mail)}"] if server.has_extn("size") else []
        for step in (partial(server.mail, self.sender, options), partial(server.rcpt, address)):
            code, said = step()
            if code not in (250, 251):
                self._again(server, code)
                return self._refusal(code, said)
        code, said = server.docmd("DATA")
        if code != 354:
            self._again(server, code)
            return self._refusal(code, said)
        server.send(re.sub(rb"(?m)^\.", b"..", mail))
        server.send(b".\r\n")
        self.written = True
        code, said = server.getreply()
        self.written = False
        if code != 250:
            self._again(server, code)
            return self._refusal(code, said)
        text = self._text(code, said)
        return Delivery(verdict=Verdict.OK, status=code, answer=text, provider_id=_queued_as(text))

    def _again(self, server: "_Server", code: int) -> None:
        """Begin anew after a refusal; a server that is closing down is done with."""
        if code in (_CLOSING, -1):
            raise Fault(self._refusal(code, b"closing down"))
        server.rset()

    def _text(self, code: int, said: bytes | str) -> str:
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return answer_line(f"{code} {text}", self.secrets)

    def _refusal(self, code: int, said: bytes | str, *, login: bool = False) -> Delivery:
        """Return what a reply code means: 4yz is for now, 5yz for good; about us it is the config."""
        if code == -1:
            return self.broken().delivery
        meaning = by_smtp(code)
        if meaning.verdict is Verdict.OK:
            # A good reply that does not belong here: the conversation is out of step.
            meaning = Meaning(Verdict.RETRY, counts=True)
        elif login and meaning.verdict is Verdict.PERMANENT:
            meaning = Meaning(Verdict.MISCONFIGURED)
        return Delivery(
            verdict=meaning.verdict, status=code, answer=self._text(code, said), counts=meaning.counts
        )


class _Server(smtplib.SMTP):
    """smtplib over a socket of ours."""

    def __init__(self, session: Session, sock: socket.socket) -> None:
        self._session = session
        self._ready = sock
        super().__init__(local_hostname=session.hello or _own_name(sock), timeout=sock.gettimeout() or 60)
        self._host = session.host
        try:
            code, said = self.connect(session.host, session.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
        except BaseException:
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        del host, port, timeout
        session = self._session
        if session.tls == "implicit":
            assert session.context is not None
            return session.context.wrap_socket(self._ready, server_hostname=session.host)
        return self._ready


def _own_name(sock: socket.socket) -> str:
    """Return how we introduce ourselves: by our full name, else by our address; no look-up that may hang."""
    name = socket.gethostname()
    if "." in name.strip("."):
        return name
    address = str(sock.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _queued_as(text: str) -> str:
    """Return what the server calls the mail, if it says so as most do."""
    match = re.search(r"(?:queued as|id[=: ])\s*([0-9A-Za-z._-]{4,})", text, re.IGNORECASE)
    return match[1] if match else ""
