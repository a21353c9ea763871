from dataclasses import dataclass

import pytest
from tests import fakes

from slawatch.checks._attempt import Attempt
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Measure, Observation, Outcome, Sample
from slawatch.core.text import Secret
from slawatch.daemon.sampling import LONGEST_TRANSCRIPT, row_of, target_of, without_secrets


@dataclass(frozen=True)
class Options:
    url: str = ""
    address: object = None
    auth: object = None


def sample(seen: Observation, *, lines: int = 1) -> Sample:
    attempt = Attempt("c", SECOND, None)  # type: ignore[arg-type]
    attempt.dns, attempt.connect = 10, 20
    for _ in range(lines):
        attempt.note("something " * 10)
    return Sample(*row_of(7, fakes.check(), 1, 2, 3, seen, attempt))


def test_a_good_sample_carries_no_words() -> None:
    found = sample(Observation(Outcome.UP, reason="fine", measures=(Measure("load", 0.5),)))
    assert found[:13] == (7, 1, 2, 0, 0, 3, 10, 20, None, None, None, 70 * SECOND, 0)
    assert (found.reason, found.transcript) == (None, None)
    assert found.measures == (("load", 0.5, ""),)


def test_another_one_says_why() -> None:
    found = sample(Observation(Outcome.DEGRADED, Cause.SLOW, "slow", latency=9))
    assert (found.latency, found.cause, found.reason) == (9, Cause.SLOW, "slow")
    assert found.transcript is not None


def test_a_transcript_is_cut() -> None:
    found = sample(Observation(Outcome.DOWN), lines=1_000)
    assert found.transcript is not None
    assert len(found.transcript) == LONGEST_TRANSCRIPT


def test_everything_marshals() -> None:
    import marshal

    marshal.dumps(
        tuple(sample(Observation(Outcome.DOWN, Cause.BUG, "x", measures=(Measure("a", 1.0, "s"),))))
    )


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (Options(url="https://shop.example:8443/health?x=1"), "shop.example:8443"),
        (Options(address="db.example:5432"), "db.example:5432"),
        (Options(), "c"),
    ],
)
def test_the_target_of_a_check(options: Options, target: str) -> None:
    check = fakes.check()
    object.__setattr__(check, "options", options)
    assert target_of(check) == target


def test_secrets_are_blotted_out_wherever_they_stand() -> None:
    options = Options(auth={"a": [Options(auth=Secret("hunter2"))], "b": Secret("")})
    assert without_secrets("GET /?k=hunter2 as bob", options) == "GET /?k=*** as bob"
