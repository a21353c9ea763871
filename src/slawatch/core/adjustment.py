"""Adjustments: what people decide about time that was measured otherwise, append-only, with who and why.

Nothing is changed or removed: an adjustment is added, approved or withdrawn by an entry of its own, and the
fold of the entries is what holds. A figure is always shown without them and with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeAlias

from slawatch.core.agreement import Approval
from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval, subtract, union

AdjustmentClass = Literal["excused", "counted"]
AdjustmentState = Literal["proposed", "approved", "withdrawn"]

CLASSES: Final[tuple[AdjustmentClass, ...]] = ("excused", "counted")
"""`excused` takes time out of the count; `counted` counts it as down, whatever was seen or announced."""


class Added(NamedTuple):
    """An adjustment is proposed.

    Attributes:
        id: unique.
        at: when it was entered.
        author: who entered it.
        service: whose time it is about.
        kind: a class of `CLASSES`.
        outage: the id of the outage it is about; empty for a span.
        start, end: the span it is about, half-open; ignored where an outage is named.
        reason: why, for the customer to read.
        evidence: a link to what proves it.
    """

    id: str
    at: Instant
    author: str
    service: str
    kind: AdjustmentClass
    reason: str
    outage: str = ""
    start: Instant = 0
    end: Instant = 0
    evidence: str = ""


class Approved(NamedTuple):
    """Somebody agrees with an adjustment."""

    id: str
    at: Instant
    person: str
    note: str = ""


class Withdrawn(NamedTuple):
    """An adjustment shall not hold, or no longer; it stays on record."""

    id: str
    at: Instant
    person: str
    note: str = ""


Entry: TypeAlias = Added | Approved | Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """An adjustment as it stands.

    Attributes:
        added: how it was entered.
        state: proposed, approved or withdrawn.
        approvers: who approved it, the first one first; the author is not among them.
        withdrawn_by: who withdrew it; empty where nobody did.
        decided_at: when it was approved or withdrawn; None before.
        note: what was said then.
    """

    added: Added
    state: AdjustmentState = "proposed"
    approvers: tuple[str, ...] = ()
    withdrawn_by: str = ""
    decided_at: Instant | None = None
    note: str = ""

    def holds(self, approval: Approval) -> bool:
        """Whether it changes the figure under an agreement that asks for this approval."""
        return self.state == "approved" or (self.state == "proposed" and approval == "none")

    def touches(self, start: Instant, end: Instant) -> bool:
        """Whether its span, or that of its outage as it was when this was entered, lies in `[start, end)`."""
        return self.added.start < end and self.added.end > start


class Spans(NamedTuple):
    """The time of the adjustments that hold; each sorted and without overlap, and disjoint from one another.

    Where both classes claim the same time, it counts: what helps the provider must be beyond dispute.
    """

    excused: tuple[Interval, ...] = ()
    counted: tuple[Interval, ...] = ()


class AdjustmentRefused(ValueError):  # noqa: N818 (the answer to a command)
    """An entry that cannot be made; the text says why."""


def step(known: Adjustment | None, entry: Entry) -> Adjustment:
    """Return an adjustment after one more entry.

    Raises:
        AdjustmentRefused: it makes no sense, such as approving one's own adjustment.
    """
    if isinstance(entry, Added):
        if known is not None:
            raise AdjustmentRefused(f"there is an adjustment {entry.id} already")
        _check(entry)
        return Adjustment(added=entry)
    if known is None:
        raise AdjustmentRefused(f"there is no adjustment {entry.id}")
    if known.state == "withdrawn":
        raise AdjustmentRefused(f"adjustment {entry.id} was withdrawn by {known.withdrawn_by}: add it anew")
    if isinstance(entry, Withdrawn):
        return replace(
            known, state="withdrawn", withdrawn_by=entry.person, decided_at=entry.at, note=entry.note
        )
    if not entry.person.strip() or entry.person.casefold() == known.added.author.casefold():
        raise AdjustmentRefused(
            f"adjustment {entry.id} was entered by {known.added.author}: another person has to approve it"
        )
    if entry.person in known.approvers:
        return known
    return replace(
        known,
        state="approved",
        approvers=(*known.approvers, entry.person),
        decided_at=known.decided_at if known.decided_at is not None else entry.at,
        note=known.note or entry.note,
    )


def fold(entries: Iterable[Entry]) -> tuple[Adjustment, ...]:
    """Return all adjustments as they stand, in the order they were added; the entries as they were stored.

    Raises:
        AdjustmentRefused: an entry could not have been made.
    """
    found: dict[str, Adjustment] = {}
    for entry in entries:
        found[entry.id] = step(found.get(entry.id), entry)
    return tuple(found.values())


def worded(state: AdjustmentState, *, holds: bool) -> str:
    """Return how an adjustment stands, for people: what nobody approved is never called approved.

    >>> worded("proposed", holds=True), worded("proposed", holds=False), worded("approved", holds=True)
    ('holds without approval', 'proposed', 'approved')
    """
    return "holds without approval" if state == "proposed" and holds else state


def holding(adjustments: Iterable[Adjustment], service: str, approval: Approval) -> tuple[Adjustment, ...]:
    """Return the adjustments of a service that change its figure."""
    return tuple(a for a in adjustments if a.added.service == service and a.holds(approval))


def spans(adjustments: Sequence[Adjustment], outages: Mapping[str, tuple[Instant, Instant]]) -> Spans:
    """Return the time of adjustments of one service.

    Args:
        adjustments: those that hold.
        outages: the service's by id, as measured; an adjustment of any other one changes nothing.
    """
    found: dict[AdjustmentClass, list[tuple[Instant, Instant]]] = {kind: [] for kind in CLASSES}
    for adjustment in adjustments:
        added = adjustment.added
        if not added.outage:
            found[added.kind].append((added.start, added.end))
        elif added.outage in outages:
            found[added.kind].append(outages[added.outage])
    counted = union(found["counted"])
    return Spans(subtract(union(found["excused"]), counted), counted)


def _check(entry: Added) -> None:
    for name in ("id", "author", "service", "reason"):
        if not getattr(entry, name).strip():
            raise AdjustmentRefused(f"an adjustment needs its {name}")
    if entry.kind not in CLASSES:
        raise AdjustmentRefused(f"{entry.kind!r} is no class of an adjustment: {', '.join(CLASSES)}")
    if not entry.outage and entry.start >= entry.end:
        raise AdjustmentRefused("an adjustment names an outage, or a span that ends after it starts")
