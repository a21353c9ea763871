"""What a scheduler counts of its own work."""

from typing import Any


class Stats:
    """What the scheduler counted since it began.

    Attributes:
        started: probes.
        skipped: regular due times that passed while the probe before was still running.
        called_off: re-checks beside a hanging probe that in the end answered well; they leave no sample.
        timeouts: probes without an answer in time.
        bugs: exceptions in probes.
        clock_steps: times at which the schedule was laid on the wall clock anew.
        lateness: how many probes started so late: element n counts those below `2 ** n` us (and not below
        half).
    """

    __slots__ = (
        "bugs", "called_off", "clock_steps", "lateness", "skipped", "started",
        "timeouts",
    )  # fmt: skip

    def __init__(self) -> None:
        self.started = self.skipped = self.called_off = 0
        self.timeouts = self.bugs = self.clock_steps = 0
        self.lateness = [0] * 64

    def snapshot(self) -> dict[str, Any]:
        """Return the counters as a plain dictionary."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__ if name != "lateness"}
        found["lateness"] = list(self.lateness)
        return found
