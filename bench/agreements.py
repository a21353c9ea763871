"""How long a month of agreements takes: 1,000 services with 20 windows of maintenance and 20 outages each.

`python bench/agreements.py [services]` prints the seconds of each kind of terms; the bound is 10 s of CPU.
"""

import sys
import time
from decimal import Decimal

from slawatch.core.agreement import Agreement, Band, Clause, Fee, Group, Objective
from slawatch.core.calendar import Calendar, parse_hours
from slawatch.core.check import Announcement, Maintenance, Service
from slawatch.core.evaluation import evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant
from slawatch.core.period import parse_period
from slawatch.core.sample import Outcome, Transition

BOUND = 10.0
WINDOWS = 20
OUTAGES = 20

MONTH = parse_period("2026-10", "Europe/Berlin")
OFFICE = Calendar(
    name="office",
    timezone="Europe/Berlin",
    hours=dict.fromkeys(range(5), (parse_hours("08:00-12:00"), parse_hours("13:00-18:00"))),
)


def services(count: int) -> dict[str, ServiceEvidence]:
    """Return so many services with two checks each, which fail now and then."""
    return {
        f"service-{number}": ServiceEvidence(
            service=f"service-{number}",
            checks=tuple(_check(f"check-{number}-{copy}", number * 2 + copy) for copy in range(2)),
        )
        for number in range(count)
    }


def _check(name: str, seed: int) -> CheckEvidence:
    start = MONTH.start - HOUR
    changes = [Transition(start, Outcome.UP, None)]
    at = MONTH.start + seed % 97 * MINUTE
    for number in range(OUTAGES):
        at += 13 * HOUR + (seed * 31 + number * 17) % 90 * MINUTE
        length = (20 + (seed * 7 + number * 13) % 400) * SECOND
        kind = Outcome.DEGRADED if number % 5 == 0 else Outcome.UNKNOWN if number % 7 == 0 else Outcome.DOWN
        changes += [
            Transition(at, kind, at - 10 * SECOND),
            Transition(at + length, Outcome.UP, at + length - 10 * SECOND),
        ]
    return CheckEvidence(
        check=name, first_sample=start, held_until=MONTH.end + HOUR, transitions=tuple(changes), samples=1
    )


def windows(names: list[str]) -> list[Maintenance]:
    """Return the windows of each service: some late, some changed."""
    found = []
    for index, name in enumerate(names):
        for number in range(WINDOWS):
            start = MONTH.start + number * 36 * HOUR + index % 50 * MINUTE
            told: Instant = start - (1 if number % 3 == 0 else 5) * DAY
            earlier = (
                (Announcement(start=start, end=start + HOUR, announced=told - DAY),)
                if number % 4 == 0
                else ()
            )
            found.append(
                Maintenance(
                    services=(name,), start=start, end=start + 2 * HOUR, announced=told, earlier=earlier
                )
            )
    return found


def agreement(names: list[str], **terms: object) -> Agreement:
    """Return terms over these services."""
    whole = {
        "key": "bench",
        "organization": "acme",
        "services": tuple(names),
        "timezone": "Europe/Berlin",
        "maintenance": Clause(notice=3 * DAY, quota=8 * HOUR),
        "fee": Fee(amount=Decimal("1200.00"), currency="EUR"),
        "objectives": (Objective(id="availability", metric="availability", target="99.9"),),
        "credits": (
            Band(at_least=Decimal(99), below=Decimal("99.9"), credit=Decimal(10)),
            Band(below=Decimal(99), credit=Decimal(25)),
        ),
        **terms,
    }
    return Agreement(**whole)  # type: ignore[arg-type]


def main() -> int:
    """Time each kind of terms; 1 where one of them takes too long."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    evidence = services(count)
    names = list(evidence)
    announced = windows(names)
    known = [Service(name=name) for name in names]
    later = agreement(names, effective_from="2026-10-15", unknown="down")
    kinds = {
        "the worst of all": agreement(names),
        "service hours": agreement(names, calendar="office"),
        "whole minutes": agreement(names, quantise="minute", min_outage=30 * SECOND),
        "two versions": agreement(names, versions=(later,)),
        "groups of four": agreement(
            names,
            combine="mean",
            groups={
                f"group-{i}": Group(services=tuple(names[i : i + 4]), join="any")
                for i in range(0, len(names), 4)
            },
        ),
        "all together": agreement(names, combine="all"),
    }
    slowest = 0.0
    for label, terms in kinds.items():
        for now, word in ((MONTH.end + DAY, "over"), (MONTH.end - DAY, "running")):
            began, worked = time.perf_counter(), time.process_time()
            found = evaluate(
                terms, known, evidence, MONTH, now, calendars={"office": OFFICE}, maintenance=announced
            )
            took, used = time.perf_counter() - began, time.process_time() - worked
            slowest = max(slowest, used)
            times = f"{took:6.2f} s, {used:6.2f} s of CPU"
            print(f"{label:>18} {word:>8}  {times}  {found.credit.percent} % credit")
    print(f"{count} services, {WINDOWS} windows each: slowest {slowest:.2f} s of CPU, bound {BOUND:.0f} s")
    return 1 if slowest > BOUND else 0


if __name__ == "__main__":
    raise SystemExit(main())
