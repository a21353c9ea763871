"""Mail servers: a real one (aiosmtpd), with and without TLS, and one that answers as it is told."""

import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.message import EmailMessage
from functools import partial
from typing import Any, cast

import trio
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Inbox:
    """What a server took: the mails, and how each came."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.encrypted: list[bool] = []
        self.logins: list[str] = []
        self.hosts: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast("bytes", envelope.original_content)
        self.raw.append(content)
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.mails.append(mail)
        self.envelopes.append((str(envelope.mail_from), [str(to) for to in envelope.rcpt_tos]))
        self.encrypted.append(session.ssl is not None)
        self.hosts.append(str(session.host_name))
        return "250 OK queued as 4FbXyz1"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append(mechanism)
        good = isinstance(data, LoginPassword) and data == LoginPassword(b"alerts", b"hunter22")
        return AuthResult(success=good, handled=False)


class FreePort(Controller):
    """A controller that looks for its server where it listens."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def running(inbox: Inbox, authority: trustme.CA | None = None, **keys: Any) -> Iterator[Inbox]:
    """Run a real SMTP server: STARTTLS with an authority, or TLS from the first byte with `implicit`."""
    context: ssl.SSLContext | None = None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
    implicit = keys.pop("implicit", False)
    tls: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    controller = FreePort(inbox, hostname="127.0.0.1", port=0, **tls, **keys)
    controller.start()
    try:
        inbox.port = controller.port
        yield inbox
    finally:
        controller.stop()


class Script:
    """A server that answers as it is told.

    Attributes:
        codes: the reply to a command, by its beginning: `RCPT TO:<a@`; also `BANNER`, and `.` for a mail.
        lost: after the end of this command the connection breaks.
        mails: what was taken, by recipient.
    """

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.lost = ""
        self.hangs = ""
        self.mails: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.port = 0
        self.open = 0

    def code(self, command: str, usual: int) -> int:
        return next((code for start, code in self.codes.items() if command.startswith(start)), usual)

    async def serve(self, stream: trio.SocketStream) -> None:
        self.open += 1
        try:
            await self._serve(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.open -= 1
            await trio.aclose_forcefully(stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        await stream.send_all(b"%d scripted\r\n" % self.code("BANNER", 220))
        buffer, recipient, reading = b"", "", False
        while True:
            end = b"\r\n.\r\n" if reading else b"\r\n"
            while end not in buffer:
                more = await stream.receive_some(65536)
                if not more:
                    return
                buffer += more
            line, _, buffer = buffer.partition(end)
            verb, space, rest = line.decode().partition(" ")
            command = "." if reading else verb.upper() + space + rest
            self.commands.append(command)
            if self.lost and command.startswith(self.lost):
                return
            if self.hangs and command.startswith(self.hangs):
                async for _ in stream:
                    pass
                return
            usual = 354 if command == "DATA" else 221 if command == "QUIT" else 250
            code = self.code(command, usual)
            if command.startswith("RCPT"):
                recipient = command[9:-1]
            if command == "." and code == 250:
                self.mails.append((recipient, line.decode()))
            reading = command == "DATA" and code == 354
            await stream.send_all(b"%d said so\r\n" % code)
            if command == "QUIT" or code == 421:
                return


@asynccontextmanager
async def scripted() -> AsyncIterator[Script]:
    script = Script()
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, script.serve, 0, host="127.0.0.1"))
        script.port = listeners[0].socket.getsockname()[1]
        yield script
        nursery.cancel_scope.cancel()
