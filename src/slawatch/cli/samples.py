"""`slawatch import samples` and `slawatch export`: samples in and out, with or without a running daemon."""

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final
from urllib.parse import urlencode

import typer

from slawatch.cli import client, exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.wording import in_words

if TYPE_CHECKING:
    from slawatch.config.model import Config

_FORMATS: Final = ("csv", "jsonl", "parquet")
_PIECE: Final = 1 << 20
_PATIENCE: Final = 3600.0
"""Seconds that the daemon may take over a file: a year of samples is stored in one transaction."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Bring in what was measured elsewhere.", no_args_is_help=True)
    group.callback()(_import_group)
    group.command(
        "samples",
        help="Store the samples of a file: all of them, or none when a row is wrong (exit code 1). "
        "Columns: check, time, outcome, latency, reason. The same row twice changes nothing.",
        epilog="Example: slawatch import samples october.csv",
    )(import_samples)
    app.add_typer(group, name="import")
    app.command(
        "export",
        help="Write stored samples, outages or the ledger, to a file or to standard output.",
        epilog="Examples: slawatch export samples --from 2026-10-01 --output october.parquet; "
        "slawatch export outages --format jsonl",
    )(export)


def _import_group() -> None:
    """Bring in what was measured elsewhere."""


def import_samples(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="csv, jsonl or parquet, by its name's end.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Hand the file to the daemon, or to the store where none runs."""
    suffix = file.suffix.lower().lstrip(".")
    if suffix not in _FORMATS:
        raise typer.BadParameter(f"{file.name} must end in .csv, .jsonl or .parquet", param_hint="FILE")
    loaded = load_config(config)
    with file.open("rb") as stream:
        found = _import(loaded, file, suffix, stream)
    if found is None:
        return exits.NO
    if as_json:
        import json

        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return exits.OK
    span = f", {found['start']} to {found['end']}" if found["start"] else ""
    known = found["rows"] - found["added"]
    sys.stdout.write(
        f"{_count(found['rows'], 'sample')} of {_count(found['checks'], 'check')}{span}: "
        f"{found['added']:,} stored, {known:,} were there already\n"
    )
    return exits.OK


def _import(config: "Config", file: Path, suffix: str, stream: BinaryIO) -> dict[str, Any] | None:
    from slawatch.web.control import SOCKET

    path = str(config.data_dir / SOCKET)
    target = f"/api/v1/import?{urlencode({'format': suffix, 'name': str(file)})}"

    def asked() -> dict[str, Any] | None:
        stream.seek(0)
        found: dict[str, Any] = client.ask(
            path, target, method="POST", body=_pieces(stream), timeout=_PATIENCE
        )
        return found

    return daemon_or_store(asked, lambda: _import_into_store(config, file))


def _import_into_store(config: "Config", file: Path) -> dict[str, Any] | None:
    from slawatch.core.instant import rfc3339
    from slawatch.store.database import Database
    from slawatch.store.importing import ImportRefused, import_samples

    with Database.open(config.data_dir) as database:
        numbers = database.check_numbers(config.checks)
        known = {name: (numbers[name], check.stale_after) for name, check in config.checks.items()}
        try:
            done = import_samples(database, file, known)
        except ImportRefused as error:
            sys.stderr.write(f"slawatch: {error}\n")
            return None
    return {
        "rows": done.rows,
        "added": done.added,
        "checks": done.checks,
        "start": None if done.start is None else rfc3339(done.start),
        "end": None if done.end is None else rfc3339(done.end),
    }


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def export(
    what: Annotated[str, typer.Argument(metavar="samples|outages|ledger", help="What to write.")],
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="From a date or time; from the first sample by default."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Until then, exclusive; until now by default.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="csv|jsonl|parquet",
            help="By default what --output ends in, else csv.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; standard output by default.", show_default=False
        ),
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Write what the daemon streams, or what the store holds where none runs."""
    from slawatch import clock
    from slawatch.answers import export as export_answers

    loaded = load_config(config)
    if form is None:
        suffix = output.suffix.lower().lstrip(".") if output is not None else ""
        form = suffix if suffix in _FORMATS else "csv"
    parameters = {"what": what, "format": form}
    parameters |= {name: value for name, value in (("from", start), ("to", end)) if value is not None}
    try:
        wanted = export_answers.wish(parameters, loaded, clock.now())
    except ValueError as error:
        raise typer.BadParameter(in_words(str(error), {})) from None
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise typer.BadParameter("parquet is not for a terminal: name a file with --output")
        _write(loaded, parameters, wanted, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return exits.OK
    if not output.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(output))
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as draft:
        try:
            _write(loaded, parameters, wanted, draft)
            draft.flush()
            os.fsync(draft.fileno())
            os.fchmod(draft.fileno(), 0o666 & ~_umask())
            Path(draft.name).replace(output)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return exits.OK


def _write(config: "Config", parameters: dict[str, str], wanted: Any, out: Any) -> None:
    from slawatch.web.control import SOCKET

    def asked() -> None:
        target = f"/api/v1/export?{urlencode(parameters)}"
        answer = client.send(str(config.data_dir / SOCKET), target, timeout=300)
        client.check(answer)
        for piece in answer.pieces():
            out.write(piece)

    daemon_or_store(asked, lambda: _write_from_store(config, wanted, out))


def _write_from_store(config: "Config", wanted: Any, out: Any) -> None:
    from slawatch import clock
    from slawatch.answers import export as export_answers
    from slawatch.store.database import Database

    with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
        export_answers.export(cursor, config, wanted, out, clock.now())


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
