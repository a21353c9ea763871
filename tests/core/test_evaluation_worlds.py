"""The core and the naive second implementation agree on whole contracts."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from tests.core import brute_contract as bc
from tests.core import contracts

from slawatch.core.clause import REFUSALS

many = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(contracts.contracts())
def test_every_class_and_figure_is_what_counting_ticks_gives(contract):
    found = contracts.evaluated(contract)
    assert {subject.name for subject in found.subjects} == set(contract.samples)
    shares = {}
    for subject in found.subjects:
        expected = bc.classes(contract, subject.name)
        lengths = {kind: list(expected.values()).count(kind) for kind in set(expected.values())}
        ledger = {
            kind: contracts.in_ticks(contract, length)
            for kind, length in subject.adjusted.ledger.classes().items()
            if length
        }
        assert ledger == lengths
        shares[subject.name] = bc.share(contract, subject.name)
        assert subject.adjusted.availability.share == shares[subject.name]
        pieces = subject.adjusted.pieces
        assert (pieces[0].start, pieces[-1].end) == (found.period.start, found.period.end)
        assert all(one.end == other.start for one, other in pairwise(pieces))
    known = [share for share in shares.values() if share is not None]
    assert found.combined.share == min(known, default=None)


@many
@given(contracts.contracts())
def test_announced_work_is_granted_and_refused_tick_by_tick(contract):
    found = contracts.evaluated(contract)
    for subject in found.subjects:
        expected = list(bc.work(contract, subject.name).values())
        grant = subject.grants[subject.name]
        assert contracts.in_ticks(contract, grant.length()) == expected.count("granted")
        for reason in REFUSALS:
            assert contracts.in_ticks(contract, grant.length(reason)) == expected.count(reason)
        for listed in grant.listed:
            assert listed.end - listed.start == listed.granted + listed.counted + listed.outside_hours


@many
@given(contracts.contracts())
def test_without_adjustments_measured_and_adjusted_are_the_same(contract):
    plain = bc.whole_again(contract, excused={}, counted={})
    found = contracts.evaluated(contract)
    bare = contracts.evaluated(plain)
    for subject, other in zip(found.subjects, bare.subjects, strict=True):
        assert subject.measured.ledger == other.adjusted.ledger
        assert other.measured is other.adjusted
    assert found.measured.share == bare.combined.share
    assert bare.credit_measured is bare.credit
