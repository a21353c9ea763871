"""Which reports a request asks for, and what the API answers."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report import cases

from slawatch.answers import report as answers
from slawatch.answers.report import (
    Body,
    answer,
    asked,
    files,
    parse_formats,
    to_query,
)
from slawatch.answers.requested import ReportRefused, Request
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import Check, Organization, Service
from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.life import life_event
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

NOW = cases.at("2026-11-02T08:00:00")
GOLD = Agreement(
    key="acme-gold",
    organization="acme",
    services=("shop",),
    timezone=cases.BERLIN,
    objectives=(Objective(id="availability", metric="availability", target="99"),),
)
NEW = replace(GOLD, key="umbra-new", organization="umbra", services=("mail",), effective_from="2026-11-01")


def config(tmp_path: Path, **changes) -> Config:
    known = Config(
        path=tmp_path / "slawatch.toml",
        data_dir=tmp_path,
        timezone="UTC",
        organizations={
            "acme": Organization(key="acme", name="Acme", timezone=cases.BERLIN),
            "umbra": Organization(key="umbra", name="Umbra", timezone="UTC"),
        },
        services={
            "shop": Service(name="shop", organization="acme"),
            "mail": Service(name="mail", organization="umbra"),
            "lab": Service(name="lab"),
        },
        checks={
            name: Check(name=name, service=name, type="http", options=None)
            for name in ("shop", "mail", "lab")
        },
        agreements={"acme-gold": GOLD},
    )
    return replace(known, **changes)


@pytest.fixture
def cursor(tmp_path: Path):
    """A store with an hour of `shop`, half of it down."""
    start = cases.at("2026-10-05T12:00:00")
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop"])["shop"]
        samples = [
            Sample(
                number, at, at, Outcome.DOWN if down else Outcome.UP, 7 if down else 0,
                None if down else 80_000, None, None, None, None, None, 70 * SECOND, 0,
                "HTTP 503" if down else None,
            )
            for at in range(start, start + HOUR, 30 * SECOND)
            for down in [at >= start + HOUR // 2]
        ]  # fmt: skip
        changes = [
            (number, Transition(start, Outcome.UP, None)),
            (number, Transition(start + HOUR // 2, Outcome.DOWN, start + HOUR // 2 - 30 * SECOND)),
        ]
        Writer(database).write(Batch(1, samples, changes, [life_event(start, "start")]))
        with database.reading() as found:
            yield found


def keys(config_: Config, cursor, **wanted) -> list[str]:
    return [report.key for report in answer(config_, cursor, Request(**wanted), NOW)]


def test_every_agreement_in_force_has_a_report(tmp_path: Path, cursor) -> None:
    both = config(tmp_path, agreements={"acme-gold": GOLD, "umbra-new": NEW})
    assert keys(both, cursor, month="2026-10") == ["acme-gold"]
    assert keys(both, cursor, month="2026-11") == ["acme-gold", "umbra-new"]
    assert keys(both, cursor, year="2026", agreement="umbra-new") == ["umbra-new"]
    assert keys(both, cursor, quarter="2026-Q4", organization="umbra") == ["umbra-new"]
    with pytest.raises(ReportRefused, match="takes effect on 2026-11-01"):
        keys(both, cursor, month="2026-10", agreement="umbra-new")


def test_the_figures_are_those_of_the_store(tmp_path: Path, cursor) -> None:
    (report,) = answer(config(tmp_path), cursor, Request(month="2026-10"), NOW)
    shop = report.services[0]
    assert shop.classes["up"] == HOUR // 2
    assert shop.classes["down"] == HOUR // 2 + 40 * SECOND
    assert shop.samples == 120
    assert shop.outages[0].reason == "HTTP 503"
    assert shop.latency.quantiles["p95"] == 80_000
    assert report.period.start == cases.at("2026-10-01T00:00:00")


def test_without_an_agreement_each_organisation_has_a_report(tmp_path: Path, cursor) -> None:
    bare = config(tmp_path, agreements={})
    reports = answer(bare, cursor, Request(month="2026-10"), NOW)
    assert [(r.key, r.organization_name, r.objectives) for r in reports] == [
        ("acme", "Acme", ()),
        ("umbra", "Umbra", ()),
        ("other", "Services without an organisation", ()),
    ]
    assert [r.period.timezone for r in reports] == [cases.BERLIN, "UTC", "UTC"]
    one = config(
        tmp_path, agreements={}, organizations={}, services={"shop": Service(name="shop")},
        checks={"shop": config(tmp_path).checks["shop"]},
    )  # fmt: skip
    assert [r.organization_name for r in answer(one, cursor, Request(year="2026"), NOW)] == ["All services"]


def test_a_stretch_without_an_end_ends_now(tmp_path: Path, cursor) -> None:
    (report,) = answer(config(tmp_path), cursor, Request(start="2026-10-05T12:00:00"), NOW)
    assert (report.period.start, report.period.end) == (cases.at("2026-10-05T12:00:00"), NOW)
    (report,) = answer(config(tmp_path), cursor, Request(start="2026-10-05", end="2026-10-06"), NOW)
    assert report.period.end - report.period.start == DAY
    assert report.period.label == "2026-10-05_2026-10-06"


def test_there_is_nothing_to_report_on_without_services(tmp_path: Path, cursor) -> None:
    empty = config(tmp_path, services={}, checks={}, agreements={})
    with pytest.raises(ReportRefused, match="there are no services to report on"):
        answer(empty, cursor, Request(month="2026-10"), NOW)


def test_files_have_names_that_fit_any_folder_and_no_other_report(tmp_path: Path, cursor) -> None:
    odd = {key: replace(GOLD, key=key) for key in ("../a/b", "a b", "A-B", "..")}
    reports = answer(config(tmp_path, agreements=odd), cursor, Request(month="2026-10"), NOW)
    names = [file.name for file in files(reports, ("json",))]
    assert names == ["a-b-2026-10.json", "a-b-2-2026-10.json", "A-B-3-2026-10.json", "report-2026-10.json"]
    assert [file.name for file in files(reports[:1], ("csv", "html"))] == [
        "a-b-2026-10-ledger.csv",
        "a-b-2026-10-outages.csv",
        "a-b-2026-10-objectives.csv",
        "a-b-2026-10-credits.csv",
        "a-b-2026-10-maintenance.csv",
        "a-b-2026-10-trend.csv",
        "a-b-2026-10.html",
    ]
    bare = answer(config(tmp_path, agreements={}), cursor, Request(month="2026-10"), NOW)
    assert len(files(bare[:1], ("csv",))) == 3


def test_formats_are_named_with_commas() -> None:
    assert parse_formats(" HTML,csv,html") == ("html", "csv")
    for text, said in (
        ("pdf", "cannot be written yet"), ("docx", "no format 'docx'"), (" , ", "at least one"),
    ):  # fmt: skip
        with pytest.raises(ReportRefused, match=said):
            parse_formats(text)


def test_the_api_answers_json_pages_tables_and_files(tmp_path: Path, cursor) -> None:
    def get(**query: str) -> Body:
        return asked(config(tmp_path), cursor, query, NOW)

    found = get(month="2026-10")
    assert (found.media, json.loads(found.text)["agreement"]) == ("application/json", "acme-gold")
    assert get(month="2026-10", format="html").media == "text/html"
    table = get(month="2026-10", format="csv", table="outages")
    assert (table.media, table.text.split(",")[:3]) == ("text/csv", ["agreement", "organization", "period"])
    bundle = json.loads(get(**to_query(Request(month="2026-10"), ("html", "json"))).text)
    assert [file["name"] for file in bundle["files"]] == ["acme-gold-2026-10.html", "acme-gold-2026-10.json"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"month": "2026-12"}, "has not begun yet"),
        ({"mont": "2026-10"}, "did you mean 'month'?"),
        ({"month": "2026-10", "table": "outage"}, "did you mean 'outages'?"),
        ({"to": "2026-10-02", "month": "2026-10"}, "`to` goes with `from`"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_in_its_own_words(tmp_path, cursor, query, said) -> None:
    with pytest.raises(ReportRefused, match=re.escape(said)):
        asked(config(tmp_path), cursor, query, NOW)


def test_a_request_becomes_the_query_that_asks_for_it() -> None:
    request = Request(start="2026-10-01", end="2026-10-02", organization="acme")
    assert to_query(request) == {"from": "2026-10-01", "to": "2026-10-02", "org": "acme"}
    assert to_query(Request(month="2026-10"), ("csv",)) == {"month": "2026-10", "files": "csv"}


def test_what_would_take_the_memory_of_the_daemon_is_refused(
    tmp_path: Path, cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReportRefused, match="a report covers 50 years at most"):
        answer(config(tmp_path), cursor, Request(start="1970-01-01", end="2199-01-01"), NOW)
    monkeypatch.setattr(answers, "MOST_DAYS", 20)
    with pytest.raises(ReportRefused, match="days of services to look at, and 20 are the most"):
        answer(config(tmp_path), cursor, Request(start="2026-01-01", end="2026-10-01"), NOW)
