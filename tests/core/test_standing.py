import pytest

from slawatch.core.check import Quorum
from slawatch.core.dependency import Standing
from slawatch.core.sample import Outcome
from slawatch.core.standing import of_check, of_service
from slawatch.core.state import Seen, step


def standing(*, down: bool, hard: bool = True, at: int = 10, recovered: int | None = None) -> Standing:
    return Standing(down=down, hard=hard, checked_at=at, recovered_at=recovered, interval=30)


def test_a_check_stands_as_its_last_sample_says() -> None:
    state, _ = step(None, Seen(10, Outcome.DOWN, 70), failures=2)
    assert of_check(state, 30, None) == Standing(down=True, hard=False, checked_at=10, interval=30)
    state, _ = step(state, Seen(20, Outcome.DOWN, 70), failures=2)
    assert of_check(state, 30, 5) == Standing(
        down=True, hard=True, checked_at=20, recovered_at=5, interval=30
    )


@pytest.mark.parametrize(
    ("join", "total", "bad", "down"),
    [
        ("all", 3, 1, True), ("all", 3, 0, False), ("any", 3, 2, False), ("any", 3, 3, True),
        (Quorum(2), 3, 1, False), (Quorum(2), 3, 2, True), ("all", 3, 3, True),
    ],
)  # fmt: skip
def test_a_service_is_down_when_too_few_of_its_checks_are_up(
    join: object, total: int, bad: int, down: bool
) -> None:
    members = [standing(down=number < bad) for number in range(total)]
    assert of_service(join, total, members).down is down  # type: ignore[arg-type]


def test_a_service_is_as_fresh_as_its_latest_check_and_recovers_with_its_last() -> None:
    members = [standing(down=False, at=10, recovered=8), standing(down=False, at=20, recovered=9)]
    found = of_service("all", 2, members)
    assert (found.checked_at, found.recovered_at, found.down) == (20, 9, False)
    assert of_service("all", 2, [standing(down=True, recovered=9), members[0]]).recovered_at is None


def test_a_soft_failure_makes_no_hard_one() -> None:
    found = of_service("all", 2, [standing(down=True, hard=False), standing(down=False)])
    assert (found.down, found.hard) == (True, False)


def test_checks_that_nothing_is_known_of_are_up() -> None:
    assert not of_service("any", 2, [standing(down=True)]).down
    assert of_service("all", 2, [standing(down=True)]).down
