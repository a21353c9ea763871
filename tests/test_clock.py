"""The machine's clocks."""

from slawatch import clock
from slawatch.core.instant import MINUTE, parse_rfc3339


def test_the_wall_clock_is_in_microseconds_of_this_century() -> None:
    assert parse_rfc3339("2024-01-01T00:00:00Z") < clock.now() < parse_rfc3339("2100-01-01T00:00:00Z")


def test_the_steady_clocks_never_go_back() -> None:
    for read in (clock.steady, clock.elapsed):
        seen = [read() for _ in range(1000)]
        assert seen == sorted(seen)


def test_the_systems_clock_is_these() -> None:
    assert abs(clock.SYSTEM.now() - clock.now()) < MINUTE
    assert abs(clock.SYSTEM.elapsed() - clock.elapsed()) < MINUTE
