import threading

import trio

from slawatch.daemon.writing import WriterThread


async def test_work_is_done_one_piece_at_a_time_and_elsewhere() -> None:
    thread = WriterThread()
    at_once: list[int] = []
    most: list[int] = []

    def work(number: int) -> int:
        assert threading.current_thread() is not threading.main_thread()
        at_once.append(number)
        most.append(len(at_once))
        at_once.remove(number)
        return number

    found: list[int] = []

    async def ask(number: int) -> None:
        found.append(await thread(work, number))

    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(ask, number)
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert max(most) == 1
