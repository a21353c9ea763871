"""Exports: what is asked for, and what comes out."""

import csv
import io
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.web.conftest import MINUTE, NOW, View

from slawatch.answers.export import COLUMNS, Wish, database, export, wish
from slawatch.core.check import Maintenance
from slawatch.core.instant import SECOND, parse_rfc3339, rfc3339

START = NOW - 600 * MINUTE


def exported(view: View, wanted: Wish) -> bytes:
    out = io.BytesIO()
    with view.database.reading() as cursor:
        export(cursor, view.config, wanted, out, NOW)
    return out.getvalue()


def rows(view: View, what: str, **more: object) -> list[dict[str, str]]:
    wanted = Wish(what, more.get("start", START), more.get("end", NOW), "csv")  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(exported(view, wanted).decode())))


def test_the_samples_are_those_stored(view: View) -> None:
    found = rows(view, "samples", start=NOW - 2 * MINUTE)
    assert len(found) == 4 * 4
    down = [row for row in found if row["check"] == "shop-db"]
    assert {row["outcome"] for row in down} == {"down"}
    assert {row["reason"] for row in down} == {"connection refused"}


def test_the_ledger_covers_the_time_of_every_service_exactly(view: View) -> None:
    found = rows(view, "ledger")
    for service in ("shop", "api", "jobs"):
        pieces = [row for row in found if row["service"] == service]
        assert pieces[0]["start"] == rfc3339(START)
        assert pieces[-1]["end"] == rfc3339(NOW)
        for one, following in pairwise(pieces):
            assert one["end"] == following["start"]
        assert sum(float(row["seconds"]) for row in pieces) == 36_000
    assert [(row["class"], row["seconds"]) for row in found if row["service"] == "shop"] == [
        ("up", "35880"), ("down", "120"),
    ]  # fmt: skip
    assert [row["class"] for row in found if row["service"] == "jobs"] == ["not_monitored"]


def test_maintenance_takes_its_class_and_keeps_what_was_observed(view: View) -> None:
    window = Maintenance(services=("shop",), start=NOW - 60 * SECOND, end=NOW, announced=START)
    late = replace(window, start=START, end=START + MINUTE, announced=NOW)
    view.config = replace(view.config, maintenance=(window, late))
    shop = [row for row in rows(view, "ledger") if row["service"] == "shop"]
    assert [(row["class"], row["observed"]) for row in shop] == [
        ("up", "up"), ("down", "down"), ("maintenance", "down"),
    ]  # fmt: skip


def test_outages_have_their_reason(view: View) -> None:
    (outage,) = rows(view, "outages")
    assert outage["service"] == "shop"
    assert outage["start"] == rfc3339(NOW - 2 * MINUTE)
    assert outage["seconds"] == "120"
    assert outage["checks"] == "shop-db"
    assert outage["reason"] == "connection refused"


@pytest.mark.parametrize("what", ["outages", "ledger"])
def test_without_a_start_it_begins_with_the_first_sample(view: View, what: str) -> None:
    assert rows(view, what, start=None) == rows(view, what)
    assert rows(view, what, start=None, end=START - MINUTE) == []


def test_json_lines(view: View) -> None:
    wanted = Wish("outages", START, NOW, "jsonl")
    (line,) = exported(view, wanted).splitlines()
    found = json.loads(line)
    assert list(found) == list(COLUMNS["outages"])
    assert found["seconds"] == 120.0


@pytest.mark.parametrize("what", ["samples", "outages", "ledger"])
def test_parquet_says_the_same_as_csv(view: View, what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(exported(view, Wish(what, START, NOW, "parquet")))  # type: ignore[arg-type]
    with view.database.reading() as cursor:
        (count,) = cursor.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone() or (None,)
    assert count == len(rows(view, what))


def test_cells_are_safe_for_spreadsheets(view: View) -> None:
    service = view.config.services["shop"]
    view.config = replace(
        view.config,
        services={**view.config.services, "=shop": replace(service, name="=shop")},
        checks={
            name: replace(c, service="=shop") if c.service == "shop" else c
            for name, c in view.config.checks.items()
        },
    )
    assert {row["service"] for row in rows(view, "outages")} == {"'=shop"}


def test_a_wish_is_read_in_the_zone_of_the_config(view: View) -> None:
    config = replace(view.config, timezone="Europe/Berlin")
    found = wish(
        {"what": "ledger", "from": "2026-10-01", "to": "2026-11-01T00:00:00Z", "format": "jsonl"}, config, NOW
    )
    assert found == Wish(
        "ledger", parse_rfc3339("2026-09-30T22:00:00Z"), parse_rfc3339("2026-11-01T00:00:00Z"), "jsonl"
    )
    assert found.filename == "slawatch-ledger.jsonl"
    assert wish({}, config, NOW) == Wish("samples", None, NOW, "csv")


def test_the_database_is_summed_up(view: View) -> None:
    with view.database.reading() as cursor:
        found = database(cursor, view.config.data_dir)
    assert found["samples"] == 4 * 1200
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("what", ["outages", "ledger"])
def test_centuries_are_not_worked_out(view: View, what: str) -> None:
    with pytest.raises(ValueError, match=f"{what} are worked out for 50 years at most"):
        wish({"what": what, "from": "1970-01-01", "to": "2199-01-01"}, view.config, NOW)
    assert wish({"from": "1970-01-01", "to": "2199-01-01"}, view.config, NOW).what == "samples"
