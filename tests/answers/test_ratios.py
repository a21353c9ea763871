"""A ratio of good events: from the page of a real server over the store to the figure of the report."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import trio
from tests.checks.servers import Web, attempt, ok, serve
from tests.report import cases

from slawatch.answers.ratios import Counting
from slawatch.answers.report import answer, asked
from slawatch.answers.requested import Request
from slawatch.checks._exposition import parse_selector
from slawatch.checks.scrape import Options, probe
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement, Clause, Objective
from slawatch.core.calendar import Calendar, parse_hours
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.instant import DAY, HOUR, SECOND, Instant
from slawatch.core.period import Period, parse_period
from slawatch.core.ratio import Counts
from slawatch.core.sample import Outcome, Sample
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

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
        made = config(tmp_path)
        with database.reading() as cursor:
            (report,) = answer(made, cursor, Request(month="2026-10"), NOW)
            events = Counting(made, GOLD, {}, parse_period("2026-10", cases.BERLIN), NOW).counts(cursor)
            reply = asked(config(tmp_path), cursor, {"month": "2026-10"}, NOW)
    (judged,) = report.objectives
    assert events == {"requests": Counts(Fraction(FINE), Fraction(FINE + FAILED))}
    assert (judged.measured, judged.verdict) == ("99.009032", "met")
    assert 100 * FINE * 10**6 // (FINE + FAILED) == 99_009_032
    (told,) = json.loads(reply.text)["objectives"]
    assert (told["id"], told["verdict"]) == ("requests", "met")


async def test_only_the_events_of_the_period_count(nursery: trio.Nursery, tmp_path: Path) -> None:
    day = parse_period("2026-10-05", cases.BERLIN)
    later = parse_period("2026-10-09", cases.BERLIN)
    between = parse_period("2026-10-07", cases.BERLIN)
    made = config(tmp_path)
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop-metrics"])["shop-metrics"]
        Writer(database).write(Batch(1, await watched(nursery, number, PAGES)))
        with database.reading() as cursor:

            def counted(period: Period, now: Instant = NOW) -> dict[str, Counts]:
                return dict(Counting(made, GOLD, {}, period, now).counts(cursor))

            assert counted(day) == {"requests": Counts(Fraction(1_190), Fraction(1_203))}
            assert counted(later) == {"requests": Counts(Fraction(10_100), Fraction(10_200))}
            assert counted(between) == {}
            assert counted(day, FIRST + 2 * HOUR) == {"requests": Counts(Fraction(500), Fraction(502))}
            assert counted(day, FIRST - DAY) == {}


async def test_events_outside_of_the_time_that_counts_are_left_out(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    """Office hours end at 15:30, and there is work from 13:30 to 14:30; readings are of each full hour."""
    hours = Calendar(
        name="office", timezone=cases.BERLIN, hours=dict.fromkeys(range(5), (parse_hours("08:00-15:30"),))
    )
    work = Maintenance(
        services=("shop-metrics",),
        start=FIRST + HOUR + HOUR // 2,
        end=FIRST + 2 * HOUR + HOUR // 2,
        announced=FIRST - DAY,
    )
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop-metrics"])["shop-metrics"]
        Writer(database).write(Batch(1, await watched(nursery, number, PAGES)))
        with database.reading() as cursor:

            def counted(**terms: object) -> Counts:
                agreement = replace(GOLD, **terms)
                made = replace(config(tmp_path, agreement), calendars={"office": hours}, maintenance=(work,))
                (report,) = answer(made, cursor, Request(month="2026-10"), NOW)
                events = report.objectives[0].events
                assert events is not None
                assert events.bad == events.total - events.good
                assert events.allowed == events.total / 100
                return Counts(events.good, events.total)

            assert counted(maintenance="ignore") == Counts(Fraction(FINE), Fraction(FINE + FAILED))
            # The reading at 14:00 is of the work's time.
            worked = Counts(Fraction(FINE - 490), Fraction(FINE + FAILED - 500))
            assert counted() == worked
            assert counted(maintenance=Clause(notice=7 * DAY)) != worked, "it was announced too late"
            # After hours lie the reading at 16:00 of the first day, and the last two.
            open_hours = Counts(Fraction(500 + 490 + 90), Fraction(502 + 500 + 90))
            assert counted(calendar="office", maintenance="ignore") == open_hours
            assert counted(calendar="office") == Counts(Fraction(590), Fraction(592))


async def test_probes_outside_of_the_time_that_counts_are_left_out(tmp_path: Path) -> None:
    """An hour of probes, half of them failing and slow; that half lies in announced work."""
    objectives = (
        Objective(id="works", metric="success_rate", target="99"),
        Objective(id="errors", metric="error_rate", target="< 1%"),
        Objective(id="speed", metric="latency_p95", target="< 100ms"),
    )
    work = Maintenance(services=("shop",), start=FIRST, end=FIRST + HOUR // 2, announced=FIRST - DAY)
    agreement = replace(GOLD, objectives=objectives)
    samples = [
        Sample(
            0, at, at, Outcome.DOWN if bad and at % (60 * SECOND) else Outcome.UP, 0,
            900_000 if bad else 50_000, None, None, None, None, None, 70 * SECOND,
        )
        for at in range(FIRST, FIRST + HOUR, 30 * SECOND)
        for bad in [at < FIRST + HOUR // 2]
    ]  # fmt: skip
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["shop"])["shop"]
        Writer(database).write(Batch(1, [sample._replace(check=number) for sample in samples]))
        with database.reading() as cursor:
            found = {}
            for maintenance in (None, "ignore"):
                made = config(tmp_path, replace(agreement, maintenance=maintenance))
                made = replace(made, maintenance=(work,))
                (report,) = answer(made, cursor, Request(month="2026-10"), NOW)
                found[maintenance] = report
    granted, ignored = found[None], found["ignore"]
    assert [(o.verdict, o.measured) for o in granted.objectives] == [
        ("met", "100.0"), ("met", "0.0%"), ("met", "50ms"),
    ]  # fmt: skip
    assert [o.verdict for o in ignored.objectives] == ["missed", "missed", "missed"]
    assert granted.objectives[0].events is not None
    assert (granted.objectives[0].events.total, granted.objectives[0].events.bad) == (60, 0)
    assert granted.services[0].latency.quantiles["p95"] == 900_000, "what was seen is shown whole"
    assert granted.evidence_sha256 != ignored.evidence_sha256


async def test_the_evidence_has_the_events_in_it(nursery: trio.Nursery, tmp_path: Path) -> None:
    digests = []
    for nth, pages in enumerate((PAGES, [*PAGES[:-1], (101, 10_301, 101)])):
        folder = tmp_path / str(nth)
        with Database.open(folder) as database:
            number = database.check_numbers(["shop-metrics"])["shop-metrics"]
            Writer(database).write(Batch(1, await watched(nursery, number, pages)))
            with database.reading() as cursor:
                (report,) = answer(config(tmp_path), cursor, Request(month="2026-10"), NOW)
                digests.append(report.evidence_sha256)
    assert digests[0] != digests[1]


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
