"""Lists of frozen reports, and the periods that nobody froze."""

from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import TOML, View
from tests.web.freezes import AFTER, SILVER, frozen, two_agreements

from slawatch.answers import reports
from slawatch.answers.wish import EntryRefused
from slawatch.config.load import Config
from slawatch.core.instant import Instant, parse_rfc3339
from slawatch.core.sample import Outcome, Transition
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.errors import StoreMissing
from slawatch.store.writer import Writer


def seen_since(database: Database, **checks: str) -> None:
    """Let checks be first heard of at some times."""
    numbers = database.check_numbers(checks)
    first = {name: Transition(parse_rfc3339(at), Outcome.UP, None) for name, at in checks.items()}
    Writer(database).write(Batch(1, transitions=[(numbers[name], one) for name, one in first.items()]))


def overdue(database: Database, config: Config, at: Instant = AFTER, **query: str) -> list[tuple[str, str]]:
    with database.reading() as cursor:
        found = reports.overdue(cursor, config, at, query)["overdue"]
    assert all(one["late"] >= 0 for one in found)
    return [(one["agreement"], one["period"]["label"]) for one in found]


def written(folder: Path, old: str, new: str) -> Config:
    assert old in TOML
    return two_agreements(folder, SILVER, TOML.replace(old, new))


def test_overdue_begins_with_the_first_sample_of_the_agreement(database: Database, tmp_path: Path) -> None:
    config = two_agreements(tmp_path)
    assert overdue(database, config) == []
    seen_since(database, **{"shop-home": "2026-09-20T00:00:00Z", "api-a": "2026-11-05T00:00:00Z",
                            "backup": "2020-01-01T00:00:00Z"})  # fmt: skip
    assert overdue(database, config) == [
        ("gold", "2026-09"), ("gold", "2026-10"), ("gold", "2026-11"), ("silver", "2026-11"),
    ]  # fmt: skip
    assert overdue(database, config, org="other") == [("silver", "2026-11")]
    assert overdue(database, config, parse_rfc3339("2026-11-30T23:59:59Z"), org="other") == []
    assert overdue(database, config, parse_rfc3339("2026-12-01T00:00:00Z"), org="other") != []


def test_no_agreement_is_overdue_before_it_is_in_force(database: Database, tmp_path: Path) -> None:
    seen_since(database, **{"shop-home": "2026-01-20T00:00:00Z"})
    terms = 'services = ["shop"]'
    config = written(tmp_path, terms, f'{terms}\neffective_from = 2026-10-10\nperiod = "quarter"')
    assert overdue(database, config, parse_rfc3339("2027-01-02T00:00:00Z")) == [("gold", "2026-Q4")]


def test_versions_of_the_terms_may_have_other_periods(database: Database, tmp_path: Path) -> None:
    seen_since(database, **{"shop-home": "2026-08-20T00:00:00Z"})
    more = '[[agreements.gold.versions]]\neffective_from = 2026-10-01\nperiod = "quarter"\n'
    config = two_agreements(tmp_path, more)
    assert overdue(database, config, parse_rfc3339("2027-01-02T00:00:00Z")) == [
        ("gold", "2026-08"), ("gold", "2026-09"), ("gold", "2026-Q4"),
    ]  # fmt: skip


def test_what_is_frozen_is_not_overdue_by_its_bounds_as_well(view: View, tmp_path: Path) -> None:
    config = two_agreements(tmp_path)
    assert overdue(view.database, config) == [("gold", "2026-11"), ("silver", "2026-11")]
    frozen(view.database, config, wish={"month": "", "from": "2026-11-01", "to": "2026-12-01"})
    assert overdue(view.database, config) == [("silver", "2026-11")]
    frozen(view.database, config, "silver")
    assert overdue(view.database, config) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [({"org": "x"}, "no organization 'x'"), ({"limit": "501"}, "limit is"), ({"cursor": "-1"}, "cursor is"),
     ({"orgs": "acme"}, "no parameter 'orgs'")],
)  # fmt: skip
def test_a_list_that_there_is_not_is_told(view: View, query: dict[str, Any], said: str) -> None:
    with view.database.reading() as cursor, pytest.raises(EntryRefused, match=said):
        reports.listed(cursor, view.config, query)


def test_the_key_is_the_same_until_another_is_configured(config: Config, tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="there is no database"):
        reports.key(config)
    assert not config.data_dir.exists(), "a question makes nothing"
    with Database.open(config.data_dir):
        found = reports.key(config)
    assert reports.key(config) == found
    assert found["public_key"].startswith("RW")
    assert found["public_key"] in found["minisign"]
    other = two_agreements(tmp_path, f'[reports]\nsigning_key = "{"0f" * 32}"\n')
    assert reports.key(other)["public_key"] != found["public_key"]
    assert "0f0f" not in str(reports.key(other))


def test_a_frozen_report_that_is_damaged_is_told_as_that(view: View) -> None:
    from slawatch.store.errors import StoreDamaged

    frozen(view.database, view.config)
    with view.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET pack = 'PK'::BLOB")
        with pytest.raises(StoreDamaged, match="frozen report 1 in the store is damaged"):
            reports.shown(cursor, 1)
        assert reports.pack(cursor, 1) == b"PK", "as it is, for whoever mends it"
