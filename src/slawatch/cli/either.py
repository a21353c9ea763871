"""Answers from the daemon where one runs, else from the store: one lets the other in only by turns.

What needs no store is done here, too, where the daemon runs on another configuration than the one that is
meant, or as somebody who alone may ask it.
"""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slawatch.cli import client
from slawatch.cli.client import DaemonError, NotAllowed, Unreachable
from slawatch.clock import steady
from slawatch.core.instant import SECOND, Micros

if TYPE_CHECKING:
    from slawatch.config.model import Config

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


def daemon_or_here(ask: Callable[[], _T], here: Callable[[], _T]) -> _T:
    """Return the daemon's answer, or what is made here where no daemon runs that could give the same one.

    Raises:
        DaemonError: the daemon refuses.
    """
    try:
        return ask()
    except (Unreachable, NotAllowed):
        return here()
    except DaemonError as error:
        # A daemon that has not been started again since an upgrade may not know what it is asked.
        unknown = error.status == HTTPStatus.NOT_FOUND and error.lines[0].startswith("there is nothing at ")
        if error.status != HTTPStatus.PRECONDITION_FAILED and not unknown:
            raise
        return here()


def asked(
    config: "Config",
    path: str,
    wish: Mapping[str, Any] | None = None,
    *,
    timeout: float = client.TIMEOUT,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Return the answer of a daemon that runs on the same configuration.

    Args:
        config: the one that is meant; says where the daemon is.
        path: below `/api/v1/`, quoted.
        wish: the body of a POST; None: a GET.
        timeout: seconds in which the daemon must go on answering.
        headers: further ones.

    Raises:
        Unreachable: no daemon runs.
        DaemonError: it refuses; with status 412, since it runs on another configuration.
    """
    from slawatch.web.control import SOCKET

    body = None if wish is None else [json.dumps(dict(wish)).encode()]
    return client.ask(
        str(config.data_dir / SOCKET), f"/api/v1/{path}", method="GET" if body is None else "POST", body=body,
        timeout=timeout, headers={"If-Match": f'"{config.digest}"', **(headers or {})},
    )  # fmt: skip
