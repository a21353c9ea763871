from hypothesis import given
from hypothesis import strategies as st

from slawatch.daemon.house import House, Limits


def always(_guest: object) -> bool:
    return True


def test_a_full_target_holds_up_only_itself() -> None:
    house: House[str] = House(Limits(total=10, per_target=2))
    assert [house.enter("a", name) for name in ("1", "2", "3")] == [True, True, False]
    assert house.enter("b", "4")
    assert (house.busy, house.waits) == (3, 1)
    assert list(house.leave("b", always)) == []
    assert list(house.leave("a", always)) == ["3"]
    assert house.busy == 2


def test_who_is_not_wanted_any_more_is_passed_over() -> None:
    house: House[str] = House(Limits(total=1, per_target=1))
    assert house.enter("a", "1")
    for name in ("2", "3"):
        house.enter("a", name)
        house.enter("b", name)
    assert list(house.leave("a", lambda guest: guest != "2")) == ["3"]
    assert list(house.leave("a", lambda guest: guest != "2")) == ["3"]
    assert list(house.leave("b", always)) == []
    assert house.busy == 0


def test_half_of_the_house() -> None:
    house: House[int] = House(Limits(total=4, per_target=4))
    house.enter("a", 1)
    assert not house.half_full
    house.enter("a", 2)
    assert house.half_full


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=80),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_limits_hold_and_everybody_gets_a_place(
    moves: list[tuple[bool, str]], total: int, per_target: int
) -> None:
    house: House[tuple[str, int]] = House(Limits(total, per_target))
    inside: list[tuple[str, int]] = []
    served: list[tuple[str, int]] = []
    came: list[tuple[str, int]] = []

    def leave(guest: tuple[str, int]) -> None:
        inside.remove(guest)
        for following in house.leave(guest[0], always):
            inside.append(following)
            served.append(following)

    for number, (comes, target) in enumerate(moves):
        guest = (target, number)
        if comes or not inside:
            came.append(guest)
            if house.enter(target, guest):
                inside.append(guest)
                served.append(guest)
        else:
            leave(inside[0])
        assert house.busy == len(inside) <= total
        assert all(sum(1 for place, _ in inside if place == t) <= per_target for t in "abc")
    while inside:
        leave(inside[0])
    assert sorted(served) == sorted(came)
    for target in "abc":
        numbers = [number for place, number in served if place == target]
        assert numbers == sorted(numbers), "in the order of their coming"


def test_a_bound_of_its_own_counts_instead_of_that_of_targets() -> None:
    house: House[str] = House(Limits(total=10, per_target=1))
    house.bound("exec", 2)
    assert [house.enter("exec", name) for name in ("1", "2", "3")] == [True, True, False]
    assert [house.enter("a", name) for name in ("4", "5")] == [True, False]
    assert list(house.leave("exec", always)) == ["3"]
    assert list(house.leave("a", always)) == ["5"]
