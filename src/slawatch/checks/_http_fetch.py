"""A request and its answer, redirects followed: what every check type over HTTP does alike."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from slawatch.checks._attempt import Attempt
from slawatch.checks._certificate import days_left
from slawatch.checks._dial import dial
from slawatch.checks._dns import prepare_names
from slawatch.checks._dns_files import is_address
from slawatch.checks._failure import Failure, OwnFault
from slawatch.checks._http_expect import Answer, phrase
from slawatch.checks._http_plan import Plan, Request
from slawatch.checks._http_url import Url, redirected
from slawatch.checks._http_wire import exchange
from slawatch.checks._tls import context
from slawatch.clock import now
from slawatch.core.sample import Cause

_ALPN: Final = ("http/1.1",)
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))


def prepare_request(plan: Plan) -> None:
    """Do beforehand what would stall others at the first probe: import, read authorities."""
    if not is_address(plan.url.host):
        prepare_names()
    with suppress(OwnFault):  # Each probe says so itself.
        if plan.through_client:
            from slawatch.checks import _http_client

            _http_client.prepare(plan)
        elif plan.url.scheme == "https":
            context(plan.options.tls, _ALPN)


async def follow(plan: Plan, attempt: Attempt, settled: Callable[[int], bool]) -> tuple[Answer, float | None]:
    """Ask, and go where redirects lead, except where the status of a redirect settles the matter.

    Returns:
        The last answer, and the days left of the certificate that ends first.

    Raises:
        Failure: no answer came.
    """
    options = plan.options
    request = plan.request(attempt)
    ends: float | None = None
    for hop in range(options.max_redirects + 1):
        answer, certificate = await _ask(plan, request, attempt)
        if certificate is not None:
            try:
                left = days_left(certificate, now())
            except ValueError as error:
                attempt.note(str(error))
            else:
                ends = left if ends is None else min(left, ends)
        if answer.status not in _REDIRECTS or not options.follow_redirects or settled(answer.status):
            return answer, ends
        location = answer.header(b"location")
        if location is None:
            return answer, ends
        if hop == options.max_redirects:
            break
        try:
            target = redirected(request.url, location)
        except ValueError as error:
            raise Failure(Cause.PROTOCOL, f"answered {phrase(answer.status)} to nowhere: {error}") from None
        attempt.note(f"it leads to {plan.clean(target.shown)}")
        request = plan.redirect(request, target, answer.status)
    raise Failure(
        Cause.PROTOCOL, f"more than {options.max_redirects} redirects, the last one from {request.url.shown}"
    )


async def _ask(plan: Plan, request: Request, attempt: Attempt) -> tuple[Answer, bytes | None]:
    options = plan.options
    attempt.note(plan.title(request))
    if plan.through_client:
        from slawatch.checks import _http_client

        answer, certificate = await _http_client.exchange(attempt, plan, request)
    else:
        url: Url = request.url
        secure = url.scheme == "https"
        connection = await dial(
            attempt,
            url.host,
            url.port,
            tls=options.tls if secure else None,
            version=options.ip_version,
            alpn=_ALPN if secure else (),
        )
        try:
            certificate = connection.certificate if secure else None
            answer = await exchange(
                attempt,
                connection,
                request.wire,
                bodiless=options.method == "HEAD",
                max_body=options.max_body,
                quote=not plan.secrets,
            )
        finally:
            connection.close()
    attempt.note(
        f"HTTP/{answer.version} {answer.status}, {len(answer.body)} bytes{' (cut)' if answer.cut else ''}"
    )
    return answer, certificate
