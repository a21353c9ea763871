"""How long a report's evidence takes to gather from a store of a month, or a year, of samples.

    python bench/report_evidence.py [--days 30] [--checks 100] [--interval 30] [--services 10] [--directory
    DIR]

Fills sealed days by SQL, folds the transitions, and then times `gather` with the percentiles and the daily
latency series of a report. A year of 100 checks at 30 s is 105 million samples and takes 2 GB.
"""

import argparse
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from slawatch.clock import steady
from slawatch.core.instant import DAY, SECOND
from slawatch.store.database import Database, transaction
from slawatch.store.evidence import gather
from slawatch.store.folding import refold
from slawatch.store.sealing import enter, write_file
from slawatch.store.summary import summary

FIRST_DAY: Final = 20_000

SAMPLES: Final = """(
    SELECT check_number, due_at, due_at + chance // 7 % 20000 AS started_at, outcome,
        CASE outcome WHEN 2 THEN 2 WHEN 1 THEN 9 ELSE 0 END AS cause, latency,
        latency // 20 AS dns, latency // 9 AS connect, latency // 3 AS tls, latency // 4 AS first_byte,
        latency // 10 AS transfer, 70000000 AS holds, 0 AS location
    FROM (
        SELECT *, CASE outcome WHEN 2 THEN NULL
            ELSE (base * (1 + 1.5 * u) + pow(u, 30) * 900000)::BIGINT END AS latency
        FROM (
            SELECT n AS check_number, {start} + slot * {interval} + hash(n) % ({interval} - 20000) AS due_at,
                (hash(n * 1000003 + slot * 131 + {day}) % 4000000007)::BIGINT AS chance,
                (chance // 1009 % 1000003) / 1000003.0 AS u, 10000 + hash(n + 7) % 90000 AS base,
                -- Outages of some minutes, twice a day for each check, and single slow answers.
                CASE WHEN (slot + n * 37) % 1440 < 5 THEN 2 WHEN chance % 1000 < 4 THEN 1 ELSE 0 END AS
                outcome
            FROM range(1, {checks} + 1) c(n), range({slots}) s(slot)
        )
    )
)"""
FAILURES: Final = """(
    SELECT check_number, started_at, 'connection refused' AS reason, 'connecting: refused' AS transcript
    FROM read_parquet('{file}') WHERE outcome = 2
)"""


def main() -> int:
    """Fill a store, and print how long its evidence takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--interval", type=int, default=30, help="seconds")
    parser.add_argument("--services", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="fill this data directory and leave it there")
    parser.add_argument("--directory", type=Path, help="where to work; a temporary directory by default")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="slawatch-bench-", dir=arguments.directory))
    try:
        with Database.open(folder) as database:
            _fill(database, arguments.days, arguments.checks, arguments.interval * SECOND)
        # Opened anew, as a report finds it.
        with Database.open(folder) as database:
            _ask(database, arguments.days, arguments.checks, arguments.services)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)
    return 0


def _fill(database: Database, days: int, checks: int, interval: int) -> None:
    numbers = database.check_numbers(_names(checks))
    began = steady()
    with database.reading() as cursor:
        for day in range(FIRST_DAY, FIRST_DAY + days):
            source = SAMPLES.format(
                start=day * DAY, interval=interval, checks=checks, slots=DAY // interval, day=day
            )
            with transaction(cursor):
                entry = write_file(cursor, database.sealed, "sample", day, source)
                assert entry is not None
                failures = FAILURES.format(file=database.sealed / entry.file)
                failed = write_file(cursor, database.sealed, "failure", day, failures)
                enter(cursor, [entry, *([failed] if failed else [])], database.sealed)
        written = steady()
        with transaction(cursor):
            refold(cursor, numbers.values(), FIRST_DAY * DAY, (FIRST_DAY + days) * DAY)
        found = summary(cursor, database.path)
    print(
        f"{found['samples']:,} samples, {found['transitions']:,} transitions, "
        f"{found['sealed_bytes'] / 1e9:.2f} GB; "
        f"written in {(written - began) / SECOND:.1f} s, folded in {(steady() - written) / SECOND:.1f} s"
    )


def _ask(database: Database, days: int, checks: int, services: int) -> None:
    names = _names(checks)
    asked = {f"service-{n}": names[n::services] for n in range(services)}
    start, end = FIRST_DAY * DAY + 7 * 3600 * SECOND, (FIRST_DAY + days) * DAY
    began = steady()
    with database.reading() as cursor:
        found = gather(
            cursor, asked, start, end, series_buckets=[start, *range((FIRST_DAY + 1) * DAY, end, DAY)]
        )
    took = (steady() - began) / SECOND
    began = steady()
    with database.reading() as cursor:
        gather(cursor, asked, start, end, quantiles=())
    bare = (steady() - began) / SECOND
    first = found["service-0"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(service.samples for service in found.values()):,} samples in the window; {first.latency}")
    print(
        f"evidence with percentiles and {len(first.latency_series)} points: {took:.2f} s; "
        f"without: {bare:.2f} s"
    )
    print(f"largest resident size of this process: {memory:.0f} MiB")


def _names(checks: int) -> list[str]:
    return [f"check-{n}" for n in range(checks)]


if __name__ == "__main__":
    sys.exit(main())
