"""What is stored at once: everything that happened since the last flush."""

from collections.abc import Sequence
from dataclasses import dataclass

from slawatch.core.attempt import Attempt
from slawatch.core.audit import Audited
from slawatch.core.event import Numbered
from slawatch.core.instant import Instant
from slawatch.core.life import LifeEvent
from slawatch.core.sample import Sample, Transition


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction of the writer.

    Attributes:
        sequence: names the batch; one that is stored already is not stored again. From 1, growing.
        samples: in any order.
        transitions: `(check's number, transition)`, as the samples caused them.
        life: what happened to the daemon itself.
        pings: `(check's number, at)` of each heartbeat that came in.
        late: `(check's number, started_at)` of samples among these that are older than one seen before: the
            transitions around them are folded again from all samples, in the same transaction.
        settles: `(mark, whole)` of imports that samples were stored beside. Where they meet is among `late`,
            unless the import is to be folded again as a whole.
        events: what alerting decided.
        attempts: what came of telling people.
        audit: what people did, or were refused.
    """

    sequence: int
    samples: Sequence[Sample] = ()
    transitions: Sequence[tuple[int, Transition]] = ()
    life: Sequence[LifeEvent] = ()
    pings: Sequence[tuple[int, Instant]] = ()
    late: Sequence[tuple[int, Instant]] = ()
    settles: Sequence[tuple[Instant, bool]] = ()
    events: Sequence[Numbered] = ()
    attempts: Sequence[Attempt] = ()
    audit: Sequence[Audited] = ()
