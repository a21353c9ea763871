"""What comes next is told as it will be: checked against what then comes."""

from dataclasses import replace

from tests.core.alert_play import START, desk, fire

from slawatch.core.alert import Reason
from slawatch.core.command import Ack, Resolve, Snooze
from slawatch.core.escalation import Level
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.turn import Contact
from slawatch.core.upcoming import NOBODY, nobody_to_tell, upcoming


def told(found):
    return [
        ((one.at - START) / SECOND, [who.removeprefix("person:") for who, _ in one.messages]) for one in found
    ]


def test_the_levels_to_come_are_those_that_then_come():
    made = desk().do(fire())
    foreseen = told(upcoming(made.state, 1, made.world(), made.now))
    assert foreseen[0] == (300, ["bob"])
    made.at(301)
    assert made.got()[-1] == (300, "trigger", "bob")
    assert told(upcoming(made.state, 1, made.world(), made.now))[0][0] == 600


def test_contact_rules_are_among_it():
    made = desk()
    made.people = {"person:ann": (Contact("push"), Contact("sms", 2 * MINUTE))}
    made.do(fire())
    found = upcoming(made.state, 1, made.world(), made.now)
    assert found[0].messages == (("person:ann", "sms"),)
    assert found[0].at == START + 2 * MINUTE


def test_an_acknowledgement_ends_with_a_reminder_before():
    made = desk(ack_timeout=HOUR).do(fire()).do(Ack(by="person:ann", incident=1))
    found = upcoming(made.state, 1, made.world(), made.now)
    assert told(found)[0] == (3300, ["ann"])
    assert "expires in 5 min" in found[0].text
    assert found[1].at == START + HOUR
    assert found[1].text.startswith("the acknowledgement by person:ann expires: escalation begins anew")
    assert [one.kind for one in found[:2]] == ["ack_reminder", "ack_timeout"]


def test_levels_are_told_by_their_number_and_the_time():
    made = desk(repeat=1).do(fire())
    texts = [one.text for one in upcoming(made.state, 1, made.world(), made.now)]
    assert texts[0] == "level 1 is told"
    assert "level 0 is told for the second time" in texts
    assert any(text.startswith("every level was told: from then on a reminder each") for text in texts)


def test_what_comes_due_under_a_silence_says_that_nobody_is_told():
    made = desk().do(fire())
    silenced = replace(made.state.alerts["shop"], suppressed=(Reason("silence", "s1", "x", START + HOUR),))
    incident = replace(made.state.incidents[1], suppressed=("silence",))
    state = replace(made.state, alerts={"shop": silenced}, incidents={1: incident})
    first, then, *_ = upcoming(state, 1, made.world(), made.now)
    assert (first.text, first.withheld, first.messages) == ("nobody is told: silence", ("silence",), ())
    assert (then.at, then.text.partition(";")[0]) == (START + HOUR, "nothing withholds it any more")
    assert then.messages


def test_a_snooze_ends():
    made = desk().do(fire()).do(Snooze(by="x", incident=1, length=HOUR))
    assert told(upcoming(made.state, 1, made.world(), made.now))[0] == (3600, ["ann"])


def test_what_a_silence_withholds_comes_at_its_end():
    made = desk()
    made.reasons = {"*": (Reason("silence", "s1", "silenced", START + HOUR),)}
    made.do(fire())
    found = upcoming(made.state, 1, made.world(), made.now)
    assert next(one.at for one in found if one.messages) == START + HOUR
    assert made.got() == []


def test_nothing_comes_of_what_is_over_or_not_there():
    made = desk().do(fire()).do(Resolve(by="x", incident=1))
    assert upcoming(made.state, 1, made.world(), made.now) == ()
    assert upcoming(made.state, 99, made.world(), made.now) == ()


def test_what_was_overdue_comes_now_and_the_state_is_left_alone():
    made = desk().do(fire())
    before = replace(made.state)
    later = made.now + 2 * HOUR
    assert upcoming(made.state, 1, made.world(), later)[0].at == later
    assert made.state == before


def test_reminders_without_end_are_told_once():
    made = desk().do(fire()).at(601)
    found = upcoming(made.state, 1, made.world(), made.now)
    assert len(found) == 1


def test_where_the_policy_names_nobody_that_is_all_there_is_to_say():
    made = desk().do(fire())
    incident = made.state.incidents[1]
    silent = replace(incident, policy=replace(incident.policy, levels=(Level(to=()),), fallback=()), told=())
    state = replace(made.state, incidents={1: silent})
    found = upcoming(state, 1, made.world(), made.now)
    assert [(one.at, one.text) for one in found] == [(made.now, NOBODY)]
    assert nobody_to_tell(silent)
    assert not nobody_to_tell(replace(silent, told=incident.told))
    assert not nobody_to_tell(incident)
