"""What holds whatever happens: a rule-based machine drives the dispatcher, its senders and its clocks."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.core.alert_play import OK, START, Desk, Reason, alert_of

from slawatch.core.command import Ack, Assign, Escalate, Merge, Resolve, Snooze, Unack
from slawatch.core.dispatch import (
    Answered,
    ChannelDown,
    ChannelUp,
    Claimed,
    ClockStepped,
    Ended,
    Fired,
    FlappingEnded,
    FlappingStarted,
    Reloaded,
    Reported,
    SeverityChanged,
    Started,
    Tick,
    due,
)  # fmt: skip
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage, ready
from slawatch.core.telling import SUPPRESSIBLE
from slawatch.core.turn import Contact, State, fold, read_event, write_event

ALERTS = ("a", "b", "c")
CHANNELS = ("push", "sms", "mail", "pagerduty")
ANSWERS = {
    "retry": Delivery(verdict=Verdict.RETRY, counts=True),
    "lost": Delivery(verdict=Verdict.RETRY, possible_duplicate=True, counts=True),
    "dead": Delivery(verdict=Verdict.PERMANENT),
    "throttle": Delivery(verdict=Verdict.THROTTLE),
}
SUPPRESSIONS = (Reason("silence", "s"), Reason("maintenance", "m"), Reason("dependency", "c"))


class Dispatching(RuleBasedStateMachine):
    """Everything that can happen to three alerts of two services."""

    def __init__(self):
        super().__init__()
        self.desk = Desk(
            ("person:ann",), ("person:bob", "channel:pagerduty"), ("person:eve",), repeat=1,
            ack_timeout=30 * MINUTE, group_interval=MINUTE,
        )  # fmt: skip
        self.desk.people = {
            "person:ann": (Contact("push"), Contact("sms", 60 * SECOND), Contact("sms", 120 * SECOND)),
            "person:bob": (Contact("sms"), Contact("mail", 90 * SECOND)),
            "channel:pagerduty": (Contact("pagerduty", keeps_state=True),),
        }
        self.reached = []
        self.resolved = Counter()
        self.flying = {}

    def give(self, *inputs):
        before = self.desk.state
        self.desk.give(*inputs)
        after = self.desk.state
        for key, row in after.rows.items():
            if key not in before.rows:
                assert row.generation == after.incidents[row.incident].generation, (
                    "decided for a generation that is over"
                )
                if row.kind == "resolve" and not row.renewed:
                    self.resolved[row.incident, row.generation, row.recipient, row.channel] += 1
                    told = before.incidents[row.incident].told + after.incidents[row.incident].told
                    assert any(t.recipient == row.recipient for t in told), (
                        "resolved for somebody who was not told"
                    )

    @rule(alert=st.sampled_from(ALERTS), severity=st.sampled_from(["low", "high", "critical"]))
    def fire(self, alert, severity):
        self.give(Fired(alert_of(alert, severity, service="one" if alert == "a" else "two")))

    @rule(alert=st.sampled_from(ALERTS))
    def report(self, alert):
        self.give(Reported(alert))

    @rule(alert=st.sampled_from(ALERTS), removed=st.booleans())
    def end(self, alert, removed):
        self.give(Ended(alert, removed=removed))

    @rule(alert=st.sampled_from(ALERTS), severity=st.sampled_from(["low", "critical"]))
    def change_severity(self, alert, severity):
        self.give(SeverityChanged(alert, severity))

    @rule(alert=st.sampled_from(ALERTS), started=st.booleans())
    def flap(self, alert, started):
        self.give(FlappingStarted(alert) if started else FlappingEnded(alert))

    @precondition(lambda self: self.desk.state.incidents)
    @rule(data=st.data(), by=st.sampled_from(["person:ann", "person:eve"]))
    def command(self, data, by):
        numbers = sorted(self.desk.state.incidents)
        number = data.draw(st.sampled_from(numbers))
        self.give(
            data.draw(
                st.sampled_from([
                    Ack(by=by, incident=number), Unack(by=by, incident=number),
                    Escalate(by=by, incident=number),
                    Snooze(by=by, incident=number, length=10 * MINUTE), Resolve(by=by, incident=number),
                    Assign(by=by, incident=number, to="person:eve"),
                    Merge(by=by, incident=number, into=data.draw(st.sampled_from(numbers))),
                ])
            )
        )  # fmt: skip

    @rule(alert=st.sampled_from(("*", *ALERTS)), why=st.sampled_from(SUPPRESSIONS), on=st.booleans())
    def suppress(self, alert, why, on):
        if on:
            self.desk.reasons[alert] = (why,)
        else:
            self.desk.reasons.pop(alert, None)
        self.give(Tick())

    @rule(seconds=st.sampled_from([1, 30, 61, 299, 300, 1800, 3 * 3600]))
    def wait(self, seconds):
        """Let time pass; the sender is somebody else's rule."""
        target = self.desk.now + seconds * SECOND
        for _ in range(1000):
            first = due(self.desk.state, self.desk.world())
            if first is None or first > target:
                break
            self.desk.now = max(self.desk.now, first)
            before = self.desk.state
            self.give(Tick())
            assert self.desk.state is not before, "due, and nothing was done"
        self.desk.now = target

    @rule(by=st.sampled_from([-HOUR, -7 * SECOND, 7 * SECOND, HOUR]))
    def step_clock(self, by):
        first = due(self.desk.state, self.desk.world())
        self.desk.now += by
        self.give(ClockStepped(by))
        after = due(self.desk.state, self.desk.world())
        assert after == (None if first is None else first + by), "a step of the clock moved a duration"

    @rule()
    def restart(self):
        self.give(Started(self.desk.now))
        self.flying.clear()
        self.give(Tick())

    @rule()
    def reload(self):
        before = self.desk.state
        assert self.desk.give(Reloaded(frozenset(CHANNELS))) == ()
        assert self.desk.state is before

    @rule(channel=st.sampled_from(CHANNELS), down=st.booleans())
    def breaker(self, channel, down):
        self.give(ChannelDown(channel) if down else ChannelUp(channel))

    @rule()
    def claim(self):
        rows = ready(self.desk.state.rows.values(), self.desk.now)
        self.give(Claimed(tuple(row.key for row in rows)))
        for row in rows:
            now = self.desk.state.rows[row.key]
            if now.stage is Stage.SENDING:
                incident = self.desk.state.incidents[row.incident]
                closing = row.kind == "resolve" and row.keeps_state
                assert row.generation == incident.generation or closing, "sent for a generation that is over"
                acked = incident.state is Phase.ACKED and row.level >= 0
                assert not incident.suppressed or row.kind not in SUPPRESSIBLE or acked, (
                    "sent while suppressed"
                )
                self.flying[row.key] = self.desk.state.epoch

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), answer=st.sampled_from([None, "retry", "lost", "dead", "throttle"]))
    def answer(self, data, answer):
        key = data.draw(st.sampled_from(sorted(self.flying)))
        epoch = self.flying.pop(key)
        row = self.desk.state.rows[key]
        delivery = OK if answer is None else ANSWERS[answer]
        if delivery.ok and row.stage is Stage.SENDING:
            self.reached.append(row)
        self.give(Answered(key, delivery, epoch, 5 * SECOND))

    @invariant()
    def the_fold_of_the_events_is_the_state(self):
        stored = [read_event(write_event(event)) for event in self.desk.events]
        assert fold(stored) == self.desk.state or not stored
        assert stored == self.desk.events

    @invariant()
    def one_resolve_for_each_recipient(self):
        assert all(count == 1 for count in self.resolved.values())
        plain = Counter()
        for (incident, generation, recipient, channel), count in self.resolved.items():
            rows = [
                r for r in self.desk.state.rows.values()
                if (r.incident, r.generation, r.recipient, r.channel, r.kind)
                == (incident, generation, recipient, channel, "resolve")
                and not r.keeps_state and r.stage not in (Stage.DEAD, Stage.CANCELLED)
            ]  # fmt: skip
            plain[incident, generation, recipient] += len(rows) * count
        assert all(count <= 1 for count in plain.values()), "resolved twice"

    @invariant()
    def no_trigger_arrives_after_its_resolve(self):
        over = set()
        for row in self.reached:
            key = (row.incident, row.reopened, row.generation, row.recipient, row.channel)
            if row.kind == "resolve":
                over.add(key[:2] + key[3:])
            elif row.kind == "trigger" and row.keeps_state:
                assert key[:2] + key[3:] not in over

    @invariant()
    def one_message_of_a_lane_is_in_flight(self):
        lanes = [row.lane for row in self.desk.state.rows.values() if row.stage is Stage.SENDING]
        assert len(lanes) == len(set(lanes))

    @invariant()
    def a_timer_is_of_the_present_or_dead(self):
        for incident in self.desk.state.incidents.values():
            assert all(timer.generation <= incident.generation for timer in incident.timers)
            assert incident.open or not incident.live()

    def teardown(self):
        """When all suppression and all trouble is over, what was told last is what is."""
        self.desk.reasons.clear()
        self.desk.answers.clear()
        for channel in CHANNELS:
            self.desk.give(ChannelUp(channel))
        for key, epoch in self.flying.items():
            self.desk.give(Answered(key, OK, epoch))
        self.desk.now += 40 * SECOND
        for _ in range(3):
            self.desk.tick()
        self.desk.at((self.desk.now - START) / SECOND + 12).tick()
        for incident in self.desk.state.incidents.values():
            if incident.state in (Phase.RESOLVED, Phase.MERGED):
                for recipient, told in incident.knows().items():
                    tried = [
                        r for r in self.desk.state.rows.values()
                        if r.incident == incident.id and r.recipient == recipient and r.kind == "resolve"
                    ]  # fmt: skip
                    assert tried, (incident, told)
                    assert all(r.stage is Stage.DEAD for r in tried), (incident, told)
            elif incident.state is Phase.TRIGGERED:
                mine = [r for r in self.desk.state.rows.values() if r.incident == incident.id]
                alive = [
                    r
                    for r in mine
                    if r.kind in ("trigger", "reminder") and r.generation == incident.generation
                ]
                assert alive, f"nobody was told of incident {incident.id}"
                assert not incident.withheld, "withheld, and never told"


Dispatching.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestDispatching = Dispatching.TestCase


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from([-HOUR, -SECOND, SECOND, HOUR])), max_size=5),
    st.sampled_from([None, 100, 700]),
)
@settings(deadline=None)
def test_steps_of_the_clock_change_no_length(jumps, acked):
    def play(jumps):
        desk, shift = Desk(repeat=1, ack_timeout=10 * MINUTE), 0
        times = sorted(
            [*((t, by) for t, by in jumps), *([(acked, None)] if acked else []), (3000, 0)],
            key=lambda e: e[0],
        )
        desk.do(Fired(alert_of()))
        found = []
        for t, by in times:
            desk.at(t + shift // SECOND)
            if by is None:
                desk.do(Ack(by="person:ann", incident=1))
            elif by:
                shift += by
                desk.now += by
                found += [((at - START - shift + by), row.kind, row.recipient) for at, row in desk.received]
                desk.received.clear()
                desk.do(ClockStepped(by))
        return found + [((at - START - shift), row.kind, row.recipient) for at, row in desk.received]

    assert play(jumps) == play([])


@given(st.sampled_from([None, ANSWERS["retry"], ANSWERS["lost"], ANSWERS["throttle"]]), st.integers(0, 3))
@settings(deadline=None)
def test_a_dead_channel_delays_no_message_on_another(answer, repeat):
    def play(broken):
        desk = Desk(("person:ann", "channel:bad"), ("person:bob",), repeat=repeat)
        desk.people["channel:bad"] = (Contact("bad"),)
        if broken:
            desk.answers["bad"] = answer
        desk.do(Fired(alert_of()))
        desk.at(3000).do(Ended("shop"))
        return [entry for entry in desk.got() if "bad" not in entry[2]]

    assert play(broken=True) == play(broken=False)


def test_the_empty_fold_is_the_first_state():
    assert fold([]) == State()
