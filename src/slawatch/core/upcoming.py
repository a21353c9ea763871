"""What happens next to an incident, and when, if nobody does anything and nothing recovers.

Not worked out by rules of its own: the incident is taken on through the same steps that alert in earnest.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from slawatch.core.alert import Alert, Reason
from slawatch.core.chain import length_text
from slawatch.core.dispatch import Tick, due, steps
from slawatch.core.event import Event
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import Instant
from slawatch.core.turn import State, World

NOBODY: Final = "nobody is told: no level of its policy names anybody"
MOST: Final = 6
"""So many things to come are told at most."""
_TURNS: Final = 50
_ENDED: Final = "suppression_end"
_WITHHELD: Final = frozenset({"level.withheld", "contact.withheld"})
_TEXTS: Final = {
    "snooze.ended": "the snooze ends: escalation begins anew",
    "escalation.reminded": "reminder that it is still open",
    "fallback.told": "the fallback is told, since nobody else can be reached",
}  # fmt: skip


class Next(NamedTuple):
    """One thing that will happen.

    Attributes:
        at: when; never before the present.
        kind: of what comes due: level, contact, flush, ack_reminder, ack_timeout, snooze_end, reminder, or
            suppression_end.
        text: what, in a line; people are named by their keys: `person:alice`.
        messages: the recipient and the channel of each message that it causes.
        withheld: why nobody is told then, kinds of reasons.
    """

    at: Instant
    kind: str
    text: str
    messages: tuple[tuple[str, str], ...] = ()
    withheld: tuple[str, ...] = ()


def upcoming(state: State, number: int, world: World, now: Instant, most: int = MOST) -> tuple[Next, ...]:
    """Return what is to come of an incident, the first first; nothing for one that is over.

    Args:
        state: of alerting.
        number: the incident's.
        world: of the present config; what withholds an alert now does so until its time.
        now: the present.
        most: so many at most.
    """
    incident = state.incidents.get(number)
    if incident is None or not incident.open:
        return ()
    if nobody_to_tell(incident):
        return (Next(now, "level", NOBODY),)
    members = {name: state.alerts[name] for name in incident.alerts if name in state.alerts}
    alone = State(alerts=members, incidents={number: incident}, next_incident=state.next_incident)
    still = replace(world, withheld=_still, waits=lambda _alert: None)
    found: list[Next] = []
    for _ in range(_TURNS):
        at = due(alone, still)
        if at is None or len(found) == most or not alone.incidents[number].open:
            break
        at = max(at, now)
        after, events = steps(alone, (Tick(),), at, still)
        if after is alone:
            break
        mine = [event for event in events if event.subject == f"incident:{number}"]
        messages = tuple(dict.fromkeys((row.recipient, row.channel) for row in after.rows.values()))
        one = _next(alone.incidents[number], at, mine, messages)
        if one.text:
            found.append(one)
        if alone.incidents[number].exhausted:
            break
        alone = replace(after, rows={})
    return tuple(found)


def nobody_to_tell(incident: Incident) -> bool:
    """Say whether nobody will hear of an open incident, since its policy names nobody and no route led on."""
    waits = incident.open and incident.state is Phase.TRIGGERED
    return waits and incident.policy.names_nobody and not incident.told


def _next(
    incident: Incident, at: Instant, events: Iterable[Event], messages: tuple[tuple[str, str], ...]
) -> Next:
    timers = sorted((timer for timer in incident.live() if timer.due_at <= at), key=lambda t: t.due_at)
    kind = timers[0].kind if timers else _ENDED
    texts, withheld = [], False
    for event in events:
        withheld = withheld or event.kind in _WITHHELD
        text = _words(event, incident)
        if text:
            texts.append(text)
    if not texts and messages:
        texts = ["next contact" if kind == "contact" else "nothing withholds it any more"]
    why = incident.suppressed if withheld and not messages else ()
    return Next(at, kind, "; ".join(dict.fromkeys(texts)), messages, why)


def _words(event: Event, incident: Incident) -> str:
    """Return what will have happened, in the present tense; empty for what nobody needs to know ahead."""
    if event.kind == "level.fired":
        return event.text.partition(":")[0]
    if event.kind in _WITHHELD:
        return f"nobody is told: {' and '.join(incident.suppressed).replace('_', ' ')}"
    if event.kind == "escalation.exhausted":
        every = length_text(incident.policy.exhausted_reminder)
        return f"every level was told: from then on a reminder each {every}"
    if event.kind == "incident.suppression":
        return "nothing withholds it any more" if event.text == "suppression ended" else ""
    if event.kind == "ack.reminded":
        return f"reminder: {event.text}"
    if event.kind == "ack.expired":
        return f"the acknowledgement by {incident.acker} expires: escalation begins anew"
    if event.kind == "incident.flushed":
        return f"news: {event.text}"
    return _TEXTS.get(event.kind, event.text)


def _still(alert: Alert, at: Instant) -> tuple[Reason, ...]:
    return tuple(why for why in alert.suppressed if why.until is None or at < why.until)
