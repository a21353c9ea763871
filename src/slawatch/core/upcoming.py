"""What happens next to an incident, and when, if nobody does anything and nothing recovers.

Not worked out by rules of its own: the incident is taken on through the same steps that alert in earnest.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from slawatch.core.alert import Alert, Reason
from slawatch.core.dispatch import Tick, due, steps
from slawatch.core.instant import Instant
from slawatch.core.outbox import Row
from slawatch.core.turn import State, World

MOST: Final = 6
"""So many things to come are told at most."""
_TURNS: Final = 50


class Next(NamedTuple):
    """One thing that will happen.

    Attributes:
        at: when; never before the present.
        text: what, in a line; people are named by their keys: `person:alice`.
        messages: the recipient and the channel of each message that it causes.
    """

    at: Instant
    text: str
    messages: tuple[tuple[str, str], ...] = ()


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
        rows: list[Row] = list(after.rows.values())
        mine = f"incident:{number}"
        texts = dict.fromkeys(event.text for event in events if event.subject == mine and event.text)
        if texts or rows:
            messages = tuple(dict.fromkeys((row.recipient, row.channel) for row in rows))
            found.append(Next(at, "; ".join(texts), messages))
        if alone.incidents[number].exhausted:
            break
        alone = replace(after, rows={})
    return tuple(found)


def _still(alert: Alert, at: Instant) -> tuple[Reason, ...]:
    return tuple(why for why in alert.suppressed if why.until is None or at < why.until)
