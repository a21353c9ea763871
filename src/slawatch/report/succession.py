"""Whether frozen reports follow one another: the chain of each organisation, and what replaces what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from slawatch.core.instant import rfc3339
from slawatch.report import pack
from slawatch.report.finding import Finding
from slawatch.report.manifest import Manifest

Told: TypeAlias = tuple[tuple[Finding, ...], tuple[str, ...]]
"""What is wrong with a link, and what there is to know of it besides."""

_ASK = "Ask whoever made them for the whole series: a report was taken out, exchanged or put in afterwards."


class Link(NamedTuple):
    """A report as its chain sees it.

    Attributes:
        about: its manifest.
        sha256: of the manifest's bytes.
        stated: what its `report.json` holds; None where that cannot be read.
        changes: what its `changes.json` holds, as written there; None for none.
    """

    about: Manifest
    sha256: str
    stated: Any
    changes: Any = None


def succession(links: Sequence[Link | None]) -> tuple[Told, ...]:
    """Return what becomes of each report among the others; of None, nothing."""
    known = [link for link in links if link is not None]
    by_digest = {link.sha256: link for link in known}
    return tuple(
        ((), ())
        if link is None
        else (tuple(_findings(link, known, by_digest)), tuple(_notes(link, known, by_digest)))
        for link in links
    )


def _findings(link: Link, known: Sequence[Link], by_digest: Mapping[str, Link]) -> Iterator[Finding]:
    about = link.about
    if (about.place == 1) is not (about.previous == ""):
        yield _finding(
            link,
            f"Report {about.number} says that it stands at place {about.place} of its series, and "
            + ("names one before it." if about.previous else "names none before it."),
        )
    for other in _kin(link, known):
        if other.sha256 == link.sha256:
            continue
        if other.about.number == about.number:
            yield _finding(link, f"There are two different reports with the number {about.number}.")
        elif other.about.place == about.place:
            yield _finding(
                link,
                f"Reports {about.number} and {other.about.number} both claim place {about.place} of their "
                "series.",
            )
        elif (other.about.number > about.number) is not (other.about.place > about.place):
            yield _finding(
                link,
                f"Reports {about.number} and {other.about.number} stand in another order in their series "
                "than they are numbered.",
            )
    before = by_digest.get(about.previous)
    if before is not None and not _follows(about, before.about):
        yield _finding(
            link,
            f"Report {about.number} names report {before.about.number} as the one before it, which is of "
            "another series or place.",
        )
    if before is None:
        for other in _kin(link, known):
            if other.about.place == about.place - 1:
                yield _finding(
                    link,
                    f"Report {about.number} follows on another report than the {other.about.number} that was "
                    "given: one of the two was exchanged.",
                    about.previous,
                    other.sha256,
                )
    yield from _restatement(link, known)


def _restatement(link: Link, known: Sequence[Link]) -> Iterator[Finding]:
    about = link.about
    replaced = _numbered(about.restates, link, known)
    if replaced is None:
        return
    if (replaced.about.key, replaced.about.period) != (about.key, about.period):
        yield _finding(
            link,
            f"Report {about.number} replaces report {about.restates}, which is about something else.",
            f"{about.key}, {about.period.label}",
            f"{replaced.about.key}, {replaced.about.period.label}",
        )
    elif isinstance(link.stated, dict) and isinstance(replaced.stated, dict):
        found = [change.plain() for change in pack.changes(replaced.stated, link.stated)]
        if found != (link.changes or []):
            yield _finding(
                link,
                f"{pack.CHANGES} does not say what differs between reports {about.restates} and "
                f"{about.number}.",
                f"{len(link.changes or [])} differences",
                f"{len(found)} differences",
            )


def _notes(link: Link, known: Sequence[Link], by_digest: Mapping[str, Link]) -> Iterator[str]:
    about = link.about
    for other in _kin(link, known):
        if other.about.restates == about.number:
            yield (
                f"Report {about.number} was replaced by report {other.about.number} on "
                f"{rfc3339(other.about.frozen_at)}: {other.about.reason or 'no reason was given'}"
            )
    before = [other for other in _kin(link, known) if other.about.place == about.place - 1]
    if about.previous and about.previous not in by_digest and not before:
        yield (
            f"Report {about.number} is number {about.place} in the series of its organisation; the one "
            "before it was not given, so that it was not verified to follow on that."
        )
    if about.restates is not None and _numbered(about.restates, link, known) is None:
        yield (
            f"Report {about.number} replaces report {about.restates}, which was not given, so that what it "
            "says of the differences was not verified."
        )


def _kin(link: Link, known: Sequence[Link]) -> Iterator[Link]:
    """Yield the reports of the same organisation by the same key; a name alone may be anybody's."""
    for other in known:
        if other is not link and (other.about.organization, other.about.public_key) == (
            link.about.organization,
            link.about.public_key,
        ):
            yield other


def _numbered(number: int | None, link: Link, known: Sequence[Link]) -> Link | None:
    return next((other for other in _kin(link, known) if other.about.number == number), None)


def _follows(about: Manifest, before: Manifest) -> bool:
    return (
        before.organization == about.organization
        and before.place == about.place - 1
        and before.number < about.number
    )


def _finding(link: Link, what: str, stored: str = "", recomputed: str = "") -> Finding:
    return Finding(
        kind="chain",
        where=f"report {link.about.number}",
        what=what,
        stored=stored,
        recomputed=recomputed,
        advice=_ASK,
    )
