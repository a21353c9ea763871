"""What the daemon and its probers say to each other: frames of a length (four bytes, big endian) and a body.

The daemon sends pickled `Orders`: it trusts itself. The prober sends marshalled plain tuples, which cost a
fraction of a microsecond a sample and can carry nothing but numbers and text.
"""

import marshal
import pickle
import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from slawatch.core.check import Check

_LENGTH: Final = struct.Struct(">I")
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a frame; more is a broken stream."""

SAMPLES: Final = "samples"
"""Followed by a list of plain tuples in the order of `Sample`'s fields."""
STATS: Final = "stats"
"""Followed by a dictionary of counters since the prober's start; sent every second, as a sign of life too."""
LOST: Final = "lost"
"""Followed by the number of dropped samples, and the start of the first of them."""
STALLED: Final = "stalled"
"""Followed by a list of `(start, end)`: instants between which the prober stood still."""

Row: TypeAlias = tuple[Any, ...]
"""A `Sample` as a plain tuple: marshal takes no subclass."""


class Orders(NamedTuple):
    """What a prober is to do from now on.

    Attributes:
        watch: checks, with their numbers in the store, that are new or have changed.
        leave: names of checks to probe no more.
        look: names of checks to probe now, beside their regular due times.
    """

    watch: tuple[tuple[int, Check], ...] = ()
    leave: tuple[str, ...] = ()
    look: tuple[str, ...] = ()


class Settings(NamedTuple):
    """What a prober is told first.

    Attributes:
        log_format: `human` or `json`.
        log_level: a level's name in lower case.
        prober: which of the probers it is, from 0.
    """

    log_format: str = "human"
    log_level: str = "info"
    prober: int = 0


class BrokenStreamError(Exception):
    """The other side sent what is no frame of ours."""


def pack(body: bytes) -> bytes:
    """Return a frame."""
    return _LENGTH.pack(len(body)) + body


def pack_order(order: Orders | Settings) -> bytes:
    """Return the frame of an order to a prober."""
    return pack(pickle.dumps(order, protocol=pickle.HIGHEST_PROTOCOL))


def read_order(body: bytes) -> Orders | Settings:
    """Return the order in a frame's body; to be called in the prober only."""
    order = pickle.loads(body)  # noqa: S301 (it comes from our own parent over a socketpair)
    if not isinstance(order, Orders | Settings):
        raise BrokenStreamError(f"a {type(order).__name__} is no order")
    return order


def pack_word(*word: Any) -> bytes:
    """Return the frame of a prober's word to the daemon."""
    return pack(marshal.dumps(word))


def read_word(body: bytes) -> tuple[Any, ...]:
    """Return the prober's word in a frame's body.

    Raises:
        BrokenStreamError: it is none.
    """
    try:
        word = marshal.loads(body)  # noqa: S302 (it comes from our own child over a socketpair)
    except (ValueError, EOFError, TypeError) as error:
        raise BrokenStreamError(f"a frame that cannot be read: {error}") from None
    if not isinstance(word, tuple) or not word:
        raise BrokenStreamError("a frame without a word")
    return word


class Frames:
    """Cuts a stream of bytes into the bodies of its frames."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Take received bytes and yield each body that is complete.

        Raises:
            BrokenStreamError: a length that no frame has.
        """
        pending = self._pending
        pending += received
        position = 0
        while len(pending) - position >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(pending, position)
            if length > LARGEST:
                raise BrokenStreamError(f"a frame of {length} bytes")
            end = position + _LENGTH.size + length
            if len(pending) < end:
                break
            yield bytes(pending[position + _LENGTH.size : end])
            position = end
        del pending[:position]
