"""How checks and services stand, as dependencies ask: from the states of checks and the join of a service."""

from collections.abc import Sequence

from slawatch.core.check import Join, Quorum
from slawatch.core.dependency import Standing
from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome
from slawatch.core.state import CheckState


def of_check(state: CheckState, interval: Micros, recovered_at: Instant | None) -> Standing:
    """Return how a check stands.

    Args:
        state: what its samples say.
        interval: between them.
        recovered_at: when its last confirmed failure ended; None for never.
    """
    return Standing(
        down=state.outcome == Outcome.DOWN, hard=state.failing, checked_at=state.sampled_at,
        recovered_at=recovered_at, interval=interval,
    )  # fmt: skip


def of_service(join: Join, total: int, members: Sequence[Standing]) -> Standing:
    """Return how a service stands; those of its checks that nothing is known of are up.

    Args:
        join: how its checks make its state.
        total: how many checks it has.
        members: how those stand of which something is known; at least one.
    """
    needed = join.needed if isinstance(join, Quorum) else total if join == "all" else 1

    def lacks(bad: int) -> bool:
        return total - bad < needed

    down = lacks(sum(one.down for one in members))
    recovered = [one.recovered_at for one in members if one.recovered_at is not None]
    return Standing(
        down=down, hard=lacks(sum(one.down and one.hard for one in members)),
        checked_at=max((one.checked_at for one in members if one.checked_at is not None), default=None),
        recovered_at=None if down else max(recovered, default=None),
        interval=max(one.interval for one in members),
    )  # fmt: skip
