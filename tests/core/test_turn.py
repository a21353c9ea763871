"""One turn: nothing changes but by an event."""

from tests.core.alert_play import Desk, alert_of

from slawatch.core.dispatch import Fired, Tick, steps
from slawatch.core.turn import State, Turn, World, fold, read_event, write_event


def test_what_changes_nothing_leaves_no_event_and_the_same_state():
    desk = Desk().do(Fired(alert_of()))
    state, events = steps(desk.state, [Tick()], desk.now, desk.world())
    assert state is desk.state
    assert events == ()


def test_a_turn_leaves_the_state_before_as_it_was():
    desk = Desk().do(Fired(alert_of()))
    before = (dict(desk.state.incidents), dict(desk.state.rows), dict(desk.state.alerts))
    old = desk.state
    desk.at(301)
    assert (dict(old.incidents), dict(old.rows), dict(old.alerts)) == before
    assert desk.state != old


def test_the_fold_goes_on_from_any_state():
    desk = Desk().do(Fired(alert_of()))
    middle, seen = desk.state, len(desk.events)
    desk.at(1000)
    assert fold(desk.events[seen:], middle) == desk.state
    assert [read_event(write_event(event)) for event in desk.events] == desk.events


def test_who_did_it_is_in_the_event():
    turn = Turn(State(), 5, World())
    turn.by, turn.origin = "ann", "web"
    turn.record("x", "state", "words", epoch=3)
    (event,) = turn.events
    assert (event.at, event.by, event.origin, event.changes) == (5, "ann", "web", (("epoch", 3),))
    assert turn.state().epoch == 3


def test_a_thousand_services_at_once():
    desk = Desk(("person:ann",))
    desk.give(*(Fired(alert_of(f"c{i}", service=f"s{i}")) for i in range(1000)))
    desk.give(Tick())
    assert len(desk.state.incidents) == len(desk.state.rows) == 1000
