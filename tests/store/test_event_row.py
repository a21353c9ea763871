import marshal

import pytest

from slawatch.core.event import Event, Numbered
from slawatch.core.incident import Phase, Told
from slawatch.core.outbox import Stage
from slawatch.store.event_row import read_row, row_of

EVENTS = [
    Event(5, "incident.acked", "incident:7", "by bob", "person:bob", "web", (("state", Phase.ACKED),)),
    Event(6, "incident.changed", "incident:7", changes=(
        ("told", (Told("person:bob", "sms", "trigger", 5, open=True),)), ("reopen_until", None),
    )),
    Event(7, "row.sent", "row:7:1:trigger", "250 ok \u00fc", changes=(("stage", Stage.SENT), ("attempt", 1))),
    Event(8, "alert.forgotten", "alert:a", gone=True),
    Event(9, "daemon.started", "state", changes=(("epoch", 3), ("down", ("sms",)))),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_as_it_was_and_its_row_is_plain(event: Event) -> None:
    numbered = Numbered(3, event, 7)
    row = row_of(numbered)
    assert read_row(marshal.loads(marshal.dumps(row, 4))) == numbered


def test_what_no_event_made_is_refused() -> None:
    row = list(row_of(Numbered(1, EVENTS[0])))
    row[7] = '{"nothing": 1}'
    with pytest.raises(KeyError):
        read_row(row)
