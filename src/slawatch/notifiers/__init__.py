"""The notifiers: each module of this folder without a leading underscore, its stem the `type` in TOML."""

import importlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from slawatch.core.notification import Delivery, Notification
from slawatch.notifiers._sending import TIMEOUT, Sending

__all__ = ["TIMEOUT", "NotifierType", "Sending", "load", "names", "review_templates"]


def _nothing(_options: Any) -> None:
    """Prepare nothing."""


class NotifierType(NamedTuple):
    """A type of channel as its module defines it.

    Attributes:
        name: the `type` in TOML.
        options: the frozen dataclass of its TOML keys; its docstring is the reference entry.
        send: makes one attempt within the time that it is given. What goes wrong is a Delivery; an exception
            is a bug. Cancelled, it leaves nothing running.
        prepare: does before the first attempt what would stall others amid it: imports, contexts, templates.
        keeps_state: the provider keeps an alert of its own, which each incident must open and close.
    """

    name: str
    options: type
    send: Callable[[Any, Notification, Sending], Awaitable[Delivery]]
    prepare: Callable[[Any], None] = _nothing
    keeps_state: bool = False


@cache
def names() -> tuple[str, ...]:
    """Return the names of all types of channels, sorted; imports none of them."""
    return tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_")))


@cache
def load(name: str) -> NotifierType:
    """Return one type of channel, importing its module.

    Raises:
        KeyError: there is no such type.
    """
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    keeps_state = getattr(module, "KEEPS_STATE", False)
    return NotifierType(name, module.Options, module.send, getattr(module, "prepare", _nothing), keeps_state)


def review_templates(folder: str) -> tuple[str, ...]:
    """Return what is wrong with a folder of templates that replace ours, a line each."""
    from slawatch.notifiers import _texts

    return _texts.review(folder)
