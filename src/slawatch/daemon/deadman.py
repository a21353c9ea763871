"""The dead man's switch: calls a URL outside while all is well here, so that silence is noticed there."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

import trio

from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.world import notices
from slawatch.core.instant import HOUR, SECOND, Micros
from slawatch.core.notice import Notice
from slawatch.core.text import Secret
from slawatch.notifiers._fault import Fault

log = logging.getLogger("slawatch.deadman")

TIMEOUT: Final[Micros] = 10 * SECOND
_CONNECT: Final[Micros] = 5 * SECOND
_OFTEN: Final = 3
"""So many failed calls in a row are told to `[alerting] meta`."""
_NOTHING: Final[Micros] = 10 * SECOND
_FIRST: Final[Micros] = 2 * SECOND
_GOOD: Final = range(200, 300)


class DeadMan:
    """Calls `[alerting] ping` each `ping_every`, but only while slawatch really watches.

    Attributes:
        trouble: what keeps the calls from going out or through; empty where all is well, or none are wanted.
    """

    def __init__(
        self,
        clock: Clock,
        config: Callable[[], Config],
        ailing: Callable[[], str],
        give: Callable[[Notice], None],
    ) -> None:
        """Prepare.

        Args:
            clock: the daemon's.
            config: the present one.
            ailing: says why slawatch is not well; empty where it is.
            give: takes a notice for the dispatcher.
        """
        self.trouble = ""
        self._clock = clock
        self._config = config
        self._ailing = ailing
        self._give = give
        self._failed = 0

    async def run(self) -> None:
        """Call for ever, from a moment after the start on."""
        await trio.sleep(_FIRST / SECOND)
        while True:
            alerting = self._config().alerting
            began = trio.current_time()
            if alerting.ping is None:
                self.trouble = ""
                await trio.sleep(_NOTHING / SECOND)
                continue
            await self.call(alerting.ping)
            await trio.sleep_until(began + alerting.ping_every / SECOND)

    async def call(self, url: str | Secret) -> None:
        """Call once, or say why not."""
        why = self._ailing()
        if why:
            self._note(f"not called: {why}")
            return
        failure = await _get(url)
        if failure:
            self._failed += 1
            self._note(f"the dead man's URL does not take the call: {failure}")
            if self._failed >= _OFTEN:
                self._tell(failure)
            return
        if self.trouble:
            log.warning("the dead man's URL is called again")
        self.trouble, self._failed = "", 0

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble

    def _tell(self, failure: str) -> None:
        now, config = self._clock.now(), self._config()
        title = "the dead man's URL cannot be reached"
        text = f"{failure}\nWhoever waits for its calls will hold slawatch for dead."
        found: Iterable[Notice] = notices(
            config, config.alerting.meta, now, f"deadman:{now // HOUR}", title, text
        )
        for notice in found:
            self._give(notice)


async def _get(url: str | Secret) -> str:
    """Call a URL; return what went wrong, without the URL itself, which may be a secret."""
    # Heavy, and most installations never call anybody.
    from slawatch.notifiers._http_client import post
    from slawatch.notifiers._options import endpoint

    secret = url if isinstance(url, Secret) else Secret(url)
    try:
        where = endpoint(secret.value, None, None, secret)
    except ValueError as error:
        return str(error)
    deadline = trio.current_time() + TIMEOUT / SECOND
    try:
        answer = await post(where, {}, b"", connect_timeout=_CONNECT, deadline=deadline, method="GET")
    except Fault as fault:
        return fault.delivery.answer
    return "" if answer.status in _GOOD else f"it answered {answer.said}"
