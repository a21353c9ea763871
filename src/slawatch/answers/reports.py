"""The answers about frozen reports: lists, one whole, its files, what is overdue, whether one still holds.

Blocking, for a worker thread or the command line.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers.overdue import missed
from slawatch.answers.paging import PageError, limit_of, number_of
from slawatch.answers.requested import unknown
from slawatch.answers.wish import EntryRefused, missing
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.core.instant import Instant, rfc3339, seconds
from slawatch.store import frozen
from slawatch.store.errors import StoreDamaged, StoreMissing
from slawatch.store.frozen import Frozen

if TYPE_CHECKING:
    import duckdb

    from slawatch.report.seal import Key

QUERIES: Final[Mapping[str, tuple[str, ...]]] = {
    "reports": ("org", "agreement", "period", "limit", "cursor"),
    "overdue": ("org",),
}
"""The parameters of each list."""
_ENOUGH: Final = 1 << 62
"""No report has such a number, and the store takes none that is much larger."""


def listed(cursor: "duckdb.DuckDBPyConnection", config: Config, query: Mapping[str, str]) -> dict[str, Any]:
    """Return frozen reports, the latest first.

    Raises:
        EntryRefused: the query asks for what there is not.
        StoreError: the store cannot be read.
    """
    _check("reports", query)
    organization = _organization(config, query)
    try:
        limit, before = limit_of(query), number_of(query)
    except PageError as error:
        raise EntryRefused(str(error)) from None
    found = frozen.listed(
        cursor, organization=organization, agreement=query.get("agreement"), label=query.get("period"),
        before=before, limit=limit + 1,
    )  # fmt: skip
    following = str(found[limit - 1].number) if len(found) > limit else None
    return {"reports": [line(one) for one in found[:limit]], "next": following}


def line(report: Frozen) -> dict[str, Any]:
    """Return a frozen report as lists show it."""
    return {
        "number": report.number,
        "organization": report.organization,
        "agreement": report.agreement,
        "report": report.report,
        "period": {
            "label": report.label,
            "start": rfc3339(report.start),
            "end": rfc3339(report.end),
            "timezone": report.timezone,
        },
        "verdict": report.verdict or None,
        "frozen_at": rfc3339(report.frozen_at),
        "frozen_by": report.person,
        "source": report.source,
        "reason": report.reason or None,
        "restates": report.restates,
        "restated_by": report.restated_by,
        "place": report.place,
        "previous": report.previous or None,
        "manifest_sha256": report.manifest_sha256,
        "evidence_sha256": report.evidence_sha256,
        "public_key": report.public_key,
        "version": report.version,
        "bytes": report.bytes,
    }


def find(cursor: "duckdb.DuckDBPyConnection", number: int) -> Frozen:
    """Return a frozen report.

    Raises:
        EntryRefused: there is none of that number.
        StoreError: the store cannot be read.
    """
    found = frozen.find(cursor, number) if number < _ENOUGH else None
    if found is None:
        raise missing_report(number)
    return found


def pack(cursor: "duckdb.DuckDBPyConnection", number: int) -> bytes:
    """Return a frozen report as the one file that customers are given.

    Raises:
        EntryRefused: there is none of that number.
        StoreError: the store cannot be read.
    """
    found = frozen.pack(cursor, number) if number < _ENOUGH else None
    if found is None:
        raise missing_report(number)
    return found


def filename(number: int, whose: str, label: str) -> str:
    """Return under which name the file of a report is kept.

    >>> filename(7, "acme gold/x", "2026-10")
    'report-7-acme-gold-x-2026-10.zip'
    """
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "-" for c in whose)
    return f"report-{number}-{plain}-{label}.zip"


def shown(cursor: "duckdb.DuckDBPyConnection", number: int) -> dict[str, Any]:
    """Return a frozen report with its verdicts, and of a restatement what differs.

    Raises:
        EntryRefused: there is none of that number.
        StoreError: the store cannot be read.
    """
    from slawatch.report.pack import CHANGES, REPORT

    about = line(find(cursor, number))
    files = _files(cursor, number)
    figures = json.loads(files[REPORT])
    return about | {
        "services": [
            {"service": one["service"], "availability": one["availability"]["shown"]}
            for one in figures["services"]
        ],
        "objectives": [
            {
                **{name: one[name] for name in ("id", "target", "measured", "verdict")},
                "hardly_known": one.get("hardly_known", False),
            }
            for one in figures["objectives"]
        ],
        "credit": figures.get("credit"),
        "changes": _changes(files[CHANGES]) if CHANGES in files else None,
    }


def _changes(text: bytes) -> list[dict[str, Any]]:
    from slawatch.report import difference

    return [{**one.plain(), "text": str(one)} for one in difference.read(json.loads(text))]


def page(cursor: "duckdb.DuckDBPyConnection", number: int) -> bytes:
    """Return the page of a frozen report, as it was frozen.

    Raises:
        EntryRefused: there is none of that number.
        StoreError: the store cannot be read.
    """
    from slawatch.report.pack import PAGE

    find(cursor, number)
    return _files(cursor, number)[PAGE]


def _files(cursor: "duckdb.DuckDBPyConnection", number: int) -> Mapping[str, bytes]:
    from slawatch.report.pack import PAGE, REPORT, PackUnreadable, unpack

    try:
        found = unpack(pack(cursor, number)).files
    except PackUnreadable as error:
        raise StoreDamaged(f"frozen report {number} in the store is damaged: {error}") from None
    if REPORT not in found or PAGE not in found:
        raise StoreDamaged(f"frozen report {number} in the store is damaged: files in it are missing")
    return found


def outcome(made: Iterable[Frozen], refused: Iterable[tuple[str, EntryRefused]]) -> dict[str, Any]:
    """Return what became of a wish to freeze."""
    return {
        "frozen": [line(one) for one in made],
        "refused": [{"report": name, "reason": str(error)} for name, error in refused],
    }


def overdue(
    cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant, query: Mapping[str, str]
) -> dict[str, Any]:
    """Return the periods of agreements that are over and not frozen, the oldest first.

    They begin with the one in which the first check of the agreement was first heard of.

    Raises:
        EntryRefused: the query asks for what there is not.
        StoreError: the store cannot be read.
    """
    _check("overdue", query)
    organization = _organization(config, query)
    found = [
        {
            "agreement": terms.key,
            "organization": terms.organization,
            "period": {
                "label": period.label,
                "start": rfc3339(period.start),
                "end": rfc3339(period.end),
                "timezone": period.timezone,
            },
            "late": seconds(now - period.end),
        }
        for terms, period in missed(cursor, config, now)
        if organization in (None, terms.organization)
    ]
    return {"overdue": found}


def key(config: Config) -> dict[str, Any]:
    """Return the public half of the key that signs reports, for customers.

    Raises:
        StoreMissing: nothing is stored yet, so nothing is made for a mere question.
        StoreError: it can be neither read nor made.
    """
    from slawatch.report import minisign, seal
    from slawatch.store.database import FILE
    from slawatch.store.keyfile import REPORTS

    folder = config.data_dir
    stored = any((folder / name).exists() for name in (REPORTS, FILE))
    if config.reports.signing_key is None and not stored:
        raise StoreMissing(
            f"there is no key yet: it is made when the first report is frozen, and there is no database in "
            f"{folder} yet: `slawatch run` makes it"
        )
    own = signer(config)
    return {
        "algorithm": "Ed25519",
        "public_key": public_word(own),
        "fingerprint": seal.fingerprint(own.public_key),
        "minisign": minisign.key_file(minisign.PublicKey.of(own.public_key)),
        "pem": seal.pem(own.public_key),
    }


def public_word(key: "Key") -> str:
    """Return the public half of a key as reports name it, and as minisign takes it."""
    from slawatch.report.minisign import PublicKey

    return str(PublicKey.of(key.public_key))


def signer(config: Config) -> "Key":
    """Return the key that signs reports: the one that is configured, else that of the data directory.

    Raises:
        StoreError: it can be neither read nor made.
    """
    from slawatch.report.seal import Key
    from slawatch.store.keyfile import report_seed

    given = config.reports.signing_key
    return Key(report_seed(config.data_dir) if given is None else bytes.fromhex(given.value))


def missing_report(number: int) -> EntryRefused:
    """Return the answer about a report that there is not."""
    return missing(f"there is no frozen report {number}: `slawatch reports list` shows them")


def _organization(config: Config, query: Mapping[str, str]) -> str | None:
    name = query.get("org")
    if name is not None and name not in config.organizations:
        raise missing(unknown("organization", name[:100], config.organizations))
    return name


def _check(name: str, query: Mapping[str, str]) -> None:
    strange = [given for given in query if given not in QUERIES[name]]
    if strange:
        hint = nearest(strange[0], QUERIES[name]) or f"there is {one_of(QUERIES[name])}"
        raise EntryRefused(f"there is no parameter {strange[0][:100]!r} here: {hint}")
