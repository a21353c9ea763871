"""HTTP and HTTPS: a request, the answer that must come, its phases, the days left of the certificate."""

import re
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import TlsSettings
from slawatch.checks._failure import Failure
from slawatch.checks._http_expect import Answer, Expect, decoded, judge, prepare_json
from slawatch.checks._http_fetch import follow, prepare_request
from slawatch.checks._http_plan import Auth, Plan, check_request, plan_of
from slawatch.clock import steady
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Duration, FilePath, FromText, FromValue, Secret, format_duration

_EXCERPT: Final = 500
_USUAL_TLS: Final = TlsSettings()
_USUAL: Final = Expect()


def _parse_method(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,30}", text, re.ASCII):
        raise ValueError(f"{text!r} is not an HTTP method such as GET, HEAD or POST")
    if text.upper() == "CONNECT":
        raise ValueError("CONNECT is for proxies: set `proxy` to go through one")
    return text.upper()


def _parse_json(found: object) -> Any:
    if isinstance(found, Decimal):
        return float(found)
    if isinstance(found, list | tuple):
        return [_parse_json(item) for item in found]
    if isinstance(found, dict):
        return {str(key): _parse_json(item) for key, item in found.items()}
    if isinstance(found, str | int | float | bool):
        return found
    raise ValueError(f"{found} is not a JSON value (write dates as text)")


Method = Annotated[str, FromText(_parse_method, "an HTTP method", example="GET")]
JsonBody = Annotated[
    Any, FromValue(_parse_json, "a table or list to send as JSON", {"examples": [{"ping": True}]})
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Asks a web server and looks at its answer.

    The latency is the whole time from the name to the last byte. A redirect is followed, unless its status is
    expected; the phases of all requests are added up. Over HTTP/1.1, without a proxy and without digest
    authentication, a probe uses a connection of its own, closed after it.

    Attributes:
        url: what to ask for; `http://` or `https://`. Credentials in it are used as `basic` authentication.
        method: GET, HEAD, POST, ...
        headers: to send beside Host, User-Agent and Accept, or instead of them.
        body: a text to send.
        body_json: a table or list to send as JSON.
        body_file: a file whose content to send, read at each probe.
        auth: who we are: `{ type = "basic", username = "...", password = { env = "..." } }`.
        follow_redirects: whether a redirect is followed; credentials do not go along to another server.
        max_redirects: how many are followed at most.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be. A proxy that
            fails is our own fault: the outcome is then unknown.
        tls: how to speak TLS: own authorities, client certificates, `verify = false`, the server name.
        ip_version: 4 or 6 to use this IP version only.
        http_version: `1.1`, or `2`: an answer over anything else is then down.
        expect: what the answer must look like.
        degraded_over: a longer latency is degraded.
        down_over: a longer latency is down.
        certificate_days: with fewer days left the answer is degraded.
        max_body: so many bytes of the body are read; a longer body is fine, the rest of it is not looked at.
    """

    url: str | Secret
    method: Method = "GET"
    headers: dict[str, str | Secret] = field(default_factory=dict)
    body: str | Secret | None = None
    body_json: JsonBody | None = None
    body_file: FilePath | None = None
    auth: Auth | None = None
    follow_redirects: bool = True
    max_redirects: int = 10
    proxy: str | Secret | None = None
    tls: TlsSettings = _USUAL_TLS
    ip_version: Literal[4, 6] | None = None
    http_version: Literal["1.1", "2"] = "1.1"
    expect: Expect = _USUAL
    degraded_over: Duration | None = None
    down_over: Duration | None = None
    certificate_days: int | None = None
    max_body: int = 1_048_576

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to the prober without the defaults: shared there, they weigh a third of copies."""
        fresh = Options(url="http://localhost/")
        kept = ((key.name, getattr(self, key.name)) for key in fields(self))
        return _options, ({name: value for name, value in kept if value != getattr(fresh, name)},)

    def __post_init__(self) -> None:
        url = check_request(self)
        if sum(body is not None for body in (self.body, self.body_json, self.body_file)) > 1:
            raise ValueError("only one of body, body_json and body_file can be sent")
        if (
            self.degraded_over is not None
            and self.down_over is not None
            and self.down_over <= self.degraded_over
        ):
            raise ValueError("down_over must be longer than degraded_over")
        if self.certificate_days is not None and url.scheme != "https":
            raise ValueError("certificate_days needs a url with https://")
        if not 0 <= self.max_body <= 100_000_000:
            raise ValueError("max_body goes from 0 to 100000000 bytes")
        if self.method == "HEAD" and self.expect.of_body:
            raise ValueError("an answer to HEAD has no body: nothing can be expected of it")


def _options(keys: dict[str, Any]) -> Options:
    return Options(**{"url": "http://localhost/", **keys})


def prepare(options: Options) -> None:
    """Do beforehand what would stall others at the first probe: import, read authorities, compile."""
    plan = Plan(options)
    prepare_json(options.expect.json)
    prepare_request(plan)


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Ask once."""
    plan = plan_of(options, attempt.check)
    try:
        answer, ends = await follow(plan, attempt, options.expect.status.have)
    except Failure as failure:
        reason = _line(plan.clean(failure.reason))
        attempt.note(reason)
        return Observation(failure.outcome, failure.cause, reason)
    latency = steady() - attempt.started
    measures: tuple[Measure, ...] = ()
    if ends is not None:
        measures = (Measure("certificate_days", round(ends, 2), "d"),)
    wrong = judge(answer, options.expect, options.max_body)
    if wrong is not None:
        if plan.secrets:
            cleaned = plan.cleaned(answer)
            wrong = judge(cleaned, options.expect, options.max_body) or Failure(
                wrong.cause, "the answer is not the expected one"
            )
            answer = cleaned
        if wrong.cause is Cause.STATUS and answer.status in (401, 407) and plan.authorized:
            wrong = Failure(Cause.AUTH, f"{wrong.reason}: our credentials are refused")
        _note_body(attempt, answer, plan)
        reason = _line(plan.clean(wrong.reason))
        attempt.note(reason)
        return Observation(wrong.outcome, wrong.cause, reason, latency, measures)
    over = options.down_over
    if over is not None and latency > over:
        return _slow(Outcome.DOWN, latency, over, attempt, measures)
    if options.certificate_days is not None and ends is not None and ends < options.certificate_days:
        reason = f"the certificate ends in {ends:.1f} days, fewer than {options.certificate_days}"
        attempt.note(reason)
        return Observation(Outcome.DEGRADED, Cause.CERTIFICATE, reason, latency, measures)
    over = options.degraded_over
    if over is not None and latency > over:
        return _slow(Outcome.DEGRADED, latency, over, attempt, measures)
    return Observation(Outcome.UP, Cause.NONE, "", latency, measures)


def _slow(
    outcome: Outcome, latency: int, over: int, attempt: Attempt, measures: tuple[Measure, ...]
) -> Observation:
    reason = f"took {latency / SECOND:.3f} s, longer than {format_duration(over)}"
    attempt.note(reason)
    return Observation(outcome, Cause.SLOW, reason, latency, measures)


def _note_body(attempt: Attempt, answer: Answer, plan: Plan) -> None:
    for name, value in answer.headers[:40]:
        attempt.note(_line(plan.clean(f"  {name.decode('latin-1')}: {value[:200].decode('latin-1')}")))
    body, _ = decoded(answer, 4 * _EXCERPT)
    text = body[: 4 * _EXCERPT].decode("utf-8", "replace")[:_EXCERPT]
    if text:
        attempt.note(_line(plan.clean(f"body: {text}")))


def _line(text: str) -> str:
    """What a server says may hold line breaks and worse; a reason and a note are one line."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
