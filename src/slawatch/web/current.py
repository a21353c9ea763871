"""What the pages, the API, the event stream and the metrics share: what is true now, asked for once."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import trio

from slawatch.answers import agreements as agreements_answers
from slawatch.answers import alerting as alerting_answers
from slawatch.answers import latency
from slawatch.answers import service as service_answers
from slawatch.answers import status as status_answers
from slawatch.answers.latency import Latencies
from slawatch.answers.looking_back import Past
from slawatch.answers.promises import promises
from slawatch.answers.service import Detail
from slawatch.answers.status import Figures
from slawatch.answers.view import Live, View
from slawatch.config.model import Config
from slawatch.core.instant import Instant
from slawatch.report.report import Report
from slawatch.web.history import Record, history
from slawatch.web.keeping import Kept
from slawatch.web.problem import Problem
from slawatch.web.reading import Readers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import duckdb


_log = logging.getLogger("slawatch.web")

FRESH: Final = 5.0
"""Seconds for which the store's figures of `status` serve again, at least."""
MOMENT: Final = 0.5
"""Seconds for which an answer of `status` serves again while nothing changes but latencies and shares."""
_MINUTE: Final = 60.0
_SOON: Final = 15.0
_STATUS_LIMIT: Final = 8.0
_LONG_LIMIT: Final = 60.0
_NO_AGREEMENTS: Final[list[dict[str, Any]]] = []


@dataclass(frozen=True, slots=True)
class _Status:
    """An answer of `status`, for all who ask within a moment: no state has changed, only figures move on.

    Attributes:
        until: of trio's clock.
        same, equal: what it was made of; of the one the very objects, of the other the values.
        answer: as it was given; nobody changes it.
    """

    until: float
    same: tuple[object, ...]
    equal: tuple[object, ...]
    answer: dict[str, Any]

    def serves(self, same: tuple[object, ...], equal: tuple[object, ...]) -> bool:
        """Say whether it would be made of the same again."""
        return (
            trio.current_time() < self.until
            and all(mine is other for mine, other in zip(self.same, same, strict=True))
            and self.equal == equal
        )


@dataclass(frozen=True, slots=True)
class Days:
    """The days of every service.

    Attributes:
        at: when the store was asked.
        services: the record by service; empty where the store could not be read.
    """

    at: Instant
    services: "Mapping[str, Record]"


class Current:
    """Asks the store on behalf of everyone who wants to know the same.

    What the store cannot answer now is answered as it was before, or is absent: the states of the services
    come from the daemon and do not depend on it.

    Attributes:
        view: the daemon.
        readers: the threads that read.
    """

    def __init__(self, view: View, limiter: trio.CapacityLimiter | None = None) -> None:
        """Prepare.

        Args:
            view: whom to ask.
            limiter: of the threads that read, where others read the same store.
        """
        self.view = view
        self.readers = Readers(view, limiter)
        self._figures: Kept[str, Figures] = Kept(FRESH, most=1)
        self._days: Kept[str, Days] = Kept(_MINUTE, most=1)
        self._promises: Kept[str, Mapping[str, Report] | None] = Kept(_SOON, most=1)
        self._agreements: Kept[str, list[dict[str, Any]]] = Kept(_SOON, most=1)
        self._past = Past()
        self._details: Kept[tuple[str, str], Detail] = Kept(FRESH)
        self._latencies: Kept[tuple[str, str, str], Latencies] = Kept(FRESH)
        self._statuses: dict[tuple[str | None, bool], _Status] = {}
        self._rendering = trio.CapacityLimiter(2)
        self._last: Figures | None = None
        self._last_days: Days | None = None
        self._last_agreements: tuple[str, list[dict[str, Any]]] | None = None
        self._last_promises: tuple[str, Mapping[str, Report]] | None = None

    async def render(self, work: "Callable[..., Any]", *args: Any) -> Any:
        """Return what some work without the store returns; in a thread, for the loop must not wait."""
        return await trio.to_thread.run_sync(work, *args, limiter=self._rendering)

    async def status(self, organization: str | None = None, *, agreements: bool = False) -> dict[str, Any]:
        """Return the answer of `status`.

        Args:
            organization: only this one's.
            agreements: with how they stand, which takes longer.

        Raises:
            NoSuchOrganization: it is not in the config.
        """
        found = await self.figures()
        standing = await self.agreements() if agreements else _NO_AGREEMENTS
        config, live, now = snapshot(self.view)
        state, channels = self.view.alerting(), self.view.channels()
        kept = self._statuses.get((organization, agreements))
        same, equal = (config, found, standing, state), (channels, live.trouble, _states(live))
        if kept is not None and kept.serves(same, equal):
            return kept.answer

        def made() -> dict[str, Any]:
            alerting = alerting_answers.summary(config, state, channels, now, organization)
            return status_answers.answer(config, found, live, now, organization, standing, alerting)

        answer: dict[str, Any] = await self.render(made)
        until = trio.current_time() + MOMENT
        self._statuses[organization, agreements] = _Status(until, same, equal, answer)
        return answer

    async def figures(self) -> Figures:
        """Return figures that are not too old; one request asks the store, the others wait for it."""
        config = self.view.config

        async def make() -> Figures:
            now = self.view.clock.now()
            try:
                found = await self.readers.read(
                    lambda cursor: status_answers.figures(cursor, config, now), limit=_STATUS_LIMIT
                )
            except Problem as problem:
                _log.warning("status without fresh figures: %s", problem.detail)
                last = self._last
                return last if last and last.digest == config.digest else Figures(now, config.digest, {})
            self._last = found
            return found

        return await self._figures.get(config.digest, make)

    async def days(self) -> Days:
        """Return the last ninety days of every service."""
        config = self.view.config

        async def make() -> Days:
            now = self.view.clock.now()
            try:
                found = await self.readers.read(
                    lambda cursor: history(cursor, config, now), limit=_LONG_LIMIT
                )
            except Problem as problem:
                _log.warning("no days to show: %s", problem.detail)
                return self._last_days or Days(now, {})
            self._last_days = Days(now, found)
            return self._last_days

        return await self._days.get(config.digest, make)

    async def promises(self) -> "Mapping[str, Report] | None":
        """Return how every agreement's running period stands; None where the store cannot be read."""
        config = self.view.config

        async def make() -> "Mapping[str, Report] | None":
            now = self.view.clock.now()
            try:
                found = await self.readers.read(
                    lambda cursor: promises(cursor, config, now), limit=_LONG_LIMIT
                )
            except Problem as problem:
                _log.warning("no promises to show: %s", problem.detail)
                last = self._last_promises
                return last[1] if last and last[0] == config.digest else None
            self._last_promises = config.digest, found
            return found

        return await self._promises.get(config.digest, make)

    async def agreements(self) -> list[dict[str, Any]]:
        """Return how every agreement stands, for `status`; as it was where the store cannot be read."""
        config = self.view.config

        async def make() -> list[dict[str, Any]]:
            now = self.view.clock.now()

            def look(cursor: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
                return agreements_answers.answer(
                    agreements_answers.stands(cursor, config, now, self._past).values()
                )

            try:
                found = await self.readers.read(look, limit=_LONG_LIMIT)
            except Problem as problem:
                _log.warning("status without fresh agreements: %s", problem.detail)
                last = self._last_agreements
                return last[1] if last and last[0] == config.digest else []
            self._last_agreements = config.digest, found
            return found

        if not config.agreements:
            return _NO_AGREEMENTS
        return await self._agreements.get(config.digest, make)

    async def detail(self, service: str) -> Detail:
        """Return what a service's page shows.

        Raises:
            Problem: the store cannot be read.
        """
        config = self.view.config

        async def make() -> Detail:
            now = self.view.clock.now()
            return await self.readers.read(
                lambda cursor: service_answers.detail(cursor, config, service, now), limit=_LONG_LIMIT
            )

        return await self._details.get((config.digest, service), make)

    async def latencies(self, service: str, window: str) -> Latencies:
        """Return the latencies of a service in a window of `latency.WINDOWS`.

        Raises:
            Problem: the store cannot be read.
        """
        config = self.view.config

        async def make() -> Latencies:
            chosen = latency.window(config, service, window, self.view.clock.now())
            return await self.readers.read(
                lambda cursor: latency.latencies(cursor, config, service, chosen), limit=_LONG_LIMIT
            )

        return await self._latencies.get((config.digest, service, window), make)


def _states(live: Live) -> tuple[object, ...]:
    return tuple((name, one.outcome, one.since, one.reason) for name, one in live.checks.items())


def snapshot(view: View) -> tuple[Config, Live, Instant]:
    """Return what the daemon says now, all of one instant."""
    return view.config, view.live(), view.clock.now()
