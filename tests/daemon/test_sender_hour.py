"""An hour with a provider that is out of order, in virtual time: nothing is lost, and nobody else waits."""

from collections import Counter

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.daemon.post_office import (
    ERROR,
    LOST,
    OK,
    REFUSED,
    RESET,
    Behaviour,
    Office,
    Provider,
    channel,
    config_of,
    throttled,
)

from slawatch.core.bucket import Limit, limits_of
from slawatch.core.instant import SECOND
from slawatch.core.outbox import Stage
from slawatch.core.turn import fold

OUTAGE = 3600.0
ROUND = 1.0
"""Seconds: a second limit of one message is the slowest that the healthy channel has."""


def flaky(at: float, number: int) -> object:
    return (ERROR, throttled(30), 100.0, RESET, LOST, throttled())[number % 6]


SICKNESSES: dict[str, Behaviour] = {
    "500": lambda _at, _number: ERROR,
    "429 with Retry-After": lambda _at, _number: throttled(90),
    "429 without": lambda _at, _number: throttled(),
    "hangs": lambda _at, _number: 100.0,
    "resets": lambda _at, _number: RESET,
    "all of it": flaky,  # type: ignore[dict-item]
}


@pytest.mark.parametrize("sickness", SICKNESSES)
@pytest.mark.parametrize("kind", ["slack", "email", "sms", "pagerduty", "webhook"])
async def test_an_hour_out_of_order(autojump_clock: trio.testing.MockClock, sickness: str, kind: str) -> None:
    sick, well = Provider(), Provider()
    start = trio.current_time()
    until = start + OUTAGE
    sick.behaves = lambda at, number: SICKNESSES[sickness](at, number) if at < until else OK
    channels = [
        channel("sick", kind, *limits_of(kind), provider=sick),
        channel("well", "slack", Limit(1, SECOND), provider=well),
    ]
    config = config_of(channels, (), ("channel:sick", "channel:well"), repeat=0)
    async with trio.open_nursery() as nursery:
        office = await Office(config).open(nursery)
        fired: dict[str, float] = {}
        for minute in range(60):
            fired[f"s{minute}"] = trio.current_time()
            office.fire(f"s{minute}")
            if minute % 3 == 2:
                await trio.sleep(20)
                office.end(f"s{minute - 1}")
                await trio.sleep(40)
            else:
                await trio.sleep(60)
        await trio.sleep(26 * 3600 if kind == "webhook" else 3600)
        nursery.cancel_scope.cancel()

    opened = {incident.service for incident in office.state.incidents.values() if incident.open}
    assert len(opened) == 40
    told = {m.service for m in well.taken if m.kind == "trigger"}
    assert told == set(fired)
    for got in well.got:
        if got.message.kind == "trigger" and got.sending.attempt == 1:
            assert got.at - fired[got.message.service] <= ROUND
    rows = office.rows(channel="sick")
    assert not [row for row in rows if row.stage not in (Stage.SENT, Stage.CANCELLED)]
    believed = {
        incident.service
        for incident in office.state.incidents.values()
        for one in incident.told
        if one.channel == "sick" and one.open
    }
    assert believed == opened, "those who are told know what is true at the end"


async def test_every_channel_out_of_order_for_an_hour_is_told_what_is_true_after_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    providers = {name: Provider() for name in ("a", "b", "c")}
    until = trio.current_time() + OUTAGE
    for provider in providers.values():
        provider.behaves = lambda at, _number: ERROR if at < until else OK
    channels = [channel(name, "slack", Limit(1, SECOND), provider=p) for name, p in providers.items()]
    config = config_of(channels, (), ("channel:a", "channel:b", "channel:c"))
    async with trio.open_nursery() as nursery:
        office = await Office(config).open(nursery)
        office.fire(*(f"s{number}" for number in range(12)))
        await trio.sleep(1800)
        office.end(*(f"s{number}" for number in range(0, 12, 2)))
        await trio.sleep(1800 + 600)
        nursery.cancel_scope.cancel()
    for provider in providers.values():
        assert {str(message.kind) for message in provider.taken} <= {"trigger", "digest"}
        entries = [entry for message in provider.taken for entry in message.entries]
        single = [message.title for message in provider.taken if not message.entries]
        assert len(entries) + len(single) == 6
        assert all(entry.startswith("CRITICAL") for entry in entries)
    assert not [row for row in office.rows() if row.unsent]


ANSWERS = (OK, OK, ERROR, LOST, RESET, REFUSED, throttled(7), throttled(), 3.0, 20.0)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    script=st.lists(
        st.tuples(
            st.sampled_from(["fire", "end"]), st.integers(0, 5), st.sampled_from([0.0, 0.3, 2.0, 17.0, 70.0])
        ),
        max_size=25,
    ),
    answers=st.lists(st.integers(0, len(ANSWERS) - 1), min_size=1, max_size=20),
    limit=st.sampled_from([Limit(1, SECOND), Limit(2, 30 * SECOND), Limit(1000, SECOND)]),
    kind=st.sampled_from(["slack", "pagerduty", "email", "webhook"]),
)
def test_whatever_a_provider_says(
    script: list[tuple[str, int, float]], answers: list[int], limit: Limit, kind: str
) -> None:
    provider = Provider(lambda _at, number: ANSWERS[answers[number % len(answers)]])

    async def play() -> Office:
        async with trio.open_nursery() as nursery:
            office = await Office(config_of([channel("c", kind, limit, provider=provider)])).open(nursery)
            for what, which, pause in script:
                if what == "fire":
                    office.fire(f"s{which}")
                else:
                    office.end(f"s{which}")
                await trio.sleep(pause)
            provider.behaves = lambda _at, _number: OK
            await trio.sleep(26 * 3600 if kind == "webhook" else 3600)
            nursery.cancel_scope.cancel()
            return office

    office = trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))
    closed: set[tuple[str, int]] = set()
    for got in provider.got:
        about = (got.message.incident, got.message.reopen)
        if got.message.kind == "resolve":
            closed.add(about)
        elif got.message.kind == "trigger":
            assert about not in closed, "a trigger after its resolve"
    taken = Counter(message.idempotency_key for message in provider.taken)
    assert not [key for key, times in taken.items() if times > 1]
    times = [got.at for got in provider.got]
    span = limit.per / SECOND
    assert all(later - at >= span - 1e-6 for at, later in zip(times, times[limit.most :], strict=False)), (
        "the bucket"
    )
    assert not [row for row in office.rows() if row.unsent or row.stage is Stage.SENDING]
    assert provider.most_under_way <= 8
    flying = Counter[str]()
    for event in office.events:
        number = event.subject.split(":")[1] if event.subject.startswith("row:") else ""
        if event.kind == "row.sending":
            flying[number] += 1
            assert flying[number] == 1, "two of a lane in flight"
        elif event.kind in ("row.sent", "row.failed", "row.lease_ended"):
            flying[number] -= 1
    assert fold(office.events) == office.state
    for incident in office.state.incidents.values():
        rows = [row for row in office.rows(incident=incident.id) if row.stage is not Stage.CANCELLED]
        known = any(one.open for one in incident.told)
        dead = any(row.stage is Stage.DEAD for row in rows)
        assert dead or known == incident.open
