"""Passwords are checked the same way for everybody, known or not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from slawatch.config.users import password_fault
from slawatch.core.access import User
from slawatch.core.text import Secret
from slawatch.web import passwords
from slawatch.web.passwords import Passwords, hash_of, mark_of

from .guests import PASSWORD, hashed

ALICE = User(name="alice", password=Secret(hashed()))
USERS = {"alice": ALICE, "bob": User(name="bob")}


async def test_right_and_wrong() -> None:
    checked = Passwords()
    assert await checked.check(USERS, "alice", PASSWORD) is ALICE
    for name, password in (
        ("alice", "x"), ("alice", ""), ("bob", ""), ("bob", PASSWORD), ("carol", PASSWORD), ("", ""),
        ("alice", PASSWORD + "x" * 5000),
    ):  # fmt: skip
        assert await checked.check(USERS, name, password) is None, name


async def test_the_same_work_is_done_whoever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time tells nothing: each attempt verifies one hash, of the same cost."""
    worked: list[str] = []
    real: Callable[[str, str], bool] = passwords._verify

    def verify(expected: str, password: str) -> bool:
        worked.append(expected.rpartition("$")[0].rpartition("$")[0])
        return real(expected, password)

    monkeypatch.setattr(passwords, "_verify", verify)
    checked = Passwords()
    for name in ("alice", "bob", "nobody", ""):
        await checked.check(USERS, name, "wrong")
    await checked.check({}, "nobody", "wrong")
    cost = "$argon2id$v=19$m=7168,t=1,p=1"
    assert worked[:4] == [cost] * 4
    assert len(worked) == 5


def test_a_new_hash_is_one_that_the_configuration_takes() -> None:
    assert password_fault(hash_of(PASSWORD)) == ""
    for bad in ("short", "", "x" * 2000):
        with pytest.raises(ValueError, match="characters"):
            hash_of(bad)


def test_a_mark_changes_with_the_password_and_does_not_tell_it() -> None:
    other = replace(ALICE, password=Secret(hashed("something else")))
    assert mark_of(ALICE) != mark_of(other)
    assert mark_of(ALICE) not in hashed()
    assert mark_of(USERS["bob"]) == ""
