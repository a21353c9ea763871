"""`slawatch reports`: reports that are frozen, numbered and signed; restated, verified, and missed."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slawatch.cli import alerting, entering, exits, frozen
from slawatch.cli.alerting import By, Cursor, Limit, Org
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.wording import said_in

if TYPE_CHECKING:
    import duckdb

    from slawatch.config.model import Config
    from slawatch.store.database import Database
    from slawatch.store.frozen import Frozen

_Number = Annotated[int, typer.Argument(metavar="N", min=1, help="As `slawatch reports list` shows it.")]
_Agreement = Annotated[
    str | None, typer.Option("--agreement", metavar="A", help="Only this agreement.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Reports that are frozen: numbered, signed, kept for good, and never changed.",
        no_args_is_help=True,
    )
    group.callback()(_group)
    group.command(
        "freeze",
        help="Freeze the reports on a period that is over: every agreement's, or one's.",
        epilog="Example: slawatch reports freeze --month 2026-10 --agreement acme-gold",
    )(freeze)
    group.command(
        "list",
        help="List frozen reports, the latest first.",
        epilog="Example: slawatch reports list --org acme",
    )(list_)
    group.command(
        "show",
        help="Show a frozen report; with --output, write the file that the customer is given.",
        epilog="Example: slawatch reports show 7 --output for-acme",
    )(show)
    group.command(
        "restate",
        help="Freeze a report that takes the place of another, made of what is known today; both stay.",
        epilog="Example: slawatch reports restate 7 --reason 'outage of 12 Oct was the customer's own'",
    )(restate)
    group.command(
        "overdue",
        help="List the periods of agreements that are over and not frozen, the oldest first.",
        epilog="Example: slawatch reports overdue --exit-code",
    )(overdue)
    group.command(
        "verify",
        help="Recompute frozen reports from their evidence, all or some; exits 1 where one no longer holds.",
        epilog="Example: slawatch reports verify 7",
    )(verify)
    group.command(
        "key",
        help="Print the public key of frozen reports, for customers to verify them with; the key is made "
        "when the first report is frozen.",
        epilog="Example: slawatch reports key",
    )(key)
    app.add_typer(group, name="reports")


def _group() -> None:
    """Reports that are frozen."""


def freeze(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="A calendar month.")] = None,
    quarter: Annotated[str | None, typer.Option(metavar="YYYY-Qn", help="A calendar quarter.")] = None,
    year: Annotated[str | None, typer.Option(metavar="YYYY", help="A calendar year.")] = None,
    period: Annotated[
        str | None, typer.Option(metavar="P", help="Any of these, a week (2026-W41) or a day (2026-10-05).")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From a date or time, with --to.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Until then, exclusive.")] = None,
    agreement: _Agreement = None,
    org: Org = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Stands in the report.", show_default=False)
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Freeze reports."""
    from slawatch.cli import reports_table

    loaded = load_config(config)
    wish = {
        "month": month, "quarter": quarter, "year": year, "period": period, "from": start, "to": end,
        "agreement": agreement, "org": org, "reason": reason, **_signed(by),
    }  # fmt: skip
    given = {name: text for name, text in wish.items() if text is not None}
    with said_in({}):
        found = daemon_or_store(lambda: frozen.post(loaded, "reports", given), lambda: _freeze(loaded, given))
    if as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(reports_table.frozen(found, loaded.timezone))
        for one in found["refused"]:
            sys.stderr.write(f"slawatch: {one['reason']}\n")
    return exits.NO if found["refused"] else exits.OK


def _freeze(config: "Config", wish: Mapping[str, Any]) -> dict[str, Any]:
    from slawatch import clock
    from slawatch.answers import freezing, reports
    from slawatch.answers.wish import EntryRefused
    from slawatch.store.database import Database

    now = clock.now()
    request, asked = freezing.read(wish, config, now)
    plans = freezing.chosen(config, request, now)
    made: list[Frozen] = []
    refused: list[tuple[str, EntryRefused]] = []
    with Database.open(config.data_dir, create=False) as database:
        for plan in plans:
            try:
                made.append(freezing.alone(database, config, plan, asked, now))
            except EntryRefused as error:
                refused.append((freezing.title(plan), error))
        for report in made:
            _note(database, "report.freeze", report)
    if len(refused) == len(plans) == 1:
        raise refused[0][1]
    return reports.outcome(made, refused)


def restate(
    number: _Number,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the customer.")],
    by: By = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Freeze a report in the place of another."""
    from slawatch.cli import reports_table

    loaded = load_config(config)
    wish = {"reason": reason, **_signed(by)}

    def alone() -> dict[str, Any]:
        from slawatch import clock
        from slawatch.answers import freezing, reports
        from slawatch.store.database import Database

        now = clock.now()
        with Database.open(loaded.data_dir, create=False) as database:
            with database.reading() as cursor:
                plan, asked = freezing.restated(loaded, cursor, number, wish, now)
            report = freezing.alone(database, loaded, plan, asked, now)
            _note(database, "report.restate", report)
            with database.reading() as cursor:
                return reports.shown(cursor, report.number)

    found = daemon_or_store(lambda: frozen.post(loaded, f"reports/{number}/restate", wish), alone)
    if as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(reports_table.restated(found, loaded.timezone))
    return exits.OK


def list_(
    org: Org = None,
    agreement: _Agreement = None,
    period: Annotated[
        str | None, typer.Option(metavar="P", help="Only of this period: 2026-10.", show_default=False)
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List frozen reports."""
    from slawatch.answers import reports
    from slawatch.cli import reports_table

    loaded = load_config(config)
    wanted = {"org": org, "agreement": agreement, "period": period, "limit": str(limit), "cursor": cursor}
    query = {name: text for name, text in wanted.items() if text is not None}
    found = frozen.ask(loaded, "reports", query, lambda cursor: reports.listed(cursor, loaded, query))
    if as_json:
        alerting.print_json(found)
        return exits.OK
    sys.stdout.write(reports_table.listed(found["reports"], loaded.timezone))
    alerting.print_more(found["next"])
    return exits.OK


def show(
    number: _Number,
    output: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write its file there; made if need be.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Show a frozen report, or write its file."""
    from slawatch.answers import reports
    from slawatch.cli import reports_table

    loaded = load_config(config)
    found = frozen.ask(loaded, f"reports/{number}", {}, lambda cursor: reports.shown(cursor, number))
    if output is not None:
        data = frozen.pack(loaded, number)
        path = _save(Path(output), _filename(found), data)
        sys.stdout.write(f"{path}\n")
    elif as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(reports_table.shown(found, loaded.timezone))
    return exits.OK


def overdue(
    org: Org = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where any is overdue, for scripts.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """List periods that are over and not frozen."""
    from slawatch import clock
    from slawatch.answers import reports
    from slawatch.cli import reports_table

    loaded = load_config(config)
    query = {} if org is None else {"org": org}
    found = frozen.ask(
        loaded, "reports/overdue", query,
        lambda cursor: reports.overdue(cursor, loaded, clock.now(), query),
    )  # fmt: skip
    if as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(reports_table.overdue(found["overdue"]))
    return exits.NO if exit_code and found["overdue"] else exits.OK


def verify(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N]...", min=1, help="All of them by default.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Recompute frozen reports."""
    from slawatch.cli import reports_table

    loaded = load_config(config)
    found = [_verified(loaded, number) for number in numbers or _numbers(loaded)]
    if as_json:
        alerting.print_json({"reports": found})
    else:
        sys.stdout.write(reports_table.verified(found))
    return exits.OK if all(one["ok"] for one in found) else exits.NO


def _verified(config: "Config", number: int) -> dict[str, Any]:
    def work(cursor: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
        from slawatch.answers import verifying

        return verifying.verified(verifying.material(cursor, number), config)

    return frozen.ask(config, f"reports/{number}/verify", {}, work)


def _numbers(config: "Config") -> list[int]:
    from slawatch.answers import reports

    found: list[int] = []
    query = {"limit": "500"}
    while True:
        page = frozen.ask(
            config, "reports", query,
            lambda cursor, query=query: reports.listed(cursor, config, query),  # type: ignore[misc]
        )  # fmt: skip
        found += [one["number"] for one in page["reports"]]
        if page["next"] is None:
            return sorted(found)
        query = {**query, "cursor": page["next"]}


def key(as_json: AsJson = False, config: ConfigFile = None) -> int:
    """Print the public key."""
    loaded = load_config(config)

    def alone() -> dict[str, Any]:
        from slawatch.answers import reports

        return reports.key(loaded)

    found = daemon_or_store(lambda: frozen.get(loaded, "reports/key"), alone)
    if as_json:
        alerting.print_json(found)
    else:
        sys.stdout.write(found["minisign"])
    return exits.OK


def _signed(by: str | None) -> dict[str, str]:
    return {"person": alerting.person(by), "source": f"{entering.login()}@{socket.gethostname()}"}


def _note(database: "Database", action: str, report: "Frozen") -> None:
    entering.audit(database, action, f"report:{report.number}", {"signed": report.person})


def _filename(found: Mapping[str, Any]) -> str:
    from slawatch.answers.reports import filename

    return filename(found["number"], found["agreement"] or found["report"], found["period"]["label"])


def _save(folder: Path, name: str, data: bytes) -> Path:
    """Write a file so that it is there whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    try:
        with draft.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return folder / name
