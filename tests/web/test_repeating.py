"""Idempotency keys."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
import trio
from starlette.requests import Request

from slawatch.core.access import Principal
from slawatch.core.instant import DAY
from slawatch.web import repeating
from slawatch.web.problem import Problem
from slawatch.web.repeating import Repeating, check_key, digest_of, key_of


class Work:
    """Counts how often it is done; may fail the first times."""

    def __init__(self, fails: int = 0) -> None:
        self.done = 0
        self.fails = fails

    async def __call__(self) -> int:
        self.done += 1
        await trio.sleep(1)
        if self.done <= self.fails:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "no")
        return self.done


async def test_the_same_key_answers_the_same_and_does_nothing_again(autojump_clock: object) -> None:
    once, work = Repeating(), Work()
    assert await once.once("k", {"a": 1}, 0, work) == await once.once("k", {"a": 1}, 1, work) == 1
    assert await once.once("other", {"a": 1}, 1, work) == 2
    assert await once.once(None, {"a": 1}, 1, work) == await once.once(None, {"a": 1}, 1, work) - 1
    assert work.done == 4


async def test_two_at_the_same_time_are_one(autojump_clock: object) -> None:
    once, work = Repeating(), Work()
    found: list[int] = []

    async def ask() -> None:
        found.append(await once.once("k", {}, 0, work))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert found == [1] * 5


async def test_one_that_waits_tries_itself_where_the_first_failed(autojump_clock: object) -> None:
    once, work = Repeating(), Work(fails=1)
    found: list[object] = []

    async def ask() -> None:
        try:
            found.append(await once.once("k", {}, 0, work))
        except Problem as problem:
            found.append(problem.status)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(ask)
    assert sorted(map(str, found)) == ["2", "422"]


async def test_a_key_is_of_one_request(autojump_clock: object) -> None:
    once, work = Repeating(), Work()
    await once.once("k", {"a": 1}, 0, work)
    with pytest.raises(Problem, match="used for another request"):
        await once.once("k", {"a": 2}, 0, work)


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve", "a\nb"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Problem, match="1 to 200 characters"):
        check_key(key)


def asked(who: Principal, key: str) -> Request:
    headers = [(b"idempotency-key", key.encode())]
    return Request({"type": "http", "headers": headers, "state": {"principal": who}})


def test_a_key_is_of_who_sent_it_and_of_nobody_else() -> None:
    def named(name: str, ident: str = "", kind: Any = "token") -> Principal:
        return Principal(name=name, kind=kind, role="operator", id=ident)

    whoever = [
        (named("token:a", "t-1"), "b c"), (named("token:a b", "t-2"), "c"), (named("token:a", "t-3"), "b c"),
        (named("a", kind="password"), "b c"), (named("a b", kind="password"), "c"),
        (named("t-1", kind="password"), "b c"),
    ]  # fmt: skip
    assert len({key_of(asked(who, key)) for who, key in whoever}) == len(whoever)
    renamed = replace(named("token:a", "t-1"), name="token:z")
    assert key_of(asked(renamed, "k")) == key_of(asked(named("token:a", "t-1"), "k"))


def test_digests_are_of_the_values() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": "1"})


async def test_keys_are_forgotten_after_a_day_and_when_there_are_too_many(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, work = Repeating(), Work()
    assert await once.once("k", {}, 0, work) == 1
    assert await once.once("k", {}, DAY - 1, work) == 1
    assert await once.once("k", {}, DAY, work) == 2
    monkeypatch.setattr(repeating, "MOST", 3)
    for n in range(5):
        await once.once(f"n{n}", {}, DAY, work)
    assert await once.once("k", {}, DAY, work) == 8
    assert await once.once("n4", {}, DAY, work) == 7
