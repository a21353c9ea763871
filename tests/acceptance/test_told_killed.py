"""The daemon is killed again and again while it tells people: no message is lost, none comes as new twice."""

import random
from collections import Counter
from pathlib import Path

import pytest
import trio
from tests.acceptance.program import Program
from tests.acceptance.standins import StandIns, Told, stand_ins
from tests.acceptance.test_told import off
from tests.notifiers.servers import Reply, Seen

SERVICES = 12
HEAD = """
[alerting]
start_grace = "3s"
flapping = false
[defaults.check]
type = "http"
interval = "2s"
timeout = "2s"
failures = 2
retry_interval = "100ms"
[people.alice]
contact = [ {{ channel = "hook" }} ]
[people.bob]
contact = [ {{ channel = "hook" }} ]
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["person:alice"]
wait = "1s"
[[escalations.default.levels]]
to = ["person:bob"]
wait = "10m"
{channels}
"""
SERVICE = """
[services.{name}]
escalation = "default"
[checks.{name}]
service = "{name}"
url = "{url}/target/{name}"
"""
FOUR = {
    ("person:alice", "trigger"),
    ("person:bob", "trigger"),
    ("person:alice", "resolve"),
    ("person:bob", "resolve"),
}
"""What each outage is to be told as, to whom, once each."""


class Outages:
    """Services that fail, are heard of, work again, and are heard of again.

    Attributes:
        over: how many outages were told from their beginning to their end.
        repeated: how many messages came more than once.
        faults: what was told that should not have been.
    """

    def __init__(self, world: StandIns, chance: random.Random) -> None:
        self.over = self.repeated = 0
        self.faults: list[str] = []
        self.ending = trio.Event()
        self._world = world
        self._chance = chance
        self._down: set[str] = set()
        self._read = 0
        self._known: dict[str, tuple[int, Told]] = {}
        self._numbers: Counter[str] = Counter()
        self._waiting: dict[str, float] = {}
        world.answer = self._target
        world.delay = lambda: chance.choice((0.0, 0.0, 0.05, 0.3))

    def _target(self, seen: Seen) -> Reply | None:
        start, name = seen.target.rpartition("/")[::2]
        if start != "/target":
            return None
        return Reply(500 if name in self._down else 200)

    def heard(self, name: str, number: int) -> set[tuple[str, str]]:
        """Return what was told so far of an outage of a service."""
        for told in self._world.told[self._read :]:
            self._read += 1
            if told.id not in self._known:
                self._known[told.id] = (self._numbers[told.service], told)
                mine = [
                    one
                    for at, one in self._known.values()
                    if (one.service, at) == (told.service, self._numbers[told.service])
                ]
                twice = [one for one in mine if (one.to, one.kind) == (told.to, told.kind)]
                if len(twice) > 1:
                    self.faults.append(f"told as new twice: {twice}")
                continue
            self.repeated += 1
            first = self._known[told.id][1]
            if first._replace(at=0) != told._replace(at=0):
                self.faults.append(f"one id, two messages: {first} and {told}")
        return {(one.to, one.kind) for at, one in self._known.values() if (one.service, at) == (name, number)}

    async def go_on(self, name: str) -> None:
        """Fail and recover until it is enough."""
        while not self.ending.is_set():
            await trio.sleep(self._chance.uniform(0.5, 2))
            self._numbers[name] += 1
            number = self._numbers[name]
            self._down.add(name)
            await self._until(name, number, {one for one in FOUR if one[1] == "trigger"})
            self._down.discard(name)
            await self._until(name, number, FOUR)
            self.over += 1

    def longest_wait(self) -> float:
        """Return for how many seconds somebody has been waiting to be told."""
        return trio.current_time() - min(self._waiting.values(), default=trio.current_time())

    async def _until(self, name: str, number: int, wanted: set[tuple[str, str]]) -> None:
        self._waiting[name] = trio.current_time()
        with trio.move_on_after(180) as patience:
            while not wanted <= self.heard(name, number):  # noqa: ASYNC110 (other processes)
                await trio.sleep(0.05)
        del self._waiting[name]
        if patience.cancelled_caught:
            raise AssertionError(
                f"never told of outage {number} of {name}: {wanted - self.heard(name, number)}"
            )


async def kill_and_kill(folder: Path, kills: int, seed: int) -> Outages:
    """Kill the daemon so often while services fail and recover; then let all outages end."""
    chance = random.Random(seed)
    names = [f"service-{number}" for number in range(SERVICES)]
    async with stand_ins() as world:
        outages = Outages(world, chance)
        config = HEAD.format(channels=world.channels) + "".join(
            SERVICE.format(name=name, url=world.url) for name in names
        )
        with Program(folder, config) as program:
            await off(program.run)
            async with trio.open_nursery() as nursery:
                for name in names:
                    nursery.start_soon(outages.go_on, name)
                for _ in range(kills):
                    await trio.sleep(chance.uniform(0.05, 2.5))
                    # On a slow machine a daemon may be killed before it has done anything, again and again.
                    while outages.longest_wait() > 20:  # noqa: ASYNC110 (other processes)
                        await trio.sleep(0.1)
                    await off(program.kill)
                    await off(program.run)
                outages.ending.set()
            assert await off(program.stop) < 10
            log = program.log.read_text()
        await trio.sleep(0.5)
        outages.heard("", 0)
        assert world.wrong == []
        assert outages.faults == []
        assert "Traceback" not in log, log
    return outages


@pytest.mark.timeout(300)
async def test_kills_lose_no_message_and_repeat_only_with_the_same_id(tmp_path: Path) -> None:
    outages = await kill_and_kill(tmp_path, 8, 4)
    assert outages.over >= SERVICES


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_two_hundred_kills_lose_no_message(tmp_path: Path) -> None:
    outages = await kill_and_kill(tmp_path, 200, 5)
    print(f"{outages.over} outages told to the end; {outages.repeated} messages came again, with the same id")
    assert outages.over > 100
    assert outages.repeated > 0, "no kill fell between a message and its answer"
