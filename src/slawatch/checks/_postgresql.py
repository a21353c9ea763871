"""Asks a PostgreSQL server one query, in its own protocol: no driver, no thread, each phase timed.

Any server that speaks the protocol answers (PgBouncer, CockroachDB, YugabyteDB).
Source: PostgreSQL documentation, "Frontend/Backend Protocol", version 3.0.
"""

import hashlib
import struct
from typing import Final

import trio

from slawatch.checks import _scram
from slawatch.checks._attempt import Attempt
from slawatch.checks._database import LARGEST, Answer, Incoming, Target, connect
from slawatch.checks._dial import Connection
from slawatch.checks._failure import Failure, OwnFault
from slawatch.clock import steady
from slawatch.core.sample import Cause

_VERSION: Final = 3 << 16
_TLS_REQUEST: Final = struct.pack("!ii", 8, 80_877_103)
_TERMINATE: Final = b"X\0\0\0\4"
_NEVER_LONGER: Final = 1 << 30
_SCRAM_THREADS: Final = trio.CapacityLimiter(2)

_UNSUPPORTED: Final = {2: "Kerberos 5", 6: "SCM credentials", 7: "GSSAPI (Kerberos)", 9: "SSPI"}
_CAUSES: Final[dict[str, Cause]] = {
    "28": Cause.AUTH,
    "53300": Cause.CONNECT,
    "57P": Cause.CONNECT,
    "08": Cause.CONNECT,
}
"""By the beginning of the SQLSTATE."""


class _Session:
    """A conversation with the server."""

    __slots__ = ("attempt", "connection", "incoming", "target", "version")

    def __init__(self, connection: Connection, target: Target, attempt: Attempt) -> None:
        self.connection = connection
        self.incoming = Incoming(connection)
        self.target = target
        self.attempt = attempt
        self.version = ""

    async def send(self, kind: bytes, body: bytes) -> None:
        await self.connection.send(kind + struct.pack("!i", len(body) + 4) + body)

    async def receive(self) -> tuple[bytes, int]:
        """Return the kind of the next message and the length of its body, which is to be read next.

        Raises:
            Failure: the server is none of PostgreSQL's.
        """
        head = await self.incoming.exactly(5)
        length = int.from_bytes(head[1:], "big")
        if not (head[:1].isalpha() and 4 <= length < _NEVER_LONGER):
            raise Failure(Cause.PROTOCOL, f"{self.connection.who} does not answer as PostgreSQL does")
        return head[:1], length - 4

    async def body(self, length: int) -> bytes:
        return await self.incoming.exactly(length)

    async def aside(self, kind: bytes, length: int) -> None:
        """Take a message that is no answer: a notice or a setting.

        Raises:
            Failure: it is an error.
        """
        if kind == b"E":
            raise self.refusal(await self.body(length))
        if kind == b"S":
            name, _, value = (await self.body(length)).rstrip(b"\0").partition(b"\0")
            if name == b"server_version":
                self.version = value.decode("utf-8", "replace")
            return
        await self.incoming.skip(length)

    def refusal(self, body: bytes) -> Failure:
        """Return what an error message means."""
        fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
        state = fields.get(b"C", "")
        cause = next((c for start, c in _CAUSES.items() if state.startswith(start)), Cause.STATUS)
        severity = fields.get(b"V") or fields.get(b"S") or "ERROR"
        message = " ".join(fields.get(b"M", "no message").split())
        code = f" ({state})" if state else ""
        return Failure(cause, f"{self.connection.who} says: {severity}: {message}{code}")


async def ask(target: Target, attempt: Attempt) -> Answer:
    """Connect, log in, and make the query.

    Raises:
        Failure: the server cannot be reached, refuses, or answers with an error.
        OwnFault: we cannot try, or cannot log in as it demands.
    """
    connection = await connect(target, attempt)
    try:
        if target.tls is not None:
            await _begin_tls(connection, target, attempt)
        session = _Session(connection, target, attempt)
        before = steady()
        await _log_in(session)
        ready = steady()
        attempt.connect = (attempt.connect or 0) + ready - before
        attempt.note(f"logged in to PostgreSQL {session.version} as {target.user}")
        answer = await _query(session, ready)
        await connection.send(_TERMINATE)
    finally:
        connection.close()
    return answer


async def _begin_tls(connection: Connection, target: Target, attempt: Attempt) -> None:
    assert target.tls is not None
    attempt.doing = f"asking {connection.who} for TLS"
    await connection.send(_TLS_REQUEST)
    # One byte and no more: bytes behind it would be plain text posing as the answer (CVE-2021-23222).
    answer = await connection.receive(1)
    if answer != b"S":
        if answer in (b"N", b"E"):
            raise Failure(Cause.TLS, f"{connection.who} does not offer TLS")
        raise Failure(Cause.PROTOCOL, f"{connection.who} does not answer as PostgreSQL does")
    await connection.secure(attempt, target.tls, target.host)


async def _log_in(session: _Session) -> None:
    """Start the session and answer what the server asks, until it is ready for a query."""
    target, attempt = session.target, session.attempt
    attempt.doing = f"logging in to {session.connection.who}"
    settings = {"user": target.user, "application_name": "slawatch", "client_encoding": "UTF8"}
    if target.database:
        settings["database"] = target.database
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in settings.items()) + b"\0"
    await session.connection.send(struct.pack("!ii", len(body) + 8, _VERSION) + body)
    while True:
        kind, length = await session.receive()
        if kind == b"Z":
            await session.body(length)
            return
        if kind == b"R":
            await _prove(session, await session.body(length))
        else:
            await session.aside(kind, length)


async def _prove(session: _Session, request: bytes) -> None:
    """Answer one request for a password."""
    method, rest = int.from_bytes(request[:4], "big"), request[4:]
    if method == 0:
        return
    if method in _UNSUPPORTED:
        raise OwnFault(
            f"{session.connection.who} asks for {_UNSUPPORTED[method]}, which slawatch does not speak"
        )
    password = session.target.password
    if password is None:
        reason = f"{session.connection.who} asks for a password, and the check has none"
        raise Failure(Cause.AUTH, reason)
    if method == 3:
        await session.send(b"p", password.encode() + b"\0")
    elif method == 5:
        inner = hashlib.md5(password.encode() + session.target.user.encode(), usedforsecurity=False)
        outer = hashlib.md5(inner.hexdigest().encode() + rest[:4], usedforsecurity=False)
        await session.send(b"p", b"md5" + outer.hexdigest().encode() + b"\0")
    elif method == 10:
        await _prove_by_scram(session, password, rest.split(b"\0"))
    else:
        raise OwnFault(
            f"{session.connection.who} asks for a login of kind {method}, which slawatch does not know"
        )


async def _prove_by_scram(session: _Session, password: str, mechanisms: list[bytes]) -> None:
    if _scram.MECHANISM.encode() not in mechanisms:
        offered = b" ".join(mechanisms).decode("ascii", "replace").strip()
        raise OwnFault(f"{session.connection.who} offers {offered} only; slawatch speaks {_scram.MECHANISM}")
    nonce, first = _scram.first_message()
    await session.send(
        b"p", _scram.MECHANISM.encode() + b"\0" + struct.pack("!i", len(first)) + first.encode()
    )
    try:
        asked = _scram.challenge(await _sasl(session, 11), nonce)
        derived = _scram.known(password, asked)
        if derived is None:
            derived = await trio.to_thread.run_sync(
                _scram.derive, password, asked, limiter=_SCRAM_THREADS, abandon_on_cancel=True
            )
        last, expected = _scram.proof(derived, nonce, asked)
        await session.send(b"p", last.encode())
        _scram.verify(await _sasl(session, 12), expected)
    except _scram.ScramError as error:
        raise Failure(Cause.AUTH, f"{session.connection.who}: {error}") from None


async def _sasl(session: _Session, step: int) -> str:
    while True:
        kind, length = await session.receive()
        if kind != b"R":
            await session.aside(kind, length)
            continue
        body = await session.body(length)
        if int.from_bytes(body[:4], "big") != step:
            raise Failure(Cause.PROTOCOL, f"{session.connection.who} breaks off the SCRAM login")
        return body[4:].decode("utf-8", "replace")


async def _query(session: _Session, began: int) -> Answer:
    """Make the query and read its answer to the end; only the first row is kept."""
    attempt = session.attempt
    attempt.doing = f"waiting for the query's answer from {session.connection.who}"
    attempt.note(f"query: {session.target.query}")
    await session.send(b"Q", session.target.query.encode() + b"\0")
    rows, value = 0, None
    while True:
        kind, length = await session.receive()
        if attempt.first_byte is None and kind in b"TDCIEGH":
            attempt.first_byte = steady() - began
        if kind == b"Z":
            await session.body(length)
            attempt.note(f"{rows} rows")
            return Answer(rows, value)
        if kind == b"D":
            rows += 1
            if rows == 1:
                value = await _first_column(session, length)
            else:
                await session.incoming.skip(length)
        elif kind == b"G":
            await session.body(length)
            await session.send(b"f", b"a check sends no data\0")
        else:
            await session.aside(kind, length)


async def _first_column(session: _Session, length: int) -> str | None:
    if length > LARGEST:
        raise Failure(Cause.CONTENT, f"the first row has more than {LARGEST >> 20} MiB")
    body = await session.body(length)
    if len(body) < 6:
        return None
    size = int.from_bytes(body[2:6], "big", signed=True)
    return None if size < 0 else body[6 : 6 + size].decode("utf-8", "replace")
