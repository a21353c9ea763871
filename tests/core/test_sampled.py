"""Which samples an agreement counts."""

from tests.core.agreements import JUNE, OVER, down, promise, window

from slawatch.core.adjustment import Added, Approved, fold
from slawatch.core.agreement import Clause, Group, Objective
from slawatch.core.calendar import Calendar, parse_hours
from slawatch.core.check import Service
from slawatch.core.evaluation import grounds_of
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.ledger import Interval, total
from slawatch.core.sampled import asks_for_samples, stretches
from slawatch.core.version import judging

EVIDENCE = {"shop": ServiceEvidence(service="shop", checks=(down((100, 130)),))}
OFFICE = Calendar(name="office", timezone="UTC", hours={0: (parse_hours("09:00-17:00"),)})


def found(agreement, *, now=OVER, service="shop", windows=(), adjustments=(), besides=()):
    parts = judging(agreement, JUNE)
    grounds = grounds_of(
        parts, [Service(name="shop")], EVIDENCE, now, calendars={"office": OFFICE}, maintenance=windows,
        adjustments=adjustments, besides=besides,
    )  # fmt: skip
    return stretches(service, agreement, parts, grounds)


def minutes(low, high):
    return Interval(JUNE.start + low * MINUTE, JUNE.start + high * MINUTE)


def test_all_of_the_period_so_far_is_one_stretch():
    assert found(promise("shop")) == (Interval(JUNE.start, JUNE.end),)
    assert found(promise("shop"), now=JUNE.start + DAY) == (Interval(JUNE.start, JUNE.start + DAY),)
    assert found(promise("shop"), now=JUNE.start) == ()
    later = promise("shop", effective_from="2026-06-11")
    assert found(later) == (Interval(JUNE.start + 10 * DAY, JUNE.end),)


def test_granted_work_is_left_out_and_late_work_is_not():
    windows = [window("shop", 10, 20), window("shop", 30, 40, told=-5)]
    assert found(promise("shop"), windows=windows)[0] == minutes(0, 10)
    assert total(found(promise("shop"), windows=windows)) == JUNE.length - 10 * MINUTE
    quota = promise("shop", maintenance=Clause(quota=4 * MINUTE))
    assert total(found(quota, windows=windows)) == JUNE.length - 4 * MINUTE
    assert found(promise("shop", maintenance="ignore"), windows=windows) == (Interval(JUNE.start, JUNE.end),)


def test_a_member_of_a_group_and_a_service_beside_it_have_their_own_work():
    grouped = promise("shop", "mail", groups={"both": Group(services=("shop", "mail"), join="any")})
    assert total(found(grouped, windows=[window("shop", 10, 20)])) == JUNE.length - 10 * MINUTE
    aside = [window("metrics", 10, 20)]
    assert total(found(promise("shop"), service="metrics", windows=aside, besides=("metrics",))) == (
        JUNE.length - 10 * MINUTE
    )


def test_only_the_service_hours_count_and_not_what_is_excused():
    office = found(promise("shop", calendar="office"))
    assert [(one.end - one.start) // HOUR for one in office] == [8] * 5
    (excused,) = fold([
        Added("1", JUNE.end, "alice", "shop", "excused", "their line", "", *minutes(100, 130), ""),
        Approved("1", JUNE.end, "bob", ""),
    ])  # fmt: skip
    assert total(found(promise("shop"), adjustments=[excused])) == JUNE.length - 30 * MINUTE
    assert total(found(promise("mail"), service="mail", adjustments=[excused])) == JUNE.length


def test_terms_that_ask_for_samples():
    def asks(metric, target):
        return asks_for_samples(promise("s", objectives=(Objective(id="a", metric=metric, target=target),)))

    assert [asks("latency_p95", "< 1s"), asks("error_rate", "< 1%"), asks("success_rate", "99")] == [True] * 3
    assert [asks("availability", "99"), asks("ratio", "99")] == [False] * 2
