"""Counters of a page of metrics, as Prometheus would scrape them: the ground of ratios of good events."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal

import trio

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import TlsSettings
from slawatch.checks._exposition import Page, Selector, parse_selector
from slawatch.checks._failure import Failure
from slawatch.checks._http_expect import Answer, Expect, decoded, judge
from slawatch.checks._http_fetch import follow, prepare_request
from slawatch.checks._http_plan import Auth, Plan, check_request, plan_of
from slawatch.clock import steady
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import FromText, Secret

_USUAL_TLS: Final = TlsSettings()
_USUAL: Final = Expect()
_AT_ONCE: Final = 1_000
"""Lines read without letting other probes run: a few milliseconds."""
_COUNTER_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)

Counter = Annotated[
    Selector,
    FromText(
        parse_selector,
        'the name of a counter, with label matchers if need be, such as "http_requests_total"',
        example='http_requests_total{code!~"5.."}',
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Reads counters from a page of metrics in the text format of Prometheus or OpenMetrics.

    The check is up when the page can be read, and degraded when a counter is not on it, is no counter, or the
    page is longer than `max_body`. An objective with `metric = "ratio"` is judged by how much two of its
    counters grew; a counter that falls has begun again at zero, and all of its page with it. Let the page be
    that of a single process, so that all series on it begin again together.

    Attributes:
        url: where the page is, such as `https://shop.example/metrics`; credentials in it are used as `basic`
            authentication.
        counters: what to keep, by a name of your own: the name of a metric with label matchers (`=`, `!=`,
            `=~`, `!~`; regular expressions match the whole value). All series that match are added up; whole
            numbers are exact up to 2^53.
        headers: to send beside Host, User-Agent and Accept, or instead of them.
        auth: who we are: `{ type = "bearer", token = { env = "..." } }`.
        follow_redirects: whether a redirect is followed; credentials do not go along to another server.
        max_redirects: how many are followed at most.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be.
        tls: how to speak TLS: own authorities, client certificates, `verify = false`, the server name.
        ip_version: 4 or 6 to use this IP version only.
        http_version: `1.1`, or `2`: an answer over anything else is then down.
        max_body: the longest page that is read, in bytes.
    """

    url: str | Secret
    counters: dict[str, Counter]
    headers: dict[str, str | Secret] = field(default_factory=dict)
    auth: Auth | None = None
    follow_redirects: bool = True
    max_redirects: int = 10
    proxy: str | Secret | None = None
    tls: TlsSettings = _USUAL_TLS
    ip_version: Literal[4, 6] | None = None
    http_version: Literal["1.1", "2"] = "1.1"
    max_body: int = 4_194_304

    method: ClassVar[str] = "GET"
    body: ClassVar[None] = None
    body_json: ClassVar[Any] = None
    body_file: ClassVar[None] = None

    def __post_init__(self) -> None:
        check_request(self)
        if not self.counters:
            raise ValueError('counters needs at least one: { total = "http_requests_total" }')
        for name in self.counters:
            if not _COUNTER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a counter: letters, digits, - and _ can")
        if not 1 <= self.max_body <= 100_000_000:
            raise ValueError("max_body goes from 1 to 100000000 bytes")


def prepare(options: Options) -> None:
    """Do beforehand what would stall others at the first probe: import, read authorities."""
    prepare_request(Plan(options))


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Read the page once."""
    plan = plan_of(options, attempt.check)
    try:
        answer, _ = await follow(plan, attempt, _USUAL.status.have)
    except Failure as failure:
        return _told(failure.outcome, failure.cause, failure.reason, plan, attempt)
    latency = steady() - attempt.started
    wrong = judge(answer, _USUAL, options.max_body)
    if wrong is not None:
        cause = Cause.AUTH if answer.status in (401, 407) and plan.authorized else wrong.cause
        return _told(Outcome.DOWN, cause, wrong.reason, plan, attempt, latency)
    attempt.doing = "reading the page of metrics"
    body, cut = decoded(answer, options.max_body)
    if cut:
        reason = f"the page is longer than {options.max_body} bytes: set max_body higher"
        return _told(Outcome.DEGRADED, Cause.CONTENT, reason, plan, attempt, latency)
    page = Page(options.counters)
    try:
        await _read(page, body)
    except ValueError as error:
        reason = f"the page cannot be read: {error}"
        return _told(Outcome.DOWN, Cause.CONTENT, reason, plan, attempt, latency)
    sums, faults = page.sums()
    attempt.note(f"{page.series} series, {_kind(answer)}")
    for name, value in sums.items():
        attempt.note(f"counter {name}: {value:.17g}")
    measures = tuple(Measure(name, value, "c") for name, value in sums.items())
    if faults:
        reason = "; ".join(faults)
        return _told(Outcome.DEGRADED, Cause.CONTENT, reason, plan, attempt, latency, measures)
    return Observation(Outcome.UP, Cause.NONE, "", latency, measures)


async def _read(page: Page, body: bytes) -> None:
    """Read a page, letting others run in between.

    Raises:
        ValueError: it is not a page of metrics.
    """
    lines = body.decode("utf-8").split("\n")
    for start in range(0, len(lines), _AT_ONCE):
        page.take(lines[start : start + _AT_ONCE])
        await trio.lowlevel.checkpoint()
    if not page.series:
        raise ValueError("there is no metric on it")


def _kind(answer: Answer) -> str:
    kind = answer.header(b"content-type") or "no content type"
    return "".join(c if c.isprintable() else " " for c in kind)[:80]


def _told(
    outcome: Outcome,
    cause: Cause,
    reason: str,
    plan: Plan,
    attempt: Attempt,
    latency: int | None = None,
    measures: tuple[Measure, ...] = (),
) -> Observation:
    """Return an observation and note its reason, without secrets and in one line."""
    cleaned = plan.clean(reason)
    line = cleaned if cleaned.isprintable() else "".join(c if c.isprintable() else " " for c in cleaned)
    attempt.note(line)
    return Observation(outcome, cause, line, latency, measures)
