"""The published terms: every file is whole, and says where it comes from."""

import re
from collections.abc import Callable

import pytest

from slawatch.config import preset
from slawatch.config.load import Config
from slawatch.core.credit import faults
from slawatch.core.objective import parse_target

Read = Callable[..., Config]

HEAD = (
    '[organizations.acme]\n[checks.a]\nservice = "s"\ntype = "tcp"\naddress = "h:1"\n'
    '[agreements.a]\norganization = "acme"\nservices = ["s"]\n'
)


def test_the_providers_are_those_of_the_list() -> None:
    assert preset.names() == (
        "aws-compute-hourly", "aws-compute-instance", "aws-compute-region", "aws-rds", "azure-app-service",
        "azure-vm", "cloudflare-business", "digitalocean-app-platform", "github", "google-cloud-sql",
        "google-compute-engine", "slack", "slack-2015", "twilio", "twilio-enterprise",
    )  # fmt: skip


@pytest.mark.parametrize("name", preset.names())
def test_a_preset_says_where_it_comes_from(name: str) -> None:
    found = preset.load(name)
    assert found.name == name
    assert found.url.startswith("https://")
    assert found.title
    assert found.basis
    assert bool(found.date) is not bool(found.undated), "a date, or what there is in place of one"
    assert re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", found.date)


@pytest.mark.parametrize("name", preset.names())
def test_a_preset_makes_an_agreement_without_a_problem_or_a_warning(read: Read, name: str) -> None:
    config = read(HEAD + f'preset = "{name}"\n')
    assert config.warnings == ()
    agreement = config.agreements["a"]
    assert agreement.preset == name
    assert list(faults(agreement.credits)) == []
    assert all(band.clause for band in agreement.credits)
    assert [parse_target(o.metric, o.target).metric for o in agreement.objectives] == ["availability"]


def test_a_preset_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        preset.load("acme")
