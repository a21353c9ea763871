"""Tokens as they are wished for and found."""

from dataclasses import replace

import pytest
from tests.web.conftest import NOW, View

from slawatch.answers import access
from slawatch.answers.wish import EntryRefused
from slawatch.core.access import Principal
from slawatch.core.credential import TOKENS_LAST, Token

ADMIN = Principal(name="a", kind="token", role="admin")


def test_what_nobody_says_is_careful(view: View) -> None:
    found = access.wanted({"name": " ci "}, view.config, ADMIN, NOW)
    assert found == ("ci", "viewer", None, NOW + TOKENS_LAST)


def test_a_token_cannot_do_more_than_who_makes_it(view: View) -> None:
    operator = replace(ADMIN, role="operator")
    with pytest.raises(EntryRefused) as caught:
        access.wanted({"name": "x", "role": "admin"}, view.config, operator, NOW)
    assert caught.value.status == 403
    assert access.wanted({"name": "x", "role": "operator"}, view.config, operator, NOW).role == "operator"


def test_a_token_is_not_called_as_if_it_were_somebody_else(view: View) -> None:
    with pytest.raises(EntryRefused, match="without"):
        access.wanted({"name": "person:alice"}, view.config, ADMIN, NOW)


def test_a_name_means_the_token_that_holds() -> None:
    old, new, other = (
        Token(id=f"t-{n}", name=name, hash="", role="viewer", organizations=None, created_at=n, created_by="")
        for n, name in ((1, "ci"), (2, "ci"), (3, "t-1"))
    )
    old = replace(old, revoked_at=1)
    assert access.find([old, new, other], "ci") == new
    assert access.find([new, old, other], "ci") == new
    assert access.find([old, other], "ci") == old
    assert access.find([old, new, other], "t-1") == old
    with pytest.raises(EntryRefused):
        access.find([old], "nope")
