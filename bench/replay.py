"""How long a replay of a day and of a month takes: 100 checks at 30 s are 8.6 million samples.

    python bench/replay.py [--days 30] [--checks 100] [--interval 30] [--outages 30] [--directory DIR]

Fills sealed days by SQL (outages of some minutes and slow answers, spread over the checks), then times the
reading and the play under two configurations, with a policy of two levels and nobody who acknowledges, and
with two rules on metrics of each of ten services.
"""

import argparse
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from slawatch.answers import replay
from slawatch.clock import steady
from slawatch.config.load import Config, load
from slawatch.core.instant import DAY, SECOND
from slawatch.core.replayed import compare
from slawatch.store.database import Database, transaction
from slawatch.store.folding import refold
from slawatch.store.sealing import enter, write_file

FIRST_DAY: Final = 20_000

SAMPLES: Final = """(
    SELECT check_number, due_at, due_at + 1000 AS started_at, outcome,
        CASE outcome WHEN 2 THEN 2 WHEN 1 THEN 9 ELSE 0 END AS cause, 20000 AS latency,
        NULL::BIGINT AS dns, NULL::BIGINT AS connect, NULL::BIGINT AS tls, NULL::BIGINT AS first_byte,
        NULL::BIGINT AS transfer, 70000000 AS holds, 0 AS location
    FROM (
        SELECT n AS check_number, {start} + slot * {interval} + hash(n) % ({interval} - 20000) AS due_at,
            -- Outages of five minutes, so many a month for each check, and single slow answers.
            CASE WHEN (slot + {day} * {slots} + n * 37) % {apart} < 300000000 // {interval} THEN 2
                WHEN hash(n * 1000003 + slot * 131 + {day}) % 1000 < 4 THEN 1 ELSE 0 END AS outcome
        FROM range(1, {checks} + 1) c(n), range({slots}) s(slot)
    )
)"""
CONFIG: Final = """
[slawatch]
data_dir = "{folder}"
{defaults}
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
[people.alice]
email = "alice@example.com"
contact = [{{ channel = "mail" }}]
[people.bob]
email = "bob@example.com"
contact = [{{ channel = "mail" }}]
[[escalations.default.levels]]
to = ["person:alice"]
[[escalations.default.levels]]
to = ["person:bob"]
[[rules]]
metric = "latency_p95"
warning = "> 100ms"
critical = "> 1s"
[[rules]]
metric = "error_rate"
critical = "> 50%"
"""


def main() -> int:
    """Fill a store, and print how long replays take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--interval", type=int, default=30, help="seconds")
    parser.add_argument("--outages", type=int, default=30, help="of each check in a month")
    parser.add_argument("--directory", type=Path, help="where to work; a temporary directory by default")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slawatch-bench-", dir=arguments.directory))
    try:
        old = _config(folder, "old", arguments.checks, "")
        new = _config(
            folder, "new", arguments.checks, '[defaults.check]\nfailures = 6\nretry_interval = "2s"'
        )
        with Database.open(folder) as database:
            _fill(database, arguments)
        with Database.open(folder) as database:
            for days in sorted({1, arguments.days}):
                _time(database, [old, new], days)
    finally:
        shutil.rmtree(folder)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB", file=sys.stdout)
    return 0


def _config(folder: Path, name: str, checks: int, defaults: str) -> Config:
    text = CONFIG.format(folder=folder, defaults=defaults)
    for number in range(1, checks + 1):
        text += f'[checks.check-{number}]\nservice = "service-{number % 10}"\ntype = "tcp"\naddress = "a:1"\n'
    path = folder / f"{name}.toml"
    path.write_text(text)
    return load(path, env={})


def _fill(database: Database, arguments: argparse.Namespace) -> None:
    numbers = database.check_numbers([f"check-{number}" for number in range(1, arguments.checks + 1)])
    interval = arguments.interval * SECOND
    with database.reading() as cursor:
        for day in range(FIRST_DAY, FIRST_DAY + arguments.days):
            source = SAMPLES.format(
                start=day * DAY, interval=interval, checks=arguments.checks, slots=DAY // interval, day=day,
                apart=30 * DAY // interval // arguments.outages,
            )  # fmt: skip
            with transaction(cursor):
                entry = write_file(cursor, database.sealed, "sample", day, source)
                assert entry is not None
                enter(cursor, [entry], database.sealed)
        with transaction(cursor):
            refold(cursor, numbers.values(), FIRST_DAY * DAY, (FIRST_DAY + arguments.days) * DAY)


def _time(database: Database, configs: list[Config], days: int) -> None:
    start, end = FIRST_DAY * DAY, (FIRST_DAY + days) * DAY
    began = steady()
    with database.reading() as cursor:
        stored = replay.material(cursor, replay.wish(configs, start, end))
    found = replay.read_material(stored)
    read = steady()
    made = [replay.played(config, found, start, end) for config in configs]
    difference = compare(made[0], made[1], str)
    done = steady()
    print(
        f"{days} days: {found.total:,} samples, {len(found.samples):,} played; read in "
        f"{(read - began) / SECOND:.1f} s, played twice in {(done - read) / SECOND:.1f} s: "
        f"{len(made[0].alerts)} and {len(made[1].alerts)} alerts, {len(made[0].messages)} messages, "
        f"{len(difference.changed)} changed"
    )


if __name__ == "__main__":
    sys.exit(main())
