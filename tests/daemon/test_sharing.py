from dataclasses import dataclass

from slawatch.daemon.sharing import Pool


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    part: Part
    names: dict[str, str]
    flag: bool = True
    one: int = 1
    half: float = 1.0


def whole() -> Whole:
    return Whole(Part(10**9, str(10**9)), {})


def test_equal_parts_become_the_same_object() -> None:
    pool = Pool()
    first, second = pool.share(whole()), pool.share(whole())
    assert first == second == whole()
    assert first.part is second.part
    assert first.part.text is second.part.text
    assert first.names is second.names


def test_values_keep_their_types() -> None:
    pool = Pool()
    found = pool.share(whole())
    assert (found.flag, found.one, found.half) == (True, 1, 1.0)
    assert [type(value) for value in (found.flag, found.one, found.half)] == [bool, int, float]
