"""Which version of slawatch made a report, and what it could not know yet."""

from itertools import pairwise

import pytest

from slawatch import __version__
from slawatch.report import versions
from slawatch.report.versions import lacks, older, parse

IN_ORDER = [
    "0.0.9",
    "0.1.dev1",
    "0.1.0a1",
    "0.1.0rc1.dev2",
    "0.1.0rc1",
    "0.1.0rc2",
    "0.1.0",
    "0.1.1",
    "0.10",
    "1.0",
]


def test_versions_are_in_the_order_in_which_they_came() -> None:
    assert sorted(set(IN_ORDER), key=parse) == IN_ORDER
    assert all(older(one, later) for one, later in pairwise(IN_ORDER))
    assert not older("0.1", "0.1.0")
    assert not older("0.1.0", "0.1")
    parse(__version__)


@pytest.mark.parametrize(
    "text", ["", "1", "v1.0", "1.0 ", "1.0+x", "1.0.0.0.0", "-1.0", "1.0\n", "١.٠", "1.9999999999"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"like 0\.1\.0"):
        parse(text)


def test_a_report_lacks_what_a_later_version_added(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lacks("0.0.1", "trend.csv")
    monkeypatch.setattr(versions, "ADDED", {"trend.csv": "0.2.0"})
    assert lacks("0.1.0", "trend.csv")
    assert not lacks("0.2.0", "trend.csv")
    assert not lacks("0.1.0", "ledger.csv")


def test_nothing_is_said_to_have_been_added_by_a_version_that_is_still_to_come() -> None:
    assert not [what for what, since in versions.ADDED.items() if older(__version__, since)]
