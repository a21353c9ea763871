"""What rules, routes, dependencies and quiet hours say of other sections."""

from collections.abc import Sequence

from slawatch.config.alerting import dependencies
from slawatch.config.channels import NOT_HTTPS, review_channels, unencrypted
from slawatch.config.duty_review import known, own_recipients, review_duty, target_of, targets
from slawatch.config.model import Config
from slawatch.config.problem import KeyPath, nearest, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.config.tables import array_paths
from slawatch.core.dependency import Dependency, Graph
from slawatch.core.foresight import OF
from slawatch.core.instant import SECOND, Instant
from slawatch.core.metric import CATALOGUE, UnknownMetric, find, misfit
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.series import name_of as rule_name
from slawatch.core.text import format_duration


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
    targets(reader, ("alerting", "meta"), config.alerting.meta, config)
    seen: dict[str, int] = {}
    for path, rule in zip(array_paths(reader, "rules", len(config.rules)), config.rules, strict=False):
        _named(reader, path, rule, seen)
        _about(reader, path, config, rule.services, rule.checks, rule.organizations)
        if rule.escalation:
            _policy(reader, (*path, "escalation"), rule.escalation)
        _metric(reader, path, rule, config)
    paths = array_paths(reader, "routes", len(config.routes))
    if paths:
        _routes(reader, (), config.routes, config, inherited=False)
    _workflows(reader, config)
    for quiet in config.quiet_hours.values():
        _about(reader, ("quiet_hours", quiet.name), config, quiet.services, quiet.checks)
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
    for key, condition in (("warning", rule.warning), ("critical", rule.critical)):
        expected = "" if condition is None else misfit(metric, condition)
        if condition is not None and expected:
            message = f"{metric.name} is not compared with that"
            reader.problem((*path, key), message, expected=expected, found=quoted(condition.text))
    if metric.about == "agreement":
        written = _written(reader, "agreements")
        for number, name in enumerate(rule.agreements):
            known_name(reader, (*path, "agreements", number), "agreement", name, written)
    elif rule.agreements:
        reader.problem((*path, "agreements"), f"{metric.name} is no metric of agreements")
    if metric.about != "service" and rule.checks:
        reader.problem((*path, "checks"), f"{metric.name} is no metric of checks")
    if not rule.window:
        reader.problem((*path, "window"), "a window has a length", expected="5m or the like")
    elif rule.window > config.retention.samples and metric.source in ("samples", "measures"):
        message = "samples are not kept for so long: what is gone cannot be looked at"
        reader.problem((*path, "window"), message, found=format_duration(rule.window))
    if rule.every < SECOND:
        reader.problem((*path, "every"), "a rule is evaluated once a second at most", expected="1s or more")


def _about(
    reader: Reader,
    path: KeyPath,
    config: Config,
    services: Sequence[str],
    checks: Sequence[str],
    organizations: Sequence[str] = (),
) -> None:
    several = (
        ("services", "service", services, config.services),
        ("checks", "check", checks, config.checks),
        ("organizations", "organization", organizations, config.organizations),
    )
    for key, what, names, read in several:
        for number, name in enumerate(names):
            known_name(reader, (*path, key, number), what, name, {**read, **_written(reader, key)})


def _written(reader: Reader, section: str) -> dict[str, object]:
    """Return the tables of a section, those with a mistake in them as well."""
    tables = reader.document.tree.get(section)
    return tables if isinstance(tables, dict) else {}


def _policy(reader: Reader, path: KeyPath, name: str) -> None:
    known_name(reader, path, "escalation", name, _written(reader, "escalations"))


def _services(reader: Reader, config: Config) -> None:
    there_are = {**config.services, **config.checks, **_written(reader, "checks")}
    for service in config.services.values():
        path = ("services", service.name)
        if service.escalation:
            _policy(reader, (*path, "escalation"), service.escalation)
        for number, parents in enumerate(service.depends_on):
            for parent in parents:
                known_name(reader, (*path, "depends_on", number), "service or check", parent, there_are)
    # An alert stands in the graph by its check and by its service: both must be free of circles.
    members = [
        Dependency(check.name, check.service)
        for check in config.checks.values()
        if check.name != check.service
    ]
    circle = Graph([*dependencies(config.services), *members]).cycle()
    if circle is not None:
        first = next(name for name in circle if name in config.services and config.services[name].depends_on)
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
        for place, name in enumerate(route.channels):
            if known(reader, (*path, "channels", place), "channel", name):
                own_recipients(reader, (*path, "channels", place), name, config)
        _about(reader, path, config, route.services, route.checks, route.organizations)
        has_channels = inherited or bool(route.channels)
        if not has_channels and not route.routes:
            reader.problem(path, 'the key "channels" is missing: nobody would hear of it by this route')
        _routes(reader, path, route.routes, config, inherited=has_channels)
        everything = not (
            route.severity or route.organizations or route.services or route.checks or route.match
        )
        taken = everything and not route.continue_


def _workflows(reader: Reader, config: Config) -> None:
    paths = array_paths(reader, "workflows", len(config.workflows))
    for path, workflow in zip(paths, config.workflows, strict=False):
        when = workflow.when
        _about(reader, (*path, "when"), config, when.services, when.checks, when.organizations)
        for number, step in enumerate(workflow.steps):
            here = (*path, "steps", number)
            if step.notify and known(reader, (*here, "notify"), "channel", step.notify):
                own_recipients(reader, (*here, "notify"), step.notify, config)
            if step.assign:
                target = target_of(reader, (*here, "assign"), step.assign)
                if target is not None and target.kind not in ("person", "team"):
                    reader.problem(
                        (*here, "assign"),
                        "an incident is given to somebody",
                        expected='"person:" or "team:" and a name',
                        found=step.assign,
                    )
            if unencrypted(step.webhook):
                reader.warn((*here, "webhook"), NOT_HTTPS)


def _untold(reader: Reader, config: Config) -> None:
    """Note services whose alerts nobody hears of, in a config that tells somebody of others."""
    policies = _written(reader, "escalations")
    if not config.channels or config.routes or "default" in policies:
        return
    silent = [service.name for service in config.services.values() if not service.escalation]
    if silent:
        names = ", ".join(silent[:5]) + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
        reader.warn(
            ("escalations",) if policies else ("channels",),
            f"nobody is told of alerts of {names}: write [escalations.default], or a route",
        )
