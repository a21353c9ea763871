"""Which reports a request asks for."""

from pathlib import Path

import pytest
from tests.report import cases

from slawatch.answers.requested import ReportRefused, Request, plans
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.check import Organization, Service

NOW = cases.at("2026-11-02T08:00:00")
GOLD = Agreement(key="acme-gold", organization="acme", services=("shop",), timezone=cases.BERLIN)
LATER = Agreement(
    key="later", organization="acme", services=("shop",), timezone="UTC", effective_from="2026-10-20",
    versions=(
        Agreement(
            key="later", organization="acme", services=("mail",), timezone="UTC",
            effective_from="2026-10-25",
        ),
    ),
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        path=tmp_path / "slawatch.toml",
        data_dir=tmp_path,
        organizations={
            key: Organization(key=key, name=key.title(), timezone=cases.BERLIN) for key in ("acme", "umbra")
        },
        services={name: Service(name=name, organization="acme") for name in ("shop", "mail")},
        agreements={"acme-gold": GOLD, "later": LATER},
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "say which period: --month 2026-10"),
        ({"end": "2026-10-02"}, "--to needs --from"),
        ({"month": "2026-10", "year": "2026"}, "--month and --year both name a period"),
        ({"month": "2026-10", "end": "2026-10-02"}, "--to goes with --from, not with --month"),
        ({"month": "2026-13"}, "--month: '2026-13' is not a period"),
        ({"month": "2026"}, "--month: 2026 is a year, not a month"),
        ({"month": "2026-12"}, "--month: 2026-12 has not begun yet"),
        ({"start": "2026-10-02", "end": "2026-10-01"}, "--from: a period must end after it starts"),
        ({"start": "yesterday"}, "--from: 'yesterday' is not a time"),
        ({"start": "2026-11-03"}, "--from: a period must end after it starts"),
        (
            {"month": "2026-10", "agreement": "acme-glod"},
            "no agreement 'acme-glod': did you mean 'acme-gold'?",
        ),
        ({"month": "2026-10", "agreement": "zzz"}, "no agreement 'zzz': there are acme-gold, later"),
        ({"month": "2026-10", "organization": "acmee"}, "did you mean 'acme'?"),
        (
            {"month": "2026-10", "agreement": "acme-gold", "organization": "umbra"},
            "is one of acme, not of umbra",
        ),
    ],
)
def test_what_cannot_be_reported_is_said_with_what_to_do(config: Config, wanted, said: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        plans(config, Request(**wanted), NOW)
    assert said in str(refused.value)


def test_a_period_begins_where_the_terms_do_and_names_the_services_of_all_versions(config: Config) -> None:
    gold, later = plans(config, Request(month="2026-10"), NOW)
    assert gold.period == cases.OCTOBER
    assert later.period.start == cases.at("2026-10-20T00:00:00", "UTC")
    assert [service.name for service in later.services] == ["mail", "shop"]
    assert [plan.agreement for plan in plans(config, Request(month="2026-09"), NOW)] == [GOLD]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"agreement": "acme-gild"}, "there is no agreement 'acme-gild': did you mean 'acme-gold'?"),
        ({"organization": "nobody"}, "there is no organization 'nobody': there are acme, umbra"),
        ({"agreement": "later", "month": "2026-09"}, "takes effect on 2026-10-20"),
        ({"month": "2027-01"}, "2027-01 has not begun yet"),
    ],
)
def test_names_and_times_that_are_not_there(config: Config, wanted, said: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        plans(config, Request(**{"month": "2026-10", **wanted}), NOW)
    assert said in str(refused.value)


@pytest.mark.parametrize("label", ["2026-10", "2026-Q3", "2025", "2026-W41", "2026-10-05"])
def test_a_period_may_be_named_whatever_its_kind(config: Config, label: str) -> None:
    (plan, *_) = plans(config, Request(period=label), NOW)
    assert plan.period.label == label
    with pytest.raises(ReportRefused, match="--month and --period both name a period"):
        plans(config, Request(period=label, month="2026-10"), NOW)
