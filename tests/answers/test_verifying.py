"""Verifying reports in the store: itself, the list, and the chain around it."""

from typing import Any

import pytest
from tests.web.conftest import View
from tests.web.freezes import frozen, restated, two_agreements

from slawatch.answers import verifying
from slawatch.answers.wish import EntryRefused


def result(view: View, number: int) -> dict[str, Any]:
    with view.database.reading() as cursor:
        material = verifying.material(cursor, number)
    return verifying.verified(material, view.config)


def change(view: View, **columns: Any) -> None:
    """Change report 2 behind slawatch's back."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    with view.database.reading() as cursor:
        cursor.execute(f"UPDATE frozen_report SET {sets} WHERE number = 2", list(columns.values()))


def test_a_restatement_is_verified_with_what_it_replaces(view: View) -> None:
    frozen(view.database, view.config)
    restated(view.database, view.config, 1, "as agreed")
    for number in (1, 2):
        found = result(view, number)
        assert found["ok"], found
        assert not any("not given" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("columns", "where"),
    [
        ({"organization": "other"}, "organization"),
        ({"agreement": "silver"}, "agreement"),
        ({"frozen_at": 5}, "frozen_at"),
        ({"restates": None}, "restates"),
        ({"previous": ""}, "report 2"),
        ({"place": 3}, "report 2"),
        ({"manifest_sha256": "0" * 64}, "report 2"),
    ],
)
def test_the_list_cannot_say_otherwise(view: View, columns: dict[str, Any], where: str) -> None:
    frozen(view.database, view.config)
    restated(view.database, view.config, 1, "as agreed")
    change(view, **columns)
    found = result(view, 2)
    assert not found["ok"]
    assert where in {one["where"] for one in found["findings"]}


def test_another_key_than_the_present_one_is_noted(view: View) -> None:
    frozen(view.database, view.config)
    view.config = two_agreements(view.config.path.parent, f'[reports]\nsigning_key = "{"0f" * 32}"\n')
    found = result(view, 1)
    assert found["ok"]
    assert any("another key" in note for note in found["notes"])


def test_a_report_that_there_is_not(view: View) -> None:
    with pytest.raises(EntryRefused, match="no frozen report 7"):
        result(view, 7)
