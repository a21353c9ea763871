"""Connects to a port, and may talk: a banner to read, bytes to send, an answer to expect, TLS to speak."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final, Literal

from slawatch.checks._address import HostAndPort
from slawatch.checks._attempt import Attempt
from slawatch.checks._certificate import days_left
from slawatch.checks._dial import Connection, TlsSettings, dial
from slawatch.checks._expected import compiled, is_pattern
from slawatch.checks._failure import Failure, OwnFault
from slawatch.checks._tls import context
from slawatch.clock import now, steady
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Duration, FromText, Secret, format_duration

LISTENED_TO: Final = 64 * 1024
"""What was expected must come within so many bytes."""

_SHOWN: Final = 120
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|.|$)", re.DOTALL)
_ESCAPED: Final = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def unescape(text: str) -> bytes:
    r"""Return the bytes of a text in which `\r \n \t \0 \\` and `\x7f` may stand.

    Raises:
        ValueError: another escape sequence; the message shows nothing else of the text.
    """
    parts: list[bytes] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[at : match.start()].encode())
        code = match[1]
        if code in _ESCAPED:
            parts.append(_ESCAPED[code].encode())
        elif len(code) == 3:
            parts.append(bytes([int(code[1:], 16)]))
        else:
            raise ValueError(
                f"unknown escape sequence \\{code}: there are \\r \\n \\t \\0 \\\\ and \\x00 to \\xff"
            )
        at = match.end()
    parts.append(text[at:].encode())
    return b"".join(parts)


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[bytes]:
    """Return what to look for: a regular expression between slashes, or a text with escape sequences.

    Raises:
        ValueError: it is neither.
    """
    if is_pattern(text):
        return re.compile(compiled(text).pattern.encode())
    return re.compile(re.escape(unescape(text)))


def _parse_expected(text: str) -> str:
    if not text:
        raise ValueError("an empty text cannot be waited for")
    pattern(text)
    return text


Expected = Annotated[
    str,
    FromText(_parse_expected, "a text, or a regular expression between slashes", example="220 "),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    r"""Connects to a TCP port; with `banner`, `send` and `expect` it also talks to who listens there.

    Up once the connection stands and everything expected has come. Texts may contain `\r \n \t \0 \\` and
    `\x7f`; one between slashes is a regular expression: `/^220 .*ESMTP/`. The latency is the whole time from
    the name to the last byte that was needed.

    Attributes:
        address: host and port: `db.example:5432`, `[2001:db8::1]:22`.
        banner: what the server must say first, before anything is sent: `SSH-2.0-`, `/^220 .*ESMTP/`.
        send: what to send then: `PING\r\n`; a secret may stand here.
        expect: what must come as the answer.
        tls: `true`, or a table of settings, to make a TLS handshake after connecting.
        ip_version: 4 or 6 to use this IP version only.
        degraded_over: a longer latency is degraded.
        certificate_days: with fewer days left of the certificate the target is degraded; needs `tls`.
    """

    address: HostAndPort
    banner: Expected | None = None
    send: str | Secret | None = None
    expect: Expected | None = None
    tls: bool | TlsSettings = False
    ip_version: Literal[4, 6] | None = None
    degraded_over: Duration | None = None
    certificate_days: int | None = None

    def __post_init__(self) -> None:
        if self.send is not None and not self.sent:
            raise ValueError("send has nothing to send")
        if self.certificate_days is not None and not self.tls:
            raise ValueError("certificate_days needs tls")

    @property
    def sent(self) -> bytes:
        """The bytes to send.

        Raises:
            ValueError: an unknown escape sequence.
        """
        text = self.send.value if isinstance(self.send, Secret) else self.send
        return unescape(text) if text is not None else b""

    @property
    def settings(self) -> TlsSettings | None:
        """How to speak TLS, None for not at all."""
        return self.tls if isinstance(self.tls, TlsSettings) else TlsSettings() if self.tls else None


def prepare(options: Options) -> None:
    """Read the authorities beforehand: it would stall other probes at the first one."""
    if options.settings is not None:
        try:
            context(options.settings)
        except OwnFault:
            return  # Each probe says so itself.


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Connect once, and talk."""
    host, port = options.address
    try:
        connection = await dial(attempt, host, port, tls=options.settings, version=options.ip_version)
        try:
            left = _days_left(connection, attempt)
            await _talk(options, connection, attempt)
        finally:
            connection.close()
    except Failure as failure:
        attempt.note(failure.reason)
        return failure.observation()
    latency = steady() - attempt.started
    measures = (Measure("certificate_days", round(left, 2), "d"),) if left is not None else ()
    if options.certificate_days is not None and left is not None and left < options.certificate_days:
        reason = f"the certificate ends in {left:.1f} days, fewer than {options.certificate_days}"
        attempt.note(reason)
        return Observation(Outcome.DEGRADED, Cause.CERTIFICATE, reason, latency, measures)
    over = options.degraded_over
    if over is not None and latency > over:
        reason = f"took {latency / SECOND:.3f} s, longer than {format_duration(over)}"
        attempt.note(reason)
        return Observation(Outcome.DEGRADED, Cause.SLOW, reason, latency, measures)
    return Observation(Outcome.UP, latency=latency, measures=measures)


def _days_left(connection: Connection, attempt: Attempt) -> float | None:
    certificate = connection.certificate
    if certificate is None:
        return None
    try:
        return days_left(certificate, now())
    except ValueError as error:
        attempt.note(str(error))
        return None


async def _talk(options: Options, connection: Connection, attempt: Attempt) -> None:
    """Read the banner, send, and read the answer.

    Raises:
        Failure: something else came, or nothing.
    """
    secret = options.sent if isinstance(options.send, Secret) else b""
    heard = b""
    if options.banner is not None:
        heard = await _await(connection, attempt, "banner", options.banner, secret, heard)
    if options.send is not None:
        attempt.doing = f"sending to {connection.who}"
        await connection.send(options.sent)
        shown = "a secret" if secret else _shown(options.sent, b"")
        attempt.note(f"sent {shown}")
        heard = b""
    if options.expect is not None:
        await _await(connection, attempt, "answer", options.expect, secret, heard)


async def _await(
    connection: Connection, attempt: Attempt, what: str, wanted: str, secret: bytes, heard: bytes
) -> bytes:
    """Read until what is wanted has come; returns what came after it.

    Args:
        connection: whom to listen to.
        attempt: the probe under way.
        what: the name of what is awaited.
        wanted: the text or pattern.
        secret: what must not be shown, though the server may repeat it.
        heard: what has come already.
    """
    compiled = pattern(wanted)
    waiting = f"waiting for the {what} {wanted} from {connection.who}"
    attempt.doing = waiting
    asked = steady()
    first: int | None = None
    while True:
        match = compiled.search(heard)
        if match is not None:
            break
        if len(heard) >= LISTENED_TO:
            came = _shown(heard, secret)
            raise Failure(
                Cause.CONTENT,
                f"the {what} {wanted} is not in the first {LISTENED_TO // 1024} KiB, which begin with {came}",
            )
        data = await connection.receive()
        if not data:
            came = f"after {_shown(heard, secret)}" if heard else "without a word"
            cause = Cause.CONTENT if heard else Cause.PROTOCOL
            raise Failure(
                cause, f"{connection.who} closed the connection {came}, expected the {what} {wanted}"
            )
        if first is None:
            first = steady()
            attempt.first_byte = (attempt.first_byte or 0) + first - asked
        heard += data
        attempt.doing = f"{waiting}, which sent {_shown(heard, secret)}"
    if first is not None:
        attempt.transfer = (attempt.transfer or 0) + steady() - first
    attempt.note(f"{what}: {_shown(heard, secret)}")
    return heard[match.end() :]


def _shown(data: bytes, secret: bytes) -> str:
    """Return bytes for people: quoted, escaped, cut."""
    for hidden in (secret, secret.strip()):
        if hidden:
            data = data.replace(hidden, b"***")
    cut = "..." if len(data) > _SHOWN else ""
    text = data[:_SHOWN].decode("utf-8", "backslashreplace")
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f'"{escaped}{cut}"'
