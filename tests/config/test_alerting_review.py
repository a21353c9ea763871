"""What rules, routes, dependencies, workflows and quiet hours say of other sections."""

from collections.abc import Callable

import pytest

from slawatch.config.load import Config, Problem

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

BASE = """
[organizations.acme]
[services.shop]
organization = "acme"
depends_on = ["db-port", ["dns1", "dns2"]]
escalation = "default"
[services.dns1]
[services.dns2]
[checks.shop-home]
service = "shop"
type = "tcp"
address = "h:1"
[checks.db-port]
service = "database"
type = "tcp"
address = "h:1"
[checks.d1]
service = "dns1"
type = "tcp"
address = "h:1"
[checks.d2]
service = "dns2"
type = "tcp"
address = "h:1"
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[channels.mail]
type = "email"
host = "mail.example"
from = "slawatch@example.com"
[people.alice]
contact = [{ channel = "hook" }]
[escalations.default]
[[escalations.default.levels]]
to = ["person:alice"]
"""


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in problems]


def test_what_fits_together_is_fine(read: Read) -> None:
    assert read(BASE).warnings == ()


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (
            '[[rules]]\nmetric = "probes"\nwarning = "> 1"\nservices = ["shpo"]\n',
            "rules[0].services[0]",
            "service",
        ),
        (
            '[[rules]]\nmetric = "probes"\nwarning = "> 1"\nchecks = ["shop-hme"]\n',
            "rules[0].checks[0]",
            "check",
        ),
        (
            '[[rules]]\nmetric = "probes"\nwarning = "> 1"\nescalation = "defalt"\n',
            "rules[0].escalation",
            "escalation",
        ),
        ('[[routes]]\nchannels = ["hok"]\n', "routes[0].channels[0]", "channel"),
        (
            '[[routes]]\nchannels = ["hook"]\norganizations = ["acne"]\n',
            "routes[0].organizations[0]",
            "organization",
        ),
        (
            '[[routes]]\nchannels = ["hook"]\nroutes = [{ services = ["shpo"] }]\n',
            "routes[0].routes[0].services[0]",
            "service",
        ),
        (
            '[quiet_hours.q]\nduring = [{ times = ["22:00-06:00"] }]\nchecks = ["shop-hme"]\n',
            "quiet_hours.q.checks[0]",
            "check",
        ),
        ('[alerting]\nmeta = ["channel:hok"]\n', "alerting.meta[0]", "channel"),
        (
            '[[workflows]]\non = "alert.fired"\nsteps = [{ notify = "hok" }]\n',
            "workflows[0].steps[0].notify",
            "channel",
        ),
        (
            '[[workflows]]\non = "alert.fired"\nsteps = [{ assign = "person:alcie" }]\n',
            "workflows[0].steps[0].assign",
            "person",
        ),
        (
            '[[workflows]]\non = "alert.fired"\nwhen = { services = ["shpo"] }\nsteps = [{ wait = "1s" }]\n',
            "workflows[0].when.services[0]",
            "service",
        ),
    ],
)
def test_unknown_names(problems: Problems, text: str, path: str, message: str) -> None:
    (found,) = problems(BASE + text)
    assert found.path == path
    assert found.message.startswith(f"there is no {message} ")
    assert "did you mean" in found.message


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        (
            '"dns2"]]',
            '"dns3"]]',
            "services.shop.depends_on[1]",
            'there is no service or check "dns3"',
        ),
        (
            'escalation = "default"',
            'escalation = "x"',
            "services.shop.escalation",
            'there is no escalation "x"',
        ),
        ('"db-port"', '"shop"', "services.shop.depends_on", "a circle: shop needs shop"),
        ('"db-port"', '"shop-home"', "services.shop.depends_on", "a circle: shop needs shop-home needs shop"),
        (
            "[services.dns2]",
            '[services.dns2]\ndepends_on = ["d1"]\n[services.database]\ndepends_on = ["shop"]',
            "services.shop.depends_on",
            "a circle: shop needs db-port needs database needs shop",
        ),
    ],
)
def test_dependencies(problems: Problems, old: str, new: str, path: str, message: str) -> None:
    assert old in BASE
    (found,) = problems(BASE.replace(old, new))
    assert found.path == path
    assert found.message.startswith(message)


def test_what_has_a_mistake_in_it_is_not_missing_as_well(problems: Problems) -> None:
    text = BASE.replace("[checks.db-port]\nservice", "[checks.db-port]\nserbice")
    quiet = '[quiet_hours.q]\nduring = [{ times = ["22:00-06:00"] }]\nchecks = ["db-port"]\n'
    assert {path for path, _ in told(problems(text + quiet))} == {"checks.db-port.serbice"}


def test_an_incident_is_given_to_people(problems: Problems) -> None:
    text = BASE + '[[workflows]]\non = "alert.fired"\nsteps = [{ assign = "channel:hook" }]\n'
    assert told(problems(text)) == [("workflows[0].steps[0].assign", "an incident is given to somebody")]


def test_a_route_leads_somewhere(problems: Problems, read: Read) -> None:
    assert told(problems(BASE + '[[routes]]\nseverity = "high"\n')) == [
        ("routes[0]", 'the key "channels" is missing: nobody would hear of it by this route')
    ]
    inside = '[[routes]]\nseverity = "high"\nroutes = [{ channels = ["hook"] }]\n'
    assert read(BASE + inside).warnings == ()


def test_a_route_that_is_never_tried_is_warned_of(read: Read) -> None:
    one, all_ = '[[routes]]\nchannels = ["hook"]\nseverity = "high"\n', '[[routes]]\nchannels = ["hook"]\n'
    assert [path for path, _ in told(read(BASE + one + all_ + one).warnings)] == ["routes[2]"]
    assert read(BASE + all_ + "continue = true\n" + one).warnings == ()


def test_a_route_to_a_channel_without_recipients_is_warned_of(read: Read) -> None:
    assert [path for path, _ in told(read(BASE + '[[routes]]\nchannels = ["mail"]\n').warnings)] == [
        "routes[0].channels[0]"
    ]


def test_a_step_that_posts_without_tls_is_warned_of(read: Read) -> None:
    text = BASE + '[[workflows]]\non = "alert.fired"\nsteps = [{ webhook = "http://a.example/" }]\n'
    assert [path for path, _ in told(read(text).warnings)] == ["workflows[0].steps[0].webhook"]


def test_services_that_nobody_hears_of_are_warned_of(read: Read) -> None:
    text = BASE.replace("escalations.default", "escalations.other").replace('"default"', '"other"')
    (warning,) = read(text).warnings
    assert warning.message.startswith("nobody is told of alerts of dns1, dns2, database: ")
    assert read(text + '[[routes]]\nchannels = ["hook"]\n').warnings == ()


RULE = '[[rules]]\nmetric = "{}"\ncritical = "{}"\n'


@pytest.mark.parametrize(
    ("metric", "condition", "more", "path", "message"),
    [
        ("latency_p59a", "> 1s", "", "metric", "there is no metric 'latency_p59a': did you mean"),
        ("eror_rate", "> 1%", "", "metric", "there is no metric 'eror_rate': did you mean \"error_rate\"?"),
        ("xyzzy", "> 1", "", "metric", "there is no metric 'xyzzy': `slawatch metrics list` shows them all"),
        ("", "> 1", "", "metric", "the name of a metric belongs here"),
        ("latency_p95", "> 500", "", "critical", "latency_p95 is not compared with that"),
        ("error_rate", "> 5", "", "critical", "error_rate is not compared with that"),
        ("timeouts", "> 5%", "", "critical", "timeouts is not compared with that"),
        ("latency_p95", "> 1s", 'agreements = ["gold"]', "agreements", "latency_p95 is no metric of"),
        ("burn_rate", "> 5", 'agreements = ["gold"]', "agreements[0]", "there is no agreement"),
        ("burn_rate", "> 5", 'checks = ["d1"]', "checks", "burn_rate is no metric of checks"),
        ("probes", "> 5", 'window = "0s"', "window", "a window has a length"),
        ("probes", "> 5", 'window = "100d"', "window", "samples are not kept for so long"),
        ("probes", "> 5", 'every = "10ms"', "every", "a rule is evaluated once a second at most"),
        ("probes", "> 5", 'name = "agreement.tier"', "name", 'names with "agreement." in front are those of'),
    ],
)  # fmt: skip
def test_rules_that_mean_nothing(
    problems: Problems, metric: str, condition: str, more: str, path: str, message: str
) -> None:
    (problem,) = problems(BASE + RULE.format(metric, condition) + more + "\n")
    assert (problem.path, problem.message[: len(message)]) == (f"rules[0].{path}", message)


@pytest.mark.parametrize(
    ("metric", "condition"),
    [("availability", "< 99.9%"), ("latency_p97.5", "> 1s"), ("measure_max:/var", "> 90%"),
     ("store_lag", "> 1m"), ("availability", "< 99%\"\nwindow = \"365d"), ("burn_rate", "> 14.4")],
)  # fmt: skip
def test_rules_that_mean_something(read: Read, metric: str, condition: str) -> None:
    assert read(BASE + RULE.format(metric, condition)).warnings == ()


def test_alerts_of_two_rules_can_be_told_apart(problems: Problems, read: Read) -> None:
    one = RULE.format("probes", "< 1")
    (problem,) = problems(BASE + one + 'window = "1m"\n' + one)
    assert problem.path == "rules[1]"
    assert problem.message.endswith('is called "probes" too: give this one a `name`')
    (problem,) = problems(BASE + one + 'name = "a"\n' + one + 'name = "a"\n')
    assert problem.path == "rules[1].name"
    read(BASE + one + 'name = "a"\n' + one + 'services = ["shop"]\n')
