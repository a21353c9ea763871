"""Equal parts of many checks kept once: ten thousand checks mostly differ in a name and an address."""

import ctypes
import gc
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slawatch.config.model import Config


class Pool:
    """Values seen so far; one of each is kept."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[type, Any], Any] = {}

    def share(self, value: Any) -> Any:
        """Return a value equal to this one, of the same type, that was seen before; else this one.

        The fields of dataclasses are shared in place: nobody can tell, for the values are frozen and equal.
        """
        if isinstance(value, bool | None):
            return value
        if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                part = getattr(value, field.name)
                shared = self.share(part)
                if shared is not part:
                    object.__setattr__(value, field.name, shared)
        if value == {}:
            return self._known.setdefault((dict, ()), value)
        try:
            return self._known.setdefault((type(value), value), value)
        except TypeError:
            return value  # not hashable: a mapping, or something with one in it


def share_checks(config: "Config") -> None:
    """Share the equal parts of a configuration's checks."""
    pool = Pool()
    for check in config.checks.values():
        pool.share(check)


def settle() -> None:
    """Give back the memory that a start or a reload took, and spare what stays from the garbage collector."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    if trim is not None:
        trim(0)
