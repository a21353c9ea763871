"""A test message through a channel, by the code that tells people of incidents."""

import logging
import traceback
from functools import partial
from typing import Final

import trio

from slawatch import notifiers
from slawatch.answers.channel import Tried
from slawatch.clock import SYSTEM, Clock, steady
from slawatch.config.model import Config
from slawatch.core.channel import Channel
from slawatch.core.instant import SECOND, rfc3339
from slawatch.core.notification import Delivery, Kind, Notification, Verdict
from slawatch.daemon.sampling import without_secrets
from slawatch.notifiers import TIMEOUT, NotifierType

log = logging.getLogger("slawatch.trying")

_LIMIT: Final = 2 * TIMEOUT / SECOND
"""Seconds that a message may take with its preparation."""


async def try_channel(
    config: Config, channel: Channel, recipient: str, address: str, clock: Clock = SYSTEM
) -> list[Tried]:
    """Send a message and return what came of it; what it opens at a provider is closed again.

    Args:
        config: says in whose name it is sent.
        channel: through which.
        recipient: `person:alice`, or `channel:NAME` for the channel's own recipients.
        address: where that is; may be empty.
        clock: tells the time that it bears.
    """
    now = clock.now()
    kind = notifiers.load(channel.type)

    def message(why: Kind) -> Notification:
        return Notification(
            kind=why,
            idempotency_key=f"test:{channel.name}:{now}",
            at=now,
            title="Test message from slawatch",
            severity="info",
            summary="Somebody tries whether this channel works: nothing is wrong.",
            reason=f"slawatch channel test {channel.name}",
            since=now,
            timezone=config.timezone,
            details={"instance": config.alerting.instance, "sent": rfc3339(now)},
            recipient=recipient,
            address=address,
        )

    tried = [await _try(config, channel, kind, message(Kind.META), clock)]
    if kind.keeps_state and tried[0].delivery.ok:
        tried.append(await _try(config, channel, kind, message(Kind.RESOLVE), clock))
    return tried


async def _try(
    config: Config, channel: Channel, kind: NotifierType, message: Notification, clock: Clock
) -> Tried:
    begun = steady()
    sending = notifiers.Sending(now=clock.now(), channel=channel.name, instance=config.alerting.instance)
    delivery = Delivery(verdict=Verdict.RETRY, answer=f"cut off after {_LIMIT:g} s", possible_duplicate=True)
    try:
        with trio.move_on_after(_LIMIT):
            await trio.to_thread.run_sync(partial(kind.prepare, channel.options), abandon_on_cancel=True)
            delivery = await kind.send(channel.options, message, sending)
    except Exception:  # noqa: BLE001 (a notifier's bug is an answer, too)
        trace = without_secrets(traceback.format_exc(), channel.options)
        log.error("a fault in the channel type %s, channel %s:\n%s", channel.type, channel.name, trace)  # noqa: TRY400
        said = "a fault in slawatch: its log says more"
        delivery = Delivery(verdict=Verdict.RETRY, answer=said, possible_duplicate=True)
    word = "message" if message.kind == "meta" else str(message.kind)
    return Tried(word, delivery, steady() - begun)
