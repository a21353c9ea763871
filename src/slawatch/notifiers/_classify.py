"""What an HTTP answer makes of an attempt: the tables are core's, the wait and the words are the answer's."""

from slawatch.core.instant import Instant
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.retry import Meaning, by_api, by_webhook, retry_after
from slawatch.notifiers._http_client import Answer


def by_api_table(answer: Answer, now: Instant) -> Delivery:
    """Return what an answer of a provider's API means, by its status alone."""
    return delivery_of(answer, by_api(answer.status), now)


def by_webhook_table(answer: Answer, now: Instant) -> Delivery:
    """Return what an answer means by the Standard Webhooks specification."""
    asks = retry_after(answer.headers.get("retry-after"), now) is not None
    return delivery_of(answer, by_webhook(answer.status, asks_to_wait=asks), now)


def delivery_of(answer: Answer, meaning: Meaning, now: Instant, said: str = "") -> Delivery:
    """Return the delivery that an answer with this meaning is.

    Args:
        answer: what the provider said.
        meaning: what follows.
        now: the wall clock.
        said: better words than the answer's own.
    """
    waits = meaning.verdict in (Verdict.RETRY, Verdict.THROTTLE)
    return Delivery(
        verdict=meaning.verdict,
        answer=said or answer.said,
        status=answer.status,
        retry_after=retry_after(answer.headers.get("retry-after"), now) if waits else None,
        possible_duplicate=meaning.possible_duplicate,
        counts=meaning.counts,
    )
