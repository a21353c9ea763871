"""The endpoints of what people try before they rely on it: a probe, a message, an outage, a configuration."""

from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import trio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slawatch.answers import channel as channel_answers
from slawatch.answers import config as config_answers
from slawatch.answers import probe as probe_answers
from slawatch.answers.view import Refused
from slawatch.answers.wish import EntryRefused
from slawatch.config.problem import ConfigError, nearest, one_of
from slawatch.core.check import Check
from slawatch.core.instant import SECOND, Micros
from slawatch.core.text import spoken_duration
from slawatch.store.patience import waited_for
from slawatch.web.access import Guarded, concern, principal_of, route
from slawatch.web.current import Current
from slawatch.web.entry_routes import body_of, bytes_of
from slawatch.web.problem import Problem
from slawatch.web.repeating import Repeating, asked_of, key_of
from slawatch.web.unchanged import in_force

if TYPE_CHECKING:
    from slawatch.core.scenario import Scene

LONGEST_TEXT: Final = 1 << 20
"""Bytes of a configuration that is looked at for somebody."""
LOOKING: Final = 30.0
"""Seconds that a look at a configuration may take, with the wait for those before it."""
PROBES_EACH: Final = 2
"""How many probes one may have under way, so that there are places for others."""
_PLAYING: Final = trio.CapacityLimiter(1)
"""One for all parts of the app: an outage is played beside those who are paged."""


class TrialRoutes:
    """Probes, sends test messages, plays outages, looks at configurations; nothing of it is stored."""

    def __init__(self, current: Current) -> None:
        self._view = current.view
        self._readers = current.readers
        self._render = current.render
        self._repeating = Repeating()
        self._pace = channel_answers.Pace()
        self._checking = trio.CapacityLimiter(1)
        self._probing: Counter[str] = Counter()

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        post = ("POST",)
        return [
            route("/api/v1/checks/{check:path}/probe", self.probe, "check.probe", methods=post),
            route("/api/v1/probe", self.probe_target, "target.probe", methods=post),
            route("/api/v1/rehearse", self.rehearse, "rehearsal.play", methods=post),
            route("/api/v1/channels/{channel}/test", self.test_channel, "channel.test", methods=post),
            route(
                "/api/v1/config/check", self.check_config, {"GET": "config.read", "POST": "config.check"},
                longest=LONGEST_TEXT,
            ),
            route("/api/v1/config/schema", self.schema, "read"),
        ]  # fmt: skip

    async def probe(self, request: Request) -> Response:
        """One probe of a check, now."""
        name, wish = request.path_params["check"], _known(await body_of(request), ("timeout",))
        config = self._view.config
        concern(request, f"check:{name[:200]}")
        in_force(request, config.digest)
        check = config.checks.get(name)
        if check is None:
            hint = nearest(name, config.checks) or "see [checks] in the configuration"
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no check {name[:100]!r}: {hint}")
        if said := probe_answers.passive(check, config):
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, said[0], said[1:])
        # Whoever may open the socket may say how long they wait; others have the check's time at most.
        longest = min(check.timeout, probe_answers.LONGEST)
        owner = principal_of(request).kind == "socket"
        most = probe_answers.LONGEST if owner else longest
        return await self._probed(request, replace(check, timeout=longest), wish, most)

    async def probe_target(self, request: Request) -> Response:
        """One probe of a URL or address that no check names."""
        wish = _known(await body_of(request), ("target", "timeout"))
        target = wish.get("target")
        if not isinstance(target, str) or not target.strip() or len(target) > 2000:
            raise Problem(HTTPStatus.BAD_REQUEST, "target: a URL, or HOST:PORT")
        concern(request, f"target:{probe_answers.without_secrets(target)[:200]}")
        try:
            check = probe_answers.made(target)
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, f"target: {error}") from None
        if check is None:
            said = "target: a URL starts with http:// or https://, an address ends in :PORT"
            raise Problem(HTTPStatus.BAD_REQUEST, said)
        return await self._probed(request, check, wish, probe_answers.LONGEST)

    async def _probed(self, request: Request, check: Check, wish: dict[str, Any], most: Micros) -> Response:
        timeout = wish.get("timeout")
        if timeout is not None:
            if not isinstance(timeout, str):
                raise Problem(HTTPStatus.BAD_REQUEST, 'timeout: write a length in quotes, such as "5s"')
            try:
                check = probe_answers.within(check, timeout, most)
            except ValueError as error:
                raise Problem(HTTPStatus.BAD_REQUEST, f"timeout: {error}") from None
        who = principal_of(request).name
        if self._probing[who] >= PROBES_EACH:
            said = f"{PROBES_EACH} probes of yours are under way: wait until one has ended"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, said, wait=5)
        self._probing[who] += 1
        try:
            probed = await self._view.commands.probe(check)
        except Refused as refused:
            raise _refusal(refused) from None
        finally:
            self._probing[who] -= 1
            self._probing += Counter()  # drops those at 0
        return JSONResponse(probe_answers.answer(check, probed))

    async def rehearse(self, request: Request) -> Response:
        """An imagined outage, played in the world as it is."""
        from slawatch.answers import rehearse as rehearse_answers
        from slawatch.core.rehearsal import (
            TooLong,  # with all of the simulation, which few daemons are asked for
        )

        found, config, now = await body_of(request), self._view.config, self._view.clock.now()
        in_force(request, config.digest)
        try:
            # A thousand events may have a thousand patterns, each to be compiled.
            wish = await trio.to_thread.run_sync(
                rehearse_answers.read_wish, found, config, now, limiter=_PLAYING
            )
        except EntryRefused as error:
            raise Problem(error.status, str(error)) from None
        except ConfigError as error:
            lines = [f"{problem.path}: {problem.message}" for problem in error.problems]
            raise Problem(HTTPStatus.BAD_REQUEST, "the events have mistakes", lines) from None
        scene: Scene = await self._readers.read(
            lambda cursor: rehearse_answers.live_scene(cursor, config, now)
        )
        try:
            answer = await trio.to_thread.run_sync(
                lambda: rehearse_answers.play(config, scene, wish, most=rehearse_answers.MOST_TURNS),
                limiter=_PLAYING,
            )
        except TooLong as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        made: Response = await self._render(JSONResponse, answer)
        return made

    async def test_channel(self, request: Request) -> Response:
        """A test message through a channel."""
        wish = _known(await body_of(request), ("person", "address"))
        config, name = self._view.config, request.path_params["channel"]
        concern(request, f"channel:{name[:100]}")
        in_force(request, config.digest)
        try:
            channel = channel_answers.channel_of(config, name)
            recipient, address = channel_answers.recipient_of(
                config, channel, _text(wish, "person"), _text(wish, "address")
            )
        except channel_answers.NoRecipient as error:
            status = (
                HTTPStatus.NOT_FOUND if error.about == "channel" and name not in config.channels else None
            )
            raise Problem(status or HTTPStatus.BAD_REQUEST, f"{error.about}: {error}") from None

        async def work() -> dict[str, Any]:
            wait = self._pace.wait(name, self._view.clock.now())
            if wait:
                said = f"{name} was tested often of late: try again in {spoken_duration(wait + SECOND)}"
                raise Problem(HTTPStatus.TOO_MANY_REQUESTS, said, wait=wait // SECOND + 1)
            try:
                tried = await self._view.commands.try_channel(channel, recipient, address)
            except Refused as refused:
                raise _refusal(refused) from None
            return channel_answers.answer(channel, tried)

        now = self._view.clock.now()
        done = await self._repeating.once(key_of(request), asked_of(request, wish), now, work)
        concern(request, f"channel:{name}", to=recipient, ok=done["ok"])
        return JSONResponse(done)

    async def check_config(self, request: Request) -> Response:
        """What is wrong with the files that the daemon would read, or with a text."""
        digest = self._view.config.digest
        if request.method != "POST":
            with trio.move_on_after(LOOKING):
                found = await self._view.commands.check_config()
                files: Response = await self._render(JSONResponse, config_answers.of_files(found, digest))
                return files
            raise _too_long()
        from slawatch.config.unread import check_text

        text, now = await bytes_of(request, LONGEST_TEXT), self._view.clock.now()
        concern(request, "config")

        def look() -> dict[str, Any]:
            with waited_for(_over):
                return config_answers.of_text(check_text(text, now), digest)

        with trio.move_on_after(LOOKING):
            answer = await trio.to_thread.run_sync(look, limiter=self._checking)
            made: Response = await self._render(JSONResponse, answer)
            return made
        raise _too_long()

    async def schema(self, _: Request) -> Response:
        """The JSON Schema of the configuration."""
        from slawatch.config.schema import schema

        made: Response = await self._render(lambda: JSONResponse(schema()))
        return made


def _over() -> bool:
    """Raise trio's own word, in a thread whose request has been given up."""
    trio.from_thread.check_cancelled()
    return False


def _too_long() -> Problem:
    said = "this configuration, or those that were to be looked at before it, took too long: try again later"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, said, wait=int(LOOKING))


def _known(wish: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    unknown = [key for key in wish if key not in keys]
    if unknown:
        hint = nearest(unknown[0], keys) or f"write {one_of(keys)}"
        raise Problem(HTTPStatus.BAD_REQUEST, f"there is no key {unknown[0][:100]!r} here: {hint}")
    return wish


def _text(wish: dict[str, Any], key: str) -> str | None:
    found = wish.get(key)
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > 500 or not found.isprintable():
        raise Problem(HTTPStatus.BAD_REQUEST, f"{key} must be a text on one line")
    return found


def _refusal(refused: Refused) -> Problem:
    status = HTTPStatus.SERVICE_UNAVAILABLE if refused.busy else HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, str(refused), refused.problems)
