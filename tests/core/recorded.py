"""Samples as a store would have them of a scenario: every probe, none left out."""

from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Happening, Played, Scene
from slawatch.core.sifting import Sampled
from slawatch.core.timeline import Held, step


def samples_of(
    scene: Scene, script: tuple[Happening, ...], played: Played, start: Instant, length: Micros
) -> list[Sampled]:
    """The probes of a rehearsal, and those at full intervals that it left out."""
    found: dict[tuple[str, Instant], Sampled] = {
        (name, seen.started_at): Sampled(name, seen.started_at, seen.outcome, seen.holds)
        for name, seen in played.probes
    }
    for name, check in scene.checks.items():
        taken = sorted(at for probed, at in found if probed == name)
        for at in range(start, start + length, check.interval):
            before = max((one for one in taken if one <= at), default=None)
            soft = before is not None and at - before < check.retry_interval and before != at
            if (name, at) not in found and not soft:
                outcome = outcome_at(script, name, at - start)
                found[name, at] = Sampled(name, at, outcome, check.stale_after)
    return sorted(found.values(), key=lambda one: one.started_at)


def outcome_at(script: tuple[Happening, ...], check: str, t: Micros) -> int:
    outcome = Outcome.UP
    for one in sorted(script, key=lambda one: one.t):
        if one.check == check and one.t <= t and one.do in ("down", "up"):
            outcome = Outcome.DOWN if one.do == "down" else Outcome.UP
    return int(outcome)


def record_of(samples: list[Sampled]) -> dict[str, list[Transition]]:
    """The changes of each check's outcome, as the store's record has them."""
    held: dict[str, Held] = {}
    found: dict[str, list[Transition]] = {}
    for one in samples:
        held[one.check], made = step(held.get(one.check), one.started_at, one.outcome, one.holds)
        found.setdefault(one.check, []).extend(made)
    return found
