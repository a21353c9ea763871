"""Who may be taken out of what is stored."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import View
from tests.web.guests import configured, guests, token

from slawatch.answers import erasure
from slawatch.answers.wish import EntryRefused
from slawatch.core.audit import Audited
from slawatch.store import audit


def test_a_pseudonym_is_never_the_same() -> None:
    assert len({erasure.pseudonym() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({"name": " alice "}, ["alice"]),
        ({"name": "alice", "also": ["Alice A.", "alice", "+49151"]}, ["alice", "Alice A.", "+49151"]),
    ],
)
def test_the_names_of_a_wish(wish: dict[str, Any], names: list[str]) -> None:
    assert erasure.names_of(wish) == names


@pytest.mark.parametrize(
    "wish",
    [{}, {"name": 7}, {"name": "a"}, {"name": "alice", "also": "x"}, {"name": "alice", "also": [" "]},
     {"name": "al", "also": ["x" * 501]}, {"name": "al", "also": ["bo"] * 50}],
)  # fmt: skip
def test_what_names_nobody(wish: dict[str, Any]) -> None:
    with pytest.raises(EntryRefused) as refused:
        erasure.names_of(wish)
    assert refused.value.status == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_who_sees_everything_erases_and_that_is_on_record(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    audit.add(view.database, Audited(1, "zoe", "", "x", "", "allowed"))
    secret = token(view, "admin", None)
    async with guests(view, tmp_path) as served, served.client(secret) as client:
        taken = await client.post("/api/v1/people/erase", json={"name": "shop"})
        assert (taken.status_code, "could not be told apart" in taken.text) == (409, True)
        done = await client.post("/api/v1/people/erase", json={"name": "zoe", "also": ["zoe@example.com"]})
        assert (done.status_code, done.json()["rows"]) == (200, {"audit": 1})
    (line,) = [one for one in view.audit if one.action == "person.erase" and one.outcome == "allowed"]
    assert line.subject == done.json()["pseudonym"]
    assert not [one for one in view.audit if "zoe" in str(one)]


async def test_who_sees_one_organization_may_not(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    secret = token(view, "admin", ("acme",))
    async with guests(view, tmp_path) as served, served.client(secret) as client:
        assert (await client.post("/api/v1/people/erase", json={"name": "zoe"})).status_code == 403
