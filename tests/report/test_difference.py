"""What differs between two reports, and how it is said."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases

from slawatch.report import json as report_json
from slawatch.report.difference import ABSENT, Difference, differences, figures, read, shown

REPORT: dict[str, Any] = report_json.value(cases.contract())


def changed(change: Any) -> list[Difference]:
    after = copy.deepcopy(REPORT)
    change(after)
    return list(differences(REPORT, after))


def test_a_report_does_not_differ_from_itself() -> None:
    assert differences(REPORT, json.loads(json.dumps(REPORT))) == ()


def test_a_figure_is_named_by_what_it_is_about() -> None:
    (found,) = changed(lambda report: report["services"][0]["ledger"].update(down=1.5))
    assert found.path == "services[shop].ledger.down"
    assert found.label == "shop, ledger, down"
    assert str(found) == f"shop, ledger, down: {REPORT['services'][0]['ledger']['down']} → 1.5"


def test_an_outage_more_is_one_difference() -> None:
    def add(report: dict[str, Any]) -> None:
        report["services"][0]["outages"].insert(
            0, {"id": "shop-x", "start": "2026-10-01T00:00:00Z", "seconds": 2.0}
        )

    (found,) = changed(add)
    assert (found.path, found.before) == ("services[shop].outages[shop-x]", ABSENT)
    assert str(found) == "shop, outage shop-x: new, id shop-x, start 2026-10-01T00:00:00Z, seconds 2.0"


def test_an_outage_less_is_one_difference() -> None:
    (found,) = changed(lambda report: report["services"][0]["outages"].pop(0))
    assert found.after is ABSENT
    assert str(found).startswith("shop, outage shop-20261007T120312.4Z: no longer there, before id ")


def test_another_order_is_a_difference() -> None:
    (found,) = changed(lambda report: report["services"][0]["outages"].reverse())
    assert found.path == "services[shop].outages[order]"


def test_sentences_are_counted_from_one() -> None:
    (found,) = changed(lambda report: report["notices"].append("And another thing."))
    assert found.label == f"notice {len(REPORT['notices']) + 1}"


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1.0, "1.0"), (None, 0), ("", None)])
def test_values_of_other_kinds_differ(before: Any, after: Any) -> None:
    assert differences({"a": before}, {"a": after}) == (Difference("a", before, after),)
    assert differences({"a": [before]}, {"a": [after]}) == (Difference("a[0]", before, after),)


def test_the_same_number_written_otherwise_is_no_difference() -> None:
    assert differences({"a": 60}, {"a": 60.0}) == ()


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "service", "a", "b"]), below, max_size=3)
    ),
    max_leaves=15,
)
objects = st.dictionaries(st.text(max_size=3), trees, max_size=3)


@given(objects, objects)
def test_there_is_a_difference_exactly_where_two_reports_differ(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (differences(one, other) == ()) is same


@given(objects, objects)
def test_differences_are_written_and_read(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = differences(one, other)
    assert read(json.loads(json.dumps([change.plain() for change in found]))) == found
    assert all(isinstance(str(change), str) for change in found)


@pytest.mark.parametrize("found", [None, {}, [1], [{}], [{"path": 1}], [{"path": "a", "other": 1}]])
def test_what_holds_no_differences_is_refused(found: Any) -> None:
    with pytest.raises(ValueError, match="belong"):
        read(found)


def test_values_are_counted() -> None:
    assert figures({"a": [1, 2, {"b": None}], "c": "x"}) == 4


def test_values_are_shown_for_people() -> None:
    assert [shown(one) for one in (ABSENT, None, True, 1.5, "x", [1, 2])] == [
        "nothing", "no value", "true", "1.5", "x", "[1, 2]",
    ]  # fmt: skip
    assert len(shown("x" * 1000)) == 300


def test_the_names_on_a_path() -> None:
    assert Difference("services[a.b].outages[x].start", 1, 2).names == ("services", "outages", "start")


def test_what_people_ask_for_first_is_told_from_the_rest() -> None:
    telling = [
        "objectives[availability].verdict",
        "credit.amount",
        "services[shop].ledger.down",
        "services[shop].outages[x]",
    ]
    rest = ["services[shop].availability.percent", "generated_at", "objectives[availability].budget.spent"]
    assert [Difference(path, 1, 2).telling for path in [*telling, *rest]] == [True] * 4 + [False] * 3
