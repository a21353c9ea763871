"""From what a probe saw to the sample that travels, and what must not be in it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from sys import intern
from typing import Final

from slawatch.checks._attempt import Attempt
from slawatch.core.check import Check
from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Observation, Outcome
from slawatch.core.text import Secret
from slawatch.daemon.wire import Row

LONGEST_TRANSCRIPT: Final = 16_384
"""Characters."""


def row_of(
    number: int,
    check: Check,
    due: Instant,
    started_at: Instant,
    took: Micros | None,
    seen: Observation,
    attempt: Attempt,
) -> Row:
    """Return the sample of a probe that took so long and saw that, as a plain tuple.

    A look at what came to us by itself (`took` is None) has no latency.
    """
    up = seen.outcome == Outcome.UP
    return (
        number,
        due,
        started_at,
        int(seen.outcome),
        int(seen.cause),
        took if seen.latency is None else seen.latency,
        attempt.dns,
        attempt.connect,
        attempt.tls,
        attempt.first_byte,
        attempt.transfer,
        check.stale_after,
        0,
        None if up else seen.reason or None,
        None if up else attempt.transcript()[:LONGEST_TRANSCRIPT] or None,
        tuple(tuple(m) for m in seen.measures) if seen.measures else (),
    )


def target_of(check: Check) -> str:
    """Return what bounds a check's concurrency: the host and port that it asks, else the check itself."""
    options = check.options
    for key in ("address", "url"):
        place = getattr(options, key, None)
        if place:
            place = str(place)
            return intern(place.split("/", 3)[2] if "://" in place and place.count("/") >= 2 else place)
    return check.name


def without_secrets(text: str, value: object) -> str:
    """Return a text with every secret of a check's options blotted out."""
    if isinstance(value, Secret):
        return text.replace(value.value, "***") if value.value else text
    if is_dataclass(value):
        for field in fields(value):
            text = without_secrets(text, getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            text = without_secrets(text, item)
    elif isinstance(value, tuple | list):
        for item in value:
            text = without_secrets(text, item)
    return text
