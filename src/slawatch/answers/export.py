"""What `export` and `db info` hand out: samples as stored, and the outages and ledgers that follow."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, cast, get_args

from slawatch.answers.entries import merged
from slawatch.answers.status import members
from slawatch.config.model import Config
from slawatch.core.availability import assess
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import DAY, Instant, rfc3339
from slawatch.core.ledger import Exclusions
from slawatch.core.period import from_to, parse_moment

if TYPE_CHECKING:
    import duckdb

What = Literal["samples", "outages", "ledger"]
Format = Literal["csv", "jsonl", "parquet"]
Row = Mapping[str, str | float | bool | None]

MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""The media type of each format."""

MOST_YEARS: Final = 50
"""Of outages and the ledger, which are worked out in memory."""

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "outages": ("service", "id", "start", "end", "ongoing", "seconds", "counted_seconds", "checks", "reason"),
    "ledger": ("service", "start", "end", "class", "observed", "seconds"),
}
"""The columns of what is worked out here; those of the samples are the store's."""


class Out(Protocol):
    """What an export writes into."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        ...


class Wish(NamedTuple):
    """What is to be exported.

    Attributes:
        what: samples as stored, the outages of each service, or the pieces of each service's ledger.
        start, end: half-open; a start of None begins with the first sample.
        format: csv, jsonl or parquet.
    """

    what: What
    start: Instant | None
    end: Instant
    format: Format

    @property
    def filename(self) -> str:
        """A name for the file."""
        return f"slawatch-{self.what}.{self.format}"


def wish(parameters: Mapping[str, str], config: Config, now: Instant) -> Wish:
    """Read `what`, `from`, `to` and `format`; dates without an offset are in the config's time zone.

    Raises:
        ValueError: one of them has no such value; the text says which have.
    """
    what, form = parameters.get("what", "samples"), parameters.get("format", "csv")
    if what not in get_args(What):
        raise ValueError(f"{what!r} cannot be exported: {', '.join(get_args(What))} can")
    if form not in get_args(Format):
        raise ValueError(f"{form!r} is no format of an export: {', '.join(get_args(Format))} are")
    start = parse_moment(parameters["from"], config.timezone) if parameters.get("from") else None
    end = parse_moment(parameters["to"], config.timezone) if parameters.get("to") else now
    if start is not None and start >= end:
        raise ValueError(
            f"nothing lies between {rfc3339(start)} and {rfc3339(end)}: `from` must come before `to`"
        )
    if what != "samples" and start is not None and end - start > MOST_YEARS * 366 * DAY:
        raise ValueError(f"{what} are worked out for {MOST_YEARS} years at most: ask for a shorter time")
    return Wish(cast("What", what), start, end, cast("Format", form))


def export(cursor: "duckdb.DuckDBPyConnection", config: Config, wanted: Wish, out: Out, now: Instant) -> None:
    """Write what is wanted; blocking, for a worker thread.

    Raises:
        StoreError: the store cannot be read.
        OSError: `out` takes no more.
    """
    from slawatch.store import exporting

    if wanted.what == "samples":
        exporting.export(cursor, "samples", wanted.start or 0, wanted.end, wanted.format, out)
        return
    columns = COLUMNS[wanted.what]
    rows = _worked_out(cursor, config, wanted, now)
    if wanted.format == "parquet":
        exporting.write_parquet(cursor, columns, rows, out)
    elif wanted.format == "csv":
        _write_csv(columns, rows, out)
    else:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def database(cursor: "duckdb.DuckDBPyConnection", data_dir: Path) -> dict[str, Any]:
    """Return what the store holds, as `db info --json` prints it."""
    from slawatch.store import summary

    return summary.summary(cursor, data_dir)


def _worked_out(
    cursor: "duckdb.DuckDBPyConnection", config: Config, wanted: Wish, now: Instant
) -> Iterator[Row]:
    from slawatch.store.evidence import gather

    config = merged(config, cursor)
    services = members(config)
    start = wanted.start
    if start is None:
        latest = gather(cursor, services, wanted.end - 1, wanted.end, quantiles=())
        firsts = [c.first_sample for s in latest.values() for c in s.checks if c.first_sample is not None]
        if not firsts or min(firsts) >= wanted.end:
            return
        start = min(firsts)
    found = gather(cursor, services, start, wanted.end, quantiles=())
    yield from (
        _outages(config, found, start, wanted.end, now)
        if wanted.what == "outages"
        else _ledger(config, found, start, wanted.end, now)
    )


def _outages(
    config: Config, found: Mapping[str, ServiceEvidence], start: Instant, end: Instant, now: Instant
) -> Iterator[Row]:
    from slawatch.report.build import build
    from slawatch.report.csv import exact_seconds

    period = from_to(start, end, config.timezone)
    report = build(None, tuple(config.services.values()), found, config.maintenance, (), period, now)
    for service in report.services:
        for outage in service.outages:
            yield {
                "service": service.service,
                "id": outage.id,
                "start": rfc3339(outage.start),
                "end": None if outage.ongoing else rfc3339(outage.end),
                "ongoing": outage.ongoing,
                "seconds": float(exact_seconds(outage.length)),
                "counted_seconds": float(exact_seconds(outage.counted)),
                "checks": " ".join(outage.checks),
                "reason": outage.reason,
            }


def _ledger(
    config: Config, found: Mapping[str, ServiceEvidence], start: Instant, end: Instant, now: Instant
) -> Iterator[Row]:
    from slawatch.report.build import granted
    from slawatch.report.csv import exact_seconds

    for service in config.services.values():
        if not found[service.name].checks:
            continue
        windows = [(m.start, m.end) for m in config.maintenance if service.name in m.services and granted(m)]
        assessed = assess(
            service.name,
            found[service.name].checks,
            service.join,
            start,
            end,
            now=now,
            exclusions=Exclusions(maintenance=windows),
        )
        for piece in assessed.pieces:
            yield {
                "service": service.name,
                "start": rfc3339(piece.start),
                "end": rfc3339(piece.end),
                "class": piece.kind.value,
                "observed": None if piece.observed is None else piece.observed.word,
                "seconds": float(exact_seconds(piece.end - piece.start)),
            }


def _write_csv(columns: Sequence[str], rows: Iterable[Row], out: Out) -> None:
    from slawatch.report.csv import safe

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(v) if isinstance(v := row[name], str) else _cell(v) for name in columns])
        if buffer.tell() > 65536:
            out.write(buffer.getvalue().encode())
            buffer.seek(0)
            buffer.truncate()
    out.write(buffer.getvalue().encode())


def _cell(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
