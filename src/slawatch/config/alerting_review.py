"""What rules, routes, dependencies and quiet hours say of other sections."""

from collections.abc import Sequence

from slawatch.config.alerting import dependencies
from slawatch.config.channels import NOT_HTTPS, review_channels, unencrypted
from slawatch.config.duty_review import known, own_recipients, review_duty, target_of, targets
from slawatch.config.model import Config
from slawatch.config.partial import Lost, judging
from slawatch.config.problem import KeyPath, nearest, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.config.tables import numbered, written
from slawatch.core.dependency import Dependency, Graph
from slawatch.core.foresight import OF
from slawatch.core.instant import SECOND, Instant
from slawatch.core.metric import CATALOGUE, UnknownMetric, find, misfit
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.series import name_of as rule_name
from slawatch.core.text import format_duration
from slawatch.core.workflow import Step


def review_alerting(reader: Reader, config: Config, now: Instant | None) -> None:
    """Note what does not fit together, from people to quiet hours.

    Args:
        reader: of the document.
        config: what could be read of it.
        now: the present, for gaps in schedules; None: they are not looked for.
    """
    review_channels(reader, config.channels)
    review_duty(reader, config, now)
    _services(reader, config)
    for key in ("meta", "meta_fallback"):
        with judging:
            targets(reader, ("alerting", key), getattr(config.alerting, key), config)
    seen: dict[str, int] = {}
    for path, rule in numbered("rules", config.rules):
        with judging:
            _named(reader, path, rule, seen)
        _about(reader, path, config, rule)
        with judging:
            if rule.escalation:
                _policy(reader, (*path, "escalation"), rule.escalation)
        with judging:
            _metric(reader, path, rule, config)
    _routes(reader, (), config.routes, config, inherited=False)
    _workflows(reader, config)
    for quiet in config.quiet_hours.values():
        _about(reader, ("quiet_hours", quiet.name), config, quiet)
    with judging:
        _untold(reader, config)


def _named(reader: Reader, path: KeyPath, rule: Rule, seen: dict[str, int]) -> None:
    """Note a name that another rule has: their alerts could not be told apart."""
    name = rule_name(rule)
    at = (*path, "name") if rule.name else path
    if name in seen:
        _, line = reader.document.place(("rules", seen[name]))
        hint = "" if rule.name else ": give this one a `name`"
        reader.problem(at, f"the rule in line {line} is called {quoted(name)} too{hint}")
    elif name.startswith(OF):
        reader.problem(at, f"names with {quoted(OF)} in front are those of slawatch's own alerts")
    seen.setdefault(name, int(path[-1]))


def _metric(reader: Reader, path: KeyPath, rule: Rule, config: Config) -> None:
    """Note a metric that does not exist, thresholds in another unit, and keys that it has no use for."""
    if not rule.metric:
        reader.problem((*path, "metric"), "the name of a metric belongs here")
        return
    try:
        metric = find(rule.metric)
    except UnknownMetric as unknown:
        hint = nearest(rule.metric, CATALOGUE) or "`slawatch metrics list` shows them all"
        reader.problem((*path, "metric"), f"{unknown}: {hint}", found=quoted(rule.metric))
        return
    for key in ("warning", "critical"):
        with judging:
            condition = getattr(rule, key)
            expected = "" if condition is None else misfit(metric, condition)
            if expected:
                message = f"{metric.name} is not compared with that"
                reader.problem((*path, key), message, expected=expected, found=quoted(condition.text))
    with judging:
        if metric.about == "agreement":
            for number, name in enumerate(rule.agreements):
                known_name(reader, (*path, "agreements", number), "agreement", name, config.agreements)
        elif rule.agreements:
            reader.problem((*path, "agreements"), f"{metric.name} is no metric of agreements")
    with judging:
        if metric.about != "service" and rule.checks:
            reader.problem((*path, "checks"), f"{metric.name} is no metric of checks")
    with judging:
        if rule.every < SECOND:
            message = "a rule is evaluated once a second at most"
            reader.problem((*path, "every"), message, expected="1s or more")
    with judging:
        if not rule.window:
            reader.problem((*path, "window"), "a window has a length", expected="5m or the like")
        elif metric.source in ("samples", "measures") and rule.window > config.retention.samples:
            message = "samples are not kept for so long: what is gone cannot be looked at"
            reader.problem((*path, "window"), message, found=format_duration(rule.window))


def _about(reader: Reader, path: KeyPath, config: Config, one: object) -> None:
    """Note the services, checks and organisations that something names and that do not exist."""
    for key, what, there_are in (
        ("services", "service", config.services),
        ("checks", "check", config.checks),
        ("organizations", "organization", config.organizations),
    ):
        with judging:
            for number, name in enumerate(getattr(one, key, ())):
                known_name(reader, (*path, key, number), what, name, there_are)


def _policy(reader: Reader, path: KeyPath, name: str) -> None:
    known_name(reader, path, "escalation", name, written(reader, "escalations"))


def _services(reader: Reader, config: Config) -> None:
    there_are = {**config.services, **config.checks}
    for lost, what in ((config.services, "service"), (config.checks, "check")):
        if isinstance(lost, Lost) or what in reader.unsure:
            reader.unsure.add("service or check")
    for service in config.services.values():
        path = ("services", service.name)
        with judging:
            if service.escalation:
                _policy(reader, (*path, "escalation"), service.escalation)
        with judging:
            for number, parents in enumerate(service.depends_on):
                with judging:
                    for parent in parents:
                        here = (*path, "depends_on", number)
                        known_name(reader, here, "service or check", parent, there_are)
    with judging:
        _circle(reader, config)


def _circle(reader: Reader, config: Config) -> None:
    """Note dependencies that come back to where they began."""
    # An alert stands in the graph by its check and by its service: both must be free of circles.
    members: list[Dependency] = []
    for check in config.checks.values():
        with judging:
            members += [Dependency(check.name, check.service)] if check.name != check.service else []
    needs = dependencies(config.services)
    circle = Graph([*needs, *members]).cycle()
    if circle is not None:
        children = {one.child for one in needs}
        first = next(name for name in circle if name in config.services and name in children)
        reader.problem(
            ("services", first, "depends_on"),
            f"a circle: {' needs '.join(circle)}; nothing in it would ever be told",
        )


def _routes(
    reader: Reader, around: KeyPath, routes: Sequence[Route], config: Config, *, inherited: bool
) -> None:
    taken = False
    for number, route in enumerate(routes):
        path = (*around, "routes", number)
        if taken:
            reader.warn(path, "never tried: the route before it takes every alert and has no continue = true")
            return
        with judging:
            for place, name in enumerate(route.channels):
                if known(reader, (*path, "channels", place), "channel", name):
                    own_recipients(reader, (*path, "channels", place), name, config)
        _about(reader, path, config, route)
        has_channels = True
        with judging:
            has_channels = inherited or bool(route.channels)
        with judging:
            if not has_channels and not route.routes:
                reader.problem(path, 'the key "channels" is missing: nobody would hear of it by this route')
        with judging:
            _routes(reader, path, route.routes, config, inherited=has_channels)
        with judging:
            everything = not (
                route.severity or route.organizations or route.services or route.checks or route.match
            )
            taken = everything and not route.continue_


def _workflows(reader: Reader, config: Config) -> None:
    for path, workflow in numbered("workflows", config.workflows):
        with judging:
            _about(reader, (*path, "when"), config, workflow.when)
        with judging:
            for number, step in enumerate(workflow.steps):
                _step(reader, (*path, "steps", number), step, config)


def _step(reader: Reader, path: KeyPath, step: Step, config: Config) -> None:
    with judging:
        if step.notify and known(reader, (*path, "notify"), "channel", step.notify):
            own_recipients(reader, (*path, "notify"), step.notify, config)
    with judging:
        target = target_of(reader, (*path, "assign"), step.assign) if step.assign else None
        if target is not None and target.kind not in ("person", "team"):
            reader.problem(
                (*path, "assign"),
                "an incident is given to somebody",
                expected='"person:" or "team:" and a name',
                found=step.assign,
            )
    with judging:
        if unencrypted(step.webhook):
            reader.warn((*path, "webhook"), NOT_HTTPS)


def _untold(reader: Reader, config: Config) -> None:
    """Note services whose alerts nobody hears of, in a config that tells somebody of others."""
    policies = written(reader, "escalations")
    if not config.channels or config.routes or "default" in policies:
        return
    silent = [service.name for service in config.services.values() if not service.escalation]
    if silent:
        names = ", ".join(silent[:5]) + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
        reader.warn(
            ("escalations",) if policies else ("channels",),
            f"nobody is told of alerts of {names}: write [escalations.default], or a route",
        )
