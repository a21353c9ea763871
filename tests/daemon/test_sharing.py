import gc
from dataclasses import dataclass
from hashlib import sha256
from zlib import compress

from slawatch.daemon.sharing import _CODE, Pool, settle


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


def test_only_code_of_libraries_is_let_go() -> None:
    code = "7f2a4c000000-7f2a4c200000 r-xp 00001000 08:01 4711       /usr/lib/python/_duckdb.cpython-311.so"
    assert _CODE.fullmatch(code)
    for other in (
        code.replace("r-xp", "rw-p"),
        code.replace("r-xp", "r--p"),
        "7f2a4c000000-7f2a4c200000 r-xp 00000000 00:00 0 ",
        "7ffd1d9f2000-7ffd1d9f4000 r-xp 00000000 00:00 0                          [vdso]",
    ):
        assert not _CODE.fullmatch(other)


def test_everything_still_runs_after_settling() -> None:
    before = sha256(b"x").hexdigest(), compress(b"x" * 1_000)
    settle()
    assert (sha256(b"x").hexdigest(), compress(b"x" * 1_000)) == before
    gc.unfreeze()
