"""A ratio of good events: from the page of a real server over the store to the figure of the report."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import trio
from tests.checks.servers import Web, attempt, ok, serve
from tests.report import cases

from slawatch.checks._exposition import parse_selector
from slawatch.checks.scrape import Options, probe
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import Check, Organization, Service
from slawatch.core.instant import DAY, HOUR, SECOND, Instant
from slawatch.core.period import parse_period
from slawatch.core.ratio import Counts
from slawatch.core.sample import Sample
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer
from slawatch.web.answer_report import answer, respond
from slawatch.web.requested import Request
from slawatch.web.ratios import counts

NOW = cases.at("2026-11-02T08:00:00")
FIRST = cases.at("2026-10-05T12:00:00")
PROMISE = Objective(
    id="requests", metric="ratio", target="99.00000", check="shop-metrics", good="good", total="total"
)
GOLD = Agreement(
    key="acme-gold", organization="acme", services=("shop",), timezone=cases.BERLIN, objectives=(PROMISE,)
)
SELECTORS = {"good": 'requests_total{code!~"5.."}', "total": "requests_total"}

PAGES = [
    (0, 1_000, 7), (1, 1_500, 9), (2, 1_990, 19),
    (3, 90, 0), (4, 200, 1),
    (100, 10_200, 101), (101, 10_300, 101),
]  # fmt: skip
"""Hours, and requests that were fine and failed so far: a restart after two hours, a gap of four days."""

FINE = (1_990 - 1_000) + 90 + 110 + 10_000 + 100
FAILED = (19 - 7) + 0 + 1 + 100 + 0


def config(tmp_path: Path, agreement: Agreement = GOLD) -> Config:
    return Config(
        path=tmp_path / "slawatch.toml",
        data_dir=tmp_path,
        timezone="UTC",
        organizations={"acme": Organization(key="acme", name="Acme", timezone=cases.BERLIN)},
        services={
            "shop": Service(name="shop", organization="acme"),
            "shop-metrics": Service(name="shop-metrics"),
        },
        checks={
            "shop": Check(name="shop", service="shop", type="http", options=None),
            "shop-metrics": Check(name="shop-metrics", service="shop-metrics", type="scrape", options=None),
        },
        agreements={agreement.key: agreement},
    )


async def watched(nursery: trio.Nursery, check: int, pages: list[tuple[int, int, int]]) -> list[Sample]:
    """Scrape a server once for each page, as if at these hours."""
    web = Web(
        *(
            ok(f'requests_total{{code="200"}} {fine}\nrequests_total{{code="500"}} {failed}\n'.encode())
            for _, fine, failed in pages
        )
    )
    port = await serve(nursery, web)
    options = Options(
        url=f"http://127.0.0.1:{port}/metrics",
        counters={name: parse_selector(text) for name, text in SELECTORS.items()},
    )
    made = []
    for hour, _, _ in pages:
        seen = await probe(options, attempt())
        at = FIRST + hour * HOUR
        made.append(
            Sample(
                check, at, at, seen.outcome, seen.cause, seen.latency, None, None, None, None, None,
                70 * SECOND, 0, seen.reason or None, None, tuple(map(tuple, seen.measures)),
            )
        )  # fmt: skip
    return made


@pytest.mark.parametrize("sealed", [False, True])
async def test_the_figure_of_the_report_is_exact(nursery: trio.Nursery, tmp_path: Path, sealed: bool) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        number = database.check_numbers(["shop-metrics"])["shop-metrics"]
        writer.write(Batch(1, await watched(nursery, number, PAGES)))
        if sealed:
            for day in writer.unsealed_days(NOW):
                writer.seal(day)
        with database.reading() as cursor:
            (report,) = answer(config(tmp_path), cursor, Request(month="2026-10"), NOW)
            events = counts(cursor, GOLD, parse_period("2026-10", cases.BERLIN), NOW)
            reply = respond(config(tmp_path), cursor, {"month": "2026-10"}, NOW)
    (judged,) = report.objectives
    assert events == {"requests": Counts(Fraction(FINE), Fraction(FINE + FAILED))}
    assert (judged.measured, judged.verdict) == ("99.009032", "met")
    assert 100 * FINE * 10**6 // (FINE + FAILED) == 99_009_032
    (told,) = json.loads(bytes(reply.body))["objectives"]
    assert (told["id"], told["verdict"]) == ("requests", "met")


async def test_only_the_events_of_the_period_count(nursery: trio.Nursery, tmp_path: Path) -> None:
    day = parse_period("2026-10-05", cases.BERLIN)
    later = parse_period("2026-10-09", cases.BERLIN)
    between = parse_period("2026-10-07", cases.BERLIN)
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop-metrics"])["shop-metrics"]
        Writer(database).write(Batch(1, await watched(nursery, number, PAGES)))
        with database.reading() as cursor:
            assert counts(cursor, GOLD, day, NOW) == {"requests": Counts(Fraction(1_190), Fraction(1_203))}
            assert counts(cursor, GOLD, later, NOW) == {
                "requests": Counts(Fraction(10_100), Fraction(10_200))
            }
            assert counts(cursor, GOLD, between, NOW) == {}
            so_far: Instant = FIRST + 2 * HOUR
            assert counts(cursor, GOLD, day, so_far) == {"requests": Counts(Fraction(500), Fraction(502))}
            assert counts(cursor, GOLD, day, FIRST - DAY) == {}
            assert counts(cursor, None, day, NOW) == {}


async def test_counters_that_do_not_belong_together_prove_nothing(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    swapped = replace(GOLD, objectives=(replace(PROMISE, good="total", total="good"),))
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop-metrics"])["shop-metrics"]
        Writer(database).write(Batch(1, await watched(nursery, number, PAGES)))
        with database.reading() as cursor:
            (report,) = answer(config(tmp_path, swapped), cursor, Request(month="2026-10"), NOW)
            (nothing,) = answer(config(tmp_path), cursor, Request(start="2026-10-20", end="2026-10-21"), NOW)
    assert report.objectives[0].verdict == "no data"
    assert any("more good events than events" in notice for notice in report.notices)
    assert nothing.objectives[0].verdict == "no data"
