"""How much the rules of a large installation cost: 1,000 checks, 10 rules on each service, every minute.

    python -m bench.rules [--checks 1000] [--days 7] [--interval 30] [--keep DIR]

Fills sealed days and a day that is not sealed, then evaluates ten rules as the daemon does, several times a
minute apart, and prints seconds of wall clock and CPU. The bound is one second of CPU for an evaluation after
the first, which also reads what is remembered afterwards. With `--agreements` so many of them are worked out.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.report_evidence import FIRST_DAY, SAMPLES, _fill, _names

from slawatch.answers.measuring import Memory, measure, pledges
from slawatch.clock import steady
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import Check, Organization, Service
from slawatch.core.foresight import Foresight, foresee
from slawatch.core.instant import DAY, MINUTE, SECOND, Instant
from slawatch.core.rule import Rule, parse_condition
from slawatch.core.series import series
from slawatch.core.signal import Look, Watched, judge
from slawatch.store.database import Database, transaction

RULES: Final = (
    ("latency_p95", "5m", "> 500ms"),
    ("latency_avg", "5m", "> 400ms"),
    ("error_rate", "5m", "> 5%"),
    ("timeouts", "15m", "> 3"),
    ("first_byte_p95", "5m", "> 300ms"),
    ("availability", "1h", "< 99%"),
    ("availability", "30d", "< 99.9%"),
    ("downtime", "1d", "> 10m"),
    ("outages", "7d", "> 20"),
    ("latency_p99", "1d", "> 1s"),
)
ROUNDS: Final = 4
BOUND: Final = 1.0


def main() -> int:
    """Fill a store, and print how long its rules take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--interval", type=int, default=30, help="seconds")
    parser.add_argument("--agreements", type=int, default=0, help="of ten services each")
    parser.add_argument("--keep", type=Path, help="fill this data directory, or use it if it is filled")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="slawatch-bench-"))
    try:
        filled = (folder / "slawatch.duckdb").exists()
        with Database.open(folder) as database:
            if not filled:
                _fill(database, arguments.days, arguments.checks, arguments.interval * SECOND)
                _fresh(database, FIRST_DAY + arguments.days, arguments.checks, arguments.interval * SECOND)
        with Database.open(folder) as database:
            now = (FIRST_DAY + arguments.days + 1) * DAY - 4 * MINUTE
            if arguments.agreements:
                _promise(database, now, arguments.checks, arguments.agreements)
            return _ask(database, now, arguments.checks)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)


def _fresh(database: Database, day: int, checks: int, interval: int) -> None:
    """Fill a day that is not sealed."""
    source = SAMPLES.format(start=day * DAY, interval=interval, checks=checks, slots=DAY // interval, day=day)
    columns = (
        "check_number, due_at, started_at, outcome, cause, latency, dns, connect, tls, first_byte, transfer, "
        "holds, location"
    )
    with database.reading() as cursor, transaction(cursor):
        cursor.execute(f"INSERT INTO sample SELECT {columns} FROM {source} ORDER BY started_at")


def _config(database: Database, count: int, agreements: int = 0) -> Config:
    names = _names(count)
    objective = Objective(id="availability", metric="availability", target="99.5")
    return Config(
        path=Path("slawatch.toml"), data_dir=database.path,
        organizations={"acme": Organization(key="acme", name="Acme")},
        services={name: Service(name=name, organization="acme") for name in names},
        checks={name: Check(name=name, service=name, type="tcp", options=None) for name in names},
        agreements={
            f"gold-{n}": Agreement(
                key=f"gold-{n}", organization="acme", objectives=(objective,), timezone="Europe/Berlin",
                services=tuple(names[(n * 10 + m) % count] for m in range(10)),
            )
            for n in range(agreements)
        },
    )  # fmt: skip


def _promise(database: Database, now: Instant, count: int, agreements: int) -> None:
    """Print how long agreements take."""
    config, memory = _config(database, count, agreements), Memory()
    for number in range(ROUNDS):
        at, used, look = now + number * MINUTE, _cpu(), Look()
        with database.reading() as cursor:
            for key, found in pledges(cursor, config, at, memory).items():
                before = len(look.wrong)
                foresee(found, Foresight(), str, look)
                if all(finding.once for finding in look.wrong[before:]):
                    memory.quiet.add(key)
        print(f"{agreements} agreements: {_cpu() - used:.2f} s of CPU; {len(look.wrong)} alerts")


def _ask(database: Database, now: Instant, count: int) -> int:
    config = _config(database, count)
    made = [
        Rule(name=f"{metric} {window}", metric=metric, window=_length(window), critical=parse_condition(text))
        for metric, window, text in RULES
    ]
    watched = [one for rule in made for one in series(rule, config.services, config.checks, {})]
    known = {one.fingerprint: Watched() for one in watched}
    memory = Memory()
    worst = 0.0
    for number in range(ROUNDS):
        at = now + number * MINUTE
        wall, used = steady(), _cpu()
        with database.reading() as cursor:
            found = measure(cursor, config, {one.wish for one in watched}, at, None, memory)
        asked = _cpu() - used
        look = Look()
        for one in watched:
            value = found[one.wish]
            known[one.fingerprint] = judge(one, known[one.fingerprint], value.number, value.unit, at, look)
        took = _cpu() - used
        print(
            f"{len(watched):,} values: {(steady() - wall) / SECOND:.2f} s, {took:.2f} s of CPU "
            f"({asked:.2f} s of it for the values); {len(look.wrong):,} beyond a threshold, "
            f"{sum(one.number is None for one in found.values()):,} without a value"
        )
        worst = max(worst, took) if number else worst
    print(f"bound {BOUND} s of CPU: {'kept' if worst <= BOUND else 'broken'}")
    return 0 if worst <= BOUND else 1


def _length(text: str) -> int:
    from slawatch.core.text import parse_duration

    return parse_duration(text)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    sys.exit(main())
