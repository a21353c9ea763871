"""Templates and static files of the dashboard, and the strict policy that its pages are sent with."""

import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from slawatch import __version__
from slawatch.core.civil import local, offset_near_change
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros, rfc3339
from slawatch.report import svg, wording
from slawatch.web import drawing

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The content security policy of a page: nothing inline, nothing foreign, no text that becomes script."""
PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers of every page."""
FOREVER: Final = "public, max-age=31536000, immutable"
STATES: Final = ("down", "unknown", "degraded", "up")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent."""

    body: bytes
    media: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return every static file by its path below `static/`."""
    root = _HERE / "static"
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            media = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
            if media is None or media.startswith("text/"):
                media = f"{media or 'text/plain'}; charset=utf-8"
            found[path.relative_to(root).as_posix()] = StaticFile(path.read_bytes(), media)
    return found


@cache
def static_version() -> str:
    """Return the fingerprint of all static files: it is part of their address, so they never grow stale."""
    digest = hashlib.sha256()
    for name, file in static_files().items():
        digest.update(f"{name}\0{len(file.body)}\0".encode() + file.body)
    return digest.hexdigest()[:12]


def page(name: str, **values: Any) -> bytes:
    """Return a page as UTF-8; blocking, for a worker thread.

    Args:
        name: of the template.
        values: what it shows; `zone` is the time zone of its times.
    """
    text = _environment().get_template(name).render(values)
    return "\n".join(line for line in text.splitlines() if line.strip()).encode() + b"\n"


def response(body: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a page as an answer, under its policy."""
    return Response(body, status, PAGE_HEADERS)


def stream(**chosen: str) -> str:
    """Return the address of the events that a page follows; what is empty is not asked for.

    >>> stream(org="acme", service="")
    '/api/v1/events?org=acme'
    """
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/api/v1/events?{query}" if query else "/api/v1/events"


def problem(title: str, detail: str, lines: Sequence[str]) -> bytes:
    """Return the page that says why there is no other; it holds no script."""
    return page(
        "problem.html", title=title, detail=detail, lines=lines, home=title in ("Not Found", "Forbidden")
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def zoned(function: Callable[[datetime], str]) -> Callable[..., str]:
        def call(context: Any, instant: Instant) -> str:
            return function(local(instant, context["zone"]))

        return pass_context(call)

    made.globals.update(version=__version__, static=f"/static/{static_version()}")
    made.filters.update(
        rfc3339=rfc3339,
        moment=zoned(moment_words),
        minute=zoned(minute_words),
        minute_in=lambda instant, zone: minute_words(local(instant, zone)),
        field=zoned(lambda at: f"{at:%Y-%m-%dT%H:%M}"),
        clock=zoned(lambda at: f"{at:%H:%M}{offset_near_change(at)}"),
        day=zoned(lambda at: wording.date_words(at)),
        zone_name=zoned(lambda at: at.tzname() or ""),
        lasting=wording.length,
        about=about,
        latency=wording.latency,
        grouped=wording.grouped,
        percent=wording.percent,
        size=size,
        capital=lambda text: text[:1].upper() + text[1:],
        class_name=wording.CLASS_NAMES.__getitem__,
        budget_bar=svg.budget_bar,
        ticks=drawing.time_axis,
        plot_ticks=drawing.value_axis,
    )
    return made


def minute_words(moment: datetime) -> str:
    """Return a local moment without year and seconds: `Sun 4 Oct, 09:05`."""
    return f"{wording.date_words(moment)}, {moment:%H:%M}{offset_near_change(moment)}"


def moment_words(moment: datetime) -> str:
    """Return a date and a time of day.

    >>> moment_words(datetime(2026, 10, 4, 9, 5, 1))
    'Sun 4 Oct 2026, 09:05:01'
    """
    return f"{wording.date_words(moment, year=True)}, {moment:%H:%M:%S}{offset_near_change(moment)}"


def about(length: Micros) -> str:
    """Return roughly how long something took, in one or two units.

    >>> [about(n * SECOND) for n in (0, 59, 61, 3725, 90_061, 2_678_400)]
    ['0 s', '59 s', '1 min', '1 h 2 min', '1 d 1 h', '31 d']
    """
    length = max(0, length)
    if length < MINUTE:
        return f"{length // SECOND} s"
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < DAY:
        hours, rest = divmod(length, HOUR)
        return f"{hours} h {rest // MINUTE} min" if rest >= MINUTE else f"{hours} h"
    days, rest = divmod(length, DAY)
    return f"{days} d {rest // HOUR} h" if days < 10 and rest >= HOUR else f"{days} d"


def size(count: int) -> str:
    """Return a number of bytes in decimal units.

    >>> size(0), size(1_536_000), size(2_500_000_000)
    ('0 bytes', '1.5 MB', '2.5 GB')
    """
    for unit, scale in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes"
