"""The endpoints of what people try before they rely on it: a probe, a message, an outage, a configuration."""

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
        # Whoever may open the socket may wait as long as they like; others have the check's time at most.
        owner = principal_of(request).kind == "socket"
        return await self._probed(check, wish, probe_answers.LONGEST if owner else check.timeout)

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
        return await self._probed(check, wish, probe_answers.LONGEST)

    async def _probed(self, check: Check, wish: dict[str, Any], most: Micros) -> Response:
        timeout = wish.get("timeout")
        if timeout is not None:
            try:
                check = probe_answers.within(check, timeout, most)
            except (ValueError, TypeError) as error:
                raise Problem(HTTPStatus.BAD_REQUEST, f"timeout: {error}") from None
        try:
            probed = await self._view.commands.probe(check)
        except Refused as refused:
            raise _refusal(refused) from None
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
            wish = rehearse_answers.read_wish(found, config, now)
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
            return JSONResponse(config_answers.of_files(await self._view.commands.check_config(), digest))
        from slawatch.config.unread import check_text

        text, now = await bytes_of(request, LONGEST_TEXT), self._view.clock.now()
        concern(request, "config")
        checked = await trio.to_thread.run_sync(check_text, text, now, limiter=self._checking)
        return JSONResponse(config_answers.of_text(checked, digest))

    async def schema(self, _: Request) -> Response:
        """The JSON Schema of the configuration."""
        from slawatch.config.schema import schema

        made: Response = await self._render(lambda: JSONResponse(schema()))
        return made


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
