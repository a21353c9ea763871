"""The files of a report beside those that its evidence gives."""

import json

from tests.report import cases
from tests.report.packs import packed

from slawatch.report import inputs
from slawatch.report.comparing import Comparing
from slawatch.report.difference import figures
from slawatch.report.finding import Verification
from slawatch.report.pack import unpack

PACKED = packed()
REPORT = inputs.made(cases.contract_inputs())


def comparing(**changed: bytes) -> Comparing:
    files = {**unpack(PACKED.data).files, **{name.replace("__", "."): text for name, text in changed.items()}}
    return Comparing(files, PACKED.manifest, REPORT)


def test_every_value_and_cell_is_counted() -> None:
    found = comparing().compared(Verification())
    assert found.findings == ()
    assert found.figures == figures(json.loads(unpack(PACKED.data).files["report.json"])) > 790
    assert found.cells > 1000


def test_a_list_of_changes_that_cannot_be_read_is_told() -> None:
    found = comparing(changes__json=b"[1]").compared(Verification())
    assert "changes.json cannot be read" in found.findings[0].what


def test_a_list_of_changes_in_a_report_that_replaces_none_is_told() -> None:
    found = comparing(changes__json=b"[]\n").compared(Verification())
    assert [one.where for one in found.findings] == ["changes.json, line 1"]


def test_what_the_report_says_is_kept_for_those_that_compare_reports() -> None:
    one = comparing()
    one.compared(Verification())
    assert one.stated["agreement"] == "acme-gold"
    assert one.changes is None
