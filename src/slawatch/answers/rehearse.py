"""A rehearsal that is asked for by name and value, and what it came to as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.wish import EntryRefused
from slawatch.answers.wish import Wish as Asked
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.config.scenario import scenario_of
from slawatch.config.world import scene_of
from slawatch.core import holes, rehearsal
from slawatch.core.instant import DAY, Instant, Micros, parse_rfc3339, rfc3339, seconds
from slawatch.core.scenario import Happening, Played, Scene, horizon, outage, workflow_lines
from slawatch.core.text import format_duration, parse_duration
from slawatch.core.turn import State

if TYPE_CHECKING:
    import duckdb

NOBODY: Final = "nobody would be told of anything: write [[escalations.default.levels]] or [[routes]]"
KEYS: Final = ("check", "down_for", "events", "at", "for", "until")
DOWN_FOR: Final = "1h"
MOST_DAYS: Final = 400
MOST_EVENTS: Final = 1_000
MOST_TURNS: Final = 20_000
"""A rehearsal of more is not played while there are people to page."""
_EARLIEST: Final = parse_rfc3339("1970-01-01T00:00:00Z")
_LATEST: Final = parse_rfc3339("2200-01-01T00:00:00Z")


class Wish(NamedTuple):
    """What is to be played.

    Attributes:
        script: what happens.
        start: when it begins.
        length: how long is watched what follows; None: an hour after the last event.
    """

    script: tuple[Happening, ...]
    start: Instant
    length: Micros | None


def write_wish(wish: Wish) -> dict[str, Any]:
    """Return a wish as the API takes it."""
    events = []
    for one in wish.script:
        written = {
            "t": format_duration(one.t), "do": one.do, "check": one.check, "by": one.by,
            "channel": one.channel, "match": ", ".join(map(str, one.match)), "note": one.note,
            "for": "" if one.for_ is None else format_duration(one.for_),
        }  # fmt: skip
        events.append({key: text for key, text in written.items() if text})
    found: dict[str, Any] = {"events": events, "at": rfc3339(wish.start)}
    if wish.length is not None:
        found["for"] = format_duration(wish.length)
    return found


def read_wish(found: Mapping[str, Any], config: Config, now: Instant) -> Wish:
    """Return what a body of the API asks for.

    Args:
        found: `events`, or `check` and `down_for`; `at`, `for` or `until`.
        config: whose checks, people and channels it names.
        now: the present.

    Raises:
        EntryRefused: it makes no sense.
        ConfigError: the events have mistakes.
    """
    unknown = [key for key in found if key not in KEYS]
    if unknown:
        hint = nearest(unknown[0], KEYS) or f"write {one_of(KEYS)}"
        raise EntryRefused(f"there is no key {unknown[0][:100]!r} here: {hint}")
    asked = Asked(found, config, now)
    start = asked.moment("at", "") if asked.has("at") else now
    if not _EARLIEST <= start < _LATEST:
        raise EntryRefused("at: schedules are known from 1970 to 2200")
    return Wish(_script(asked, found), start, _lasting(asked, start))


def _script(asked: Asked, found: Mapping[str, Any]) -> tuple[Happening, ...]:
    if "events" in found:
        if not isinstance(found["events"], list):
            raise EntryRefused('events: a list belongs here, as in [{"t": "0s", "do": "down", "check": "x"}]')
        if len(found["events"]) > MOST_EVENTS:
            raise EntryRefused(f"events: {MOST_EVENTS} at most")
        for key in ("check", "down_for"):
            if asked.has(key):
                raise EntryRefused(f"{key}: the events say what happens")
        return scenario_of(found["events"], asked.config)
    if not asked.has("check"):
        raise EntryRefused("say what happens: events, or the check that goes down")
    check = asked.one_of("check", asked.config.checks, "check", needed="")
    length = asked.length("down_for", "") if asked.has("down_for") else parse_duration(DOWN_FOR)
    return outage(check, _sensible("down_for", length))


def _lasting(asked: Asked, start: Instant) -> Micros | None:
    if asked.has("for"):
        if asked.has("until"):
            raise EntryRefused("`until` and `for` say the same: leave one out")
        return _sensible("for", asked.length("for", ""))
    if not asked.has("until"):
        return None
    return _sensible("until", asked.moment("until", "") - start)


def _sensible(key: str, length: Micros) -> Micros:
    if not 0 < length <= MOST_DAYS * DAY:
        wanted = "a time after the beginning" if key == "until" else "more than nothing"
        raise EntryRefused(f"{key}: {wanted}, {MOST_DAYS} days at most")
    return length


def is_silent(config: Config) -> bool:
    """Say whether a configuration has nobody told of anything."""
    return not config.escalations and not config.routes and not config.workflows


def live_scene(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> Scene:
    """Return where it is played: a config, with what people entered while slawatch ran.

    Raises:
        StoreError, duckdb.Error: that cannot be read.
    """
    from slawatch.answers.replay import Wish as Wanted
    from slawatch.answers.replay import material, read_material, scene_with

    return scene_with(config, read_material(material(cursor, Wanted(start=now - 1, end=now, checks={}))))


def play(
    config: Config, scene: Scene | None, wish: Wish, remarks: Sequence[str] = (), most: int | None = None
) -> dict[str, Any]:
    """Play it and return the answer.

    Args:
        config: names the people and the zones.
        scene: where it is played; None for the config alone.
        wish: what happens.
        remarks: what the reader should know of how it was made.
        most: turns that the play may take; None for any number.

    Raises:
        TooLong: it takes more.
    """
    if is_silent(config):
        return answer(Played(wish.start, wish.start, (), (), (), (), State()), [NOBODY], config)
    scene = scene_of(config) if scene is None else scene
    lasting = horizon(wish.script) if wish.length is None else wish.length
    played = rehearsal.play(scene, wish.script, wish.start, lasting, most)
    return answer(played, [*remarks, *holes.find(scene, played)], config)


def answer(played: Played, warnings: Iterable[str], config: Config) -> dict[str, Any]:
    """Return what a play came to as JSON; `t` is seconds after its beginning."""

    def when(at: Instant) -> dict[str, Any]:
        return {"t": seconds(at - played.start), "at": rfc3339(at)}

    return {
        "start": rfc3339(played.start), "end": rfc3339(played.end), "timezone": _zone(config, played),
        "happenings": [{**when(at), "text": one.text} for at, one in played.happenings],
        "events": [
            {
                **when(message.at), "kind": str(message.kind), "to": message.to, "channel": message.channel,
                "level": message.level, "cycle": message.cycle, "reason": message.reason,
            }
            for message in played.messages
        ],
        "workflows": [{**when(at), "text": text} for at, text in workflow_lines(played)],
        "warnings": list(warnings),
    }  # fmt: skip


def _zone(config: Config, played: Played) -> str:
    """Return the time zone of the first schedule that a policy of the play asks."""
    for incident in played.state.incidents.values():
        for level in incident.policy.levels:
            for target in level.to:
                kind, _, name = target.partition(":")
                if kind == "team" and name in config.teams:
                    kind, name = "schedule", config.teams[name].schedule
                if kind == "schedule" and name in config.schedules:
                    return config.schedules[name].timezone
    return config.timezone
