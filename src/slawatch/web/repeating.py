"""Idempotency keys: a request that comes again with the same key is answered as it was, not done again."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import trio
from starlette.requests import Request

from slawatch.core.instant import DAY, Instant, Micros
from slawatch.web.access import principal_of
from slawatch.web.problem import Problem

HEADER: Final = "idempotency-key"
REUSED: Final = "this Idempotency-Key was used for another request: choose a new one"
KEPT: Final[Micros] = DAY
MOST: Final = 10_000
_LONGEST: Final = 200


@dataclass
class _Known:
    """A key: what was asked with it, and what it came to."""

    asked: str
    at: Instant
    answer: Any = None
    done: trio.Event = field(default_factory=trio.Event)


def check_key(key: str) -> None:
    """Look at a key.

    Raises:
        Problem: it is none.
    """
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"Idempotency-Key has 1 to {_LONGEST} characters of printable ASCII"
        )


def digest_of(found: object) -> str:
    """Return a short name of JSON values: the same for the same ones."""
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def name_by(key: str | None, prefix: str, wish: dict[str, Any]) -> None:
    """Give a wish for an entry the id that follows from its key, unless it has one or there is no key.

    An entry of a known id is stored once, also by a daemon that has forgotten the key.
    """
    if key is not None and not wish.get("id"):
        wish["id"] = f"{prefix}-{digest_of(key)[:12]}"


def key_of(request: Request) -> str | None:
    """Return the idempotency key of a request, which is each one's own; None for none.

    Raises:
        Problem: it is no key.
    """
    given, who = request.headers.get(HEADER), principal_of(request)
    if given is None:
        return None
    check_key(given)
    # A name holds spaces, and that of a revoked token is used again.
    return json.dumps([who.kind, who.id or who.name, given])


def asked_of(request: Request, wish: Mapping[str, Any]) -> list[Any]:
    """Return all of a request that matters, as JSON values."""
    return [request.method, request.url.path, dict(wish)]


class Repeating:
    """Remembers the answers to keys, as long as the daemon runs and for a day at most.

    A failure is not remembered: the same key then tries again. What outlives the daemon is kept with what
    was done: `store.alert_history.keyed`.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def once(
        self, key: str | None, asked: object, now: Instant, work: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Return what the work returns, or what it returned for the same key.

        Args:
            key: names the request among all that were made; None for none.
            asked: all of the request that matters, as JSON values.
            now: the present.
            work: does it.

        Raises:
            Problem: the key came with another request.
        """
        if key is None:
            return await work()
        digest = digest_of(asked)
        self._forget(now)
        while (known := self._known.get(key)) is not None:
            if known.asked != digest:
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, REUSED)
            if known.done.is_set():
                return known.answer
            await known.done.wait()
        mine = self._known[key] = _Known(digest, now)
        try:
            mine.answer = await work()
        except BaseException:
            del self._known[key]
            raise
        finally:
            mine.done.set()
        return mine.answer

    def _forget(self, now: Instant) -> None:
        while self._known:
            key, first = next(iter(self._known.items()))
            if not first.done.is_set() or (now - first.at < KEPT and len(self._known) < MOST):
                return
            del self._known[key]
