"""An attempt to tell somebody something, as the delivery history shows it."""

from typing import NamedTuple

from slawatch.core.instant import Instant


class Attempt(NamedTuple):
    """One attempt and what came of it.

    Attributes:
        key: the idempotency key of the message.
        place: its number among the attempts at this message, from 1.
        incident: the number of the incident; 0 for none.
        kind: what the message says: trigger, update, ack, resolve, reminder, digest, meta.
        recipient, channel: to whom, through what.
        started_at, ended_at: by the wall clock.
        verdict: ok, retry, throttle, permanent, disable or misconfigured.
        status: the code of the answer in the protocol of the channel, where one came.
        answer: what the provider said, in one line without secrets.
        provider_id: what the provider calls the message.
        possible_duplicate: an attempt at this message may have got through before.
    """

    key: str
    place: int
    incident: int
    kind: str
    recipient: str
    channel: str
    started_at: Instant
    ended_at: Instant
    verdict: str
    status: int | None = None
    answer: str = ""
    provider_id: str = ""
    possible_duplicate: bool = False
