"""The report as a value."""

from dataclasses import FrozenInstanceError

import pytest
from tests.report import cases

from slawatch.core.ledger import LISTED
from slawatch.report.report import CLASSES


def test_the_classes_are_those_of_the_ledger_in_its_order() -> None:
    assert tuple(kind.value for kind in LISTED) == CLASSES


def test_a_report_does_not_change() -> None:
    report = cases.october()
    with pytest.raises(FrozenInstanceError):
        report.key = "other"  # type: ignore[misc]
