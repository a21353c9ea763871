"""`slawatch systemd unit` and `slawatch completion`: what the system around slawatch needs."""

import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from slawatch.cli import exits

UNIT: Final = """\
# Install: slawatch systemd unit | sudo tee /etc/systemd/system/slawatch.service
#          sudo systemctl daemon-reload && sudo systemctl enable --now slawatch
# A check that needs more (a plugin that runs setuid, a file in a home directory) is allowed it by a drop-in:
#          sudo systemctl edit slawatch
[Unit]
Description=slawatch: watches services and reports an SLA number you can defend
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} run --config {config}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
RestartPreventExitStatus={config_code}
WatchdogSec=60
TimeoutStartSec=300
TimeoutStopSec=20
LimitNOFILE=65536
OOMScoreAdjust=-200

{user}
UMask=0077
StateDirectory=slawatch
StateDirectoryMode=0700
ConfigurationDirectory=slawatch
WorkingDirectory=/var/lib/slawatch

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateMounts=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @mount
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
SHELLS: Final = ("bash", "zsh", "fish")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="For systemd.", no_args_is_help=True)
    group.callback()(_group)
    group.command(
        "unit",
        help="Print a hardened unit that runs slawatch as a user of its own.",
        epilog="Example: slawatch systemd unit | sudo tee /etc/systemd/system/slawatch.service",
    )(unit)
    app.add_typer(group, name="systemd")
    app.command(
        "completion",
        help="Print the completion script of a shell: bash, zsh or fish.",
        epilog="Examples: slawatch completion bash > ~/.local/share/bash-completion/completions/slawatch; "
        "source <(slawatch completion zsh)",
    )(completion)


def _group() -> None:
    """For systemd."""


def unit(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration that the unit uses.")
    ] = Path("/etc/slawatch/slawatch.toml"),
    user: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="An existing user; by default systemd makes one.", show_default=False
        ),
    ] = None,
) -> int:
    """Print the unit."""
    if user is not None and not (user.isascii() and user.replace("-", "").replace("_", "").isalnum()):
        raise typer.BadParameter(f"{user!r} is no name of a user", param_hint="--user")
    owner = f"User={user}" if user is not None else "DynamicUser=yes\nUser=slawatch"
    sys.stdout.write(
        UNIT.format(
            program=_quoted(_program()),
            config=_quoted(str(config.absolute())),
            config_code=exits.CONFIG,
            user=owner,
        )
    )
    return exits.OK


def _program() -> str:
    """Return the absolute path of this program, as it was called or as it is found."""
    called = Path(sys.argv[0])
    if called.name == "slawatch" and called.is_file():
        return str(called.absolute())
    return shutil.which("slawatch") or f"{sys.executable} -m slawatch"


def _quoted(text: str) -> str:
    """Return a word as ExecStart= reads it."""
    if text.startswith(sys.executable + " "):
        return text
    escaped = text.replace("%", "%%").replace("$", "$$")
    if any(c.isspace() or c in "\"'\\;" for c in escaped):
        return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return escaped


def completion(
    shell: Annotated[str, typer.Argument(metavar="|".join(SHELLS), help="The shell.")],
) -> int:
    """Print the script."""
    from typer._completion_shared import get_completion_script

    from slawatch.cli.main import COMPLETION

    if shell not in SHELLS:
        raise typer.BadParameter(f"{shell!r} is not one of {', '.join(SHELLS)}", param_hint="SHELL")
    script = get_completion_script(prog_name="slawatch", complete_var=COMPLETION, shell=shell)
    sys.stdout.write(script.strip() + "\n")
    return exits.OK
