"""Asks a Redis server (or Valkey, KeyDB, Dragonfly) one command, in its own protocol.

Source: Redis serialization protocol specification, version 2, which every server starts with.
"""

import re
import shlex
from typing import Final, TypeAlias

from slawatch.checks._attempt import Attempt
from slawatch.checks._database import Answer, Incoming, Target, connect
from slawatch.checks._dial import Connection
from slawatch.checks._failure import Failure
from slawatch.clock import steady
from slawatch.core.sample import Cause

Reply: TypeAlias = "bytes | int | list[Reply] | None"

_DEEPEST: Final = 32
_NUMBER: Final = re.compile(rb"[-+]?\d{1,18}")
_CAUSES: Final[dict[str, Cause]] = {
    "NOAUTH": Cause.AUTH,
    "WRONGPASS": Cause.AUTH,
    "NOPERM": Cause.AUTH,
    "DENIED": Cause.AUTH,
}


class _RefusedError(Exception):
    """An error reply."""


def words(command: str) -> list[str]:
    """Return the words of a command as redis-cli would split it.

    Raises:
        ValueError: a quote is not closed, or there is no command.
    """
    try:
        found = shlex.split(command)
    except ValueError:
        raise ValueError(f"a quote is not closed in {command!r}") from None
    if not found:
        raise ValueError("a Redis query needs a command such as PING")
    return found


async def ask(target: Target, attempt: Attempt) -> Answer:
    """Connect, log in, and send the command.

    Raises:
        Failure: the server cannot be reached, refuses, or answers with an error.
    """
    connection = await connect(target, attempt, target.tls)
    try:
        incoming = Incoming(connection)
        before = steady()
        await _prepare(target, attempt, connection, incoming)
        ready = steady()
        attempt.connect = (attempt.connect or 0) + ready - before
        attempt.doing = f"waiting for the answer of {connection.who}"
        attempt.note(f"sending {target.query}")
        try:
            await connection.send(_encode(words(target.query)))
            reply = await _reply(incoming, connection)
        except _RefusedError as refusal:
            raise _failure(connection, str(refusal)) from None
        attempt.first_byte = steady() - ready
    finally:
        connection.close()
    return Answer(1, _value(reply))


async def _prepare(target: Target, attempt: Attempt, connection: Connection, incoming: Incoming) -> None:
    """Log in and choose the database, in one round trip."""
    steps: list[tuple[str, list[str]]] = []
    if target.password is not None:
        user = [target.user] if target.user else []
        steps.append((f"logging in to {connection.who}", ["AUTH", *user, target.password]))
    if target.database not in ("", "0"):
        steps.append((f"choosing database {target.database}", ["SELECT", target.database]))
    if not steps:
        return
    await connection.send(b"".join(_encode(command) for _, command in steps))
    for doing, _ in steps:
        attempt.doing = doing
        try:
            await _reply(incoming, connection)
        except _RefusedError as refusal:
            raise _failure(connection, str(refusal), login=doing.startswith("logging")) from None
        attempt.note(f"{doing}: done")


def _encode(command: list[str]) -> bytes:
    parts = [b"*%d\r\n" % len(command)]
    for word in command:
        data = word.encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


async def _reply(incoming: Incoming, connection: Connection, depth: int = 0) -> Reply:
    line = await incoming.line()
    kind, rest = line[:1], line[1:]
    if kind == b"+":
        return rest
    if kind == b"-":
        raise _RefusedError(rest.decode("utf-8", "replace"))
    if kind in (b":", b"$", b"*") and _NUMBER.fullmatch(rest) and depth <= _DEEPEST:
        number = int(rest)
        if kind == b":":
            return number
        if number == -1:
            return None
        if kind == b"$" and number >= 0:
            return (await incoming.exactly(number + 2))[:-2]
        if kind == b"*" and number >= 0:
            first: list[Reply] = []
            for index in range(number):
                item = await _reply(incoming, connection, depth + 1)
                if index == 0:
                    first.append(item)
            return first
    shown = line[:40].decode("ascii", "backslashreplace")
    raise Failure(Cause.PROTOCOL, f"{connection.who} does not answer as Redis does: {shown}")


def _value(reply: Reply) -> str | None:
    """Return a reply as text; of a list, its first item."""
    while isinstance(reply, list):
        reply = reply[0] if reply else None
    if isinstance(reply, bytes):
        return reply.decode("utf-8", "replace")
    return None if reply is None else str(reply)


def _failure(connection: Connection, message: str, *, login: bool = False) -> Failure:
    code = message.partition(" ")[0]
    cause = _CAUSES.get(code, Cause.AUTH if login else Cause.STATUS)
    if "max number of clients" in message or code in ("LOADING", "MASTERDOWN"):
        cause = Cause.CONNECT
    return Failure(cause, f"{connection.who} says: {message}")
