"""Rules, routes, workflows, inhibitions, quiet hours, and `[alerting]`, as they are written."""

from collections.abc import Callable

import pytest

from slawatch.config.alerting import Alerting, dependencies
from slawatch.config.load import Config, Problem
from slawatch.core.check import Service
from slawatch.core.dependency import Dependency
from slawatch.core.instant import HOUR, MINUTE, SECOND, parse_rfc3339
from slawatch.core.matcher import Matcher
from slawatch.core.route import recipients
from slawatch.core.text import Secret

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

BASE = """
[organizations.acme]
[services.shop]
organization = "acme"
[checks.a]
service = "shop"
type = "tcp"
address = "h:1"
[channels.mail]
type = "email"
host = "mail.example"
from = "slawatch@example.com"
to = ["ops@example.com"]
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[people.alice]
contact = [{ channel = "hook" }]
[teams.database]
people = ["alice"]
"""


def test_rules(read: Read) -> None:
    (rule,) = read(
        BASE + '[[rules]]\nmetric = "latency_p95"\nservices = ["shop"]\nwindow = "5m"\nwarning = "> 500ms"\n'
        'critical = "> 1s"\nfor = "2m"\nhysteresis = 5\n'
    ).rules
    assert (rule.metric, rule.services, rule.window, rule.for_) == (
        "latency_p95",
        ("shop",),
        5 * MINUTE,
        2 * MINUTE,
    )
    assert rule.warning is not None
    assert rule.critical is not None
    assert (rule.warning.threshold, rule.critical.holds(1_000_001)) == (500_000, True)


def test_routes_tell_their_channels(read: Read) -> None:
    routes = read(
        BASE
        + '[[routes]]\nseverity = "high"\norganizations = ["acme"]\nchannels = ["mail"]\ncontinue = true\n'
        'routes = [{ match = "env=test", channels = ["hook"] }]\n[[routes]]\nchannels = ["hook"]\n'
    ).routes
    labels = {"severity": "critical", "organization": "acme"}
    assert recipients(routes, labels) == ("channel:mail", "channel:hook")
    assert recipients(routes, {**labels, "env": "test"}) == ("channel:hook",)
    assert recipients(routes, {**labels, "severity": "low"}) == ("channel:hook",)


def test_workflows(read: Read) -> None:
    (flow,) = read(
        BASE + '[[workflows]]\non = "incident.opened"\nwhen = { severity = "critical" }\n'
        'steps = [{ notify = "hook" }, { run = ["true"], timeout = "5s" }, { assign = "team:database" }]\n'
    ).workflows
    assert (flow.on, flow.when.severity) == ("incident.opened", "critical")
    assert [step.verb for step in flow.steps] == ["notify", "run", "assign"]
    assert [step.timeout for step in flow.steps] == [30 * SECOND, 5 * SECOND, 30 * SECOND]


def test_inhibitions(read: Read) -> None:
    (rule,) = read(
        BASE + '[[inhibit]]\nsource = "severity=critical"\ntarget = "severity=low"\nequal = ["service"]\n'
    ).inhibit
    assert rule.source == (Matcher("severity", "=", "critical"),)
    assert rule.equal == ("service",)


def test_quiet_hours_have_the_zone_of_the_file(read: Read) -> None:
    text = '[slawatch]\ndata_dir = "d"\ntimezone = "Europe/Berlin"\n' + BASE
    quiet = read(text + '[quiet_hours.night]\nduring = [{ times = ["22:00-06:00"] }]\n').quiet_hours["night"]
    assert quiet.until(parse_rfc3339("2026-01-10T23:00:00Z")) == parse_rfc3339("2026-01-11T05:00:00Z")


def test_alerting_and_its_defaults(read: Read) -> None:
    assert read(BASE).alerting == Alerting()
    found = read(
        BASE + '[alerting]\ninstance = "prod"\nping = { env = "PING" }\nping_every = "5m"\n'
        'meta = ["channel:mail"]\n',
        {"HOME": "/", "PING": "https://ping.example/x"},
    ).alerting
    assert (found.instance, found.ping_every, found.meta) == ("prod", 5 * MINUTE, ("channel:mail",))
    assert isinstance(found.ping, Secret)


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('[[rules]]\nmetric = "latency_p95"\n', "rules[0]", "a rule needs"),
        (
            '[[rules]]\nmetric = "latency_p95"\nwarning = "500ms"\n',
            "rules[0].warning",
            "'500ms' is not a condition",
        ),
        (
            '[[rules]]\nmetric = "latency_p95"\nwarning = "> 2s"\ncritical = "> 1s"\n',
            "rules[0].critical",
            "must lie",
        ),
        (
            '[[routes]]\nchannels = ["mail"]\nseverity = "hihg"\n',
            "routes[0].severity",
            "there is no such choice: did",
        ),
        ('[[routes]]\nchannels = ["mail"]\nmatch = "a ~ b"\n', "routes[0].match", "'a ~ b' is no matcher"),
        (
            '[[routes]]\nchannels = ["mail"]\nroutes = [{ x = 1 }]\n',
            "routes[0].routes[0].x",
            'unknown key "x"',
        ),
        (
            '[[workflows]]\non = "incident.open"\nsteps = [{ wait = "1s" }]\n',
            "workflows[0].on",
            "there is no such choice: did",
        ),
        ('[[workflows]]\non = "alert.fired"\nsteps = []\n', "workflows[0].steps", "steps is empty"),
        (
            '[[workflows]]\non = "alert.fired"\nsteps = [{}]\n',
            "workflows[0].steps[0]",
            "a step is one of notify, run",
        ),
        ('[[inhibit]]\nsource = "a=~("\ntarget = "a=b"\n', "inhibit[0].source", "'(' is no pattern"),
        ("[quiet_hours.q]\nduring = []\n", "quiet_hours.q.during", "during is empty"),
        ('[alerting]\ninstance = "a b"\n', "alerting.instance", "a word"),
        ('[alerting]\nping_every = "1s"\n', "alerting.ping_every", "from"),
        ('[alerting]\ndown = "bad"\n', "alerting.down", "there is no such choice"),
    ],
)
def test_mistakes_are_told_where_they_stand(problems: Problems, text: str, path: str, message: str) -> None:
    (found,) = problems(BASE + text)
    assert found.path == path
    assert found.message.startswith(message)


def test_dependencies_of_services() -> None:
    services = {"shop": Service(name="shop", depends_on=(("database",), ("dns1", "dns2")))}
    assert dependencies(services) == (
        Dependency("shop", "database"),
        Dependency("shop", "dns1", "shop:1"),
        Dependency("shop", "dns2", "shop:1"),
    )


def test_the_lengths_of_alerting_are_limited() -> None:
    with pytest.raises(ValueError, match="start_grace"):
        Alerting(start_grace=HOUR)
    with pytest.raises(ValueError, match="recover_after"):
        Alerting(recover_after=0)
    with pytest.raises(ValueError, match="ping") as caught:
        Alerting(ping=Secret("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_what_is_told_of_agreements(read: Read, problems: Problems) -> None:
    default = read(BASE).alerting.foresight
    assert [(str(one.budget), one.severity) for one in default.burn] == [
        ("2", "critical"), ("5", "high"), ("10", "medium"), ("10", "low"),
    ]  # fmt: skip
    assert (default.forecast, default.tier, float(default.tier_ahead), default.breached) == (
        "medium", "medium", 0.25, "high",
    )  # fmt: skip
    own = read(
        BASE + '[alerting]\nforecast = "off"\ntier_ahead = 10\n'
        '[[alerting.burn]]\nbudget = "50"\nlong = "2h"\nshort = "10m"\nseverity = "low"\n'
    ).alerting.foresight
    assert (own.forecast, float(own.tier_ahead), len(own.burn), own.burn[0].long) == (
        "off",
        0.1,
        1,
        120 * MINUTE,
    )
    assert read(BASE + "[alerting]\nburn = []\n").alerting.foresight.burn == ()
    (problem,) = problems(BASE + "[alerting]\ntier_ahead = 0\n")
    assert problem.path == "alerting.tier_ahead"
    (problem,) = problems(BASE + '[[alerting.burn]]\nbudget = "5"\nlong = "5m"\nshort = "1h"\n')
    assert (problem.path, problem.message[:7]) == ("alerting.burn[0].short", "shorter")
