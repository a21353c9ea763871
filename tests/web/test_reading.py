"""Reading in threads: limits, cancelling, errors."""

import threading
from typing import TYPE_CHECKING

import pytest
import trio

from slawatch.store.errors import TooMuch
from slawatch.store.patience import patient
from slawatch.web.problem import Problem
from slawatch.web.reading import Pipe, Readers

from .conftest import View

if TYPE_CHECKING:
    import duckdb

FOR_EVER = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b"


async def test_the_work_gets_a_cursor_in_a_thread_that_is_closed_afterwards(view: View) -> None:
    kept = []

    def work(cursor: "duckdb.DuckDBPyConnection") -> int:
        kept.append(cursor)
        assert threading.current_thread() is not threading.main_thread()
        return int(cursor.execute("SELECT 42").fetchone()[0])  # type: ignore[index]

    assert await Readers(view).read(work) == 42
    with pytest.raises(Exception, match="closed"):
        kept[0].execute("SELECT 1")


async def test_what_takes_too_long_is_interrupted(view: View) -> None:
    with trio.fail_after(10), pytest.raises(Problem, match="longer than 0 s"):
        await Readers(view).read(lambda cursor: cursor.execute(FOR_EVER).fetchone(), limit=0.2)


async def test_a_request_that_is_given_up_stops_its_query(view: View) -> None:
    readers = Readers(view)
    with trio.fail_after(10):
        with trio.move_on_after(0.2) as waited:
            await readers.read(lambda cursor: cursor.execute(FOR_EVER).fetchone())
        assert waited.cancelled_caught
        assert await readers.read(lambda cursor: cursor.execute("SELECT 1").fetchone()) == (1,)


async def test_an_error_of_the_work_comes_out_as_it_is(view: View) -> None:
    def work(_: object) -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        await Readers(view).read(work)


async def test_an_error_of_the_database_is_a_problem(view: View) -> None:
    with pytest.raises(Problem) as caught:
        await Readers(view).read(lambda cursor: cursor.execute("SELECT nonsense"))
    assert caught.value.status == 503


async def test_a_pipe_passes_on_everything_in_order_and_waits_for_its_taker(view: View) -> None:
    taken = bytearray()
    most = 0

    async def take(piece: bytes) -> None:
        nonlocal most
        await trio.sleep(0.001)
        taken.extend(piece)
        most = max(most, len(piece))

    def work(_: object) -> None:
        pipe = Pipe(take)
        for number in range(200_000):
            pipe.write(b"%08d" % number)
        pipe.flush()

    await Readers(view).read(work)
    assert bytes(taken) == b"".join(b"%08d" % number for number in range(200_000))
    assert most < 300_000


async def test_a_pipe_whose_taker_is_gone_ends_the_work(view: View) -> None:
    written = 0

    async def take(_: bytes) -> None:
        await trio.sleep_forever()

    def work(_: object) -> None:
        nonlocal written
        pipe = Pipe(take)
        while True:
            written += pipe.write(b"x" * 100_000)

    with trio.move_on_after(0.2) as waited:
        await Readers(view).read(work)
    assert waited.cancelled_caught
    assert written < 1_000_000


async def test_a_loop_in_python_ends_with_the_time_and_with_the_request(view: View) -> None:
    readers = Readers(view)
    with trio.fail_after(10):
        with pytest.raises(Problem, match="longer than 0 s"):
            await readers.read(lambda _: sum(patient(iter(int, 1))), limit=0.2)
        with trio.move_on_after(0.2) as waited:
            await readers.read(lambda _: sum(patient(iter(int, 1))))
        assert waited.cancelled_caught


async def test_too_much_is_a_mistake_of_who_asks(view: View) -> None:
    def work(_: object) -> None:
        raise TooMuch("there are more than 5 rows")

    with pytest.raises(Problem, match="more than 5 rows") as caught:
        await Readers(view).read(work)
    assert caught.value.status == 400
