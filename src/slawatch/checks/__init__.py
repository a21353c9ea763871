"""The check types: each module of this folder without a leading underscore, its stem the `type` in TOML."""

import importlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from slawatch.checks._attempt import Attempt
from slawatch.core.sample import Observation


def _nothing(_options: Any) -> None:
    """Prepare nothing."""


class CheckType(NamedTuple):
    """A check type as its module defines it.

    Attributes:
        name: the `type` in TOML.
        options: the frozen dataclass of its TOML keys; its docstring is the reference entry.
        probe: makes one probe.
        passive: the target comes to us (heartbeats): the daemon answers for it, no prober does.
        at_once: how many probes of this type one prober makes at once; None: bounded by target only.
        prepare: does before the first probe what would stall others amid theirs: imports, contexts.
    """

    name: str
    options: type
    probe: Callable[[Any, Attempt], Awaitable[Observation]]
    passive: bool
    prepare: Callable[[Any], None] = _nothing
    at_once: int | None = None


@cache
def names() -> tuple[str, ...]:
    """Return the names of all check types, sorted; imports none of them."""
    return tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_")))


@cache
def load(name: str) -> CheckType:
    """Return one check type, importing its module.

    Raises:
        KeyError: there is no such type.
    """
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    passive = getattr(module, "PASSIVE", False)
    return CheckType(
        name,
        module.Options,
        module.probe,
        passive,
        getattr(module, "prepare", _nothing),
        getattr(module, "AT_ONCE", None),
    )
