"""Several services or groups as one figure: the worst of them, their mean, or a weighted mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slawatch.core.agreement import Agreement, UnknownPolicy
from slawatch.core.availability import UNKNOWN_POLICIES, Assessment
from slawatch.core.burn import Loss
from slawatch.core.instant import Micros
from slawatch.core.subject import Subject

Which = Literal["adjusted", "measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The figure of a whole agreement; shares between 0 and 1, None for no data.

    Attributes:
        share: the availability.
        low, high: its bounds from the time between probes.
        unknown_as: what it would be under each policy for unknown time.
        maintenance_ignored: what it would be if maintenance counted like any other time.
        as_measured: what it would be with nothing excluded or forgiven at all.
        loss: what was lost so far; of a mean, on average.
        planned: how much of the whole period the terms promised, watched or not.
        whole: what is lost of the time that the whole period will have counted if nothing more is lost: of
            the service or group that stands worst by then, or on average. Budgets and stakes rest on it.
        decided_by: the service or group that the worst figure is of; empty for a mean.
        limited_by: the one that `whole` is of; another one than `decided_by` only while the period runs.
    """

    share: Fraction | None
    low: Fraction | None
    high: Fraction | None
    unknown_as: Mapping[UnknownPolicy, Fraction | None]
    maintenance_ignored: Fraction | None
    as_measured: Fraction | None
    loss: Loss
    planned: Micros
    whole: Loss
    decided_by: str = ""
    limited_by: str = ""


def combine(terms: Agreement, subjects: Sequence[Subject], which: Which = "adjusted") -> Combined:
    """Return the figure of an agreement from those of its subjects.

    With `all` there is one subject, which is up while all of its members are.
    """
    found = [(subject, _of(subject, which)) for subject in subjects]
    weights = weights_of(terms, subjects)

    def each(figure: Callable[[Assessment], Fraction | None]) -> Fraction | None:
        return mixed(terms, [(weights[s.name], figure(a)) for s, a in found])

    deciding = worst(found) if terms.combine in ("worst", "all") else None
    limiting = _limiting(subjects) if deciding else None
    mean = [(weights[s.name], s, a) for s, a in found]
    return Combined(
        share=each(lambda a: a.availability.share),
        low=each(lambda a: a.availability.low),
        high=each(lambda a: a.availability.high),
        unknown_as={policy: each(_under(policy)) for policy in UNKNOWN_POLICIES},
        maintenance_ignored=each(lambda a: a.availability.maintenance_ignored),
        as_measured=each(lambda a: a.availability.as_measured),
        loss=loss_of(deciding[1]) if deciding else _mean_loss([(w, loss_of(a)) for w, _, a in mean]),
        planned=deciding[0].planned if deciding else _mean([(w, s.planned) for w, s, _ in mean]),
        whole=limiting.whole if limiting else _mean_loss([(w, s.whole) for w, s, _ in mean]),
        decided_by=deciding[0].name if deciding else "",
        limited_by=limiting.name if limiting else "",
    )


def mixed(terms: Agreement, figures: Sequence[tuple[Fraction, Fraction | None]]) -> Fraction | None:
    """Return one figure of several with their weights; those without data are left out."""
    known = [(weight, figure) for weight, figure in figures if figure is not None]
    if not known:
        return None
    if terms.combine in ("worst", "all"):
        return min(figure for _, figure in known)
    whole = sum((weight for weight, _ in known), Fraction(0))
    if not whole:
        return None
    return sum((weight * figure for weight, figure in known), Fraction(0)) / whole


def weights_of(terms: Agreement, subjects: Sequence[Subject]) -> dict[str, Fraction]:
    """Return how much each subject counts; 1 unless the agreement says otherwise."""
    if terms.combine != "weighted":
        return {subject.name: Fraction(1) for subject in subjects}
    return {subject.name: Fraction(terms.weights.get(subject.name, 0)) for subject in subjects}


def worst(found: Sequence[tuple[Subject, Assessment]]) -> tuple[Subject, Assessment] | None:
    """Return the subject with the lowest availability, the first by name of several."""
    return min(
        found,
        key=lambda pair: (
            pair[1].availability.share is None,
            pair[1].availability.share or Fraction(0),
            pair[0].name,
        ),
        default=None,
    )


def _limiting(subjects: Sequence[Subject]) -> Subject:
    """Return the subject that will have lost the largest share if nothing more is lost, as `worst` does."""
    return min(
        subjects,
        key=lambda one: (
            one.whole.share is None,
            -(one.whole.share or Fraction(0)),
            one.adjusted.availability.share is None,
            one.adjusted.availability.share or Fraction(0),
            one.name,
        ),
    )


def loss_of(assessment: Assessment) -> Loss:
    """Return what was lost by an assessment."""
    return Loss(assessment.availability.bad, assessment.availability.counted)


def combined_loss(terms: Agreement, losses: Sequence[tuple[Fraction, Loss]]) -> Loss:
    """Return what was lost of a stretch: by the worst subject, or on average."""
    known = [(weight, loss) for weight, loss in losses if loss.counted]
    if terms.combine in ("worst", "all"):
        return max((loss for _, loss in known), key=lambda one: one.share or 0, default=Loss(Fraction(0), 0))
    return _mean_loss(known)


def _of(subject: Subject, which: Which) -> Assessment:
    return subject.adjusted if which == "adjusted" else subject.measured


def _under(policy: UnknownPolicy) -> Callable[[Assessment], Fraction | None]:
    return lambda assessment: assessment.availability.unknown_as[policy]


def _mean_loss(losses: Sequence[tuple[Fraction, Loss]]) -> Loss:
    """Return the mean share that was lost, of the mean time that counts."""
    known = [(weight, loss, share) for weight, loss in losses if (share := loss.share) is not None]
    whole = sum((weight for weight, _, _ in known), Fraction(0))
    if not whole:
        return Loss(Fraction(0), 0)
    counted = _mean([(weight, loss.counted) for weight, loss, _ in known])
    return Loss(sum((weight * share for weight, _, share in known), Fraction(0)) / whole * counted, counted)


def _mean(lengths: Sequence[tuple[Fraction, Micros]]) -> Micros:
    whole = sum((weight for weight, _ in lengths), Fraction(0))
    if not whole:
        return 0
    return round(sum((weight * length for weight, length in lengths), Fraction(0)) / whole)
