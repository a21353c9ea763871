"""`slawatch metrics`: what can be measured, what each metric means, and what it comes to now."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

import typer

from slawatch.cli import client, exits, terminal
from slawatch.cli.either import daemon_or_store
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.cli.wording import in_words

if TYPE_CHECKING:
    from slawatch.config.model import Config

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="As `slawatch metrics list` shows it, or latency_p97, ...")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What can be measured, and what it comes to.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "list",
        help="List every metric that a rule may be about.",
        epilog="Example: slawatch metrics list latency",
    )(list_)
    group.command(
        "show",
        help="Tell what a metric means, and how a rule is written about it.",
        epilog="Example: slawatch metrics show error_rate",
    )(show)
    group.command(
        "query",
        help="Tell what a metric comes to now, for each service or for one.",
        epilog="Examples: slawatch metrics query latency_p95 --service shop --window 5m; "
        "slawatch metrics query measure_last:load1 --by check; "
        "slawatch metrics query budget_remaining --agreement acme-gold --json",
    )(query)
    app.add_typer(group, name="metrics")


def _group() -> None:
    """What can be measured, and what it comes to."""


def list_(
    word: Annotated[
        str, typer.Argument(metavar="[WORD]", help="Only those with this in their name or meaning.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """List the metrics."""
    from slawatch.answers import metrics
    from slawatch.cli.table import Column, Row, table

    found = [one for one in metrics.catalogue()["metrics"] if word in one["metric"] or word in one["text"]]
    if as_json:
        _print_json({"metrics": found})
        return exits.OK
    if not found:
        sys.stdout.write(f"no metric has {terminal.clean(word)!r} in its name or meaning\n")
        return exits.OK
    head = [Column("METRIC"), Column("UNIT"), Column("OF"), Column("MEANING", shrinks=True)]
    rows = [
        Row([(one["metric"], ""), (one["unit"], ""), (one["about"], ""), (one["text"], "")]) for one in found
    ]
    sys.stdout.write("\n".join(table(head, rows, terminal.of())) + "\n")
    return exits.OK


def show(name: _Name, as_json: AsJson = False) -> int:
    """Tell what a metric means."""
    from slawatch.answers import metrics

    try:
        metric = metrics.known(name)
    except metrics.BadQuery as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    found = metrics.described(metric)
    if as_json:
        _print_json(found)
        return exits.OK
    words = {"window": "the window of the rule", "now": "now; the window does not matter", "period":
             "the running period of the agreement"}  # fmt: skip
    lines = [
        f"{found['metric']}: {found['text']}",
        f"  unit    {found['unit'] or 'a plain number'}",
        f"  method  {found['method']}",
        f"  of      {found['about']}",
        f"  over    {words[found['over']]}",
        "",
        "[[rules]]",
        f'metric = "{found["metric"]}"',
        f'critical = "{metrics.example(metric)}"',
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return exits.OK


def query(
    name: _Name,
    service: Annotated[
        str, typer.Option("--service", "-s", metavar="S", help="Only this one.", show_default=False)
    ] = "",
    check: Annotated[
        str, typer.Option("--check", metavar="C", help="Only this one.", show_default=False)
    ] = "",
    agreement: Annotated[
        str, typer.Option("--agreement", metavar="A", help="Only this one.", show_default=False)
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="service|check", help="One value for each.")] = "service",
    window: Annotated[str, typer.Option("--window", "-w", metavar="LENGTH", help="Up to now.")] = "5m",
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Ask the daemon, or the store where none runs."""
    from slawatch.answers import metrics

    loaded = load_config(config)
    asked = {"service": service, "check": check, "agreement": agreement, "by": by, "window": window}
    try:
        metrics.query(loaded, name, asked)
    except metrics.BadQuery as error:
        raise typer.BadParameter(in_words(str(error), {})) from None
    found = _found(loaded, name, {key: value for key, value in asked.items() if value})
    if as_json:
        _print_json(found)
        return exits.OK
    _print(found)
    return exits.OK


def _found(config: "Config", name: str, asked: dict[str, str]) -> dict[str, Any]:
    from slawatch.web.control import SOCKET

    def daemon() -> dict[str, Any]:
        path = f"/api/v1/metrics/{quote(name)}?{urlencode(asked)}"
        answer: dict[str, Any] = client.ask(str(config.data_dir / SOCKET), path, timeout=120)
        return answer

    def alone() -> dict[str, Any]:
        from slawatch import clock
        from slawatch.answers import metrics
        from slawatch.store.database import Database

        wish = metrics.query(config, name, asked)
        with Database.open(config.data_dir, create=False) as database, database.reading() as cursor:
            return metrics.answer(cursor, config, wish, clock.now(), None)

    return daemon_or_store(daemon, alone)


def _print(found: dict[str, Any]) -> None:
    from slawatch.cli.table import Column, Row, table

    if not found["values"]:
        sys.stdout.write("nothing is configured that this could be asked of\n")
        return
    over = f" over {found['window_text']}" if found["window_text"] else ""
    sys.stdout.write(terminal.clean(f"{found['metric']}{over}: {found['text']}") + "\n")
    head = [Column("OF", shrinks=True), Column("VALUE", right=True)]
    rows = [
        Row([(terminal.clean(one["agreement"] or one["check"] or one["service"] or "slawatch"), ""),
             (terminal.clean(one["shown"]), "")])
        for one in found["values"]
    ]  # fmt: skip
    sys.stdout.write("\n".join(table(head, rows, terminal.of())) + "\n")


def _print_json(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
