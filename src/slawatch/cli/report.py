"""`slawatch report`: the figures of a month, quarter, year or any stretch of time, as files or as JSON."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import exits
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config

if TYPE_CHECKING:
    from slawatch.answers.report import File
    from slawatch.answers.requested import Request
    from slawatch.config.model import Config

_PATIENCE = 300.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "report",
        help="Write the report on a period: one an agreement, or one an organization where there is none. "
        "Works whether the daemon runs or not.",
        epilog="Example: slawatch report --month 2026-10 --output reports",
    )(report)


def report(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="A calendar month.")] = None,
    quarter: Annotated[str | None, typer.Option(metavar="YYYY-Qn", help="A calendar quarter.")] = None,
    year: Annotated[str | None, typer.Option(metavar="YYYY", help="A calendar year.")] = None,
    period: Annotated[
        str | None, typer.Option(metavar="P", help="Any of these, a week (2026-W41) or a day (2026-10-05).")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help="From a date or time: 2026-10-01, 2026-10-01T09:00:00+02:00."
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Until then, exclusive; until now by default.")
    ] = None,
    agreement: Annotated[str | None, typer.Option(metavar="NAME", help="Only this agreement.")] = None,
    org: Annotated[str | None, typer.Option(metavar="NAME", help="Only this organization.")] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="LIST",
            help="html, csv, json, or several with commas; all by default. "
            "json alone is printed, unless --output says where to.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Where to write; made if need be; - prints. By default the current one."
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Make the reports, then write all their files or none."""
    from slawatch.answers.report import FORMATS, parse_formats
    from slawatch.answers.requested import ReportRefused, Request

    request = Request(
        month=month,
        quarter=quarter,
        year=year,
        period=period,
        start=start,
        end=end,
        agreement=agreement,
        organization=org,
    )
    try:
        if as_json and formats not in (None, "json"):
            raise ReportRefused("--json prints JSON: it does not go with another --format")
        wanted = ("json",) if as_json else FORMATS if formats is None else parse_formats(formats)
        printed = output == "-" or (output is None and wanted == ("json",))
        if printed and wanted not in (("json",), ("html",)):
            raise ReportRefused("--output - prints one text: choose --format json or --format html")
        loaded = load_config(config)
        if printed and wanted == ("json",):
            sys.stdout.write(_json(loaded, request))
            return exits.OK
        made = _files(loaded, request, wanted)
    except ReportRefused as error:
        typer.echo(f"slawatch: {error}", err=True)
        return exits.USAGE
    if printed:
        if len(made) > 1:
            names = ", ".join(file.name for file in made)
            typer.echo(
                f"slawatch: these are {len(made)} reports ({names}): choose one with --agreement", err=True
            )
            return exits.USAGE
        sys.stdout.write(made[0].text)
        return exits.OK
    folder = Path(output) if output is not None else Path()
    for path in write(folder, made):
        typer.echo(str(path))
    return exits.OK


def write(folder: Path, made: Sequence["File"]) -> list[Path]:
    """Write files so that each is there whole or not at all, and return their paths.

    Raises:
        OSError: the folder or a file in it cannot be written; each file is as it was, or new and whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drafts: list[tuple[Path, Path]] = []
    try:
        for file in made:
            path = folder / file.name
            draft = folder / f".{file.name}.{os.getpid()}"
            drafts.append((draft, path))
            with draft.open("w", encoding="utf-8", newline="") as stream:
                stream.write(file.text)
                stream.flush()
                os.fsync(stream.fileno())
        for draft, path in drafts:
            draft.replace(path)
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    return [path for _, path in drafts]


def _json(config: "Config", request: "Request") -> str:
    from slawatch.answers.report import answer, as_json, to_query

    def alone() -> str:
        with _store(config) as (cursor, now):
            return as_json(answer(config, cursor, request, now))

    return daemon_or_store(lambda: _text(_asked(config, to_query(request))), alone)


def _files(config: "Config", request: "Request", formats: Sequence[str]) -> list["File"]:
    from slawatch.answers.report import File, answer, files, to_query

    def asked() -> list[File]:
        said = _asked(config, to_query(request, formats))
        return [File(str(file["name"]), str(file["text"])) for file in said["files"]]

    def alone() -> list[File]:
        with _store(config) as (cursor, now):
            reports = answer(config, cursor, request, now)
        return files(reports, formats)

    return daemon_or_store(asked, alone)


def _text(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _asked(config: "Config", query: dict[str, str]) -> Any:
    """Return the daemon's answer.

    Raises:
        Unreachable: no daemon runs.
    """
    from urllib.parse import urlencode

    from slawatch.cli.client import ask
    from slawatch.cli.wording import said_in
    from slawatch.web.control import SOCKET

    with said_in({}):
        return ask(str(config.data_dir / SOCKET), f"/api/v1/report?{urlencode(query)}", timeout=_PATIENCE)


@contextmanager
def _store(config: "Config") -> Iterator[tuple[Any, int]]:
    """Open the store while no daemon does, and take the time."""
    from slawatch import clock
    from slawatch.store.database import Database

    with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
        yield cursor, clock.now()
