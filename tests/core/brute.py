"""The rules of the ledger a second time: naive, by the second, sharing no code with the core.

All times are whole seconds, all states are words; `None` stands for not monitored. Slow, and easy to check.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

BADNESS = {"up": 0, "degraded": 1, "down": 2}


@dataclass(frozen=True)
class World:
    """One service in one period; `samples` has (second, state, holds) of each check, at distinct seconds."""

    samples: dict[str, list[tuple[int, str, int]]]
    join: str | int
    start: int
    end: int
    now: int
    gathered: int
    outside_hours: list[tuple[int, int]] = field(default_factory=list)
    maintenance: list[tuple[int, int]] = field(default_factory=list)
    excused: list[tuple[int, int]] = field(default_factory=list)
    unknown: str = "exclude"
    degraded: str | Fraction = "up"
    min_outage: int = 0

    def begin(self):
        """The first second that any sample or the period reaches back to."""
        return min([self.start] + [at for samples in self.samples.values() for at, _, _ in samples])


def check_state(samples, gathered, second, edges):
    seen = sorted(s for s in samples if s[0] < gathered)
    before = [s for s in seen if s[0] <= second]
    if not before:
        return None
    at, state, holds = before[-1]
    if second >= at + holds or state == "unknown":
        return "unknown"
    known_after = [s for s in seen if s[0] > second and s[1] != "unknown"]
    if edges == "measured" or not known_after:
        return state
    choice = max if edges == "worst" else min
    return choice([state, known_after[0][1]], key=BADNESS.__getitem__)


def join_known(states, join):
    if join == "all":
        return max(states, key=BADNESS.__getitem__)
    if join == "any":
        return min(states, key=BADNESS.__getitem__)
    needed = min(join, len(states))
    if len([s for s in states if s == "up"]) >= needed:
        return "up"
    if len([s for s in states if s != "down"]) >= needed:
        return "degraded"
    return "down"


def join_any(states, join):
    states = [s for s in states if s is not None]
    if not states:
        return None
    choices = [list(BADNESS) if s == "unknown" else [s] for s in states]
    answers = {join_known(combination, join) for combination in product(*choices)}
    return answers.pop() if len(answers) == 1 else "unknown"


def service_state(world, second, edges="measured"):
    return join_any(
        [check_state(s, world.gathered, second, edges) for s in world.samples.values()], world.join
    )


def states(world, edges="measured"):
    """The state of each second from the first one known to the last one gathered and elapsed."""
    last = max(world.end, min(world.gathered, world.now))
    return {second: service_state(world, second, edges) for second in range(world.begin(), last)}


def bad_states(world):
    return {"down", "degraded"} if world.degraded == "down" else {"down"}


def outages(world, edges="measured"):
    """Lists of seconds from the first bad one to the last, with nothing but unknown between bad ones."""
    found, current, unknown = [], [], []
    for second, state in states(world, edges).items():
        if second >= world.now:
            break
        if state in bad_states(world):
            current += [*unknown, second]
            unknown = []
        elif state == "unknown":
            if current:
                unknown.append(second)
        else:
            if current:
                found.append(current)
            current, unknown = [], []
    if current:
        found.append(current)
    return found


def inside(second, intervals):
    return any(low <= second < high for low, high in intervals)


def classes(world, edges="measured"):
    """The class of each second of the period."""
    seen = states(world, edges)
    short = {s for outage in outages(world, edges) if len(outage) < world.min_outage for s in outage}
    found = {}
    for second in range(world.start, world.end):
        state = seen[second]
        if second >= world.now:
            found[second] = "future"
        elif state is None:
            found[second] = "not_monitored"
        elif inside(second, world.outside_hours):
            found[second] = "outside_hours"
        elif inside(second, world.maintenance):
            found[second] = "maintenance"
        elif inside(second, world.excused):
            found[second] = "excused"
        elif second in short and state in bad_states(world):
            found[second] = "up"
        else:
            found[second] = state
    return found


def share(world, edges="measured", unknown=None):
    unknown = unknown or world.unknown
    weight = {"up": Fraction(1), "down": Fraction(0)}.get(world.degraded, world.degraded)
    worth = {"up": Fraction(1), "degraded": weight, "down": Fraction(0)}
    if unknown != "exclude":
        worth["unknown"] = Fraction(1 if unknown == "up" else 0)
    found = [worth[kind] for kind in classes(world, edges).values() if kind in worth]
    return sum(found) / len(found) if found else None


def coverage(world):
    elapsed = range(world.start, max(min(world.end, world.now), world.start))
    excluded = world.outside_hours + world.maintenance + world.excused
    due = [second for second in elapsed if not inside(second, excluded)]
    known = [kind for kind in classes(world).values() if kind in BADNESS]
    return Fraction(len(known), len(due)) if due else None
