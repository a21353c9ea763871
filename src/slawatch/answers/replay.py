"""What a replay needs of the store as JSON, and what it came to as JSON; the play itself is the asker's work.

The daemon reads the store for whoever asks, since nobody else can; it does not play a month through the rules
of alerting while it has to page people by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from slawatch.config.entered import with_entered
from slawatch.config.model import Config
from slawatch.config.world import scene_of
from slawatch.core.check import Maintenance
from slawatch.core.duty import Added, Entered
from slawatch.core.event import decode, encode
from slawatch.core.gauging import FINE, Gauge, Judged, Reading, gauge
from slawatch.core.instant import DAY, SECOND, Instant, Micros, parse_rfc3339, rfc3339, seconds
from slawatch.core.metric import find
from slawatch.core.override import Override, Swap
from slawatch.core.replay import Read, imagined, replay
from slawatch.core.replayed import Difference, Fired, Opened, Reached, Replayed, summed_up
from slawatch.core.sample import Transition
from slawatch.core.scenario import Scene
from slawatch.core.series import Series, name_of, series
from slawatch.core.sifting import Need, Sampled, needs, neighbours
from slawatch.core.silence import Silence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EARLIEST: Final = parse_rfc3339("1970-01-01T00:00:00Z")
_LONGEST_WINDOW: Final[Micros] = 30 * DAY
LATEST: Final = parse_rfc3339("2200-01-01T00:00:00Z")
_MOST_RESULTS: Final = 10_000
_MOST_READINGS: Final = 20_000_000
"""Of all gauges: 100 checks with four rules each that are read every minute have 17,280,000 in 30 days."""
_MOST_OVERLAPPING: Final = 2 * FINE
"""Windows of one gauge that a sample may stand in; a replay asks for half of them."""
_MOST_NAMES: Final = 200_000
OTHERS: Final = "alerts of agreements, burn rates, missing results and slawatch itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What of the store is wanted.

    Attributes:
        start, end: the time that is replayed, half-open.
        checks: how the results of each check count, by name.
        neighbours: of each check, by dependencies.
        gauges: of rules on metrics.
    """

    start: Instant
    end: Instant
    checks: Mapping[str, Need]
    neighbours: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gauges: tuple[Gauge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the store had.

    Attributes:
        begin: when the play begins: before the time that was asked for.
        samples: those that can change anything.
        total: how many there were in the time that was asked for.
        gone_until: before this instant only the record of changes is left.
        changes: that record, by check.
        unknown: checks of which nothing was ever stored.
        silences, maintenance, duty: what people entered while slawatch ran.
        digest: of the config that the daemon runs on; empty where none runs.
        readings: what each gauge showed, as far as that can change anything.
    """

    begin: Instant
    samples: tuple[Sampled, ...]
    total: int
    gone_until: Instant
    changes: Mapping[str, tuple[Transition, ...]]
    unknown: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    duty: tuple[Entered, ...] = ()
    digest: str = ""
    readings: Mapping[Gauge, Sequence[Reading]] = field(default_factory=dict)


def wish(configs: Sequence[Config], start: Instant, end: Instant) -> Wish:
    """Return what a replay under any of these configs needs."""
    scenes = [scene_of(config) for config in configs]
    near: dict[str, tuple[str, ...]] = {}
    for scene in scenes:
        for name, others in neighbours(scene.graph, scene.checks.values()).items():
            near[name] = tuple(dict.fromkeys((*near.get(name, ()), *others)))
    gauges = dict.fromkeys(gauge for config in configs for gauge in gauged(config, end - start)[1].values())
    return Wish(start=start, end=end, checks=needs(scenes), neighbours=near, gauges=tuple(gauges))


def gauged(config: Config, length: Micros = 0) -> tuple[dict[str, Series], dict[str, Gauge], list[str]]:
    """Return the series of a config's rules that a replay can read, their gauges, and the names of the rest.

    The first two are by the fingerprints of their alerts, the last are names of rules.

    Args:
        config: the one.
        length: of the replay; a long one reads less often.
    """
    members: dict[str, list[str]] = {}
    for check in config.checks.values():
        members.setdefault(check.service, []).append(check.name)
    watched: dict[str, Series] = {}
    gauges: dict[str, Gauge] = {}
    left: list[str] = []
    for rule in config.rules:
        for one in series(rule, config.services, config.checks, config.agreements):
            found = gauge(one, members, length)
            if found is None:
                left.append(name_of(rule))
            else:
                watched[one.fingerprint], gauges[one.fingerprint] = one, found
    return watched, gauges, list(dict.fromkeys(left))


def read_wish(found: Mapping[str, Any]) -> Wish:
    """Return the wish that `write_wish` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        made = Wish(
            start=int(found["start"]),
            end=int(found["end"]),
            checks={str(name): _need(need) for name, need in found["checks"].items()},
            neighbours={str(name): tuple(map(str, near)) for name, near in found["neighbours"].items()},
            gauges=tuple(_gauge(one) for one in found.get("gauges", ())),
        )
    except KeyError as error:
        raise ValueError(f"this is no wish for a replay: {error} is missing") from None
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ValueError(f"this is no wish for a replay: {error}") from None
    if not EARLIEST <= made.start < made.end <= LATEST:
        raise ValueError("a replay needs a start before its end, from 1970 to 2200")
    if any(not 0 < need.results <= _MOST_RESULTS for need in made.checks.values()):
        raise ValueError(f"results that count are {_MOST_RESULTS} at most")
    _bounded(made)
    return made


def _bounded(made: Wish) -> None:
    """Refuse what would take more memory or time than who has people to page can spare."""
    length = made.end - made.start
    readings = sum(length // one.every + 1 for one in made.gauges)
    if readings > _MOST_READINGS:
        raise ValueError(
            f"rules on metrics would be read {readings} times, {_MOST_READINGS} are the most: "
            "ask for a shorter time, or fewer rules"
        )
    if sum(len(one.checks) for one in made.gauges) + sum(map(len, made.neighbours.values())) > _MOST_NAMES:
        raise ValueError(f"rules and dependencies of a replay name {_MOST_NAMES} checks at most")


def _need(found: Sequence[Any]) -> Need:
    fewest, most, recover, degraded = found
    need = Need(int(fewest), int(most), int(recover), bool(degraded))
    if min(need[:3]) < 1:
        raise ValueError("less than one result never counts")
    return need


def _gauge(found: Sequence[Any]) -> Gauge:
    metric, checks, window, every, limits, missing = found
    read = find(str(metric))
    if read.source != "samples" or read.over != "window":
        raise ValueError(f"{metric} is not made of samples")
    if not SECOND <= every <= window * 1000 or not SECOND <= window <= _LONGEST_WINDOW:
        raise ValueError("a window lasts from a second to 30 days")
    if window > every * _MOST_OVERLAPPING:
        raise ValueError(f"a window is read {_MOST_OVERLAPPING} times in its length at most")
    return Gauge(
        str(metric), tuple(dict.fromkeys(map(str, checks))), int(window), int(every),
        tuple((str(operator), float(limit), float(margin)) for operator, limit, margin in limits),
        bool(missing),
    )  # fmt: skip


def write_wish(made: Wish) -> dict[str, Any]:
    """Return a wish as JSON has it."""
    return {
        "start": made.start, "end": made.end,
        "checks": {name: list(need) for name, need in made.checks.items()},
        "neighbours": {name: list(near) for name, near in made.neighbours.items()},
        "gauges": [list(one) for one in made.gauges],
    }  # fmt: skip


def material(cursor: "DuckDBPyConnection", made: Wish, digest: str = "") -> dict[str, Any]:
    """Return what the store has of a wish, as JSON has it.

    Args:
        cursor: on the store.
        made: what is wanted.
        digest: of the daemon's config.

    Raises:
        StoreDamaged: an entry cannot be read.
        duckdb.Error: the store cannot be read.
    """
    from slawatch.store import duty, entries
    from slawatch.store.gauging import readings
    from slawatch.store.replaying import material as stored

    found = stored(cursor, made.checks, made.neighbours, made.start, made.end)
    names = {name: place for place, name in enumerate(made.checks)}
    held = [(one, one.holds()) for one in duty.overrides(cursor)]
    shown = readings(cursor, made.gauges, max(found.begin, found.gone_until), made.end)
    return {
        "begin": found.begin, "total": found.total, "gone_until": found.gone_until, "digest": digest,
        "names": list(names), "unknown": list(found.unknown),
        "samples": [[names[one.check], *one[1:]] for one in found.samples],
        "changes": {name: [list(change[:2]) for change in made] for name, made in found.changes.items()},
        "silences": [encode(silence) for silence in duty.silences(cursor)],
        "maintenance": [encode(work) for work in entries.maintenance(cursor)],
        "duty": [
            {"id": one.added.id, "schedule": one.added.schedule, "kind": type(change).__name__,
             "change": encode(change)}
            for one, change in held if change is not None
        ],
        "readings": [[list(one), [list(reading) for reading in shown[one]]] for one in made.gauges],
    }  # fmt: skip


def read_material(found: Mapping[str, Any]) -> Material:
    """Return the material that `material` wrote."""
    names = found["names"]
    return Material(
        begin=found["begin"],
        samples=tuple(Sampled(names[place], *rest) for place, *rest in found["samples"]),
        total=found["total"],
        gone_until=found["gone_until"],
        changes={
            name: tuple(Transition(at, outcome, None) for at, outcome in changes)
            for name, changes in found["changes"].items()
        },
        unknown=tuple(found["unknown"]),
        silences=tuple(decode(Silence, one) for one in found["silences"]),
        maintenance=tuple(decode(Maintenance, one) for one in found["maintenance"]),
        duty=tuple(map(_entered, found["duty"])),
        digest=found["digest"],
        readings={_gauge(one): [Reading(*reading) for reading in shown] for one, shown in found["readings"]},
    )


def _entered(found: Mapping[str, Any]) -> Entered:
    change = decode(Override if found["kind"] == "Override" else Swap, found["change"])
    return Entered(added=Added(found["id"], 0, "", found["schedule"], change), change=change)


def played(
    config: Config, found: Material, start: Instant, end: Instant, ack_after: Micros | None = None
) -> Replayed:
    """Return what a config would have made of what was stored.

    Args:
        config: the one; shifts and maintenance that people entered are put on top of it.
        found: what was stored.
        start: of the time that is asked for.
        end: of it.
        ack_after: somebody acknowledges so long after they were told; None for nobody.
    """
    scene = scene_with(config, found)
    wanted = needs([scene])
    samples = list(found.samples)
    if found.gone_until > found.begin:
        for name, changes in found.changes.items():
            if name in scene.checks:
                results = wanted[name].results + 20
                samples += imagined(scene.checks[name], changes, found.begin, found.gone_until, results)
        samples.sort(key=lambda one: one.started_at)
    watched, gauges, _ = gauged(config, end - start)
    readings = merge(
        *(
            [Read(at, name, value) for at, value in found.readings.get(one, ())]
            for name, one in gauges.items()
        ),
        key=lambda one: one.at,
    )
    made = replay(
        scene, samples, found.begin, end, ack_after=ack_after, judged=Judged(watched), readings=readings
    )
    return summed_up(made, start, end)


def scene_with(config: Config, found: Material) -> Scene:
    """Return what is played in: a config, and on top of it what people entered while slawatch ran."""
    config = with_entered(config, found.duty)
    if found.maintenance:
        config = replace(config, maintenance=(*config.maintenance, *found.maintenance))
    return replace(scene_of(config), silences=found.silences)


def left_out(config: Config) -> list[str]:
    """Return which alerts of a config a replay says nothing about, a line each."""
    left = gauged(config)[2]
    return [*(f"the rule {name} (its metric is made of more than samples)" for name in left), OTHERS]


def answer(
    old: Replayed, new: Replayed | None, difference: Difference | None, *, configs: Sequence[Config],
    found: Material, ack_after: Micros | None, warnings: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Return the answer of `replay` as JSON has it.

    Args:
        old: under the config in force.
        new: under the other one, if there is one.
        difference: between them.
        configs: the one or the two.
        found: what was replayed.
        ack_after: as it was imagined.
        warnings: what the reader should know of how it was made.
    """
    sides = {"old": side(old, configs[0]), "new": None if new is None else side(new, configs[1])}
    return {
        "from": rfc3339(old.start), "to": rfc3339(old.end),
        "samples": {
            "stored": found.total, "replayed": len(found.samples),
            "gone_until": rfc3339(found.gone_until) if found.gone_until > old.start else None,
        },
        "ack_after": None if ack_after is None else seconds(ack_after),
        "left_out": left_out(configs[0]), **sides,
        "difference": None if difference is None else {
            "only_old": [_fired(one) for one in difference.only_old],
            "only_new": [_fired(one) for one in difference.only_new],
            "changed": [
                {"old": _fired(one.old), "new": _fired(one.new), "differences": list(one.differences)}
                for one in difference.changed
            ],
            "same": difference.same,
        },
        "warnings": list(warnings),
    }  # fmt: skip


def side(found: Replayed, config: Config) -> dict[str, Any]:
    """Return what one config made of it."""
    return {
        "config": str(config.path), "alerts": [_fired(one) for one in found.alerts],
        "incidents": [_opened(one) for one in found.incidents],
        "messages": [
            {"at": rfc3339(one.at), "kind": str(one.kind), "to": one.to, "channel": one.channel,
             "level": one.level, "cycle": one.cycle, "incident": one.incident, "reason": one.reason}
            for one in found.messages
        ],
        "workflows": [{"at": rfc3339(at), "text": text} for at, text in found.workflows],
    }  # fmt: skip


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)


def _fired(one: Fired) -> dict[str, Any]:
    return {
        "alert": one.alert, "check": one.check, "service": one.service, "severity": one.severity,
        "since": rfc3339(one.since), "fired_at": rfc3339(one.at), "resolved_at": _time(one.ended),
        "reason": one.reason, "incident": one.incident, "withheld": list(one.withheld),
        "told": [_reached(who) for who in one.told],
    }  # fmt: skip


def _opened(one: Opened) -> dict[str, Any]:
    return {
        "incident": one.id, "title": one.title, "service": one.service, "severity": one.severity,
        "policy": one.policy, "opened_at": rfc3339(one.at), "resolved_at": _time(one.ended),
        "acked_at": _time(one.acked), "levels": one.levels, "exhausted": one.exhausted,
        "reopened": one.reopened, "alerts": one.alerts, "messages": one.messages,
        "told": [_reached(who) for who in one.told],
    }  # fmt: skip


def _reached(who: Reached) -> dict[str, Any]:
    return {
        "to": who.to,
        "channel": who.channel,
        "at": rfc3339(who.at),
        "level": who.level,
        "times": who.times,
    }
