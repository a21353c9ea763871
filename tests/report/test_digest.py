"""The fingerprint of the evidence."""

import json
from dataclasses import replace

import pytest
from tests.report import cases

from slawatch.core.check import Quorum
from slawatch.core.instant import DAY
from slawatch.core.life import Unwatched
from slawatch.core.sample import Transition
from slawatch.report.digest import SCHEMA, canonical, digest

NOW = cases.OCTOBER.end + DAY


def text(**changes) -> bytes:
    given = {
        "agreement": cases.GOLD,
        "services": [cases.SHOP],
        "evidence": {"shop": cases.shop_in_october()},
        "maintenance": cases.WINDOWS,
        "unwatched": [Unwatched(1, 2, "x")],
        "period": cases.OCTOBER,
        "now": NOW,
    } | changes
    return canonical(*given.values())


def test_the_text_is_json_that_anybody_can_make_again() -> None:
    found = json.loads(text())
    assert found["schema"] == SCHEMA
    again = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert again == text()
    assert len(digest(text())) == 64


def test_order_says_nothing() -> None:
    evidence = cases.shop_in_october()
    turned = replace(evidence, checks=tuple(reversed(evidence.checks)))
    assert text() == text(evidence={"shop": turned}, maintenance=tuple(reversed(cases.WINDOWS)))


def test_what_comes_after_the_period_says_nothing() -> None:
    evidence = cases.shop_in_october()
    first, *rest = evidence.checks
    later = replace(
        first,
        held_until=NOW,
        transitions=(*first.transitions, Transition(cases.OCTOBER.end + 1, 2, cases.OCTOBER.end - 1)),
    )
    assert text() == text(evidence={"shop": replace(evidence, checks=(later, *rest))}, now=NOW + DAY)


def one_microsecond_off():
    evidence = cases.shop_in_october()
    first, *rest = evidence.checks
    last = first.transitions[-1]
    moved = replace(first, transitions=(*first.transitions[:-1], last._replace(at=last.at + 1)))
    return {"shop": replace(evidence, checks=(moved, *rest))}


@pytest.mark.parametrize(
    "change",
    [
        {"evidence": one_microsecond_off()},
        {"agreement": replace(cases.GOLD, degraded="down")},
        {"services": [replace(cases.SHOP, join="any")]},
        {"services": [replace(cases.SHOP, join=Quorum(1))]},
        {"maintenance": ()},
        {"unwatched": ()},
        {"now": cases.OCTOBER.end - 1},
    ],
)
def test_whatever_changes_a_figure_changes_the_fingerprint(change) -> None:
    assert digest(text(**change)) != digest(text())


def test_terms_at_their_default_leave_no_trace_and_others_do() -> None:
    def fingerprint(**terms: object) -> str:
        return cases.october(replace(cases.GOLD, **terms)).evidence_sha256  # type: ignore[arg-type]

    assert fingerprint(rounding="half_up", min_outage=0) == cases.october().evidence_sha256
    assert len({fingerprint(), fingerprint(rounding="down"), fingerprint(min_outage=1)}) == 3
