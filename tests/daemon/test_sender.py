import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import trio
import trio.testing
from tests.daemon.post_office import (
    ERROR,
    FORBIDDEN,
    GONE,
    LOST,
    OK,
    REFUSED,
    Office,
    Provider,
    alert,
    channel,
    config_of,
    load,
    person,
    throttled,
)

from slawatch.core.bucket import Limit
from slawatch.core.dispatch import ChannelDown, ChannelUp, Fired, Retried, Tick
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage


@asynccontextmanager
async def opened(config: Any, **more: Any) -> AsyncIterator[Office]:
    async with trio.open_nursery() as nursery:
        office = await Office(config, **more).open(nursery)
        yield office
        nursery.cancel_scope.cancel()


def kinds(provider: Provider) -> list[str]:
    return [str(message.kind) for message in provider.taken]


@pytest.fixture
def chat() -> Provider:
    return Provider()


@pytest.fixture
def mail() -> Provider:
    return Provider()


async def test_who_is_told_of_an_outage_is_told_of_its_end(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("shop")
        await trio.sleep(30)
        office.end("shop")
        await trio.sleep(30)
        assert kinds(chat) == ["trigger", "resolve"]
        assert [row.stage for row in office.rows()] == [Stage.SENT, Stage.SENT]
        assert [one.verdict for one in office.attempts] == ["ok", "ok"]
        assert [(one.key, one.place) for one in office.attempts] == [(row.key, 1) for row in office.rows()]


async def test_the_first_attempt_is_made_at_once(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        begun = trio.current_time()
        office.fire("shop")
        await trio.sleep(1)
        assert chat.got[0].at - begun < 0.001


async def test_each_attempt_at_a_message_has_the_same_key_and_says_its_number(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, number: OK if number == 3 else ERROR
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("shop")
        await trio.sleep(60)
        assert len({got.message.idempotency_key for got in chat.got}) == 1
        assert [got.sending.attempt for got in chat.got] == [1, 2, 3, 4]
        assert [one.place for one in office.attempts] == [1, 2, 3, 4]
        gaps = [later.at - got.at for got, later in zip(chat.got, chat.got[1:], strict=False)]
        assert gaps == pytest.approx([2.5, 7.5, 22.5], abs=0.01)


async def test_a_message_that_may_have_got_through_says_so(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, number: LOST if number == 0 else OK
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("shop")
        await trio.sleep(60)
        assert "possible duplicate" not in chat.got[0].message.details
        assert "possible duplicate" in chat.got[1].message.details
        assert [one.possible_duplicate for one in office.attempts] == [False, True]


async def test_five_failures_open_the_breaker_and_one_probe_at_a_time_tries_it(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda at, _number: OK if at > 600 else ERROR
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire(*(f"s{number}" for number in range(20)))
        await trio.sleep(10)
        assert office.news == [ChannelDown("chat")]
        assert office.sender.standing()["chat"].state == "open"
        tried = len(chat.got)
        assert tried <= 12, "five, and what was under way when the breaker opened"
        chat.most_under_way = 0
        await trio.sleep(290)
        assert chat.most_under_way == 1
        assert len(chat.got) - tried <= 5, "30 s, 60 s, 120 s, 240 s"
        await trio.sleep(600)
        assert office.news == [ChannelDown("chat"), ChannelUp("chat")]
        assert office.sender.standing()["chat"].state == "ok"
        assert len(office.rows(stage=Stage.SENT)) == 20


async def test_while_a_provider_asks_to_wait_nothing_is_sent_to_it_and_nothing_is_an_attempt(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, number: throttled(120) if number == 0 else OK
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        begun = trio.current_time()
        office.fire("a")
        await trio.sleep(1)
        office.fire("b")
        await trio.sleep(100)
        assert len(chat.got) == 1
        await trio.sleep(60)
        assert sorted(message.service for message in chat.taken) == ["a", "b"]
        assert all(got.at - begun >= 120 for got in chat.got[1:])
        assert [row.attempt for row in office.rows()] == [1, 1]
        assert not office.news


async def test_a_provider_that_throttles_without_end_is_asked_ever_less_often(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, _number: throttled()
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("a")
        await trio.sleep(1800)
        assert len(chat.got) < 20
        chat.behaves = lambda _at, _number: throttled(0)
        before = len(chat.got)
        await trio.sleep(600)
        assert len(chat.got) - before <= 600, "a second between two attempts at least"
        assert office.rows()[0].attempt == 0


async def test_a_misconfigured_channel_is_left_alone_until_its_config_changes(
    autojump_clock: trio.testing.MockClock, chat: Provider, mail: Provider
) -> None:
    chat.behaves = lambda _at, _number: FORBIDDEN
    who = person("ann", "chat", ("mail", 30 * MINUTE))
    channels = [channel("chat", provider=chat), channel("mail", "email", provider=mail)]
    config = config_of(channels, [who], ("person:ann",))
    async with opened(config) as office:
        office.fire("a")
        await trio.sleep(5)
        assert len(chat.got) == 1
        assert [str(message.kind) for message in mail.taken] == ["trigger"], "the next contact, at once"
        office.fire("b")
        await trio.sleep(5)
        assert len(chat.got) == 1
        assert [message.service for message in mail.taken] == ["a", "b"]
        standing = office.sender.standing()["chat"]
        assert (standing.state, standing.why, standing.queued, standing.dead) == (
            "misconfigured", "403 Forbidden", 1, 1,
        )  # fmt: skip
        office.reload(config)
        await trio.sleep(5)
        assert len(chat.got) == 1, "the same config changes nothing"
        chat.behaves = lambda _at, _number: OK
        office.reload(
            replace(config, channels={**config.channels, "chat": channel("chat", provider=chat, version=2)})
        )
        await trio.sleep(5)
        assert [message.service for message in chat.taken] == ["b"]
        assert office.news == [ChannelDown("chat"), ChannelUp("chat")]
        assert office.sender.standing()["chat"].state == "ok"


async def test_a_message_that_somebody_sends_again_goes_through_a_broken_channel(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, number: GONE if number < 2 else OK
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("a")
        await trio.sleep(5)
        (row,) = office.rows(stage=Stage.DEAD)
        assert office.sender.standing()["chat"].state == "disabled"
        office.give(Retried(row.key, HOUR))
        await trio.sleep(5)
        assert len(chat.got) == 2
        assert office.sender.standing()["chat"].state == "disabled"
        office.give(Retried(row.key, HOUR))
        await trio.sleep(5)
        assert kinds(chat) == ["trigger"]
        assert office.sender.standing()["chat"].state == "ok"
        assert office.news == [ChannelDown("chat"), ChannelUp("chat")]


async def test_a_fault_in_a_notifier_is_logged_without_secrets_and_tried_again(
    autojump_clock: trio.testing.MockClock, chat: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    chat.behaves = lambda _at, number: ValueError("a bug") if number == 0 else OK
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        with caplog.at_level(logging.ERROR, "slawatch.sender"):
            office.fire("a")
            await trio.sleep(60)
        assert "ValueError: a bug" in caplog.text
        assert "Traceback" in caplog.text
        assert kinds(chat) == ["trigger"]
        assert [one.verdict for one in office.attempts] == ["retry", "ok"]
        assert office.sender.standing()["chat"].state == "ok"


async def test_a_notifier_that_keeps_no_time_limit_is_cut_off_before_its_lease_ends(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async def hang(*_: Any) -> Delivery:
        if not chat.got:
            chat.got.append(None)  # type: ignore[arg-type]
            with trio.CancelScope(deadline=trio.current_time() + 1000):
                await trio.sleep_forever()
        return OK

    chat.receive = hang  # type: ignore[method-assign, assignment]
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("a")
        await trio.sleep(25.5)
        assert [one.verdict for one in office.attempts] == ["retry"]
        (row,) = office.rows()
        assert row.possible_duplicate
        assert row.stage is Stage.RETRY_WAIT
        await trio.sleep(30)
        assert office.rows()[0].stage is Stage.SENT


async def test_a_slow_channel_delays_no_other(
    autojump_clock: trio.testing.MockClock, chat: Provider, mail: Provider
) -> None:
    chat.behaves = lambda _at, _number: 100.0
    channels = [channel("chat", provider=chat), channel("mail", "email", provider=mail)]
    async with opened(config_of(channels, (), ("channel:chat", "channel:mail"))) as office:
        for number in range(30):
            fired = trio.current_time()
            office.fire(f"s{number}")
            await trio.sleep(1)
            assert mail.got[-1].at - fired < 0.01
            assert mail.taken[-1].service == f"s{number}"
        assert chat.most_under_way <= 8


async def test_stopping_begins_nothing_and_leaves_the_leases_of_what_is_cut_off(
    autojump_clock: trio.testing.MockClock, chat: Provider, mail: Provider
) -> None:
    chat.behaves, mail.behaves = (lambda _at, _number: 3.0), (lambda _at, _number: 12.0)
    channels = [channel("chat", provider=chat), channel("mail", "email", provider=mail)]
    async with opened(config_of(channels, (), ("channel:chat", "channel:mail"))) as office:
        office.fire("a")
        await trio.sleep(1)
        begun = trio.current_time()
        with trio.move_on_after(0.5):
            await office.sender.stop(5)
        office.fire("b")
        await office.sender.stop(4.5)
        assert trio.current_time() - begun == pytest.approx(5, abs=0.01)
        await trio.sleep(1)
        assert [message.service for message in chat.taken] == ["a"]
        assert not mail.taken
        by_channel = {row.channel: row.stage for row in office.rows(incident=1)}
        assert by_channel == {"chat": Stage.SENT, "mail": Stage.SENDING}
        assert {row.stage for row in office.rows(incident=2)} == {Stage.QUEUED}
        assert len(chat.got) + len(mail.got) == 2


async def test_a_storm_becomes_a_digest_within_the_bucket_of_each_recipient(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    limit = Limit(10, MINUTE)
    async with opened(config_of([channel("mail", "email", limit, provider=mail)])) as office:
        office.fire(*(f"s{number}" for number in range(40)))
        await trio.sleep(5)
        assert len(mail.taken) == 10
        assert sorted(kinds(mail)) == ["digest"] + ["trigger"] * 9
        (digest,) = (message for message in mail.taken if message.entries)
        assert digest.title == "31 incidents open"
        assert len(digest.entries) == 31
        office.end(*(f"s{number}" for number in range(40)))
        await trio.sleep(120)
        over = mail.taken[10:]
        assert len(over) <= 10
        assert sum(max(1, len(message.entries)) for message in over) == 40
        assert any(message.title == f"{len(message.entries)} incidents resolved" for message in over)
        assert all(row.stage is Stage.SENT for row in office.rows())
        times = [got.at for got in mail.got]
        assert all(times[n + 10] - times[n] >= 60 for n in range(len(times) - 10))


async def test_a_digest_is_tried_again_as_it_was(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    mail.behaves = lambda _at, number: LOST if number == 0 else OK
    async with opened(config_of([channel("mail", "email", Limit(1, 10 * SECOND), provider=mail)])) as office:
        office.fire("a", "b", "c")
        await trio.sleep(2)
        office.fire("d")
        await trio.sleep(60)
        keys = [got.message.idempotency_key for got in mail.got]
        assert keys[0] == keys[1]
        assert len(mail.got[1].message.entries) == 3
        assert "possible duplicate" in mail.got[1].message.details
        assert [message.service for message in mail.taken[1:]] == ["d"]
        assert {row.stage for row in office.rows()} == {Stage.SENT}


async def test_a_digest_says_what_is_true_when_it_is_sent(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    mail.behaves = lambda at, _number: OK if at > 40 else ERROR
    limit = Limit(1, 30 * SECOND)
    async with opened(config_of([channel("mail", "email", limit, provider=mail)])) as office:
        office.fire("a", "b")
        await trio.sleep(20)
        office.end("a")
        await trio.sleep(100)
        (digest,) = mail.taken
        assert digest.title == "b is down", "what is over before anybody was told is nobody's concern"
        assert office.rows(incident=1, kind="resolve") == []


async def test_addresses_that_have_a_message_are_left_out_of_its_next_attempt(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    half = Delivery(verdict=Verdict.RETRY, answer="b@x: later", reached=("a@x",), counts=True)
    mail.behaves = lambda _at, number: half if number == 0 else OK
    async with opened(config_of([channel("mail", "email", provider=mail)])) as office:
        office.fire("a")
        await trio.sleep(60)
        office.end("a")
        await trio.sleep(60)
        assert [set(got.sending.reached) for got in mail.got] == [set(), {"a@x"}, set()]


async def test_later_messages_know_the_first_one(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, number: replace(OK, provider_id=f"C1/{number}")
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("a")
        await trio.sleep(10)
        office.end("a")
        await trio.sleep(10)
        assert [got.sending.earlier for got in chat.got] == ["", "C1/0"]


async def test_a_digest_is_nothing_that_an_incident_may_change(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async with opened(config_of([channel("chat", "slack", Limit(1, SECOND), provider=chat)])) as office:
        office.fire("a", "b")
        await trio.sleep(10)
        assert kinds(chat) == ["digest"]
        assert {one.provider_id for one in office.attempts} == {"first"}
        office.end("a")
        await trio.sleep(10)
        assert kinds(chat) == ["digest", "resolve"]
        assert chat.got[1].sending.earlier == ""


async def test_nobody_else_gets_what_is_for_somebody_without_an_address(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    who = person("ann", "mail", email="")
    async with opened(config_of([channel("mail", "email", provider=mail)], [who], ("person:ann",))) as office:
        office.fire("a")
        await trio.sleep(10)
        assert not mail.got
        assert [row.why for row in office.rows()] == ["permanent"]
        assert "no address of ann" in office.attempts[0].answer


async def test_a_channel_that_a_reload_removes_is_used_no_more_and_a_new_one_is(
    autojump_clock: trio.testing.MockClock, chat: Provider, mail: Provider
) -> None:
    chat.behaves = lambda _at, _number: FORBIDDEN
    config = config_of([channel("chat", provider=chat)])
    async with opened(config) as office:
        office.fire("a")
        await trio.sleep(5)
        office.reload(config_of([channel("mail", "email", provider=mail)]))
        assert office.news == [ChannelDown("chat"), ChannelUp("chat")]
        office.fire("b")
        await trio.sleep(5)
        assert [message.service for message in mail.taken] == ["b"]
        assert list(office.sender.standing()) == ["mail"]
        assert mail.prepared == 1


async def test_what_was_sent_still_counts_after_a_reload(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    config = config_of([channel("mail", "email", Limit(1, MINUTE), provider=mail)])
    async with opened(config) as office:
        office.fire("a")
        await trio.sleep(5)
        office.reload(
            replace(
                config,
                channels={"mail": channel("mail", "email", Limit(1, MINUTE), provider=mail, version=2)},
            )
        )
        office.fire("b")
        await trio.sleep(50)
        assert len(mail.got) == 1
        await trio.sleep(10)
        assert len(mail.got) == 2


async def test_a_row_of_an_older_epoch_is_not_sent(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.step(Fired(alert("a")), Tick())
        (row,) = office.rows()
        chosen = office.sender.choose(office.state.rows.values(), office.clock.now())
        assert [bundle.rows for bundle in chosen] == [(row,)]
        office.sender.send(chosen, office.state)
        await trio.sleep(0.001)
        assert not chat.got, "nobody has claimed it"


async def test_what_there_is_no_place_for_any_more_is_put_back_and_no_attempt(
    autojump_clock: trio.testing.MockClock, mail: Provider
) -> None:
    async with opened(config_of([channel("mail", "email", Limit(1, MINUTE), provider=mail)])) as office:
        sender = office.sender
        office.fire("a")
        chosen = sender.choose
        sender.choose = lambda rows, now: [*chosen(rows, now)] * 2  # type: ignore[method-assign]
        await trio.sleep(0.5)
        assert len(mail.got) == 1
        assert len(office.attempts) == 1
        assert [answer.delivery.verdict for answer in office.answers] == [Verdict.THROTTLE, Verdict.OK]


async def test_a_wrong_address_speaks_against_nobody_else(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, _number: REFUSED
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire(*(f"s{number}" for number in range(10)))
        await trio.sleep(5)
        assert len(chat.got) == 10
        assert not office.news
        assert office.sender.standing()["chat"].dead == 10
        assert office.sender.standing()["chat"].state == "ok"


async def test_a_warning_is_shown_with_the_channel(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    chat.behaves = lambda _at, _number: replace(OK, warnings=("the template x cannot be used",))
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        office.fire("a")
        await trio.sleep(1)
        assert office.sender.standing()["chat"].warning == "the template x cannot be used"


async def test_a_fault_in_the_words_sends_fewer_words(
    autojump_clock: trio.testing.MockClock, chat: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: Any) -> str:
        raise RuntimeError("no link today")

    async with opened(config_of([channel("chat", provider=chat)]), acknowledge=fault) as office:
        office.fire("a")
        await trio.sleep(1)
        assert [message.title for message in chat.taken] == ["a is down"]
        assert "no link today" in caplog.text


async def test_what_is_given_before_it_runs_is_sent_when_it_does(
    autojump_clock: trio.testing.MockClock, chat: Provider
) -> None:
    async with trio.open_nursery() as nursery:
        office = Office(config_of([channel("chat", provider=chat)]))
        nursery.start_soon(office.run)
        office.fire("a")
        await trio.sleep(5)
        assert not chat.got
        nursery.start_soon(office.sender.run)
        await trio.sleep(1)
        assert kinds(chat) == ["trigger"]
        nursery.cancel_scope.cancel()


async def test_what_a_reload_took_the_channel_of_is_given_up(
    autojump_clock: trio.testing.MockClock, chat: Provider, mail: Provider
) -> None:
    async with opened(config_of([channel("chat", provider=chat)])) as office:
        sender, choose = office.sender, office.sender.choose
        gone = config_of([channel("mail", "email", provider=mail)])

        def amid(rows: Any, now: Any) -> Any:
            chosen = choose(rows, now)
            if chosen:
                sender.reload(gone)
            return chosen

        sender.choose = amid  # type: ignore[method-assign]
        office.fire("a")
        await trio.sleep(1)
        assert [row.stage for row in office.rows(channel="chat")] == [Stage.DEAD]
        assert not chat.got
        assert [answer.delivery.answer for answer in office.answers] == ["there is no such channel any more"]


async def test_a_channel_that_cannot_be_prepared_is_tried_all_the_same(
    autojump_clock: trio.testing.MockClock, chat: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(_options: Any) -> None:
        raise RuntimeError("no library")

    def loading(name: str) -> Any:
        return load(name)._replace(prepare=prepare)

    async with opened(config_of([channel("chat", provider=chat)]), load=loading) as office:
        office.fire("a")
        await trio.sleep(1)
        assert kinds(chat) == ["trigger"]
        assert caplog.text.count("RuntimeError: no library") == 1
