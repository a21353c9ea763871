from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.daemon.post_office import (
    ERROR,
    FORBIDDEN,
    GONE,
    LOST,
    OK,
    REFUSED,
    RESET,
    channel,
    load,
    throttled,
)

from slawatch.config.model import Config, Web
from slawatch.core.bucket import Limit
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import LEASE, Row, Stage
from slawatch.core.retry import LONGEST_WAIT
from slawatch.daemon.channels import PLACES, Line, directory_of, fraction, time_for

NOBODY = "channel:c"


def line_of(kind: str = "slack", *limits: Limit) -> Line:
    return Line(channel("c", kind, *limits), load(kind), 0)


def tried(line: Line, delivery: Delivery | None, at: int, who: str = NOBODY) -> bool:
    if not line.begin(who, at):
        return False
    line.end(who, delivery, at, at)
    return True


def row(stage: Stage = Stage.QUEUED, attempt: int = 0, created: int = 0) -> Row:
    return Row(
        key=f"{stage}{attempt}{created}", incident=1, generation=1, kind="trigger", recipient=NOBODY,
        channel="c", created_at=created, not_before=0, expires_at=1, stage=stage, attempt=attempt,
    )  # fmt: skip


def test_so_many_messages_are_on_their_way_at_a_time() -> None:
    line = line_of()
    assert [line.begin(NOBODY, 0) for _ in range(PLACES + 1)] == [True] * PLACES + [False]
    line.end(NOBODY, OK, 0, 0)
    assert line.places(0) == 1


def test_the_bucket_of_one_recipient_holds_up_no_other() -> None:
    line = line_of("slack", Limit(1, MINUTE))
    assert tried(line, OK, 0, "person:a")
    assert not tried(line, OK, MINUTE - 1, "person:a")
    assert tried(line, OK, MINUTE - 1, "person:b")
    assert line.opens("person:a", 0) == MINUTE
    assert tried(line, OK, MINUTE, "person:a")
    line.forget_buckets(10 * MINUTE)
    assert line.opens("person:a", 10 * MINUTE) is None


def test_a_closed_bucket_is_not_forgotten() -> None:
    line = line_of()
    tried(line, throttled(600), 0)
    line.forget_buckets(500 * SECOND)
    assert not line.begin(NOBODY, 500 * SECOND)


@pytest.mark.parametrize("failure", [ERROR, LOST, RESET])
def test_five_failures_in_a_row_open_it(failure: Delivery) -> None:
    line = line_of()
    for number in range(4):
        assert tried(line, failure, number)
        assert line.state == "failing"
    tried(line, failure, 4)
    assert (line.state, line.down, line.since) == ("open", True, 4)
    assert line.opens(NOBODY, 4) == 30 * SECOND + 4
    assert not line.begin(NOBODY, 30 * SECOND + 3)
    assert line.begin(NOBODY, 30 * SECOND + 4)
    assert not line.begin(NOBODY, 30 * SECOND + 4), "one probe"
    assert line.opens(NOBODY, 30 * SECOND + 4) is None
    line.end(NOBODY, OK, 31 * SECOND, 31 * SECOND)
    assert (line.state, line.why, line.since) == ("ok", "", 31 * SECOND)


def test_a_probe_without_a_token_is_no_probe() -> None:
    line = line_of("slack", Limit(5, HOUR))
    for number in range(5):
        tried(line, ERROR, number)
    assert line.opens(NOBODY, 5) == HOUR
    assert not line.begin(NOBODY, MINUTE)
    assert line.begin("person:b", MINUTE), "the other's bucket has one"


def test_what_was_under_way_when_it_opened_does_not_prolong_the_rest() -> None:
    line = line_of()
    for _ in range(PLACES):
        line.begin(NOBODY, 0)
    for _ in range(PLACES):
        line.end(NOBODY, ERROR, 0, 0)
    assert line.opens(NOBODY, 0) == 30 * SECOND


def test_a_probe_that_is_cut_off_is_followed_by_another() -> None:
    line = line_of()
    for number in range(5):
        tried(line, ERROR, number)
    assert tried(line, None, MINUTE)
    assert line.begin(NOBODY, MINUTE)


def test_our_own_faults_say_nothing_about_the_provider() -> None:
    line = line_of()
    own = Delivery(verdict=Verdict.RETRY, answer="no file descriptors left")
    for number in range(20):
        tried(line, own, number)
    assert line.state == "ok"
    for number in range(5):
        tried(line, ERROR, number)
        tried(line, own, number)
    assert line.down


def test_a_probe_that_asks_nobody_finds_nothing_out() -> None:
    line = line_of()
    for number in range(5):
        tried(line, ERROR, number)
    tried(line, Delivery(verdict=Verdict.PERMANENT, answer="there is no address"), MINUTE)
    assert line.state == "open"
    assert tried(line, REFUSED, MINUTE), "any answer shows that the channel lives"
    assert not line.down


@pytest.mark.parametrize(("delivery", "word"), [(FORBIDDEN, "misconfigured"), (GONE, "disabled")])
def test_only_what_somebody_sends_again_goes_through_a_broken_line(delivery: Delivery, word: str) -> None:
    line = line_of()
    tried(line, delivery, 0)
    assert (line.state, line.down) == (word, True)
    assert not line.takes(row())
    assert not line.takes(row(Stage.RETRY_WAIT, 3))
    assert line.takes(row(Stage.QUEUED, 3))
    assert line.opens(NOBODY, 0) is None
    assert line.places(0) == 1
    tried(line, ERROR, 1)
    assert line.state == word
    tried(line, OK, 2)
    assert (line.state, line.takes(row())) == ("ok", True)


def test_a_refused_message_says_nothing_against_the_channel() -> None:
    line = line_of()
    tried(line, REFUSED, 0)
    assert (line.state, line.why) == ("ok", "400 Bad Request")
    assert line.standing([], 9).why == ""


def test_a_provider_that_says_for_how_long_is_left_alone_by_all() -> None:
    line = line_of()
    tried(line, throttled(100), 0, "person:a")
    assert not line.begin("person:b", 99 * SECOND)
    assert line.opens("person:b", 0) == 100 * SECOND
    assert line.begin("person:b", 100 * SECOND)
    assert line.state == "ok"


def test_one_that_does_not_say_is_left_alone_by_this_recipient() -> None:
    line = line_of()
    tried(line, throttled(), 0, "person:a")
    assert not line.begin("person:a", 4 * SECOND)
    assert line.begin("person:b", 4 * SECOND)
    assert line.begin("person:a", 5 * SECOND)


def test_nobody_can_ask_for_more_than_a_quarter_of_an_hour() -> None:
    line = line_of()
    tried(line, throttled(10**6), 0)
    assert line.opens(NOBODY, 0) == LONGEST_WAIT
    assert line.wait(throttled(10**6), 1, 0.5) == LONGEST_WAIT


@pytest.mark.parametrize("kind", ["slack", "webhook"])
def test_throttled_for_ever_a_message_is_never_given_up_and_asked_about_ever_less_often(kind: str) -> None:
    line, at = line_of(kind), 0
    waits = []
    for _ in range(15):
        assert tried(line, throttled(), at)
        waits.append(line.wait(throttled(), 1, 0.999999) or 0)
        at += LONGEST_WAIT
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(5 * SECOND, rel=0.01)
    assert waits[-1] == pytest.approx(300 * SECOND, rel=0.01)


@pytest.mark.parametrize("asked", [0, 0.2, 1])
def test_a_throttle_is_a_second_at_least(asked: float) -> None:
    line = line_of()
    tried(line, throttled(asked), 0)
    assert line.wait(throttled(asked), 1, 0.0) == SECOND
    assert not line.begin(NOBODY, SECOND - 1)


def test_pages_and_webhooks_have_their_own_waits() -> None:
    assert line_of("slack").wait(ERROR, 2, 0.5) == 7.5 * SECOND
    assert line_of("webhook").wait(ERROR, 2, 0.0) == 300 * SECOND
    assert line_of("webhook").wait(ERROR, 10, 0.0) is None
    assert line_of("slack").wait(REFUSED, 1, 0.5) is None


def test_a_channel_is_proved_by_a_message_that_went_through_or_by_another_config() -> None:
    line = line_of()
    assert not line.standing([], 0).proved
    tried(line, ERROR, 0)
    assert not line.standing([], 0).proved
    tried(line, OK, 1)
    tried(line, ERROR, 2)
    assert line.standing([], 2).proved
    assert line_of().changed(channel("c", "slack"), load("slack"), 3).standing([], 3).proved


def test_how_it_stands() -> None:
    line = line_of()
    rows = [
        row(created=9), row(Stage.RETRY_WAIT, created=7), row(Stage.SENDING, created=8), row(Stage.SENT),
        row(Stage.CANCELLED), row(Stage.DEAD), row(Stage.DEAD, 1),
    ]  # fmt: skip
    found = line.standing(rows, 9)
    assert (found.state, found.queued, found.dead, found.oldest, found.down) == ("ok", 3, 2, 7, False)
    tried(line, replace(ERROR, warnings=("broken template", "and more")), 5)
    found = line.standing([], 9)
    assert (found.state, found.why, found.since) == ("failing", "500 Internal Server Error", 5)
    assert found.warning == "broken template; and more"
    assert found.oldest is None
    tried(line, OK, 6)
    assert line.standing([], HOUR + 4).warning == "broken template; and more"
    assert line.standing([], HOUR + 5).warning == ""


def test_a_changed_config_begins_anew_but_what_was_sent_still_counts() -> None:
    line = line_of("slack", Limit(5, MINUTE))
    for number in range(5):
        tried(line, ERROR, number)
    changed = line.changed(channel("c", "slack", Limit(1, MINUTE)), load("slack"), 7)
    assert (changed.state, changed.since) == ("ok", 7)
    assert not changed.begin(NOBODY, 50 * SECOND)
    assert changed.begin(NOBODY, MINUTE + 4)


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from([OK, ERROR, LOST, throttled(20), throttled(), None]))
    )
)
def test_whatever_happens_places_come_back_and_what_opens_opens(steps: list[tuple[int, Any]]) -> None:
    line, at = line_of("slack", Limit(2, 30 * SECOND)), 0
    for seconds, delivery in steps:
        at += seconds * SECOND
        if line.places(at) and line.allowance(NOBODY, at):
            assert tried(line, delivery, at)
        else:
            opening = line.opens(NOBODY, at)
            assert opening is not None
            assert opening > at
            assert not line.begin(NOBODY, opening - 1)
            assert tried(line, delivery, opening)
            at = opening
        assert line.busy == 0


def test_fractions_are_random_and_less_than_one() -> None:
    found = {fraction() for _ in range(1000)}
    assert len(found) == 1000
    assert 0 <= min(found) < 0.1 < 0.9 < max(found) < 1


def test_links_lead_to_the_public_address() -> None:
    config = Config(path=Path("x"), data_dir=Path("/x"))
    assert directory_of(config).url == ""
    assert directory_of(config).acknowledge(1, 1, "person:ann") == ""
    public = replace(config, web=Web(public_url="https://b.example"))
    found = directory_of(public, acknowledge=lambda number, generation, who: f"{number}/{generation}/{who}")
    assert found.url == "https://b.example"
    assert found.acknowledge(1, 2, "person:ann") == "1/2/person:ann"


@pytest.mark.parametrize(("waited", "limit"), [(0, 25), (4, 25), (6, 23), (20, 9), (26, 5), (40, 5)])
def test_an_attempt_is_over_before_its_lease(waited: int, limit: int) -> None:
    claimed = replace(row(Stage.SENDING), lease_until=LEASE)
    assert time_for([claimed], waited * SECOND) == limit * SECOND
