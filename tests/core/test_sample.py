"""The numbers that are stored never change: a database of last year must mean the same next year."""

import marshal

from slawatch.core.sample import Cause, Outcome, Sample


def test_the_stored_numbers_of_outcomes() -> None:
    assert {o.name: int(o) for o in Outcome} == {"UP": 0, "DEGRADED": 1, "DOWN": 2, "UNKNOWN": 3}
    assert [o.word for o in Outcome] == ["up", "degraded", "down", "unknown"]


def test_the_stored_numbers_of_causes() -> None:
    names = (
        "NONE NAME CONNECT TIMEOUT TLS CERTIFICATE PROTOCOL STATUS CONTENT SLOW AUTH OVERDUE WAITING OURS BUG"
    )
    assert [cause.name for cause in Cause] == names.split()
    assert [int(cause) for cause in Cause] == list(range(15))


def test_a_sample_travels_as_a_plain_tuple() -> None:
    sample = Sample(1, 2, 3, 0, 0, None, 1, 2, None, 4, 5, 70, 0, "why", None, (("days", 3.0, "d"),))
    assert Sample._make(marshal.loads(marshal.dumps(tuple(sample)))) == sample
