"""Bytes that a sample takes on disk: a sealed day of many checks, every phase filled with realistic values.

    python bench/store_size.py [--checks 1000] [--interval 30] [--directory DIR]

Each check has a target of its own: its phases are log-normal around the target's medians, its probes start up
to some milliseconds late, one in two hundred is degraded or down. Ends with 1 when a sample takes more than
the 20 bytes allowed.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from slawatch.clock import steady
from slawatch.core.instant import DAY, SECOND
from slawatch.store.database import Database, transaction
from slawatch.store.writer import Writer

ALLOWED: Final = 20.0
FIRST_DAY: Final = 20_000

_BELL: Final = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"

SAMPLES: Final = f"""
INSERT INTO sample
SELECT check_number, due_at, due_at + late, outcome, CASE outcome WHEN 2 THEN 3 WHEN 1 THEN 9 ELSE 0 END,
    dns + connect + tls + first_byte + transfer + own, dns, connect, tls, first_byte, transfer, 70000000, 0
FROM (
    SELECT n AS check_number, {{start}} + slot * {{interval}} + hash(n) % {{interval}} AS due_at,
        (300 + 4000 * exp({_BELL}))::BIGINT AS late,
        CASE WHEN random() < 0.002 THEN 2 WHEN random() < 0.003 THEN 1 ELSE 0 END AS outcome,
        (200 + 800 * exp(0.5 * {_BELL}))::BIGINT AS dns, (base * 0.2 * exp(0.1 * {_BELL}))::BIGINT AS connect,
        (base * 0.5 * exp(0.1 * {_BELL}))::BIGINT AS tls, (base * 0.8 * exp(0.3 * {_BELL}))::BIGINT AS
        first_byte, (100 + base * 0.1 * exp(0.6 * {_BELL}))::BIGINT AS transfer, (50 + 200 * random())::BIGINT
        AS own
    FROM (
        SELECT n, slot, 10000 + hash(n + 7) % 90000 AS base
        FROM range(1, {{checks}} + 1) c(n), range({{start_slot}}, {{end_slot}}) s(slot)
    )
)
"""


def main() -> int:
    """Fill a day in order of arrival, seal it, and print what it takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--interval", type=int, default=30, help="seconds")
    parser.add_argument("--directory", type=Path, help="where to work; a temporary directory by default")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slawatch-bench-", dir=arguments.directory))
    try:
        return _measure(folder, arguments.checks, arguments.interval * SECOND)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path, checks: int, interval: int) -> int:
    with Database.open(folder) as database:
        writer = Writer(database)
        slots = DAY // interval
        with database.reading() as cursor:
            for first in range(0, slots, 240):
                with transaction(cursor):
                    cursor.execute(
                        SAMPLES.format(
                            start=FIRST_DAY * DAY,
                            interval=interval,
                            checks=checks,
                            start_slot=first,
                            end_slot=min(first + 240, slots),
                        )
                    )
        writer.checkpoint()
        fresh = database.file.stat().st_size
        began = steady()
        (entry,) = writer.seal(FIRST_DAY)
        took = (steady() - began) / SECOND
        with database.reading() as cursor:
            columns = cursor.execute(
                "SELECT path_in_schema, sum(total_compressed_size) / ? FROM parquet_metadata(?) "
                "GROUP BY 1 ORDER BY 2 DESC",
                [entry.rows, str(database.sealed / entry.file)],
            ).fetchall()
    each = entry.bytes / entry.rows
    print(f"{entry.rows:,} samples of {checks:,} checks, sealed in {took:.1f} s")
    print(f"in the database  {fresh / entry.rows:6.2f} bytes a sample")
    print(f"sealed           {each:6.2f} bytes a sample, allowed are {ALLOWED:.0f}")
    for name, size in columns:
        print(f"  {name:<15}{size:6.2f}")
    return 0 if each <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
