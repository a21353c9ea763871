"""What an agreement judges on its own: a service, or a group of services that it sees as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from slawatch.core.adjustment import Adjustment, Spans, holding, spans
from slawatch.core.agreement import Agreement
from slawatch.core.availability import (
    EDGES,
    Assessment,
    Portion,
    Terms,
    Watched,
    assess_portions,
    reaching,
    watch,
)
from slawatch.core.burn import Loss
from slawatch.core.calendar import Calendar
from slawatch.core.check import Join, Maintenance, Service
from slawatch.core.clause import NOTHING_GRANTED, Grant, grant
from slawatch.core.counting import Look, promised
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.join import join_spans
from slawatch.core.ledger import Exclusions, Interval, Piece, TimeClass, subtract, union
from slawatch.core.masking import NO_SPANS, common, left_out, masked, mute
from slawatch.core.outage import outage_id
from slawatch.core.quantise import doomed
from slawatch.core.timeline import Edges, Span
from slawatch.core.version import Part
from slawatch.core.version import parts as parts_of

_UNSEEN = (CheckEvidence(check="", first_sample=None, held_until=None),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """All that figures rest on besides the agreement.

    Attributes:
        services: by name.
        evidence: what was measured about each, by name; one that is absent was never monitored.
        calendars: the service hours, by name.
        maintenance: all windows of announced work of each service, by name, whatever their time.
        adjustments: as they stand.
        start, end: the period, as far as the agreement is in force.
        now: time from here on is the future.
        reach: the end of the window that the evidence was gathered for, where that is later than the end.
    """

    services: Mapping[str, Service]
    evidence: Mapping[str, ServiceEvidence]
    calendars: Mapping[str, Calendar]
    maintenance: Mapping[str, tuple[Maintenance, ...]]
    adjustments: tuple[Adjustment, ...]
    start: Instant
    end: Instant
    now: Instant
    reach: Instant | None = None
    _outside: dict[tuple[str, Instant, Instant], tuple[Interval, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _windows: dict[tuple[frozenset[str], Instant, Instant], tuple[Instant, Instant]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _watched: dict[tuple[str, Instant, Instant], Watched] = field(
        default_factory=dict, repr=False, compare=False
    )

    def watched(self, service: str, low: Instant, high: Instant) -> Watched:
        """Return what was seen of a service in `[low, high)`."""
        key = (service, low, high)
        if key not in self._watched:
            known = self.services.get(service)
            self._watched[key] = watch(self.checks(service), known.join if known else "all", low, high)
        return self._watched[key]

    def window(self, services: frozenset[str], start: Instant, end: Instant) -> tuple[Instant, Instant]:
        """Return the interval that must be looked at to see the outages of some services whole."""
        key = (services, start, end)
        if key not in self._windows:
            every = (entry for service in services for entry in self.checks(service))
            self._windows[key] = reaching(every, start, end, self.now, self.reach)
        return self._windows[key]

    def outside(self, terms: Agreement, start: Instant, end: Instant) -> tuple[Interval, ...]:
        """Return the time outside of the service hours of some terms.

        Raises:
            ValueError: there is no such calendar.
        """
        if not terms.calendar:
            return ()
        if terms.calendar not in self.calendars:
            raise ValueError(f"agreement {terms.key}: there is no calendar {terms.calendar!r}")
        key = (terms.calendar, start, end)
        if key not in self._outside:
            self._outside[key] = self.calendars[terms.calendar].outside(start, end)
        return self._outside[key]

    def checks(self, service: str) -> tuple[CheckEvidence, ...]:
        """Return what the checks of a service saw."""
        found = self.evidence.get(service)
        return found.checks if found and found.checks else _UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A service or group, with all that follows for it.

    Attributes:
        name: of the service or group.
        members: the services of a group; of a service itself.
        group: whether it is a group.
        adjusted: the assessment with the adjustments that hold: the figure of the contract.
        measured: the same without any adjustment; the same object where there is none.
        portions: how its time counted.
        grants: what the clause grants of each member's announced work, by service.
        adjustments: those that hold for it or its members.
        planned: how much of the whole period counts by the terms, watched or not, elapsed or not.
        remaining: how much of that is still to come.
        before: while the period runs, the time before it as it counted, as far back as is known.
        doomed: how much of what is to come is lost already, where downtime counts in whole units.
    """

    name: str
    members: tuple[str, ...]
    group: bool
    adjusted: Assessment
    measured: Assessment
    portions: tuple[Portion, ...]
    grants: Mapping[str, Grant]
    adjustments: tuple[Adjustment, ...]
    planned: Micros
    remaining: Micros
    before: tuple[Piece, ...] = ()
    doomed: Micros = 0

    @property
    def terms(self) -> Terms:
        """How its latest portion counts."""
        return self.portions[-1].terms

    @property
    def whole(self) -> Loss:
        """What is lost of the time that the whole period will have counted, if nothing more is lost.

        Time that was not counted so far, such as unknown time, is not promised any more.
        """
        figure = self.adjusted.availability
        return Loss(figure.bad + self.doomed, figure.counted + self.remaining)

    @property
    def unseen(self) -> Loss:
        """The promised time so far, and how much of it has no part in the figure."""
        elapsed = self.planned - self.remaining
        return Loss(Fraction(elapsed - self.adjusted.availability.counted), elapsed)


def subjects(agreement: Agreement, parts: Sequence[Part], grounds: Grounds) -> tuple[Subject, ...]:
    """Return all that an agreement judges: what the newest part names, then what only older ones do."""
    names = dict.fromkeys(name for part in reversed(parts) for name in part.terms.subjects)
    return tuple(_subject(name, agreement, parts, grounds) for name in names)


def joined(name: str, agreement: Agreement, parts: Sequence[Part], grounds: Grounds) -> Subject:
    """Return all services and groups of an agreement as one that is up while all of them are."""
    terms = parts[-1].terms
    nodes = tuple(_tree(subject, terms) for subject in terms.subjects)
    members = dict.fromkeys(member for node in nodes for member in node.members)
    return _assessed(name, _Tree(tuple(members), "all", nodes), agreement, parts, grounds)


def alone(service: str, agreement: Agreement, parts: Sequence[Part], grounds: Grounds) -> Subject:
    """Return a service by itself, whether the agreement judges it so, in a group, or not at all."""
    return _assessed(service, _Tree((service,)), agreement, parts, grounds)


class _Tree(NamedTuple):
    """How the services below a subject make its state; without nodes it is a service itself."""

    members: tuple[str, ...]
    rule: Join = "all"
    nodes: "tuple[_Tree, ...]" = ()

    def spans(self, seen: Mapping[str, tuple[Span, ...]]) -> tuple[Span, ...]:
        if not self.nodes:
            return seen[self.members[0]]
        return join_spans([node.spans(seen) for node in self.nodes], self.rule)


def _tree(name: str, terms: Agreement) -> _Tree:
    if name not in terms.groups:
        return _Tree((name,))
    group = terms.groups[name]
    return _Tree(group.services, group.join, tuple(_Tree((member,)) for member in group.services))


def _subject(name: str, agreement: Agreement, parts: Sequence[Part], grounds: Grounds) -> Subject:
    own = [part for part in parts if name in part.terms.subjects]
    return _assessed(name, _tree(name, own[-1].terms), agreement, own, grounds)


def _assessed(
    name: str, tree: _Tree, agreement: Agreement, parts: Sequence[Part], grounds: Grounds
) -> Subject:
    start, end = parts[0].start, parts[-1].end
    # Members of one figure are looked at over one interval; so they are read once for all figures of it.
    terms = parts[-1].terms
    low, high = grounds.window(
        frozenset(tree.members if terms.combine != "all" else (*terms.services, *tree.members)), start, end
    )
    making = _Making(name, tree, agreement, parts, grounds, low, high)
    approval = parts[-1].terms.approval
    held = {who: holding(grounds.adjustments, who, approval) for who in (name, *tree.members)}
    measured = adjusted = making.assess({})
    made: dict[str, Spans] = {}
    if any(held.values()):
        made = {who: spans(found, making.outages(who)) for who, found in held.items() if found}
        adjusted = making.assess(made)
    portions = making.portions(parts, made, making.grants)
    return Subject(
        name=name,
        members=tree.members,
        group=bool(tree.nodes),
        adjusted=adjusted,
        measured=measured,
        portions=portions,
        grants=making.grants,
        adjustments=tuple(dict.fromkeys(a for found in held.values() for a in found)),
        planned=sum(promised(p, start, end) for p in portions),
        remaining=sum(promised(p, grounds.now, end) for p in portions),
        before=making.before(low, start, made) if start <= grounds.now < end else (),
        doomed=sum(_doomed(p, adjusted.pieces, grounds.now) for p in portions),
    )


def _doomed(portion: Portion, pieces: Sequence[Piece], now: Instant) -> Micros:
    if not portion.start <= now < portion.end:
        return 0
    kinds = [TimeClass[outcome.name] for outcome in portion.terms.bad]
    return promised(portion, now, doomed(pieces, portion.terms.quantise, now, kinds))


class _Making:
    """A subject on its way: what was seen of its members, and what of it is left out."""

    __slots__ = ("agreement", "grants", "grounds", "name", "parts", "seen", "tree")

    def __init__(
        self,
        name: str,
        tree: _Tree,
        agreement: Agreement,
        parts: Sequence[Part],
        grounds: Grounds,
        low: Instant,
        high: Instant,
    ) -> None:
        self.name = name
        self.tree = tree
        self.agreement = agreement
        self.parts = parts
        self.grounds = grounds
        self.seen = {member: grounds.watched(member, low, high) for member in tree.members}
        self.grants = self._grants(parts[0].start, parts[-1].end)

    def assess(self, made: Mapping[str, Spans]) -> Assessment:
        portions = self.portions(self.parts, made, self.grants)
        return assess_portions(self.name, self._watched(made, self.grants), portions, self.grounds.now)

    def portions(
        self, parts: Sequence[Part], made: Mapping[str, Spans], grants: Mapping[str, Grant]
    ) -> tuple[Portion, ...]:
        own = made.get(self.name, NO_SPANS)
        excused = own.excused
        maintenance = next(iter(grants.values())).granted
        if self.tree.nodes:
            all_excused = common([made.get(member, NO_SPANS).excused for member in grants])
            excused = union((*excused, *all_excused))
            maintenance = subtract(common(list(mute(grants, made).values())), all_excused)
        return tuple(
            Portion(
                start=part.start,
                end=part.end,
                terms=counting_terms(part.terms),
                exclusions=Exclusions(
                    outside_hours=self.grounds.outside(part.terms, part.start, part.end),
                    maintenance=maintenance,
                    excused=excused,
                ),
                counted=own.counted,
            )
            for part in parts
        )

    def before(self, low: Instant, start: Instant, made: Mapping[str, Spans]) -> tuple[Piece, ...]:
        """Return the time before the period as it counted."""
        earlier = parts_of(self.agreement, low, start) if low < start else ()
        if not earlier:
            return ()
        grants = self._grants(earlier[0].start, start)
        look = Look(self._measured(made, grants), self.grounds.now)
        found = self.portions(earlier, made, grants)
        return tuple(piece for portion in found for piece in look.pieces(portion))

    def outages(self, who: str) -> dict[str, tuple[Instant, Instant]]:
        """Return the outages of the subject, or of one of its members, by id."""
        spans = self.seen[who].spans["measured"] if who in self.seen else self._measured({}, self.grants)
        found = Look(spans, self.grounds.now).runs(counting_terms(self.parts[-1].terms).bad)
        return {outage_id(who, run.start): (run.start, run.end) for run in found}

    def _grants(self, start: Instant, end: Instant) -> dict[str, Grant]:
        return {
            member: grant(self.agreement, windows, start, end, self.grounds.outside)
            if (windows := self.grounds.maintenance.get(member))
            else NOTHING_GRANTED
            for member in self.tree.members
        }

    def _watched(self, made: Mapping[str, Spans], grants: Mapping[str, Grant]) -> Watched:
        if not self.tree.nodes:
            return self.seen[self.tree.members[0]]
        nothing = dict.fromkeys(self.seen, NOTHING_GRANTED)
        raw = worked = None
        if any(left_out(grants, made).values()) or made:
            raw = worked = self._joined("measured", nothing, {})
        if made:
            worked = self._joined("measured", nothing, made)
        return Watched(
            spans={edges: self._joined(edges, grants, made) for edges in EDGES},
            members={check: found for seen in self.seen.values() for check, found in seen.members.items()},
            worked=worked,
            raw=raw,
        )

    def _measured(self, made: Mapping[str, Spans], grants: Mapping[str, Grant]) -> tuple[Span, ...]:
        if not self.tree.nodes:
            return self.seen[self.tree.members[0]].spans["measured"]
        return self._joined("measured", grants, made)

    def _joined(
        self, edges: Edges, grants: Mapping[str, Grant], made: Mapping[str, Spans]
    ) -> tuple[Span, ...]:
        silent = left_out(grants, made)
        seen = {}
        for member, found in self.seen.items():
            counted = made.get(member, NO_SPANS).counted
            seen[member] = masked(found.spans[edges], silent[member], counted)
        return self.tree.spans(seen)


def counting_terms(terms: Agreement) -> Terms:
    """Return how a version of an agreement counts time."""
    return Terms(
        unknown=terms.unknown,
        degraded=terms.degraded,
        min_outage=terms.min_outage,
        quantise=terms.quantise,
    )
