"""Small agreements over services with given outages, evaluated."""

from decimal import Decimal

from slawatch.core.agreement import Agreement, Band, Fee, Objective
from slawatch.core.check import Maintenance, Service
from slawatch.core.evaluation import evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.period import parse_period
from slawatch.core.sample import Outcome, Transition

JUNE = parse_period("2026-06", "UTC")
OVER = JUNE.end + 40 * DAY


def seen(*changes, start=JUNE.start, until=OVER, blur=0):
    """Return what a check saw: up, then (minutes after the start, outcome) and so on."""
    found = [Transition(start - HOUR, Outcome.UP, None)]
    for minutes, outcome in changes:
        at = start + int(minutes * MINUTE)
        found.append(Transition(at, outcome, at - blur))
    return CheckEvidence(
        check="c", first_sample=start - HOUR, held_until=until, transitions=tuple(found), samples=9
    )


def down(*spans, **more):
    """Return the evidence of a service that was down in these (from, to) minutes after the start."""
    changes = [one for low, high in spans for one in ((low, Outcome.DOWN), (high, Outcome.UP))]
    return seen(*changes, **more)


def promise(*services, target="99.9", fee="1000.00", bands=None, **more):
    bands = (
        bands
        if bands is not None
        else (
            Band(at_least=Decimal(99), below=Decimal("99.9"), credit=Decimal(10)),
            Band(below=Decimal(99), credit=Decimal(25)),
        )
    )
    return Agreement(**{
        "key": "gold", "organization": "acme", "services": services,
        "objectives": (Objective(id="availability", metric="availability", target=target),),
        "credits": bands, "fee": Fee(amount=Decimal(fee), currency="EUR") if fee else None, **more,
    })  # fmt: skip


def evaluated(agreement, checks, *, now=OVER, period=JUNE, outcomes=None, latency=None, **more):
    """Evaluate an agreement over services with one check each, by name."""
    evidence = {
        name: ServiceEvidence(
            service=name, checks=(check,), outcomes=(outcomes or {}).get(name, {}),
            latency=(latency or {}).get(name),
        )
        for name, check in checks.items()
    }  # fmt: skip
    services = [Service(name=name) for name in checks]
    return evaluate(agreement, services, evidence, period, now, **more)


def window(service, low, high, told=DAY):
    start = JUNE.start + low * MINUTE
    return Maintenance(
        services=(service,), start=start, end=JUNE.start + high * MINUTE, announced=start - told
    )
