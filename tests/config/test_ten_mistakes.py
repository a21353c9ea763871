"""A file with ten different mistakes: ten messages at once, each at its line, each saying what to do."""

from collections.abc import Callable

from slawatch.config.load import Problem

TEXT = """\
[slawatch]
timezone = "Europe/Berln"
probes = 2

[services.shop]
organization = "acne"

[organizations.acme]
name = "Acme Corp"

[checks.shop-home]
service = "shop"
type = "http"
interval = 30
url = "https://shop.example/"
expect.status = "200-2999"
expect.body_contians = "ok"

[checks.shop-db]
service = "shop"
type = "tpc"

[checks.shop-mail]
service = "shop"
type = "tcp"
interval = "5s"
timeout = "8s"
address = "mail.example:25"

[agreements.gold]
organization = "acme"
services = [
  "shop",
  "mial",
]

[[maintenance]]
services = ["shop"]
start = 2026-12-02T00:00:00+01:00
end = 2026-12-01T22:00:00+01:00
"""

EXPECTED = [
    (2, "slawatch.timezone", "there is no time zone 'Europe/Berln': did you mean 'Europe/Berlin'?"),
    (3, "slawatch.probes", 'unknown key "probes": did you mean "probers"?'),
    (6, "services.shop.organization", 'there is no organization "acne": did you mean "acme"?'),
    (14, "checks.shop-home.interval", 'a length of time has a unit and stands in quotes: "30s" or "30m"'),
    (
        16,
        "checks.shop-home.expect.status",
        '\'200-2999\' is not a status code such as 200, "200-299" or "2xx"',
    ),
    (
        17,
        "checks.shop-home.expect.body_contians",
        'unknown key "body_contians": did you mean "body_contains"?',
    ),
    (21, "checks.shop-db.type", 'there is no such check type: did you mean "tcp"?'),
    (
        27,
        "checks.shop-mail.timeout",
        "a probe must end before the next one begins: shorten the timeout or lengthen the interval",
    ),
    (34, "agreements.gold.services[1]", 'there is no service "mial": known: shop'),
    (40, "maintenance[0].end", "maintenance ends after it starts"),
]


def test_each_is_told_with_its_line_its_path_and_what_to_do(
    problems: Callable[[str], tuple[Problem, ...]],
) -> None:
    found = problems(TEXT)
    assert [(problem.line, problem.path, problem.message) for problem in found] == EXPECTED
    assert {problem.file.rsplit("/", 1)[1] for problem in found} == {"slawatch.toml"}


def test_expected_and_found_stand_beside_the_message(problems: Callable[[str], tuple[Problem, ...]]) -> None:
    facts = {problem.path: (problem.expected, problem.found) for problem in problems(TEXT)}
    assert facts["checks.shop-home.interval"] == ('a duration such as "30s", "5m" or "250ms"', "30")
    assert facts["checks.shop-home.expect.status"][1] == '"200-2999"'
    assert facts["checks.shop-db.type"] == (
        '"database", "exec", "heartbeat", "http", "scrape" or "tcp"',
        '"tpc"',
    )
    assert facts["checks.shop-mail.timeout"] == ("more than 0s, at most the interval of 5s", "8s")
