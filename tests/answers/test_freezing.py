"""What may be frozen, when, and what becomes of it: refusals say why, and when to try again."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import TOML, View, samples, store
from tests.web.freezes import AFTER, frozen, restated, two_agreements

from slawatch.answers import freezing
from slawatch.answers.freezing import NotNow
from slawatch.answers.wish import EntryRefused
from slawatch.config.load import Config
from slawatch.core.instant import DAY, SECOND, parse_rfc3339
from slawatch.core.sample import Outcome
from slawatch.report.pack import CHANGES, REPORT, unpack
from slawatch.store import frozen as stored
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.journal import Journal

END = parse_rfc3339("2026-12-01T00:00:00Z")


def files(database: Database, number: int) -> dict[str, Any]:
    with database.reading() as cursor:
        data = stored.pack(cursor, number)
    assert data is not None
    return {name: json.loads(text) for name, text in unpack(data).files.items() if name.endswith(".json")}


def refusal(database: Database, config: Config, at: int, waiting: int = 0, month: str = "2026-11") -> NotNow:
    """Return why November may not be frozen."""
    request, asked = freezing.read({"month": month, "agreement": "gold", "person": "alice"}, config, at)
    (plan,) = freezing.chosen(config, request, at)
    with database.reading() as cursor, pytest.raises(NotNow) as caught:
        freezing.made(config, cursor, plan, asked, at, waiting)
    return caught.value


def test_a_month_that_is_over_is_frozen_with_its_verdict(view: View) -> None:
    made = frozen(view.database, view.config, wish={"reason": "first of its kind"})
    assert (made.number, made.place, made.organization, made.verdict) == (1, 1, "acme", "hardly known")
    found = files(view.database, 1)
    assert found["manifest.json"]["frozen_by"] == "alice"
    assert found["manifest.json"]["reason"] == "first of its kind"
    report = found[REPORT]
    assert report["integrity"]["frozen"] is True
    assert report["complete"] is True
    assert report["period"]["label"] == made.label == "2026-11"
    assert report["integrity"]["evidence_sha256"] == made.evidence_sha256


def test_a_period_that_runs_is_refused_with_its_end(view: View) -> None:
    for at in (END - 20 * DAY, END - SECOND):
        refused = refusal(view.database, view.config, at)
        assert "gold 2026-11 runs until 2026-12-01 00:00:00 (UTC)" in str(refused)
        assert refused.status == 422


def test_probes_that_may_still_answer_are_waited_for(view: View) -> None:
    refused = refusal(view.database, view.config, END + SECOND)
    assert "shop-home, shop-db may still answer" in str(refused)
    assert "try again at 2026-12-01 00:00:15 (UTC)" in str(refused)
    assert refused.status == 503
    numbers = view.database.check_numbers(view.config.checks)
    fresh = [
        sample
        for name in ("shop-home", "shop-db")
        for sample in samples(numbers[name], END, END + SECOND, lambda _: Outcome.UP)
    ]
    store(view.database, fresh, 2)
    frozen(view.database, view.config, at=END + SECOND)


def test_results_that_are_not_stored_yet_are_waited_for(view: View) -> None:
    refused = refusal(view.database, view.config, AFTER, waiting=AFTER - END + 5 * SECOND)
    assert "results of that time are not stored yet" in str(refused)
    assert refused.status == 503
    # What waits is of later times: the month is whole.
    wish = {"month": "2026-11", "agreement": "gold", "person": "a"}
    request, asked = freezing.read(wish, view.config, AFTER)
    (plan,) = freezing.chosen(view.config, request, AFTER)
    with view.database.reading() as cursor:
        freezing.made(view.config, cursor, plan, asked, AFTER, DAY)


def test_an_import_that_is_not_settled_is_waited_for(view: View) -> None:
    number = view.database.check_numbers(["shop-home"])["shop-home"]
    with view.database.reading() as cursor:
        cursor.execute("INSERT INTO unsettled VALUES (1, ?, ?, ?)", [number, END - DAY, END - 1])
    assert "an import of samples of that time" in str(refusal(view.database, view.config, AFTER))


def test_what_waits_in_the_journal_is_the_daemons_to_store(view: View) -> None:
    Journal(view.database.journal_path).append(Batch(9))
    with pytest.raises(NotNow, match="slawatch run") as caught:
        frozen(view.database, view.config)
    assert caught.value.status == 503


def test_an_outage_that_goes_on_may_still_change_the_figures(view: View) -> None:
    numbers = view.database.check_numbers(view.config.checks)
    at = END + 3600 * SECOND
    down = [
        sample
        for name in ("shop-home", "shop-db")
        for sample in samples(numbers[name], END - 3600 * SECOND, at, lambda _: Outcome.DOWN)
    ]
    store(view.database, down, 2)
    refused = refusal(view.database, view.config, at)
    assert "goes on" in str(refused)
    assert "2026-12-02 00:00:00 (UTC)" in str(refused)
    frozen(view.database, view.config, at=END + DAY)


def test_the_same_period_is_refused_by_its_number(view: View) -> None:
    frozen(view.database, view.config)
    for period in ({}, {"period": "2026-11"}, {"from": "2026-11-01", "to": "2026-12-01"}):
        wish = {"month": "", **period} if period else {}
        with pytest.raises(NotNow, match=r"frozen as report 1 already.*restate 1 --reason"):
            frozen(view.database, view.config, wish=wish)


def test_chains_are_of_one_organisation_and_numbers_of_all(view: View, tmp_path: Path) -> None:
    config = two_agreements(tmp_path)
    one, two = frozen(view.database, config), frozen(view.database, config, "silver")
    three = frozen(view.database, config, wish={"month": "2026-10"})
    assert [(r.number, r.place, r.previous) for r in (one, two, three)] == [
        (1, 1, ""), (2, 1, ""), (3, 2, one.manifest_sha256),
    ]  # fmt: skip


def test_a_frozen_report_keeps_its_terms_and_a_restatement_has_the_new_ones(
    view: View, tmp_path: Path
) -> None:
    frozen(view.database, view.config)
    before = files(view.database, 1)
    strict = two_agreements(tmp_path, "", TOML.replace('target = "99"', 'target = "99.9"'))
    made = restated(view.database, strict, 1, "the target was written wrong")
    assert (made.number, made.restates, made.verdict, made.previous) == (
        2, 1, "hardly known", before_hash(view.database),
    )  # fmt: skip
    assert files(view.database, 1) == before
    changes = {one["path"]: one for one in files(view.database, 2)[CHANGES]}
    assert changes["objectives[availability].target"]["before"] == "99"
    assert changes["objectives[availability].verdict"] == {
        "path": "objectives[availability].verdict", "before": "met", "after": "missed",
    }  # fmt: skip
    assert not any(path.startswith("generated_at") for path in changes)


def before_hash(database: Database) -> str:
    with database.reading() as cursor:
        found = stored.find(cursor, 1)
    assert found is not None
    return found.manifest_sha256


def test_what_cannot_be_restated_is_told(view: View, tmp_path: Path) -> None:
    with pytest.raises(EntryRefused, match="there is no frozen report 1") as caught:
        restated(view.database, view.config, 1)
    assert caught.value.status == 404
    frozen(view.database, view.config)
    with pytest.raises(EntryRefused, match="reason is missing"):
        restated(view.database, view.config, 1, reason=" ")
    renamed = two_agreements(tmp_path, "", TOML.replace("agreements.gold", "agreements.bronze"))
    with pytest.raises(NotNow, match="gold is no longer in the configuration"):
        restated(view.database, renamed, 1)
    moved = two_agreements(tmp_path, "", TOML.replace(
        '[agreements.gold]\norganization = "acme"\nservices = ["shop"]',
        '[agreements.gold]\norganization = "other"\nservices = ["api"]',
    ))  # fmt: skip
    with pytest.raises(NotNow, match="belongs to other now"):
        restated(view.database, moved, 1)
    restated(view.database, view.config, 1)
    with pytest.raises(NotNow, match="restated by report 2"):
        restated(view.database, view.config, 1)


def test_without_agreements_each_organisation_has_a_report(view: View, tmp_path: Path) -> None:
    config = two_agreements(tmp_path, "", TOML.partition("[agreements.gold]")[0])
    request, asked = freezing.read({"month": "2026-11", "person": "a"}, config, AFTER)
    made = [
        freezing.alone(view.database, config, plan, asked, AFTER)
        for plan in freezing.chosen(config, request, AFTER)
    ]
    assert sorted((one.organization or "", one.report, one.verdict) for one in made) == [
        ("", "other", ""), ("acme", "acme", ""), ("other", "other", ""),
    ]  # fmt: skip
    others = next(one for one in made if one.organization == "other")
    again = restated(view.database, config, others.number)
    assert (again.organization, again.restates) == ("other", others.number)
    gone = two_agreements(
        tmp_path, "", TOML.partition("[agreements.gold]")[0].replace('organization = "other"', "")
    )
    with pytest.raises(NotNow, match="no service of report"):
        restated(view.database, gone, again.number)


def test_a_report_that_is_too_large_to_keep_is_refused(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "_LARGEST", 1 << 12)
    with pytest.raises(NotNow, match="freeze shorter periods"):
        frozen(view.database, view.config)


def test_a_damaged_report_is_not_restated(view: View) -> None:
    frozen(view.database, view.config)
    with view.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET pack = 'PK'::BLOB")
    with pytest.raises(NotNow, match="no report can be made"):
        restated(view.database, view.config, 1)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"moth": "2026-11"}, "no key 'moth'"),
        ({}, "say which period"),
        ({"month": "2026-13"}, "2026-13"),
        ({"from": "2026-11-01"}, "to is missing"),
        ({"month": "2026-11", "agreement": "nope"}, "no agreement 'nope'"),
        ({"month": 11}, "month must be a text"),
        ({"month": "2030-01"}, "has not begun yet"),
    ],
)
def test_a_wish_that_makes_no_sense_is_told(config: Config, wish: dict[str, Any], said: str) -> None:
    def understood() -> None:
        request, _ = freezing.read({"person": "a", **wish}, config, AFTER)
        freezing.chosen(config, request, AFTER)

    with pytest.raises(EntryRefused, match=said):
        understood()


def test_the_configured_key_signs(view: View, tmp_path: Path) -> None:
    config = two_agreements(tmp_path, f'[reports]\nsigning_key = "{"0f" * 32}"\n')
    one = frozen(view.database, view.config)
    two = frozen(view.database, config, wish={"month": "2026-10"})
    assert one.public_key != two.public_key


@pytest.mark.parametrize(
    ("wish", "months"),
    [
        ({"from": "2026-11-02T10:00", "to": "2026-11-02T10:01"}, "2026-11"),
        ({"period": "2026-11-02"}, "2026-11"),
        ({"quarter": "2026-Q4"}, "2026-10 to 2026-12"),
    ],
)
def test_only_a_period_of_the_agreement_is_frozen(view: View, wish: dict[str, str], months: str) -> None:
    at = parse_rfc3339("2027-02-01T00:00:00Z")
    request, _ = freezing.read({**wish, "agreement": "gold", "person": "alice"}, view.config, at)
    with pytest.raises(NotNow, match=f"credited for each month: freeze {months}"):
        freezing.chosen(view.config, request, at)
