"""Asks a MySQL or MariaDB server one query, by PyMySQL in a thread over a socket that was connected before.

So a host that hangs costs no thread, and a probe that is cut off ends its thread by shutting the socket down.
"""

import socket
import ssl
import struct
from contextlib import suppress
from functools import partial
from typing import Any, Final

import pymysql
import trio
from pymysql.constants import CR
from pymysql.cursors import SSCursor

from slawatch.checks._attempt import Attempt
from slawatch.checks._database import Answer, Target, connect
from slawatch.checks._dial import Connection
from slawatch.checks._failure import Failure, OwnFault, own_fault, words
from slawatch.checks._tls import context, tls_failure
from slawatch.clock import steady
from slawatch.core.instant import SECOND, Micros
from slawatch.core.sample import Cause

_PLACES: Final = trio.CapacityLimiter(64)
_THREADS: Final = trio.CapacityLimiter(10_000)
"""Threads whose probes are over may still be ending, so they are not what is limited."""

_ACCESS_DENIED: Final = frozenset({1044, 1045, 1130, 1698, 1862, 3118, 3955, 4151})
_NOT_SERVING: Final = frozenset({1040, 1053, 1129, 1203, 1226, 1927})
_WITHOUT_TLS: Final = frozenset({CR.CR_SSL_CONNECTION_ERROR, 3159})
_GARBAGE: Final = (
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What PyMySQL raises when it reads something else than its protocol."""

_CUT_OFF: Final = frozenset({CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR, CR.CR_CONN_HOST_ERROR})


class _FirstRow(SSCursor):
    """Reads row by row, so that a large answer takes no memory."""

    def drop(self) -> None:
        """Forget an answer that was not read to its end; the connection is to be closed."""
        answer = getattr(self, "_result", None)
        if answer is not None:
            answer.unbuffered_active = False
        self.connection = None  # type: ignore[assignment]  # as its own close() does


class _Times:
    """What the thread measured; the probe copies it once the thread has answered."""

    __slots__ = ("first_row", "ready", "version")

    def __init__(self) -> None:
        self.ready: Micros = 0
        self.first_row: Micros = 0
        self.version = ""


async def ask(target: Target, attempt: Attempt) -> Answer:
    """Connect, log in, and make the query.

    Raises:
        Failure: the server cannot be reached, refuses, or answers with an error.
        OwnFault: we cannot try, or cannot log in as it demands.
    """
    settled = context(target.tls) if target.tls is not None else None
    connection = await connect(target, attempt)
    placed = False
    try:
        attempt.doing = "waiting for one of our own threads"
        with trio.move_on_after(_left(attempt) / SECOND / 2):
            await _PLACES.acquire_on_behalf_of(connection)
            placed = True
        if not placed:
            raise OwnFault(f"all {_PLACES.total_tokens:g} threads for MySQL are busy")
        attempt.doing = f"logging in to {connection.who}, or waiting for the query's answer"
        # Past this checkpoint the thread does start, and closes the socket it is given.
        await trio.lowlevel.checkpoint_if_cancelled()
        theirs = connection.socket.dup()
        times, before = _Times(), steady()
        converse = partial(_converse, target, theirs, settled, _left(attempt) / SECOND, times)
        try:
            answer = await trio.to_thread.run_sync(converse, limiter=_THREADS, abandon_on_cancel=True)
        except (pymysql.Error, OSError) as error:
            raise _failure(connection, error) from None
        except RuntimeError as error:
            raise OwnFault(
                f"{connection.who} asks for a login that PyMySQL cannot do alone: {error}"
            ) from None
        except _GARBAGE as error:
            reason = f"{connection.who} does not answer as MySQL does ({type(error).__name__}: {error})"
            raise Failure(Cause.PROTOCOL, reason) from None
        finally:
            if times.ready:
                attempt.connect = (attempt.connect or 0) + times.ready - before
                attempt.note(f"logged in to MySQL {times.version} as {target.user}")
                attempt.note(f"query: {target.query}")
            if times.first_row:
                attempt.first_byte = times.first_row - times.ready
    finally:
        if placed:
            _PLACES.release_on_behalf_of(connection)
        with suppress(OSError):
            connection.socket.shutdown(socket.SHUT_RDWR)
        connection.close()
    attempt.note(f"{answer.rows} rows")
    return answer


def _left(attempt: Attempt) -> Micros:
    return max(SECOND // 10, attempt.timeout - (steady() - attempt.started))


def _converse(
    target: Target, sock: socket.socket, tls: ssl.SSLContext | None, patience: float, times: _Times
) -> Answer:
    """Log in and make the query, blocking; runs in a thread.

    Raises:
        Exception: what PyMySQL raises.
    """
    with sock:
        over_tls: dict[str, Any] = {"ssl": tls} if tls is not None else {"ssl_disabled": True}
        server_name = target.tls.server_name if target.tls is not None else None
        session = pymysql.connect(
            host=server_name or ("localhost" if target.host.startswith("/") else target.host),
            port=target.port,
            user=target.user,
            password=(target.password or "").encode(),
            database=target.database or None,
            charset="utf8mb4",
            autocommit=None,
            conv={},
            read_timeout=patience,
            write_timeout=patience,
            program_name="slawatch",
            read_default_file=None,
            defer_connect=True,
            cursorclass=_FirstRow,
            **over_tls,
        )
        session.connect(sock)
        times.version = str(session.get_server_info()).removeprefix("5.5.5-")  # type: ignore[no-untyped-call]
        times.ready = steady()
        cursor = session.cursor()
        try:
            cursor.execute(target.query)
            times.first_row = steady()
            row = cursor.fetchone() if cursor.description else None
            rows = 0 if row is None else 1
            while rows and cursor.fetchone() is not None:
                rows += 1
        finally:
            cursor.drop()
            if session.open:
                session.close()
    value = row[0] if row else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return Answer(rows, None if value is None else str(value))


def _failure(connection: Connection, error: Exception) -> Failure:
    """Return what an error of the driver means."""
    original = getattr(error, "original_exception", error)
    if isinstance(original, ssl.SSLError):
        return tls_failure(original, connection.who)
    if isinstance(original, TimeoutError):
        return Failure(Cause.TIMEOUT, f"{connection.who}: no answer in time")
    if isinstance(original, OSError):
        fault = own_fault(original)
        if fault is not None:
            return OwnFault(f"{connection.who}: {fault}")
        return Failure(Cause.PROTOCOL, f"{connection.who}: {words(original)}")
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    message = " ".join(str(error.args[-1] if error.args else error).split())
    if number in _CUT_OFF:
        return Failure(Cause.PROTOCOL, f"{connection.who} closed the connection")
    if number == CR.CR_AUTH_PLUGIN_CANNOT_LOAD:
        return OwnFault(f"{connection.who} asks for a login that PyMySQL does not know: {message}")
    cause = Cause.STATUS
    if number in _ACCESS_DENIED:
        cause = Cause.AUTH
    elif number in _NOT_SERVING:
        cause = Cause.CONNECT
    elif number in _WITHOUT_TLS:
        cause = Cause.TLS
    return Failure(cause, f"{connection.who} says: {message}" + (f" ({number})" if number else ""))
