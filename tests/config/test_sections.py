"""What each section means once it was read, defaults and all."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from slawatch.config.load import Config, Problem
from slawatch.core.check import Quorum, Service
from slawatch.core.instant import HOUR, MILLISECOND, SECOND, parse_rfc3339

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

TCP = '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
ACME = '[organizations.acme]\ntimezone = "Europe/Berlin"\n'
GOLD = '[agreements.gold]\norganization = "acme"\nservices = ["shop"]\n'
OBJECTIVE = '[[agreements.gold.objectives]]\nid = "a"\nmetric = "availability"\ntarget = "99.9"\n'
WINDOW = (
    '[[maintenance]]\nservices = ["shop"]\nstart = 2026-12-01T22:00:00+01:00\n'
    "end = 2026-12-02T00:00:00+01:00\n"
)


def told(problems: tuple[Problem, ...]) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.path, problem.message) for problem in problems]


def test_a_check_gets_its_defaults(read: Read) -> None:
    check = read(TCP).checks["a"]
    assert (check.name, check.service, check.type) == ("a", "shop", "tcp")
    assert (check.interval, check.timeout, check.failures) == (30 * SECOND, 10 * SECOND, 3)
    assert (check.retry_interval, check.stale_after) == (SECOND, 70 * SECOND)


@pytest.mark.parametrize(
    ("keys", "timeout", "retry", "stale"),
    [
        ('interval = "1s"', SECOND, SECOND, 3 * SECOND),
        ('interval = "500ms"', 500 * MILLISECOND, 500 * MILLISECOND, 1500 * MILLISECOND),
        ('interval = "1m"\ntimeout = "20s"', 20 * SECOND, SECOND, 140 * SECOND),
        ('interval = "1m"\nstale_after = "10m"', 10 * SECOND, SECOND, 600 * SECOND),
    ],
)
def test_lengths_follow_the_interval(read: Read, keys: str, timeout: int, retry: int, stale: int) -> None:
    check = read(TCP + keys).checks["a"]
    assert (check.timeout, check.retry_interval, check.stale_after) == (timeout, retry, stale)


def test_defaults_hold_for_checks_that_do_not_say_otherwise(read: Read) -> None:
    config = read(
        '[defaults.check]\ntype = "tcp"\ninterval = "20s"\ntimeout = "15s"\ndegraded_over = "1s"\n'
        '[checks.a]\nservice = "s"\naddress = "h:1"\n'
        '[checks.b]\nservice = "s"\naddress = "h:1"\ninterval = "4s"\ndegraded_over = "2s"\n'
        '[checks.c]\nservice = "s"\ntype = "exec"\ncommand = ["true"]\n'
    )
    a, b, c = config.checks.values()
    assert (a.interval, a.timeout, a.options.degraded_over) == (20 * SECOND, 15 * SECOND, SECOND)
    assert (b.interval, b.timeout, b.options.degraded_over) == (4 * SECOND, 4 * SECOND, 2 * SECOND)
    assert (c.type, c.interval) == ("exec", 20 * SECOND)


def test_a_mistake_in_the_defaults_is_told_once_and_where_it_stands(problems: Problems) -> None:
    text = (
        '[defaults.check]\ninterval = 5\ndegraded_over = 7\nintervall = "5s"\n'
        + TCP
        + TCP.replace(".a", ".b")
    )
    assert told(problems(text)) == [
        (2, "defaults.check.interval", 'a length of time has a unit and stands in quotes: "5s" or "5m"'),
        (3, "defaults.check.degraded_over", 'a length of time has a unit and stands in quotes: "7s" or "7m"'),
        (4, "defaults.check.intervall", 'unknown key "intervall": did you mean "interval"?'),
    ]


def test_a_check_needs_a_service_a_type_and_what_its_type_needs(problems: Problems) -> None:
    assert told(problems('[checks.a]\n\n[checks.b]\ntype = "tcp"\nservice = "s"')) == [
        (1, "checks.a", 'the key "type" is missing'),
        (1, "checks.a", 'the key "service" is missing'),
        (3, "checks.b", 'the key "address" is missing'),
    ]


def test_what_a_check_type_refuses_is_told_at_the_key_it_names(problems: Problems) -> None:
    found = problems(TCP + "certificate_days = 3\n")
    assert told(found) == [(5, "checks.a.certificate_days", "certificate_days needs tls")]


def test_services_that_only_checks_name_exist(read: Read) -> None:
    assert read(TCP).services == {"shop": Service(name="shop")}


@pytest.mark.parametrize(
    ("written", "join"),
    [
        ('"all"', "all"),
        ('"any"', "any"),
        ("{ quorum = 1 }", Quorum(1)),
        ('"quorum:1"', Quorum(1)),
        ('"quorum = 1"', Quorum(1)),
    ],
)
def test_how_a_service_joins(read: Read, written: str, join: object) -> None:
    assert read(TCP + f"[services.shop]\njoin = {written}").services["shop"].join == join


def test_an_agreement_in_full(read: Read) -> None:
    text = (
        TCP
        + ACME
        + GOLD
        + 'period = "quarter"\ndegraded = 0.5\nunknown = "down"\neffective_from = 2026-01-01\n'
        + OBJECTIVE
        + OBJECTIVE.replace('"a"', '"b"').replace('"99.9"', "99.90")
    )
    agreement = read(text).agreements["gold"]
    assert (agreement.key, agreement.organization, agreement.services) == ("gold", "acme", ("shop",))
    assert (agreement.period, agreement.unknown, agreement.degraded) == ("quarter", "down", Decimal("0.5"))
    assert agreement.effective_from == "2026-01-01"
    assert [objective.target for objective in agreement.objectives] == ["99.9", "99.90"]


def test_zones_come_from_the_nearest_that_says_one(read: Read) -> None:
    text = '[slawatch]\ntimezone = "Asia/Tokyo"\n' + TCP + ACME + "[organizations.other]\n" + GOLD + OBJECTIVE
    config = read(text)
    assert config.organizations["other"].timezone == "Asia/Tokyo"
    assert config.organizations["other"].name == "other"
    assert config.agreements["gold"].timezone == "Europe/Berlin"
    other = read(text.replace('services = ["shop"]\n', 'services = ["shop"]\ntimezone = "UTC"\n'))
    assert other.agreements["gold"].timezone == "UTC"


def test_maintenance(read: Read) -> None:
    (window,) = read(TCP + WINDOW).maintenance
    assert window.start == parse_rfc3339("2026-12-01T21:00:00Z")
    assert window.end - window.start == 2 * HOUR
    assert window.announced is None


@pytest.mark.parametrize(
    "text",
    [
        "slawatch = 1",
        "[[checks]]",
        "checks = 3",
        "[checks]\na = 3",
        "[[slawatch]]",
        "maintenance = 1",
        "maintenance = [1]",
        "defaults = 1",
        "[defaults]\ncheck = 1",
        "[defaults]\nservice = 1",
        "[web]\nlisten = '8470'",
        "[web]\nlisten = 'h:0'",
        "[slawatch]\nprobers = 0",
        "[slawatch]\nprobers = 9999",
        "[retention]\nsamples = '1h'",
        "['organizations'.'a b']",
        '[organizations.""]',
        "[slawatch]\ndata_dir = 3",
        '[slawatch]\ndata_dir = "a\\u0000b"',
        "[slawatch]\nlog_level = 'loud'",
    ],
)
def test_wrong_shapes_are_told(problems: Problems, text: str) -> None:
    (problem,) = problems(text)
    assert problem.line == text.count("\n") + 1
    assert problem.message


def test_paths_of_checks_start_at_the_file_that_names_them(read: Read, tmp_path: Path) -> None:
    config = read(TCP + 'tls = { ca_file = "ca.pem" }\n')
    assert config.checks["a"].options.tls.ca_file == str(tmp_path / "ca.pem")


def test_what_a_service_needs_and_who_is_told(read: Read) -> None:
    text = (
        TCP
        + '[services.shop]\ndepends_on = ["db", ["d1", "d2"]]\nescalation = "night"\nrunbook = "https://w/"\n'
    )
    others = "".join(f"[services.{name}]\n" for name in ("db", "d1", "d2"))
    policy = (
        '[channels.c]\ntype = "exec"\ncommand = ["true"]\n'
        '[escalations.night]\n[[escalations.night.levels]]\nto = ["channel:c"]\n'
    )
    shop = read(text + others + policy).services["shop"]
    assert shop.depends_on == (("db",), ("d1", "d2"))
    assert (shop.escalation, shop.runbook) == ("night", "https://w/")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[3]", "write a name such as"),
        ("[[]]", "write a name such as"),
        ('[""]', "write a name such as"),
        ('[["a", "a"]]', "something is named twice"),
    ],
)
def test_what_a_service_cannot_need(problems: Problems, written: str, message: str) -> None:
    (found,) = problems(TCP + f"[services.shop]\ndepends_on = {written}\n")
    assert found.path == "services.shop.depends_on[0]"
    assert found.message.startswith(message)
