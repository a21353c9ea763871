import marshal
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import fakes

from slawatch.core.text import Secret
from slawatch.daemon import wire
from slawatch.daemon.wire import BrokenStreamError, Frames, Orders, Settings


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 97))
def test_frames_come_out_as_they_went_in_however_they_are_cut(bodies: list[bytes], cut: int) -> None:
    stream = b"".join(wire.pack(body) for body in bodies)
    frames, found = Frames(), []
    for start in range(0, len(stream), cut):
        found.extend(frames.feed(stream[start : start + cut]))
    assert found == bodies


def test_a_length_that_no_frame_has_is_refused() -> None:
    with pytest.raises(BrokenStreamError, match="4294967295 bytes"):
        list(Frames().feed(struct.pack(">I", 2**32 - 1)))


def test_orders_carry_checks_with_their_secrets() -> None:
    check = fakes.check()
    object.__setattr__(check, "options", Secret("hunter2", "env X"))
    order = Orders(watch=((7, check),), leave=("old",))
    assert wire.read_order(wire.pack_order(order)[4:]) == order
    assert wire.read_order(wire.pack_order(Settings(prober=2))[4:]).prober == 2


def test_what_is_no_order_is_refused() -> None:
    import pickle

    with pytest.raises(BrokenStreamError, match="dict is no order"):
        wire.read_order(pickle.dumps({}))


def test_words_are_plain_tuples() -> None:
    rows = [(1, 2, 3, 0, 0, None, None, 5, None, None, None, 70, 0, "why", "how", (("load", 0.5, ""),))]
    assert wire.read_word(wire.pack_word(wire.SAMPLES, rows)[4:]) == (wire.SAMPLES, rows)


@pytest.mark.parametrize("body", [b"", b"\xff\xff", marshal.dumps(5), marshal.dumps(())])
def test_what_is_no_word_is_refused(body: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        wire.read_word(body)
