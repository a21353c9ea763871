"""What a frozen report says about itself, in its JSON and on its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slawatch.core.instant import Instant, rfc3339
from slawatch.report.difference import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The number and origin of a frozen report.

    Attributes:
        number: which people name it by.
        place: in the chain of its organisation, from 1.
        previous: SHA-256 of the manifest before it in that chain; empty for the first.
        frozen_at: when it was frozen.
        frozen_by: who did.
        reason: why, above all of a restatement; may be empty.
        restates: the number of the report that it replaces; None for none.
        changed: what differs from that one.
        public_key: that signed it, as minisign writes it.
        version: of slawatch.
    """

    number: int
    place: int
    previous: str
    frozen_at: Instant
    frozen_by: str
    reason: str
    restates: int | None
    changed: tuple[Difference, ...]
    public_key: str
    version: str


def members(frozen: Frozen | None) -> Mapping[str, Any]:
    """Return what a report's JSON has in `integrity` beside the fingerprint of the evidence."""
    if frozen is None:
        return {"frozen": False}
    return {
        "frozen": True,
        "number": frozen.number,
        "place": frozen.place,
        "previous": frozen.previous or None,
        "frozen_at": rfc3339(frozen.frozen_at),
        "frozen_by": frozen.frozen_by,
        "reason": frozen.reason or None,
        "restates": frozen.restates,
        "public_key": frozen.public_key,
        "version": frozen.version,
    }
