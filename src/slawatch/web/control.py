"""The control socket: what its file is called, and how to name it to the kernel. Imports nothing heavy."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SOCKET: Final = "slawatch.sock"
"""The socket's file in the data directory."""
_LONGEST: Final = 107
"""Bytes of a path that the kernel takes for a socket (`sun_path` less its closing zero)."""


@contextmanager
def short(path: str) -> Iterator[str]:
    """Give a name of a socket's path that the kernel takes, however long the path is.

    Raises:
        OSError: its folder cannot be opened.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    folder, name = os.path.split(path)
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{name}"
    finally:
        os.close(opened)
