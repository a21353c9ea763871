"""Answers from the daemon where one runs, else from the store: one lets the other in only by turns."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from slawatch.cli.client import Unreachable
from slawatch.clock import steady
from slawatch.core.instant import SECOND, Micros

PATIENCE: Final[Micros] = 10 * SECOND
"""How long a daemon may take to start, or another command to be done, before we say who has the store."""

_T = TypeVar("_T")


def daemon_or_store(ask: Callable[[], _T], alone: Callable[[], _T], patience: Micros = PATIENCE) -> _T:
    """Return the daemon's answer, or that of the store where no daemon runs.

    A daemon that is just starting holds the store before it answers; so both are tried again for a while.

    Raises:
        StoreLocked: somebody holds the store all the time, and does not answer.
    """
    from slawatch.store.errors import StoreLocked

    pause = threading.Event()
    until = steady() + patience
    while True:
        try:
            return ask()
        except Unreachable:
            try:
                return alone()
            except StoreLocked:
                if steady() >= until:
                    raise
        pause.wait(0.1)
