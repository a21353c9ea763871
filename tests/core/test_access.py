"""Roles and what each may do: a table, and what follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.access import (
    ACTIONS,
    PUBLIC,
    ROLES,
    WHOLE,
    Grant,
    Principal,
    allowed,
    granted,
    rank,
    scope,
)

VIEWER = {"read", "own.read", "session.end"}


def test_a_viewer_reads_and_changes_nothing() -> None:
    assert {action for action in ACTIONS if allowed("viewer", action)} == VIEWER


def test_a_responder_deals_with_incidents_and_no_more() -> None:
    more = {action for action in ACTIONS if allowed("responder", action)} - VIEWER
    assert {action.partition(".")[0] for action in more} == {
        "incident", "silence", "override", "swap", "rehearsal",
    }  # fmt: skip


def test_tokens_the_log_and_erasure_are_for_admins() -> None:
    assert {action for action in ACTIONS if not allowed("operator", action)} == {
        "token.list", "token.create", "token.revoke", "audit.read", "person.erase", "target.probe",
        "config.check",
    }  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_more_may_all_that_others_may(action: str) -> None:
    assert [allowed(role, action) for role in ROLES] == sorted(allowed(role, action) for role in ROLES)
    assert allowed("admin", action)
    assert not allowed("guest", action)


def test_whole_names_actions() -> None:
    assert set(ACTIONS) >= WHOLE


@pytest.mark.parametrize("action", sorted(WHOLE))
def test_who_sees_some_organisations_touches_nothing_of_the_whole(action: str) -> None:
    one = Principal(name="a", kind="token", role="admin", organizations=frozenset({"acme"}))
    assert not one.may(action)
    assert Principal(name="a", kind="token", role="admin").may(action)


def test_what_is_public_is_for_all() -> None:
    assert Principal(name="a", kind="token", role="viewer", organizations=frozenset()).may(PUBLIC)


@given(st.frozensets(st.sampled_from("abc")), st.sampled_from([None, *"abcd"]))
def test_only_ones_own_is_seen(mine: frozenset[str], found: str | None) -> None:
    who = Principal(name="x", kind="token", role="viewer", organizations=mine)
    assert who.sees(found) == (found in mine)
    assert Principal(name="x", kind="token", role="viewer").sees(found)


def test_what_a_person_does_is_signed_with_their_key() -> None:
    assert Principal(name="al", kind="password", role="viewer", person="alice").by == "person:alice"
    assert Principal(name="al", kind="password", role="viewer").by == "al"


def test_all_is_no_organisation_of_that_name() -> None:
    assert scope("all") is None
    assert scope(["all"]) == frozenset({"all"})


ROLE = st.sampled_from(ROLES)
GRANTS = st.lists(
    st.builds(
        Grant,
        group=st.sampled_from(["*", "sre", "dev"]),
        role=ROLE,
        organizations=st.one_of(st.just("all"), st.lists(st.sampled_from("ab"), min_size=1).map(tuple)),
    ),
    max_size=5,
)


@given(GRANTS, st.lists(st.sampled_from(["sre", "dev", "other"])))
def test_groups_give_the_highest_role_and_the_organisations_of_that_role_alone(
    grants: list[Grant], groups: list[str]
) -> None:
    found = granted(grants, groups)
    mine = [one for one in grants if one.group in {*groups, "*"}]
    if not mine:
        assert found is None
        return
    assert found is not None
    assert rank(found.role) == max(rank(one.role) for one in mine)
    same = [one for one in mine if one.role == found.role]
    if any(one.organizations == "all" for one in same):
        assert found.organizations == "all"
    else:
        assert set(found.organizations) == {name for one in same for name in one.organizations}
