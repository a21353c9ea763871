"""The program `slawatch`: finds the command, imports what that needs, and turns errors into exit codes."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from slawatch import __version__
from slawatch.cli import exits

if TYPE_CHECKING:
    import typer

COMMANDS: Final = {
    "init": "config",
    "check-config": "config",
    "config": "config",
    "run": "run",
    "reload": "run",
    "probe": "probe",
    "status": "status",
    "report": "report",
    "verify": "verify",
    "reports": "reports",
    "maintenance": "maintenance",
    "adjust": "adjust",
    "alerts": "alerts",
    "incidents": "incidents",
    "silence": "silence",
    "notifications": "notifications",
    "oncall": "oncall",
    "rehearse": "rehearse",
    "replay": "replay",
    "metrics": "metrics",
    "channel": "channel",
    "import": "samples",
    "export": "samples",
    "token": "token",
    "password": "token",
    "audit": "audit",
    "person": "person",
    "db": "db",
    "systemd": "systemd",
    "completion": "systemd",
}
"""Each command and the module of `slawatch.cli` whose `register` adds it, in the order of `--help`."""

COMPLETION: Final = "_SLAWATCH_COMPLETE"
"""The environment variable by which a shell asks for completions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    nagios = argv[:1] == ["status"] and "--nagios" in argv
    try:
        code = _run(argv)
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        code = exits.OK
    except Exception as error:
        said = _explain(error)
        if said is None:
            raise
        code, lines = said
        if nagios:
            print(f"SLAWATCH UNKNOWN - {lines[0]}".replace("|", "/"))  # noqa: T201
            code = exits.NAGIOS_UNKNOWN
        else:
            for line in lines:
                print(f"slawatch: {line}", file=sys.stderr)  # noqa: T201
    if nagios and code not in {exits.OK, exits.NAGIOS_WARNING, exits.NAGIOS_CRITICAL}:
        return exits.NAGIOS_UNKNOWN
    return code


def _run(argv: list[str]) -> int:
    if argv in (["--version"], ["-V"]):
        print(f"slawatch {__version__}")  # noqa: T201
        return exits.OK
    if argv[:1] == ["status"] and COMPLETION not in os.environ:
        from slawatch.cli import status_now

        code = status_now.run(argv[1:])
        if code is not None:
            return code
    return _run_typer(argv)


def _run_typer(argv: list[str]) -> int:
    import typer

    app = build(argv[0] if argv and COMPLETION not in os.environ else None)
    if COMPLETION in os.environ:
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()  # registers the shells
    code: object
    try:
        code = app(argv, prog_name="slawatch", standalone_mode=False, complete_var=COMPLETION)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return exits.INTERRUPTED
    except typer.TyperException as error:
        if argv[:1] == ["status"] and "--nagios" in argv:
            print(f"SLAWATCH UNKNOWN - {error.format_message()}".replace("|", "/"))  # noqa: T201
            return exits.NAGIOS_UNKNOWN
        _show_usage(error)
        return exits.USAGE
    return code if isinstance(code, int) else exits.OK


def build(command: str | None = None) -> "typer.Typer":
    """Return the typer app with one command's module, or with all of them where that names none."""
    import importlib

    import typer

    app = typer.Typer(
        name="slawatch",
        help="Watches services, remembers every second, and reports an SLA number you can defend.",
        epilog="Start with `slawatch init`, then `slawatch run`. Examples: slawatch COMMAND --help",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @app.callback()
    def program(
        version: bool = typer.Option(False, "--version", "-V", help="Print the version.", callback=_version),
    ) -> None:
        """Watches services, remembers every second, and reports an SLA number you can defend."""

    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        register: Callable[[typer.Typer], None] = importlib.import_module(f"slawatch.cli.{module}").register
        register(app)
    return app


def _show_usage(error: "typer.TyperException") -> None:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)  # noqa: T201
        return
    print(f"slawatch: {message}", file=sys.stderr)  # noqa: T201
    if context is not None:
        print(f"See: {context.command_path} --help", file=sys.stderr)  # noqa: T201


def _version(asked: bool) -> None:
    if asked:
        import typer

        print(f"slawatch {__version__}")  # noqa: T201
        raise typer.Exit


def _explain(error: Exception) -> tuple[int, list[str]] | None:
    """Return the exit code and the lines for an error that people cause or can mend; None for a bug of ours.

    Only classes of modules that are loaded can have been raised, so none is imported for this.
    """
    if _is(error, "slawatch.config.problem", "ConfigError"):
        return exits.CONFIG, [str(problem) for problem in error.problems]  # type: ignore[attr-defined]
    if _is(error, "slawatch.cli.client", "DaemonError"):
        return error.code, error.lines  # type: ignore[attr-defined]
    if _is(error, "slawatch.answers.wish", "EntryRefused"):
        code = {422: exits.NO, 503: exits.TRY_AGAIN}.get(error.status, exits.USAGE)  # type: ignore[attr-defined]
        return code, [str(error)]
    if _is(error, "slawatch.store.errors", "StoreLocked") or _is(error, "slawatch.store.errors", "StoreBusy"):
        return exits.TRY_AGAIN, [str(error)]
    if _is(error, "slawatch.store.errors", "StoreError"):
        return exits.IO, [str(error)]
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return exits.IO, [f"{where}{error.strerror or error}"]
    return None


def _is(error: Exception, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, getattr(loaded, name))


def _forget_output() -> None:
    """The reader has gone: keep the interpreter from complaining about it when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
