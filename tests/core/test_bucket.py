"""Buckets, against GoAlert's throttles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.bucket import Bucket, Limit, limits_of
from slawatch.core.instant import MINUTE, SECOND


def limits(case):
    return tuple(Limit(r["count"], r["per_min"] * MINUTE, r["smooth"]) for r in case["rules"])


def group(key):
    found = [c for c in cases("message_queue") if key in c]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda c: c["id"].split("/")[1])


@group("expect_next_min")
def test_next(case):
    sent = tuple(sorted(round(m * MINUTE) for m in case["sent_min"]))
    bucket = Bucket(limits(case), sent)
    for minute in case["expect_next_min"]:
        at = bucket.next(0 if bucket.sent == sent else bucket.sent[-1])
        assert at == minute * MINUTE
        bucket = bucket.took(at)


@group("expect_throttled")
def test_throttled(case):
    def at(text):
        hours, minutes, seconds = map(int, text.split(":"))
        return (hours * 3600 + minutes * 60 + seconds) * SECOND

    bucket = Bucket(limits(case), tuple(sorted(map(at, case["sent"]))))
    assert bucket.allows(at(case["now"])) is not case["expect_throttled"]


@group("send_at_min")
def test_known_good_sequence(case):
    bucket = Bucket(limits(case))
    for minute in case["send_at_min"]:
        at = round(minute * MINUTE)
        assert bucket.allows(at), minute
        bucket = bucket.took(at)


@group("expect_first_20_min")
def test_backlog(case):
    bucket, found = Bucket(limits(case)), []
    minute = 0
    while len(found) < 20:
        if bucket.allows(minute * MINUTE):
            bucket = bucket.took(minute * MINUTE)
            found.append(minute)
        minute += 1
    assert found == case["expect_first_20_min"]


def test_a_provider_that_asks_to_wait_closes_it():
    bucket = Bucket().close(30 * SECOND)
    assert not bucket.allows(29 * SECOND)
    assert bucket.next(0) == 30 * SECOND
    assert bucket.allowance(30 * SECOND) == 1


def test_limits_of_types():
    assert Bucket(limits_of("email")).allowance(0) == 10
    assert Bucket(limits_of("sms")).took(0).next(0) == MINUTE
    assert Bucket(limits_of("slack")).took(0).next(0) == SECOND


@given(
    st.lists(st.integers(1, 10), min_size=1, max_size=3),
    st.booleans(),
    st.lists(st.integers(0, 400), max_size=40),
)
def test_no_span_holds_more_than_allowed(counts, smooth, waits):
    rules = tuple(Limit(sum(counts[: i + 1]), (i + 1) * MINUTE, smooth) for i in range(len(counts)))
    bucket, now = Bucket(rules), 0
    for wait in waits:
        now = bucket.next(now + wait * SECOND // 10)
        assert bucket.allows(now)
        bucket = bucket.took(now)
        for limit in rules:
            assert sum(1 for at in bucket.sent if now - at < limit.per) <= limit.most
