"""One attempt at a provider over HTTP: once more shortened where the message is too large."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Final

import trio

from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Notification, Verdict, shortened
from slawatch.notifiers._fault import Fault
from slawatch.notifiers._http_client import Answer, Endpoint, post
from slawatch.notifiers._sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent.

    Attributes:
        endpoint: where to.
        headers: beside those that any request has.
        body: the bytes.
        warnings: what was noticed while it was written.
    """

    endpoint: Endpoint
    headers: Mapping[str, str]
    body: bytes
    warnings: tuple[str, ...] = ()


def is_too_large(answer: Answer) -> bool:
    """Say whether a shorter message may be taken."""
    return answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def exchange(
    notification: Notification,
    sending: Sending,
    build: Callable[[Notification], Request],
    judge: Callable[[Answer], Delivery],
    too_large: Callable[[Answer], bool] = is_too_large,
    deadline: float | None = None,
) -> Delivery:
    """Send a message and return what came of it.

    Args:
        notification: the message.
        sending: the attempt.
        build: writes the request.
        judge: says what an answer means.
        too_large: says whether a shorter message may be taken.
        deadline: trio's time at which all is over, where the attempt is more than this request.
    """
    request = build(notification)
    end = trio.current_time() + sending.timeout / SECOND if deadline is None else deadline
    ask = partial(post, connect_timeout=sending.connect_timeout, deadline=end)
    try:
        answer = await ask(request.endpoint, request.headers, request.body)
        if too_large(answer):
            shorter = build(shortened(notification))
            if shorter.body != request.body:
                answer = await ask(shorter.endpoint, shorter.headers, shorter.body)
    except Fault as fault:
        delivery = fault.delivery
    else:
        delivery = judge(answer)
    return replace(delivery, warnings=(*request.warnings, *delivery.warnings))


def combined(results: Mapping[str, Delivery], reached: frozenset[str]) -> Delivery:
    """Return what became of a message to several addresses, each of them tried on its own.

    What can still be tried again decides; an address that never works is a warning as long as another has the
    message.

    Args:
        results: what came of each address that was tried.
        reached: those that had it before.
    """
    got = tuple(sorted(reached | {address for address, one in results.items() if one.ok}))
    failed = {address: one for address, one in results.items() if not one.ok}
    several = len(results) + len(reached) > 1
    chosen = next(
        (one for verdicts in (_WAITING, _WIDE) for one in failed.values() if one.verdict in verdicts), None
    )
    if chosen is None and got:
        chosen = next((one for one in results.values() if one.ok), Delivery(verdict=Verdict.OK))
    if chosen is None:
        chosen = next(iter(failed.values()), NOBODY)
    notes = [f"{address}: {one.answer}" for address, one in failed.items() if several]
    said = [warning for one in results.values() for warning in one.warnings]
    return replace(
        chosen,
        reached=got,
        possible_duplicate=any(one.possible_duplicate for one in failed.values()),
        counts=any(one.counts for one in failed.values()),
        warnings=tuple(dict.fromkeys((*said, *notes))),
    )


_WAITING: Final = frozenset((Verdict.RETRY, Verdict.THROTTLE))
_WIDE: Final = frozenset((Verdict.MISCONFIGURED, Verdict.DISABLE))
NOBODY: Final = Delivery(
    verdict=Verdict.PERMANENT, answer="there is no address: neither the person nor the channel has one"
)
