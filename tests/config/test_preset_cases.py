"""The presets against the worked cases, one second either side of each tier, and on whole months."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from tests.core.agreements import down, evaluated
from tests.core.published import cases, load

from slawatch.config import preset
from slawatch.config.load import Config
from slawatch.core.agreement import Agreement
from slawatch.core.credit import credit, tier_of, tiers
from slawatch.core.instant import SECOND
from slawatch.core.objective import parse_target
from slawatch.core.period import parse_period

Read = Callable[..., Config]

HEAD = (
    '[organizations.acme]\n[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
    '[agreements.a]\norganization = "acme"\nservices = ["shop"]\n'
    'fee = { amount = "1000", currency = "USD" }\n'
)

TABLES = {
    "AWS Compute SLA, region level": "aws-compute-region",
    "AWS Compute SLA, single instance": "aws-compute-instance",
    "Google Compute Engine multi-zone (2017-2020 text)": "google-compute-engine",
    "Google Cloud SQL HA (Enterprise)": "google-cloud-sql",
    "Azure VM across zones": "azure-vm",
    "Twilio (standard)": "twilio",
    "Twilio (enterprise editions)": "twilio-enterprise",
    "DigitalOcean App Platform": "digitalocean-app-platform",
}
FORMULAS = {
    "Slack": {100: "slack-2015", 10: "slack"},
    "Cloudflare Business SLA": {None: "cloudflare-business"},
}


def named(read: Read, name: str) -> Agreement:
    return read(HEAD + f'preset = "{name}"\n').agreements["a"]


@cases("contract", "credit_table", pick=lambda case: case["source"] in TABLES)
def test_a_preset_has_the_published_tiers(read: Read, case: dict[str, Any]) -> None:
    terms = named(read, TABLES[case["source"]])
    found = {(tier.high * 100, tier.band.credit) for tier in tiers(terms.credits) if tier.high is not None}
    assert found == {(Fraction(str(t["lt"])), t["credit"]) for t in case["expected"]["tiers"]}
    (objective,) = terms.objectives
    target = parse_target(objective.metric, objective.target)
    assert target.value * 100 == Fraction(str(case["expected"]["commitment_percent"]))


@cases("contract", "credit_tier", pick=lambda case: case["source"] in TABLES)
def test_a_preset_credits_as_worked_out(read: Read, case: dict[str, Any]) -> None:
    terms = named(read, TABLES[case["source"]])
    share = 1 - Fraction(str(case["params"]["down_min"])) / Fraction(str(case["params"]["total_min"]))
    found = credit(terms, share)
    assert found.share == Fraction(case["expected"]["credit_percent"], 100)


@cases("contract", "credit_formula")
def test_a_preset_with_a_formula_credits_as_worked_out(read: Read, case: dict[str, Any]) -> None:
    asked = case["params"]
    terms = named(read, FORMULAS[case["source"]][asked.get("multiple")])
    if "outage_min" in asked:
        lost = Fraction(str(asked["affected_ratio"])) * asked["outage_min"] / asked["scheduled_min"]
        expected = case["expected"]["credit_fraction"]
    else:
        lost = Fraction(asked["down_min"], asked["total_min"])
        expected = case["expected"]["credit_fraction_of_period_fee"]
    found = credit(terms, 1 - lost).share
    assert found is not None
    assert float(found) == pytest.approx(expected, rel=1e-12, abs=5e-7 if "page prints" in str(case) else 0)


@pytest.mark.parametrize("name", preset.names())
def test_one_second_either_side_of_each_tier(read: Read, name: str) -> None:
    terms = named(read, name)
    found = tiers(terms.credits)
    second = Fraction(SECOND, parse_period("2026-06", "UTC").length)
    for number, tier in enumerate(found):
        assert tier.high is not None
        better = found[number - 1] if number else None
        assert tier_of(tier.high - second, found) is tier
        assert tier_of(tier.high, found) is (tier if tier.to_high else better)
        if tier.high < 1:
            assert tier_of(tier.high + second, found) is better
    assert tier_of(Fraction(0), found) is found[-1]


@pytest.mark.parametrize(
    ("name", "span", "counted", "percent"),
    [
        # Minutes of June from its start; what counts of them; the credit in percent.
        ("aws-compute-region", (0.5, 6.5), 5, "10"),
        ("aws-compute-region", (0.5, 5.5), 4, "0"),
        ("aws-compute-instance", (0, 433), 433, "30"),
        ("aws-compute-hourly", (0, 6), 0, "0"),
        ("aws-compute-hourly", (0, 6.1), 60, "0.138889"),
        ("aws-rds", (0, 2161), 2161, "100"),
        ("google-compute-engine", (0.5, 5.5), 5, "10"),
        ("google-compute-engine", (0.5, 5.4), 4, "0"),
        ("google-cloud-sql", (0, 3000), 3000, "50"),
        ("azure-app-service", (0, 433), 433, "25"),
        ("azure-vm", (0, 5), 5, "10"),
        ("digitalocean-app-platform", (0, 22), 22, "10"),
        ("twilio", (0, 22), 22, "10"),
        ("twilio-enterprise", (0, 5), 5, "10"),
        ("slack-2015", (0, 30), 30, "6.944444"),
        ("cloudflare-business", (0, 60), 60, "0.138889"),
    ],
)
def test_a_month_under_a_preset(
    read: Read, name: str, span: tuple[float, float], counted: int, percent: str
) -> None:
    found = evaluated(named(read, name), {"shop": down(span)})
    assert found.combined.loss.bad == counted * 60 * SECOND
    assert found.credit.percent == percent


@pytest.mark.parametrize(
    ("name", "minutes", "percent"), [("github", 131, "0"), ("github", 132, "10"), ("slack", 30, "0.228938")]
)
def test_a_quarter_under_a_preset(read: Read, name: str, minutes: int, percent: str) -> None:
    quarter = parse_period("2026-Q2", "UTC")
    evidence = {"shop": down((0, minutes), start=quarter.start)}
    assert evaluated(named(read, name), evidence, period=quarter).credit.percent == percent


def test_at_just_99_9_percent_github_owes_a_credit_though_the_promise_is_kept(read: Read) -> None:
    found = credit(named(read, "github"), Fraction(999, 1000))
    assert found.percent == "10"
    assert len(load("contract", "credit_tier")) == 86
