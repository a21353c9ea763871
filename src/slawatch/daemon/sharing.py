"""Equal parts of many checks kept once: ten thousand checks mostly differ in a name and an address."""

import ctypes
import gc
import mmap
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from slawatch.config.model import Config


_CODE: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]\d* +/\S*\.so\S*")
"""A line of /proc/self/maps: code of a library, never written to, so that the file has all of it."""


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
    system = ctypes.CDLL(None)
    trim = getattr(system, "malloc_trim", None)  # glibc has it, musl has not
    if trim is not None:
        trim(0)
    _let_go_of_code(system)


def _let_go_of_code(system: ctypes.CDLL) -> None:
    """Unmap the pages of libraries' code: most were for the start only, the others come back when they run.

    DuckDB touches nearly 40 MB of its code to open a database, and half of it never again.
    """
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return
    advise = system.madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in lines:
        found = _CODE.fullmatch(line)
        if found is not None:
            start, end = int(found[1], 16), int(found[2], 16)
            advise(start, end - start, mmap.MADV_DONTNEED)
