"""What a verification says of itself."""

import json

import pytest
from tests.report import cases

from slawatch.report.difference import ABSENT, Difference
from slawatch.report.finding import ORDER, Finding, Kind, Verification, value, worst_first
from slawatch.report.timeline import Moment


def finding(kind: Kind, where: str = "report.json") -> Finding:
    return Finding(kind=kind, where=where, what="It differs.", stored="1", recomputed="2", advice="Ask.")


def test_the_worst_is_told_first() -> None:
    found = worst_first([finding("chain"), finding("file"), finding("figure"), finding("key")])
    assert [one.kind for one in found] == ["key", "figure", "file", "chain"]
    assert len(set(ORDER)) == len(ORDER)


def test_without_a_finding_it_is_as_it_should_be() -> None:
    assert Verification().ok
    assert "nobody changed it" in Verification().summary
    assert not Verification(findings=(finding("chain"),)).ok


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([finding("key")], "Somebody else than the one whom you trust"),
        ([finding("signature"), finding("file")], "it vouches for nothing"),
        ([finding("figure"), finding("file")], "The report was changed after it was signed; its evidence is"),
        ([finding("figure"), finding("file", "evidence.json")], "The evidence was changed after the report"),
        ([finding("file"), finding("file", "evidence.json")], "Both the report and its evidence"),
        ([finding("figure")], "it was signed like this"),
        ([finding("chain")], "do not follow one another"),
        ([finding("key"), finding("chain")], "Somebody else .* do not follow one another"),
    ],
)
def test_a_sentence_says_what_was_done(findings: list[Finding], said: str) -> None:
    import re

    assert re.search(said, Verification(number=1, findings=tuple(findings)).summary)


def test_what_has_no_manifest_is_no_report() -> None:
    assert "no frozen report" in Verification(findings=(finding("manifest", "manifest.json"),)).summary


def test_it_is_written_as_json() -> None:
    found = Verification(
        number=12,
        frozen_at=cases.OCTOBER.end,
        figures=3,
        differences=(Difference("services[shop].ledger.down", 1.5, ABSENT), Difference("a", 1, 2)),
        second=Moment("shop", cases.OCTOBER.start, "up", ""),
        findings=(finding("figure"),),
        notes=("Mind this.",),
    )
    shown = json.loads(json.dumps(value(found)))
    assert (shown["result"], shown["number"], shown["different_figures"]) == ("differs", 12, 2)
    assert shown["frozen_at"] == "2026-10-31T23:00:00Z"
    assert shown["first_figure"] == {"path": "services[shop].ledger.down", "stored": 1.5, "recomputed": None}
    assert shown["first_second"] == {
        "service": "shop",
        "at": "2026-09-30T22:00:00Z",
        "stored": "up",
        "recomputed": None,
    }
    assert shown["findings"][0]["advice"] == "Ask."
    assert value(Verification())["result"] == "match"


@pytest.mark.parametrize(
    ("kinds", "uncompared", "result"),
    [
        ([], (), "match"),
        ([], ("report.html",), "figures match"),
        (["version"], ("report.html",), "figures match"),
        (["newer"], (), "not verified"),
        (["version", "figure"], ("report.html",), "differs"),
        (["newer", "file"], (), "differs"),
        (["archive"], (), "differs"),
    ],
)
def test_the_result_is_never_better_than_what_was_found(
    kinds: list[Kind], uncompared: tuple[str, ...], result: str
) -> None:
    found = Verification(number=1, findings=tuple(map(finding, kinds)), uncompared=uncompared)
    assert found.result == value(found)["result"] == result
    assert value(found)["ok"] is found.ok is (not kinds)
    assert ("nobody changed it." in found.summary) is (result == "match")
