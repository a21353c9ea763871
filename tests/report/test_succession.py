"""Reports as links of the chain of their organisation."""

from dataclasses import replace
from typing import Any

import pytest
from tests.report import cases
from tests.report.packs import STRANGER, changed, packed, signed_anew

from slawatch.report.finding import Verification
from slawatch.report.inputs import Inputs
from slawatch.report.verify import verify

APPROVED = replace(
    cases.contract_inputs(),
    adjustments=(cases.EXCUSED, replace(cases.PROPOSED, state="approved", approvers=("bob",))),
)

ONE = packed(number=3, place=1)
TWO = packed(cases.october_inputs(), number=5, place=2, previous=ONE.manifest_sha256)
AGAIN = packed(
    APPROVED,
    number=6,
    place=3,
    previous=TWO.manifest_sha256,
    restates=3,
    reason="approved late",
    replaced=ONE.data,
)
CHAIN = [ONE.data, TWO.data, AGAIN.data]


def told(*packs: bytes) -> list[str]:
    return [one.what for found in verify(packs) for one in found.findings if one.kind == "chain"]


def notes(found: Verification) -> str:
    return " ".join(found.notes)


def test_reports_that_follow_one_another() -> None:
    assert all(found.ok for found in verify(CHAIN))
    assert all(found.ok for found in verify(CHAIN[::-1]))
    assert all(found.ok for found in verify([*CHAIN, ONE.data])), "the same one twice is no contradiction"


def test_what_was_replaced_says_by_which_and_why() -> None:
    first, _, last = verify(CHAIN)
    assert "Report 3 was replaced by report 6 on 2026-11-02T07:15:31Z: approved late" in notes(first)
    assert last.restates == 3


def test_what_was_not_given_was_not_verified() -> None:
    (found,) = verify([AGAIN.data])
    assert found.ok
    assert "the one before it was not given" in notes(found)
    assert "replaces report 3, which was not given" in notes(found)
    assert "not given" not in notes(verify([ONE.data])[0])


def other(inputs: Inputs | None = None, **given: Any) -> bytes:
    return packed(inputs, **{"number": 5, "place": 2, "previous": ONE.manifest_sha256} | given).data


@pytest.mark.parametrize(
    ("packs", "said"),
    [
        ([ONE.data, other(previous="0" * 64)], "follows on another report than the 3 that was given"),
        ([ONE.data, other(place=1, previous="")], "both claim place 1"),
        ([TWO.data, other()], "two different reports with the number 5"),
        (
            [ONE.data, other(place=3)],
            "names report 3 as the one before it, which is of another series or place",
        ),
        ([ONE.data, other(number=2)], "stand in another order in their series"),
        (
            [other(place=2, previous="")],
            "says that it stands at place 2 of its series, and names none before it",
        ),
        ([other(place=1)], "says that it stands at place 1 of its series, and names one before it"),
        ([TWO.data, other(number=9, restates=5, replaced=TWO.data, reason="x")], "both claim place 2"),
    ],
)
def test_reports_that_do_not(packs: list[bytes], said: str) -> None:
    assert any(said in one for one in told(*packs)), told(*packs)
    assert all(not found.ok for found in verify(packs) if any(said in one.what for one in found.findings))


def test_a_report_that_was_taken_out_leaves_a_gap_that_is_told() -> None:
    first, last = verify([ONE.data, AGAIN.data])
    assert first.ok
    assert "the one before it was not given" in notes(last)


def test_a_restatement_of_something_else() -> None:
    restated = other(cases.october_inputs(None), number=9, place=2, restates=3, reason="x", replaced=ONE.data)
    assert any("replaces report 3, which is about something else" in one for one in told(ONE.data, restated))


def test_a_restatement_that_hides_what_differs() -> None:
    hushed = signed_anew(changed(AGAIN.data, changes__json=b"[]\n"))
    assert any("does not say what differs between reports 3 and 6" in one for one in told(ONE.data, hushed))


def test_another_organisation_has_a_series_of_its_own() -> None:
    bare = cases.october_inputs(None)
    unowned = replace(bare, organization=None, key="other")
    assert all(found.ok for found in verify([ONE.data, packed(unowned, number=4, place=1).data]))


def test_the_same_name_at_another_provider_is_another_series() -> None:
    stranger = packed(cases.october_inputs(), signer=STRANGER, number=3, place=1).data
    assert all(found.ok for found in verify([ONE.data, stranger]))


def test_a_new_key_continues_the_series() -> None:
    renewed = packed(
        cases.october_inputs(), signer=STRANGER, number=5, place=2, previous=ONE.manifest_sha256
    ).data
    first, second = verify([ONE.data, renewed])
    assert first.ok
    assert second.ok
    assert "not given" not in notes(second)
