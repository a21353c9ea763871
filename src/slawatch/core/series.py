"""What a rule is about: one series for each service, check or agreement that it names."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from slawatch.core.agreement import Agreement
from slawatch.core.alert import fingerprint
from slawatch.core.check import Check, Service
from slawatch.core.instant import Micros
from slawatch.core.metric import Metric, find
from slawatch.core.rule import Rule

SELF: Final = "slawatch"
"""The service that trouble with slawatch itself is told of."""
META: Final = "(meta)"
"""The escalation policy of such trouble; no policy of a configuration can be called so."""
KIND: Final = "kind"
"""The label that says what made an alert: one of `core.signal.KINDS`."""
TROUBLE: Final = "trouble"
"""The label that says what is wrong with slawatch itself."""


def trouble_with(channel: str) -> str:
    """Return the label of an alert that a channel is in trouble.

    >>> of_channel({TROUBLE: trouble_with("mail")})
    'mail'
    """
    return f"channel {channel}"


def of_channel(labels: Mapping[str, str]) -> str:
    """Return the channel whose trouble an alert with these labels tells of; empty for none."""
    before, space, channel = labels.get(TROUBLE, "").partition(" ")
    return channel if space and before == "channel" else ""


class Whose(NamedTuple):
    """Whom a metric is asked of: a service, one check, or an agreement; all empty: slawatch itself."""

    service: str = ""
    check: str = ""
    agreement: str = ""

    @property
    def text(self) -> str:
        """Its name for people."""
        return self.agreement or self.check or self.service or SELF


class Wish(NamedTuple):
    """A value that is wanted: a metric of somebody over a window up to now."""

    metric: Metric
    whose: Whose
    window: Micros


class Series(NamedTuple):
    """One thing that a rule watches.

    Attributes:
        rule: the rule.
        wish: what it is asked.
        fingerprint: of its alert.
        service, organization: whose alert it is.
        policy: the escalation policy of its incident; empty for the default one.
        labels: of its alert.
    """

    rule: Rule
    wish: Wish
    fingerprint: str
    service: str
    organization: str
    policy: str
    labels: tuple[tuple[str, str], ...]

    @property
    def check(self) -> str:
        """What its alert is about: the check, else the rule."""
        return self.wish.whose.check or name_of(self.rule)


def name_of(rule: Rule) -> str:
    """Return the name of a rule: its own, else its metric and whose it is.

    >>> from slawatch.core.rule import parse_condition
    >>> name_of(Rule(metric="latency_p95", services=("shop",), warning=parse_condition("> 1s")))
    'latency_p95 of shop'
    """
    if rule.name:
        return rule.name
    whose = rule.checks or rule.services or rule.agreements or rule.organizations
    return f"{rule.metric} of {', '.join(whose)}" if whose else rule.metric


def series(
    rule: Rule,
    services: Mapping[str, Service],
    checks: Mapping[str, Check],
    agreements: Mapping[str, Agreement],
) -> tuple[Series, ...]:
    """Return what a rule watches, in the order of the configuration.

    A rule that names checks watches each of them, else it watches each service; with `by = "check"` each
    check of those services.

    Raises:
        UnknownMetric: there is no such metric.
    """
    metric = find(rule.metric)
    if metric.about == "slawatch":
        return (_of_itself(rule, metric),)
    if metric.about == "agreement":
        return tuple(_of_agreements(rule, metric, services, agreements))
    return tuple(_of_services(rule, metric, services, checks))


def _of_itself(rule: Rule, metric: Metric) -> Series:
    identity = (("service", SELF),)
    return Series(
        rule, Wish(metric, Whose(), rule.window), fingerprint(name_of(rule), identity), SELF, "",
        rule.escalation, _labels(rule, identity),
    )  # fmt: skip


def _of_agreements(
    rule: Rule, metric: Metric, services: Mapping[str, Service], agreements: Mapping[str, Agreement]
) -> Iterator[Series]:
    for agreement in agreements.values():
        if (
            (rule.agreements and agreement.key not in rule.agreements)
            or (rule.organizations and agreement.organization not in rule.organizations)
            or (rule.services and not set(rule.services) & set(agreement.services))
        ):
            continue
        identity = (("agreement", agreement.key),)
        yield Series(
            rule, Wish(metric, Whose(agreement=agreement.key), rule.window),
            fingerprint(name_of(rule), identity), sole(agreement), agreement.organization,
            rule.escalation or policy_of(agreement, services), _labels(rule, identity),
        )  # fmt: skip


def _of_services(
    rule: Rule, metric: Metric, services: Mapping[str, Service], checks: Mapping[str, Check]
) -> Iterator[Series]:
    chosen, only = set(rule.services), set(rule.checks)
    members: dict[str, list[str]] = {}
    if only or rule.by == "check":
        for check in checks.values():
            if not only or check.name in only:
                members.setdefault(check.service, []).append(check.name)
    for service in services.values():
        organization = service.organization or ""
        if (chosen and service.name not in chosen) or (
            rule.organizations and organization not in rule.organizations
        ):
            continue
        by_check = bool(only) or rule.by == "check"
        for name in members.get(service.name, ()) if by_check else ("",):
            identity = (("check", name),) if name else (("service", service.name),)
            yield Series(
                rule, Wish(metric, Whose(service.name, name), rule.window),
                fingerprint(name_of(rule), identity), service.name, organization,
                rule.escalation or service.escalation, _labels(rule, identity),
            )  # fmt: skip


def sole(agreement: Agreement) -> str:
    """Return the one service of an agreement; nothing where it has several."""
    return agreement.services[0] if len(agreement.services) == 1 else ""


def policy_of(agreement: Agreement, services: Mapping[str, Service]) -> str:
    """Return the escalation policy that all services of an agreement share; empty where they do not."""
    found = {services[name].escalation for name in agreement.services if name in services}
    return found.pop() if len(found) == 1 else ""


def _labels(rule: Rule, identity: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    labels = {**dict(identity), KIND: "rule", "rule": name_of(rule), "metric": rule.metric}
    if rule.runbook:
        labels["runbook"] = rule.runbook
    return tuple(sorted(labels.items()))
