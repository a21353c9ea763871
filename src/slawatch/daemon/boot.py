"""The daemon's own process: `python -m slawatch.daemon.boot FD`, FD being a file with a pickled `Boot`.

`slawatch run` loads the configuration and then becomes this: what was only needed for reading options and
TOML would otherwise stay in memory for as long as the daemon runs.
"""

import contextlib
import logging
import os
import pickle
import sys
from typing import Final, NamedTuple, NoReturn

from slawatch.config.model import Config
from slawatch.daemon import logs, systemd
from slawatch.daemon.sharing import share_checks

_IO: Final = 74
_TRY_AGAIN: Final = 75


class Boot(NamedTuple):
    """What `slawatch run` found out.

    Attributes:
        config: loaded and checked.
        log_format: `human` or `json`.
        command: what the user typed, for whoever wants to know who holds the data.
    """

    config: Config
    log_format: str
    command: str = ""


def become(boot: Boot) -> NoReturn:
    """Replace this process by the daemon's; its number stays."""
    share_checks(boot.config)
    if getattr(sys, "frozen", False):
        sys.exit(run(boot))
    memory = os.memfd_create("slawatch-config", 0)
    with os.fdopen(memory, "wb", closefd=False) as file:
        pickle.dump(boot, file, protocol=pickle.HIGHEST_PROTOCOL)
    os.lseek(memory, 0, os.SEEK_SET)
    sys.stdout.flush()
    sys.stderr.flush()
    # -P: a file in the present folder that is named like a module of ours is none of ours.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "slawatch.daemon.boot", str(memory)])  # noqa: S606


def run(boot: Boot) -> int:
    """Run the daemon until a signal stops it; return the exit code."""
    give_way()
    logs.configure(boot.log_format, boot.config.log_level, journal=systemd.journal_stream())

    from slawatch.daemon import run
    from slawatch.store.errors import StoreBusy, StoreError, StoreLocked
    from slawatch.web.serve import BindError

    try:
        run.run(boot.config, env=os.environ, log_format=boot.log_format, command=boot.command)
    except (StoreLocked, StoreBusy) as error:
        return _refuse(error, _TRY_AGAIN)
    except (StoreError, BindError) as error:
        return _refuse(error, _IO)
    return 0


def give_way() -> None:
    """Let probers begin on time: what the daemon does for viewers and reports is in no such hurry.

    A process of the batch class is taken off the processor for one that wakes, and waits for its turn when it
    wakes itself (sched(7)). Probers go back to the usual class; lower priority they could not take back.
    """
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _refuse(error: Exception, code: int) -> int:
    print(f"slawatch: {error}", file=sys.stderr)  # noqa: T201 (the one line that says why it does not start)
    return code


def main() -> NoReturn:
    """Run the daemon on the memory file that the command line names."""
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        boot = pickle.load(file)  # noqa: S301 (from this same process, before it became the daemon)
    code = run(boot)
    del boot
    # All is closed; the interpreter's own end only takes time, and DuckDB's binding complains in it.
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
