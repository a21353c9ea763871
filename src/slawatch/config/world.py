"""What alerting asks of a configuration: who a target means, how they are reached, what withholds."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from slawatch import notifiers
from slawatch.config.alerting import Alerting, dependencies
from slawatch.config.channels import has_own_recipients
from slawatch.config.model import Config
from slawatch.core.alarm import Terms
from slawatch.core.check import Maintenance
from slawatch.core.dependency import Graph
from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import HOUR, Instant, Micros
from slawatch.core.ledger import Interval
from slawatch.core.notice import Notice
from slawatch.core.oncall import on_call
from slawatch.core.quiet import QuietHours
from slawatch.core.route import recipients as routed
from slawatch.core.scenario import Scene
from slawatch.core.series import META
from slawatch.core.suppress import Window, labels_of
from slawatch.core.turn import Contact, World
from slawatch.core.workflow import named


def world_of(config: Config) -> World:
    """Return the world of alerting as a configuration has it; nothing withholds yet."""
    return World(
        policies={**config.escalations, **_meta(config)},
        recipients=lambda target, at: recipients(config, target, at),
        contacts=lambda recipient: contacts(config, recipient),
        channels=frozenset(config.channels),
        routed=lambda alert: routed(config.routes, labels_of(alert)),
        workflows=named(config.workflows),
    )


def _meta(config: Config) -> dict[str, Policy]:
    """Return the policy of trouble with slawatch itself: the default one where nobody else is to hear of it.

    Each trouble is an incident of its own: who is told of one may not be reached about the next.
    """
    to, default = config.alerting.meta, config.escalations.get("default")
    if to:
        made = Policy(name=META, levels=(Level(to=to),), repeat=0)
    elif default is not None:
        made = replace(default, name=META)
    else:
        return {}
    return {META: replace(made, fallback=_meta_fallback(config, made), group_by=("trouble",))}


def _meta_fallback(config: Config, policy: Policy) -> tuple[str, ...]:
    """Return who hears of trouble with slawatch itself where none of those can be reached who should."""
    chosen = config.alerting.meta_fallback or policy.fallback
    if chosen:
        return chosen
    default = config.escalations.get("default")
    named = [target for level in default.levels for target in level.to] if default else []
    theirs = {name for route in config.routes if route.organizations for name in route.channels}
    own = (
        f"channel:{name}"
        for name, channel in config.channels.items()
        if has_own_recipients(channel) and name not in theirs
    )
    return tuple(dict.fromkeys((*named, *own)))


def unheard(config: Config, down: Collection[str], at: Instant, failing: Collection[str] = ()) -> str:
    """Return why nobody would hear of trouble with slawatch itself; empty where somebody would.

    Args:
        config: the present one.
        down: channels through which nothing goes.
        at: now.
        failing: channels whose last messages failed: they count beside one through which nothing goes.
    """
    policy = _meta(config).get(META)
    if policy is None:
        ways = set(config.channels)
    else:
        targets = dict.fromkeys((*(to for level in policy.levels for to in level.to), *policy.fallback))
        people = dict.fromkeys(who for target in targets for who in recipients(config, target, at))
        ways = {contact.channel for who in people for contact in contacts(config, who)}
    if not config.channels or not ways <= {*down, *failing} or (ways and not ways & set(down)):
        return ""
    why = f"nothing goes through {', '.join(sorted(ways))}" if ways else "nobody is meant who has a channel"
    return f"nobody can be told of trouble with slawatch: {why}"


def recipients(config: Config, target: str, at: Instant) -> tuple[str, ...]:
    """Return who `schedule:`, `team:`, `person:` or `channel:` and a name mean at an instant, each once.

    A team with a schedule means who is on call in it; nobody is meant by what does not exist.
    """
    kind, _, name = target.partition(":")
    if kind == "schedule":
        schedule = config.schedules.get(name)
        return () if schedule is None else tuple(f"person:{who}" for who in on_call([schedule], at))
    if kind == "team":
        team = config.teams.get(name)
        if team is None:
            return ()
        if team.schedule:
            return recipients(config, f"schedule:{team.schedule}", at)
        return tuple(f"person:{who}" for who in team.people)
    known = (kind == "person" and name in config.people) or (kind == "channel" and name in config.channels)
    return (target,) if known else ()


def contacts(config: Config, recipient: str) -> tuple[Contact, ...]:
    """Return how a recipient is reached, in the order of the waits; nothing for somebody without a way."""
    kind, _, name = recipient.partition(":")
    if kind == "channel":
        return (_contact(config, name),) if name in config.channels else ()
    person = config.people.get(name)
    if kind != "person" or person is None:
        return ()
    rules = (rule for rule in person.rules() if rule.channel in config.channels)
    return tuple(_contact(config, rule.channel)._replace(after=rule.after) for rule in rules)


def _contact(config: Config, name: str) -> Contact:
    channel = config.channels[name]
    return Contact(name, ttl=channel.worth, keeps_state=notifiers.load(channel.type).keeps_state)


def notices(
    config: Config, targets: tuple[str, ...], at: Instant, key: str, title: str, text: str = "",
    ttl: Micros = HOUR, severity: str = "high",
) -> tuple[Notice, ...]:  # fmt: skip
    """Return a notice for everybody whom targets mean now, each through the first way to them.

    Args:
        config: the present one.
        targets: `channel:`, `person:`, `team:` or `schedule:` and a name, such as `[alerting] meta` has.
        at: now.
        key: names it for ever.
        title: one line.
        text: some more.
        ttl: how long it is worth sending.
        severity: how bad what it tells is.
    """
    everybody = dict.fromkeys(who for target in targets for who in recipients(config, target, at))
    return tuple(
        Notice(who, contact.channel, key, title, text, ttl, severity)
        for who in everybody
        for contact in contacts(config, who)[:1]
    )


class Windows(NamedTuple):
    """What withholds alerts for a while.

    Attributes:
        windows: maintenance and quiet hours.
        opens: when the next of them opens after an instant, if ever.
    """

    windows: tuple[Window, ...]
    opens: Callable[[Instant], Instant | None]


def windows_of(config: Config) -> Windows:
    """Return what withholds alerts for a while: maintenance windows and quiet hours."""
    maintained = tuple(
        Window(
            name=work.reason or f"of {', '.join(work.services)}", services=work.services,
            open_until=_during(work), reason=f"maintenance: {work.reason}" if work.reason else "maintenance",
        )
        for work in config.maintenance
    )  # fmt: skip
    kept = [_Kept(quiet) for quiet in config.quiet_hours.values()]
    quiet = tuple(replace(one.quiet.window(), open_until=one.until) for one in kept)

    def opens(at: Instant) -> Instant | None:
        starts = [work.start for work in config.maintenance]
        starts += [span.start for one in kept if (span := one.span(at)) is not None]
        return min((start for start in starts if start > at), default=None)

    return Windows((*maintained, *quiet), opens)


def _during(work: Maintenance) -> Callable[[Instant], Instant | None]:
    return lambda at: work.end if work.start <= at < work.end else None


class _Kept:
    """Quiet hours that are asked again and again: what was worked out last is kept."""

    def __init__(self, quiet: QuietHours) -> None:
        self.quiet = quiet
        self.asked: Instant = 0
        self.found: Interval | None = None

    def span(self, at: Instant) -> Interval | None:
        if self.found is None or not self.asked <= at < self.found.end:
            self.asked, self.found = at, self.quiet.span(at)
        return self.found

    def until(self, at: Instant) -> Instant | None:
        found = self.span(at)
        return found.end if found is not None and found.start <= at else None


def terms_of(found: Alerting) -> Terms:
    """Return how results of checks make alerts."""
    return Terms(found.down, found.degraded or "", found.recover_after, found.flapping)


def scene_of(config: Config) -> Scene:
    """Return what a rehearsal plays in."""
    windows = windows_of(config)
    return Scene(
        world=world_of(config), checks=config.checks, services=config.services, schedules=config.schedules,
        graph=Graph(dependencies(config.services)), windows=windows.windows, opens=windows.opens,
        inhibitions=config.inhibit,
        terms=terms_of(config.alerting), start_grace=config.alerting.start_grace,
    )  # fmt: skip
