"""How long it takes from a service's failure until somebody is told, at checks of 1 s, 10 s and 60 s.

`python bench/notify_latency.py [--services 20] [--limit 30]`; takes about three minutes.

Runs `slawatch run` with default rules (a bad probe is repeated twice, a second apart) on services that this
process plays: each fails at a moment of its own, and notes by its own clock when it failed and when it first
answered that it did. The message goes to a webhook of this process, signed, which notes when it came. Printed
are both lengths, from the failure and from the first bad answer; the first contains the time until a check is
due, which its interval decides. The exit status says whether each message came within the limit after the
service had first said that it fails, and for intervals below the limit, after it failed.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.acceptance.standins import StandIns, stand_ins
from tests.notifiers.servers import Reply, Seen

INTERVALS = (1, 10, 60)
HEAD = """
[slawatch]
data_dir = "{folder}/data"
log_level = "error"
[people.alice]
contact = [ {{ channel = "hook" }} ]
[escalations.default]
[[escalations.default.levels]]
to = ["person:alice"]
wait = "30m"
{channels}
"""
SERVICE = """
[services.{name}]
escalation = "default"
[checks.{name}]
service = "{name}"
type = "http"
url = "{url}/target/{name}"
interval = "{interval}s"
timeout = "{timeout}s"
"""


@dataclass
class Service:
    """One service: when it fails, and when it found out that it did, in seconds of the wall clock."""

    name: str
    interval: int
    fails: float = 0.0
    said: float = 0.0


def main() -> None:
    """Measure and print; exit with 1 if a message came too late."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--services", type=int, default=20, help="of each interval")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds")
    asked = parser.parse_args()
    services = {
        f"every-{interval}-{number}": Service(f"every-{interval}-{number}", interval)
        for interval in INTERVALS
        for number in range(asked.services)
    }
    with tempfile.TemporaryDirectory(prefix="slawatch-notify-") as folder:
        told = trio.run(measure, Path(folder), services)
    good = True
    for interval in INTERVALS:
        mine = [one for one in services.values() if one.interval == interval]
        missing = [one.name for one in mine if one.name not in told]
        failed = sorted(told[one.name] - one.fails for one in mine if one.name in told)
        said = sorted(told[one.name] - one.said for one in mine if one.name in told)
        print(f"interval {interval:2} s, {len(failed)} failures told")
        print(f"  from the failure           {_line(failed)}\n  from the first bad answer  {_line(said)}")
        late = said[-1] > asked.limit or (interval < asked.limit and failed[-1] > asked.limit)
        if late or missing:
            good = False
            print(f"  TOO LATE: {late}; never told: {missing}")
    raise SystemExit(0 if good else 1)


async def measure(folder: Path, services: dict[str, Service]) -> dict[str, float]:
    """Let each service fail; return when its message came."""
    async with stand_ins() as world:

        def target(seen: Seen) -> Reply | None:
            start, _, name = seen.target.rpartition("/")
            if start != "/target":
                return None
            service = services[name]
            if not service.fails or time.time() < service.fails:
                return Reply(200)
            service.said = service.said or time.time()
            return Reply(500)

        world.answer = target
        config = folder / "slawatch.toml"
        config.write_text(_config(folder, world, services))
        command = [sys.executable, "-m", "slawatch", "run", "--config", str(config)]
        daemon = await trio.lowlevel.open_process(command)
        try:
            # Every check has had its turn, and those of a minute are spread over one.
            await trio.sleep(max(INTERVALS) + 10)
            now, chance = time.time(), random.Random(1)
            for service in services.values():
                service.fails = now + chance.uniform(0, max(service.interval, 10))
            with trio.move_on_after(2 * max(INTERVALS) + 30):
                while len(_told(world)) < len(services):  # noqa: ASYNC110 (other processes)
                    await trio.sleep(0.1)
        finally:
            daemon.send_signal(signal.SIGTERM)
            with trio.move_on_after(15):
                await daemon.wait()
        for wrong in world.wrong:
            print("WRONG:", wrong)
        return _told(world)


def _told(world: StandIns) -> dict[str, float]:
    """Return when the first message about each service came."""
    return {told.service: told.at for told in reversed(world.by("hook", "trigger"))}


def _config(folder: Path, world: StandIns, services: dict[str, Service]) -> str:
    made = (
        SERVICE.format(
            name=one.name, url=world.url, interval=one.interval, timeout=min(one.interval, 5)
        )
        for one in services.values()
    )  # fmt: skip
    return HEAD.format(folder=folder, channels=world.channels) + "".join(made)


def _line(values: list[float]) -> str:
    if not values:
        return "nothing"
    middle = values[len(values) // 2]
    return f"p50 {middle:5.2f} s, longest {values[-1]:5.2f} s"


if __name__ == "__main__":
    main()
