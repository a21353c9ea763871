"""One probe, asked for by a person: what is probed, and what came of it as JSON. Nothing of it is stored."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.core.check import Check
from slawatch.core.instant import MINUTE, Instant, Micros, rfc3339, seconds
from slawatch.core.sample import Cause, Outcome
from slawatch.core.text import format_duration, parse_duration

if TYPE_CHECKING:
    from slawatch.config.model import Config

PHASES: Final = ("dns", "connect", "tls", "first_byte", "transfer")
LONGEST: Final[Micros] = 5 * MINUTE
"""A probe that somebody waits for takes that long at most."""
_LISTENS: Final = "127.0.0.1:8470"


class Probed(NamedTuple):
    """One probe and what it saw.

    Attributes:
        at: when it began.
        outcome, cause, reason, latency: what the daemon would store of it.
        took: the whole length of the probe.
        phases: the length of each of `PHASES`; None for one that never ended.
        measures: further numbers: name, value, unit.
        lines: the transcript: microseconds since the start, and the line.
    """

    at: Instant
    outcome: Outcome
    cause: Cause
    reason: str
    latency: Micros | None
    took: Micros
    phases: tuple[Micros | None, ...]
    measures: tuple[tuple[str, float, str], ...]
    lines: tuple[tuple[Micros, str], ...]


def answer(check: Check, probed: Probed) -> dict[str, Any]:
    """Return the probe as JSON shows it; lengths are seconds."""
    return {
        "check": check.name,
        "type": check.type,
        "at": rfc3339(probed.at),
        "state": probed.outcome.word,
        "cause": probed.cause.name.lower(),
        "reason": probed.reason,
        "latency": _seconds(probed.latency),
        "took": seconds(probed.took),
        "phases": {name: _seconds(length) for name, length in zip(PHASES, probed.phases, strict=True)},
        "measures": [{"name": name, "value": value, "unit": unit} for name, value, unit in probed.measures],
        "transcript": [{"after": seconds(at), "line": line} for at, line in probed.lines],
    }


def made(target: str) -> Check | None:
    """Return a check of a URL or `HOST:PORT` with nothing but defaults; None: it looks like a name.

    Raises:
        ValueError: it looks like a target, and cannot be probed.
    """
    from slawatch import checks

    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        options: Any = checks.load("http").options(url=target)
        name = without_secrets(target)
        return Check(name=name, service=name, type="http", options=options)
    if separator and scheme.lower() != "tcp":
        raise ValueError(f"{scheme}:// cannot be probed without a configuration: http, https and tcp can")
    address = rest if separator else target
    if not separator and not _looks_like_address(target):
        return None
    from slawatch.checks._address import parse_address

    options = checks.load("tcp").options(address=parse_address(address))
    return Check(name=address, service=address, type="tcp", options=options)


def within(check: Check, timeout: str, most: Micros = LONGEST) -> Check:
    """Return a check that gives up after another time.

    Args:
        check: the one.
        timeout: the other time.
        most: it may be so long.

    Raises:
        ValueError: the text is no such length.
    """
    length = parse_duration(timeout)
    if not length:
        raise ValueError("a probe needs more time than none")
    if length > most:
        raise ValueError(f"a probe takes {format_duration(most)} at most")
    return replace(check, timeout=length)


def passive(check: Check, config: "Config | None") -> list[str]:
    """Return why a check is not probed, in lines; none where it is."""
    from slawatch import checks

    if not checks.load(check.type).passive:
        return []
    token = getattr(check.options, "token", None)
    path = "<its token>" if token is not None else check.name
    listen = (config.web.listen if config is not None else None) or _LISTENS
    return [
        f"{check.name} is a {check.type} check: it is not probed, its job calls slawatch",
        f"by GET, HEAD or POST of /heartbeat/{path} on the address of [web] listen, for example",
        f"  curl -fsS -m 10 --retry 3 http://{listen}/heartbeat/{path}",
        "See when it called last: slawatch status --checks",
    ]


def without_secrets(url: str) -> str:
    """Return a URL as it was typed, but for credentials and the query, where keys are passed.

    >>> without_secrets("https://probe:secret@shop.example/health?key=secret")
    'https://shop.example/health?...'
    """
    shown, question, _ = url.partition("?")
    scheme, separator, rest = shown.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}{'?...' if question else ''}"


def _looks_like_address(target: str) -> bool:
    host, _, port = target.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit()


def _seconds(length: Micros | None) -> float | None:
    return None if length is None else seconds(length)
