"""What shows only when the sections are seen together."""

from collections.abc import Callable

import pytest

from slawatch.config.load import Config, Problem

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


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ('interval = "5s"\ntimeout = "6s"', "timeout"),
        ('timeout = "0s"', "timeout"),
        ('interval = "5s"\nretry_interval = "6s"', "retry_interval"),
        ('retry_interval = "1ms"', "retry_interval"),
        ('interval = "10ms"', "interval"),
        ('interval = "25h"', "interval"),
        ("failures = 0", "failures"),
        ("failures = true", "failures"),
        ("failures = 2.0", "failures"),
        ('stale_after = "10s"', "stale_after"),
        ('service = ""', "service"),
        ("service = 4", "service"),
    ],
)
def test_a_check_that_cannot_be_meant_so_is_refused(problems: Problems, keys: str, path: str) -> None:
    text = TCP.replace('service = "shop"\n', "") if keys.startswith("service") else TCP
    found = problems(text + keys)
    assert [problem.path for problem in found] == [f"checks.a.{path}"]
    assert found[0].line == (text + keys).count("\n") + 1


def test_a_service_that_is_nearly_the_name_of_another_is_warned_of(read: Read) -> None:
    config = read(TCP + "[services.shopp]\n" + TCP.replace(".a", ".b").replace('"shop"', '"shopp"'))
    assert [(w.line, w.path) for w in config.warnings] == [(2, "checks.a.service")]
    assert 'did you mean "shopp"?' in config.warnings[0].message


@pytest.mark.parametrize(
    "written", ['"most"', "2", "{ quorum = 0 }", "{ quorum = 2 }", '"quorum:x"', "{ quorum = true }"]
)
def test_a_join_that_makes_no_sense_is_refused(problems: Problems, written: str) -> None:
    found = problems(TCP + f"[services.shop]\njoin = {written}")
    assert [(problem.line, problem.path) for problem in found] == [(6, "services.shop.join")]


def test_a_service_without_checks_is_warned_of(read: Read) -> None:
    config = read(TCP + "[services.empty]\n")
    assert [(w.line, w.path) for w in config.warnings] == [(5, "services.empty")]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('"acme"', '"acne"', "organization", "did you mean"),
        ('["shop"]', '["shpo"]', "services[0]", "did you mean"),
        ('["shop"]', "[]", "services", "at least one"),
        ('["shop"]', '["shop", "shop"]', "services[1]", "twice"),
        ('["shop"]', '"shop"', "services", 'in brackets, one as well: ["shop"]'),
        ('"availability"', '"availabilty"', "objectives[0].metric", "not a metric"),
        ('"99.9"', '"99,9"', "objectives[0].target", "not a target"),
        ('"99.9"', "true", "objectives[0].target", "write the target as text"),
        ('id = "a"\n', "", "objectives[0]", "is missing"),
        ("[[agreements", 'period = "moon"\n[[agreements', "period", "no such choice"),
        ("[[agreements", 'degraded = "1.5"\n[[agreements', "degraded", ""),
        (
            "[[agreements",
            "effective_from = 2026-01-01T00:00:00Z\n[[agreements",
            "effective_from",
            "without a time",
        ),
        ("[[agreements", 'effective_from = "2026-02-30"\n[[agreements', "effective_from", "calendar"),
        ("[[agreements", 'fee = { amount = "1" }\n[[agreements', "fee", 'the key "currency" is missing'),
    ],
)
def test_an_agreement_that_cannot_be_meant_so(
    problems: Problems, old: str, new: str, path: str, message: str
) -> None:
    found = problems(TCP + ACME + (GOLD + OBJECTIVE).replace(old, new, 1))
    assert [problem.path for problem in found] == [f"agreements.gold.{path}"]
    assert message in found[0].message


def test_two_objectives_of_one_id_are_refused_with_the_line_of_the_first(problems: Problems) -> None:
    found = problems(TCP + ACME + GOLD + OBJECTIVE + OBJECTIVE)
    assert told(found) == [
        (15, "agreements.gold.objectives[1].id", 'there is another objective "a" in line 10')
    ]


UNPROVABLE = OBJECTIVE.replace("99.9", "99.9995")


def test_a_target_that_the_interval_cannot_prove_is_refused(problems: Problems) -> None:
    (problem,) = problems(TCP + ACME + GOLD + UNPROVABLE)
    assert (problem.path, problem.line) == ("agreements.gold.objectives[0].target", 13)
    assert "probes 30s apart cannot prove this: it allows 12s96ms" in problem.message
    assert "an interval of 6s would prove it" in problem.message


def test_a_target_that_the_interval_cannot_prove_is_warned_of_where_that_is_known(read: Read) -> None:
    config = read(TCP + ACME + GOLD + "allow_unprovable = true\n" + UNPROVABLE)
    (warning,) = config.warnings
    assert (warning.path, warning.line) == ("agreements.gold.objectives[0].target", 14)
    assert "an interval of 6s would prove it" in warning.message


def test_the_interval_that_would_prove_a_target_does(read: Read) -> None:
    assert read(TCP + 'interval = "6s"\ntimeout = "5s"\n' + ACME + GOLD + UNPROVABLE).warnings == ()
    assert read(TCP + ACME + GOLD + OBJECTIVE).warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("T22:00:00+01:00", "T22:00:00", "start"),
        ("2026-12-01T22:00:00+01:00", '"soon"', "start"),
        ("2026-12-01T22:00:00+01:00", "2026-12-01", "start"),
        ("2026-12-02T", "2026-12-01T", "end"),
        ('"shop"', '"shpo"', "services[0]"),
    ],
)
def test_maintenance_that_cannot_be_meant_so(problems: Problems, old: str, new: str, key: str) -> None:
    assert [problem.path for problem in problems(TCP + WINDOW.replace(old, new))] == [f"maintenance[0].{key}"]


def test_samples_are_kept_for_claims_and_that_is_said_where_less_was_asked_for(read: Read) -> None:
    claims = TCP + ACME + GOLD + 'claim_window = "30d"\n' + OBJECTIVE
    (warning,) = read('[retention]\nsamples = "30d"\n' + claims).warnings
    assert (warning.line, warning.path) == (2, "retention.samples")
    assert "kept for up to 62d all the same" in warning.message
    assert 'the agreement "gold"' in warning.message
    assert read('[retention]\nsamples = "62d"\n' + claims).warnings == ()
    assert read(claims).warnings == (), "who asks for nothing is told nothing"


@pytest.mark.parametrize("name", ["", "  "])
def test_an_organization_without_a_name_is_a_mistake(problems: Problems, name: str) -> None:
    (found,) = problems(TCP + f'[organizations.acme]\nname = "{name}"\n')
    assert found.path == "organizations.acme.name"
    assert "leave the key out" in found.message
