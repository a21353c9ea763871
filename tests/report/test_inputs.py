"""What a report is made of, written and read back."""

import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core import contracts
from tests.report import cases

from slawatch.config import preset
from slawatch.config.load import load
from slawatch.core.agreement import Group, Objective
from slawatch.core.check import Check, Maintenance, Organization, Quorum, Service
from slawatch.core.evidence import Counted, Latency, LatencyPoint, Reason
from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.life import life_event
from slawatch.core.ratio import Counts
from slawatch.core.status_page import StatusPage
from slawatch.core.trend import Reaction
from slawatch.report.inputs import Inputs, InputsUnreadable, made, needed, read, read_with_zones, write, zones

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

TWO = cases.two_services_inputs()


def taken(**terms: Any) -> Inputs:
    """The two services under other terms."""
    assert TWO.agreement is not None
    return replace(TWO, agreement=replace(TWO.agreement, **terms))


RATIO = Objective(id="orders", metric="ratio", target="99.9", check="shop-home", good="ok", total="all")
WORLDS = {
    "a group": taken(groups={"front": Group(services=("shop", "search"), join=Quorum(1))}),
    "all at once": taken(combine="all"),
    "weighted": taken(combine="weighted", weights={"shop": Decimal("0.7"), "search": Decimal("0.3")}),
    "quantised": taken(quantise="five_minutes", min_outage=90 * SECOND),
    "a ratio": replace(
        taken(objectives=(RATIO,)), counters={"orders": Counts(Fraction(99_950, 3), Fraction(100_000, 3))}
    ),
    "october": cases.october_inputs(),
    "october, no agreement": cases.october_inputs(None),
    "contract": cases.contract_inputs(),
    "contract, running": cases.contract_inputs(now=cases.at("2026-10-19T10:30:00")),
    "contract, one microsecond in": cases.contract_inputs(now=cases.OCTOBER.start + 1),
    "contract, prorated": cases.contract_inputs(on_change="prorated"),
    "two services": cases.two_services_inputs(),
    "many services": cases.many_inputs(4, "2026-Q1"),
    "no services": replace(cases.october_inputs(None), services=(), evidence={}),
    "other": replace(cases.october_inputs(None), key="other", organization_name="Services without any"),
}


@pytest.mark.parametrize("inputs", WORLDS.values(), ids=WORLDS)
def test_the_report_can_be_made_again_from_what_was_written(inputs: Inputs) -> None:
    text = write(inputs)
    again = read(text)
    assert again == needed(inputs)
    assert made(again) == made(inputs)
    assert write(again) == text


@pytest.mark.parametrize("name", preset.names())
def test_the_published_terms_of_every_provider_survive(name: str, tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text(
        '[slawatch]\ndata_dir = "x"\n[organizations.acme]\n'
        '[checks.shop-home]\nservice = "shop"\ntype = "tcp"\n'
        'address = "h:1"\n[agreements.a]\norganization = "acme"\nservices = ["shop"]\n'
        f'preset = "{name}"\nfee = {{ amount = "100.10", currency = "EUR" }}\n'
    )
    agreement = load(path, env={}).agreements["a"]
    inputs = replace(cases.october_inputs(agreement), reactions=())
    assert made(read(write(inputs))) == made(inputs)
    assert made(inputs).contract is not None


def contract_inputs(contract: Any) -> Inputs:
    """A generated contract with its world."""
    return Inputs(
        agreement=contracts.agreement(
            contract, objectives=(Objective(id="a", metric="availability", target="99"),)
        ),
        services=tuple(Service(name=name) for name in contract.samples),
        evidence={name: contracts.evidence(contract, name) for name in contract.samples},
        maintenance=tuple(contracts.windows(contract)),
        period=contracts.period(contract),
        now=contracts.instants(contract, contract.now),
        calendars={
            f"hours-{number}": contracts.calendar(f"hours-{number}", terms.hours)
            for number, terms in enumerate(contract.versions)
            if terms.hours
        },
        adjustments=contracts.adjustments(contract),
        reach=contracts.instants(contract, contract.gathered),
    )


@many
@given(contracts.contracts())
def test_any_contract_and_its_world_can_be_read_back(contract: Any) -> None:
    inputs = contract_inputs(contract)
    again = read(write(inputs))
    assert again == needed(inputs)
    assert made(again) == made(inputs)


micros = st.integers(0, 10**12)
latency = st.builds(
    Latency,
    quantiles=st.dictionaries(st.sampled_from(["p50", "p95", "p99.9"]), micros),
    count=micros,
    max=micros,
)
measured = st.fixed_dictionaries(
    {
        "latency": st.none() | latency,
        "reasons": st.lists(
            st.builds(Reason, st.just("shop-home"), st.just(cases.at("2026-10-07T14:04:00")), st.text()),
            max_size=2,
        ).map(tuple),
        "latency_series": st.lists(
            st.builds(LatencyPoint, st.just(cases.OCTOBER.start), micros, micros, micros, micros), max_size=2
        ).map(tuple),
        "outcomes": st.dictionaries(st.integers(0, 3), micros),
        "counted": st.none()
        | st.builds(
            Counted, outcomes=st.dictionaries(st.integers(0, 3), micros), latency=st.none() | latency
        ),
    }
)


@many
@given(
    measured,
    st.sampled_from(["all", "any", Quorum(2)]),
    st.text(),
    st.dictionaries(st.text(), st.builds(Counts, st.fractions(min_value=0), st.fractions(min_value=0))),
    st.lists(st.builds(Reaction, st.just("shop"), micros, st.none() | micros), max_size=2),
)
def test_whatever_was_measured_can_be_read_back(
    found: dict[str, Any], join: Any, words: str, counters: dict[str, Counts], reactions: list[Reaction]
) -> None:
    base = cases.contract_inputs()
    inputs = replace(
        base,
        evidence={"shop": replace(base.evidence["shop"], **found)},
        services=(replace(cases.SHOP, join=join, description=words),),
        organization=Organization(key="acme", name=words),
        counters=counters,
        reactions=tuple(reactions),
    )
    again = read(write(inputs))
    assert again == needed(inputs)
    assert write(again) == write(inputs)


def test_nothing_of_others_and_no_secret_is_written() -> None:
    base = cases.contract_inputs()
    strangers = {
        "maintenance": (
            *base.maintenance,
            Maintenance(services=("other-shop", "shop"), start=1, end=2, reason="both"),
            Maintenance(services=("other-shop",), start=1, end=2, reason="hushed"),
        ),
        "services": (
            replace(
                cases.SHOP,
                runbook="https://wiki.internal/shop",
                depends_on=(("mainframe",),),
                escalation="night",
            ),
        ),
        "checks": {
            "shop-home": Check(
                name="shop-home", service="shop", type="http", options={"password": "hunter2"}
            ),
            "elsewhere": Check(name="elsewhere", service="other-shop", type="icmp", options=None),
        },
        "adjustments": (
            *base.adjustments,
            replace(cases.EXCUSED, added=cases.EXCUSED.added._replace(id="adj-9", service="other-shop")),
        ),
        "calendars": {**base.calendars, "moonlight": replace(base.calendars["office"], name="moonlight")},
        "reactions": (*base.reactions, Reaction("other-shop", 1, 2)),
        "life": (*base.life, life_event(cases.OCTOBER.end + 1, "config", path="/etc/very/private.toml")),
        "organization": replace(cases.ACME, status_page=StatusPage(title="Painted blue")),
        "evidence": {**base.evidence, "other-shop": replace(base.evidence["shop"], service="other-shop")},
    }
    inputs = replace(base, **strangers)
    text = write(inputs).decode()
    for word in (
        "other-shop", "hushed", "wiki.internal", "mainframe", "night", "hunter2", "elsewhere", "icmp",
        "adj-9", "moonlight", "private.toml", "Painted",
    ):  # fmt: skip
        assert word not in text, word
    assert "both" in text
    assert made(read(text.encode())) == made(inputs)


def test_what_nobody_needs_changes_no_fingerprint() -> None:
    base = cases.october_inputs()
    shared = replace(base.maintenance[0], services=("shop", "other-shop"))
    inputs = replace(base, maintenance=(shared, *base.maintenance[1:]))
    assert made(inputs).evidence_sha256 == made(base).evidence_sha256 == made(needed(inputs)).evidence_sha256


def test_the_text_says_how_the_clocks_stood() -> None:
    found = read_with_zones(write(cases.contract_inputs()))[1]
    assert found == zones(cases.contract_inputs())
    summer, winter = found["Europe/Berlin"]
    assert (summer.offset, winter.offset) == (2 * HOUR, HOUR)
    assert winter.start == cases.at("2026-10-25T02:00:00") + HOUR


def plain() -> dict[str, Any]:
    return dict(json.loads(write(cases.contract_inputs())))


def without(found: dict[str, Any], *path: Any) -> None:
    for step in path[:-1]:
        found = found[step]
    del found[path[-1]]


def put(value: Any, *path: Any) -> Any:
    def change(found: dict[str, Any]) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


CHECK = ("evidence", "shop", "checks", 0)
ROWS = (*CHECK, "transitions")


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (put("slawatch.inputs/2", "schema"), "schema", "'slawatch.inputs/1' belongs here"),
        (lambda found: without(found, "period"), "period", "it is missing"),
        (lambda found: without(found, "evidence"), "evidence", "an object belongs here"),
        (put(3, "evidence", "shop"), "evidence.shop", "an object belongs here"),
        (put(None, *CHECK, "check"), "evidence.shop.checks[0].check", "a text belongs here"),
        (put({}, "evidence", "shop", "checks"), "evidence.shop.checks", "an array belongs here"),
        (put(1, *ROWS), "evidence.shop.checks[0].transitions", "an array belongs here"),
        (put([1, 2], *ROWS, 1), "evidence.shop.checks[0].transitions[1]", "belongs here, not [1, 2]"),
        (put([5, 0, None], *ROWS, 1), "evidence.shop.checks[0].transitions[1]", "later than the one before"),
        (put([cases.OCTOBER.start, 4, None], *ROWS, 1), "evidence.shop.checks[0].transitions[1]", "0 to 3"),
        (put(True, *ROWS, 1, 1), "evidence.shop.checks[0].transitions[1]", "0 to 3"),
        (put("perhaps", "agreement", "unknown"), "agreement.unknown", "exclude, down, up"),
        (put("99,9", "agreement", "cap"), "agreement.cap", "belongs here"),
        (put(1, "agreement", "versions", 0, "later_key"), "agreement.versions[0].later_key", "newer one"),
        (put("Europe/Berlln", "period", "timezone"), "zones", "is not a time zone"),
        (put(0, "period", "end"), "period", "must end after it starts"),
        (put(1 << 61, "period", "end"), "period", "within the years"),
        (put(1 << 61, "now"), "now", "beyond all calendars"),
        (put("shop2", "evidence", "shop", "service"), "evidence.shop", "that of 'shop2'"),
        (put("sunday", "calendars", "office", "hours"), "calendars.office.hours", "an object belongs here"),
    ],
)
def test_a_text_that_is_no_inputs_is_refused_with_the_place(change: Any, where: str, what: str) -> None:
    found = plain()
    change(found)
    with pytest.raises(InputsUnreadable) as caught:
        read(json.dumps(found).encode())
    assert caught.value.where == where
    assert what in caught.value.what


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_not_even_an_object_is_refused(text: bytes) -> None:
    with pytest.raises(InputsUnreadable):
        read(text)


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    below = [place for step, one in steps for place in places(one, (*path, step))]
    return [path, *below] if path else below


PLACES = places(plain())
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=4),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=3), below, max_size=2),
    max_leaves=3,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), junk)
def test_whatever_stands_anywhere_is_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    found = plain()
    put(value, *place)(found)
    with suppress(InputsUnreadable):
        assert isinstance(read(json.dumps(found).encode()), Inputs)


def test_a_stretch_before_and_after_the_period_is_kept() -> None:
    base = cases.october_inputs()
    inputs = replace(base, reach=cases.OCTOBER.end + DAY, now=cases.OCTOBER.end + 2 * DAY + 5 * SECOND)
    assert read(write(inputs)).reach == cases.OCTOBER.end + DAY
