"""Whether frozen reports in the store still hold: every figure again, and the place in the chain.

Blocking, for a worker thread or the command line.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from slawatch.answers.reports import find, pack, public_word, signer
from slawatch.config.model import Config
from slawatch.report.finding import Finding, Verification, value, worst_first
from slawatch.report.manifest import NAME, digest
from slawatch.report.pack import PackUnreadable, Unpacked, unpack
from slawatch.report.verify import verify
from slawatch.store import frozen
from slawatch.store.frozen import Frozen, Link

if TYPE_CHECKING:
    import duckdb


class Material(NamedTuple):
    """What is needed of the store to verify a report.

    Attributes:
        report: as it is listed.
        data: its pack.
        chain: from the first up to it.
        beside: the packs of the one before it in its chain and of the one that it restates, by number.
    """

    report: Frozen
    data: bytes
    chain: list[Link]
    beside: dict[int, bytes]


def material(cursor: "duckdb.DuckDBPyConnection", number: int) -> Material:
    """Return what is needed to verify a report.

    Raises:
        EntryRefused: there is none of that number.
        StoreError: the store cannot be read.
    """
    report = find(cursor, number)
    chain = [link for link in frozen.chain(cursor, number) if link.place <= report.place]
    wanted = [link.number for link in chain if link.place == report.place - 1]
    if report.restates is not None:
        wanted.append(report.restates)
    beside = {other: data for other in wanted if (data := frozen.pack(cursor, other)) is not None}
    return Material(report, pack(cursor, number), chain, beside)


def verified(found: Material, config: Config) -> dict[str, Any]:
    """Return whether a frozen report is what follows from its evidence, and stands in its place.

    Raises:
        StoreError: the key that signs now cannot be read.
    """
    report = found.report
    came = Verification(number=report.number)
    wrong: list[Finding] = []
    try:
        opened = [unpack(found.data), *_opened(found.beside)]
    except PackUnreadable as error:
        wrong.append(Finding(kind="file", where="the stored file", what=f"It cannot be read: {error}."))
    else:
        # The words of an old report are its own version's; whoever signed it knows them.
        came = verify(opened, trusted=report.public_key, other_version=True)[0]
        wrong += _listed(report, came)
    notes = list(came.notes)
    if public_word(signer(config)) != report.public_key:
        notes.append("It was signed by another key than the one that signs reports now.")
    whole = replace(came, findings=worst_first([*came.findings, *wrong, *_links(found)]), notes=tuple(notes))
    return value(whole)


def _opened(beside: dict[int, bytes]) -> list[Unpacked]:
    found = []
    for data in beside.values():
        try:
            found.append(unpack(data))
        except PackUnreadable:
            continue
    return found


def _listed(report: Frozen, came: Verification) -> list[Finding]:
    """Return in what the list of reports says otherwise than the report itself."""
    pairs = {
        "number": (report.number, came.number),
        "organization": (report.organization, came.organization),
        "agreement": (report.agreement, came.agreement),
        "period": (report.label, came.label),
        "frozen_at": (report.frozen_at, came.frozen_at),
        "restates": (report.restates, came.restates),
    }
    return [
        Finding(
            kind="manifest", where=name, stored=str(own), recomputed=str(listed),
            what=f"The list of reports has another {name.replace('_', ' ')} than the report itself.",
        )
        for name, (listed, own) in pairs.items()
        if listed != own
    ]  # fmt: skip


def _links(found: Material) -> list[Finding]:
    """Return what is wrong with the chain up to a report, and with the manifests beside its link."""
    wrong: list[Finding] = []
    report = found.report
    packs = {**found.beside, report.number: found.data}

    def broken(what: str) -> None:
        wrong.append(Finding(kind="chain", where=f"report {report.number}", what=what))

    before = ""
    for place, link in enumerate(found.chain, 1):
        if link.place != place or link.previous != before:
            broken(f"Report {link.number} does not follow the one before it: one was taken out or exchanged.")
            break
        before = link.manifest_sha256
        if link.number in packs and _manifest(packs[link.number]) != before:
            broken(f"The manifest of report {link.number} is not the one that was stored with it.")
    return wrong


def _manifest(data: bytes) -> str:
    try:
        return digest(unpack(data).files[NAME])
    except PackUnreadable:
        return ""
