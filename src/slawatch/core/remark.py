"""What a reader of an agreement's figures has to know before relying on them: a sentence each."""

from collections.abc import Iterator, Sequence

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement, Approval
from slawatch.core.clause import REFUSALS, Refusal
from slawatch.core.combine import Combined
from slawatch.core.credit import credit
from slawatch.core.instant import Instant, Micros
from slawatch.core.judgement import Judgement
from slawatch.core.objective import Measure, Verdict
from slawatch.core.outage import Outage
from slawatch.core.subject import Subject
from slawatch.core.text import format_duration
from slawatch.core.version import Part

_REFUSED: dict[Refusal, str] = {
    "over quota": "went beyond the quota",
    "edited": "was added by a change that came too late",
    "late": "was announced too late",
    "ignored": "is not excluded by this agreement",
}


def remarks(
    terms: Agreement,
    parts: Sequence[Part],
    subjects: Sequence[Subject],
    combined: Combined,
    objectives: Sequence[Judgement],
    adjustments: Sequence[Adjustment],
    now: Instant,
    uncredited: str = "",
) -> Iterator[str]:
    """Yield what limits or explains the figures, the weightiest first.

    `uncredited` says why nothing is credited; empty for a period of the agreement.
    """
    for one in objectives:
        if one.target.measure is Measure.RATIO and one.figure is not None and one.figure > 1:
            yield (
                f"The counters of {one.objective.id} counted more good events than events: they do not "
                "belong together, and nothing is judged by them."
            )
        if one.verdict is Verdict.UNDECIDED:
            yield (
                f"The verdict on {one.objective.id} is undecided: the target lies between the bounds that "
                "the time between two probes leaves open."
            )
        if one.sensitivity and one.sensitivity.changes:
            said = ", ".join(f"{verdict} if it counts as {p}" for p, verdict in _policies(one))
            yield f"The verdict on {one.objective.id} depends on how unknown time counts: {said}."
        if one.verdict is not one.verdict_measured:
            yield (
                f"Adjustments change the verdict on {one.objective.id}: {one.verdict_measured} as measured, "
                f"{one.verdict} as adjusted."
            )
    if not uncredited:
        yield from _credit(terms, combined, now >= parts[-1].end)
    elif any(part.terms.credits for part in parts):
        yield f"No credit is stated: {uncredited}."
    if len(parts) > 1:
        dates = ", ".join(part.terms.effective_from for part in parts[1:])
        how = "all of it" if terms.on_change == "pooled" else "its part"
        yield f"The terms changed within this period ({dates}): the newest version judges {how}."
    for subject in subjects:
        yield from _maintenance(subject)
    here = [a for a in adjustments if a.touches(parts[0].start, parts[-1].end)]
    yield from _adjustments(here, subjects, terms.approval)


def _policies(one: Judgement) -> Iterator[tuple[str, Verdict]]:
    words = {"exclude": "nothing", "down": "down", "up": "up"}
    found = one.sensitivity.verdicts if one.sensitivity else {}
    for policy, verdict in found.items():
        yield words[policy], verdict


def _credit(terms: Agreement, combined: Combined, over: bool) -> Iterator[str]:
    if not terms.credits or combined.share is None or not over:
        return
    due = credit(terms, combined.share)
    for bound in (combined.low, combined.high):
        other = None if bound is None else credit(terms, bound)
        if other is not None and other.tier != due.tier:
            yield (
                f"The credit of {due.percent} % would be {other.percent} % at the other end of what the time "
                "between two probes leaves open."
            )


def _maintenance(subject: Subject) -> Iterator[str]:
    for member, found in subject.grants.items():
        lengths = [(reason, found.length(reason)) for reason in REFUSALS if found.length(reason)]
        for reason, length in lengths:
            yield f"{member}: {_length(length)} of announced work {_REFUSED[reason]} and counts."


def _adjustments(
    adjustments: Sequence[Adjustment], subjects: Sequence[Subject], approval: Approval
) -> Iterator[str]:
    waiting = [a.added.id for a in adjustments if a.state == "proposed" and not a.holds(approval)]
    if waiting:
        yield f"Adjustments that nobody has approved yet change nothing: {', '.join(waiting)}."
    known: dict[str, Outage] = {o.id: o for subject in subjects for o in subject.measured.outages}
    unused = [
        a.added.id
        for subject in subjects
        if not subject.group
        for a in subject.adjustments
        if a.added.outage and a.added.outage not in known and a in adjustments
    ]
    if unused:
        yield f"Adjustments of outages that are not in this period change nothing: {', '.join(unused)}."


def _length(length: Micros) -> str:
    return format_duration(length)
