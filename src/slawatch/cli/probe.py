"""`slawatch probe`: one probe now, by the code that the daemon probes with; nothing is stored."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from slawatch.cli import exits, probe_table, terminal
from slawatch.cli.options import AsJson, ConfigFile, load_config
from slawatch.core.text import parse_duration

if TYPE_CHECKING:
    from slawatch.checks import CheckType
    from slawatch.checks._attempt import Attempt
    from slawatch.config.model import Config
    from slawatch.core.check import Check
    from slawatch.core.instant import Micros
    from slawatch.core.sample import Observation
    from slawatch.daemon.wire import Row

_PATIENCE: Final = 5.0
"""Seconds that a probe may go on after its own deadline."""


class Probed(NamedTuple):
    """One probe, as it is shown.

    Attributes:
        sample: what the daemon would store.
        lines: the transcript: microseconds since the start, and the line.
        took: the whole length of the probe.
    """

    sample: "Row"
    lines: list[tuple["Micros", str]]
    took: "Micros"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "probe",
        help="Probe a check of the configuration, a URL or HOST:PORT once, and show what happened; "
        "stores nothing. Exit code 0 when it is up, 1 when it is not.",
        epilog="Examples: slawatch probe shop-home; slawatch probe https://example.com/health; "
        "slawatch probe db.example:5432",
    )(probe)


def probe(
    target: Annotated[str, typer.Argument(metavar="CHECK|URL", help="A check's name, a URL, or HOST:PORT.")],
    timeout: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help='Give up after so long: "5s"; by default what the check says.'),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Make or find the check, probe it, show it."""
    from slawatch import checks

    made = _made(target)
    loaded = load_config(config) if made is None else None
    check = made or _named(target, loaded)
    if timeout is not None:
        try:
            length = parse_duration(timeout)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--timeout") from None
        if not length:
            raise typer.BadParameter("a probe needs more time than none", param_hint="--timeout")
        check = replace(check, timeout=length)
    if checks.load(check.type).passive:
        _explain_passive(check, loaded)
        return exits.USAGE
    probed = _probe(check)
    if as_json:
        import json

        text = json.dumps(probe_table.as_json(check, probed.sample, probed.lines, probed.took), indent=2)
        sys.stdout.write(text + "\n")
    else:
        sys.stdout.write(probe_table.render(check, probed.sample, probed.lines, probed.took, terminal.of()))
    return exits.OK if probed.sample[3] == 0 else exits.NO


def _named(target: str, config: "Config | None") -> "Check":
    from slawatch.config.problem import nearest

    known = config.checks if config is not None else {}
    if target in known:
        return known[target]
    hint = nearest(target, known) or "a URL starts with http:// or https://, an address ends in :PORT"
    raise typer.BadParameter(f"there is no check {target!r}: {hint}", param_hint="CHECK|URL")


def _made(target: str) -> "Check | None":
    from slawatch import checks
    from slawatch.core.check import Check

    scheme, separator, rest = target.partition("://")
    try:
        if separator and scheme.lower() in ("http", "https"):
            options: Any = checks.load("http").options(url=target)
            name = _without_secrets(target)
            return Check(name=name, service=name, type="http", options=options)
        if separator and scheme.lower() != "tcp":
            raise typer.BadParameter(
                f"{scheme}:// cannot be probed without a configuration: http, https and tcp can"
            )
        address = rest if separator else target
        if not separator and not _looks_like_address(target):
            return None
        from slawatch.checks._address import parse_address

        options = checks.load("tcp").options(address=parse_address(address))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="CHECK|URL") from None
    return Check(name=address, service=address, type="tcp", options=options)


def _without_secrets(url: str) -> str:
    """Return a URL as it was typed, but for credentials and the query, where keys are passed.

    >>> _without_secrets("https://probe:secret@shop.example/health?key=secret")
    'https://shop.example/health?...'
    """
    shown, question, _ = url.partition("?")
    scheme, separator, rest = shown.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}{'?...' if question else ''}"


def _looks_like_address(target: str) -> bool:
    host, _, port = target.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit()


def _explain_passive(check: "Check", config: "Config | None") -> None:
    token = getattr(check.options, "token", None)
    path = "<its token>" if token is not None else check.name
    listen = (config.web.listen if config is not None else None) or "127.0.0.1:8470"
    sys.stderr.write(
        f"slawatch: {check.name} is a {check.type} check: it is not probed, its job calls slawatch\n"
        f"by GET, HEAD or POST of /heartbeat/{path} on the address of [web] listen, for example\n"
        f"  curl -fsS -m 10 --retry 3 http://{listen}/heartbeat/{path}\n"
        f"See when it called last: slawatch status --checks\n"
    )


def _probe(check: "Check") -> Probed:
    """Run one probe through the daemon's own scheduler."""
    import logging

    import trio

    from slawatch.daemon.prober import raise_descriptor_limit

    logging.getLogger("slawatch").addHandler(logging.NullHandler())
    raise_descriptor_limit()
    # One probe is wanted, whatever it says: no re-check, no second turn.
    return trio.run(_run, replace(check, failures=1, interval=max(check.interval, 2 * check.timeout)))


async def _run(check: "Check") -> Probed:
    import trio

    from slawatch import checks, clock
    from slawatch.checks._dns import Resolver
    from slawatch.daemon.scheduler import Scheduler

    attempts: list[Attempt] = []
    ended = trio.Event()

    def load(name: str) -> "CheckType":
        found = checks.load(name)

        async def watched(options: Any, attempt: "Attempt") -> "Observation":
            attempts.append(attempt)
            try:
                return await found.probe(options, attempt)
            finally:
                ended.set()

        return found._replace(probe=watched)

    scheduler = Scheduler(clock.SYSTEM, Resolver(), load=load)
    scheduler.watch([(0, check)])
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        scheduler.look(check.name)
        with trio.move_on_after(check.timeout / 1_000_000 + _PATIENCE):
            await ended.wait()
            took = clock.steady() - attempts[0].started
            while not scheduler.samples:  # noqa: ASYNC110 (it hands them on a moment after the probe)
                await trio.sleep(0.001)
        nursery.cancel_scope.cancel()
    if not scheduler.samples:
        raise RuntimeError(f"the probe of {check.name} did not end in time")
    return Probed(scheduler.samples[0], attempts[0].lines, took)
