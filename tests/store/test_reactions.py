"""When incidents were opened and acknowledged, as the store remembers it."""

from pathlib import Path

import pytest

from slawatch.core.event import Event, Numbered
from slawatch.core.trend import Reaction
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.errors import StoreDamaged
from slawatch.store.event_row import row_of
from slawatch.store.reactions import reactions
from slawatch.store.writer import Writer


def opened(number: int, at: int, incident: int, service: str) -> Numbered:
    event = Event(at, "incident.opened", f"incident:{incident}", changes=(("service", service),))
    return Numbered(number, event, incident)


def acked(number: int, at: int, incident: int) -> Numbered:
    return Numbered(number, Event(at, "incident.acked", f"incident:{incident}", by="alice"), incident)


RECORD = [
    opened(1, 5, 1, "shop"),
    opened(2, 10, 2, "shop"),
    opened(3, 12, 3, "mail"),
    acked(4, 14, 2),
    opened(5, 20, 4, "shop"),
    acked(6, 25, 2),
    acked(7, 40, 4),
    opened(8, 30, 5, "shop"),
]


def test_the_first_acknowledgement_counts_whenever_it_came(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        Writer(database).write(Batch(1, events=RECORD))
        with database.reading() as cursor:
            found = reactions(cursor, 10, 30, {"shop"})
            assert found == (Reaction("shop", 10, 14), Reaction("shop", 20, 40))
            assert reactions(cursor, 10, 30, {"shop", "mail"})[1] == Reaction("mail", 12)
            assert reactions(cursor, 30, 31, {"shop"}) == (Reaction("shop", 30),)


def test_an_event_that_is_none_is_told(tmp_path: Path) -> None:
    row = list(row_of(RECORD[0]))
    row[7] = "{torn"
    with Database.open(tmp_path) as database:
        cursor = database.cursor()
        cursor.execute(f"INSERT INTO alert_event VALUES ({', '.join('?' * len(row))})", row)
        with pytest.raises(StoreDamaged, match="torn"):
            reactions(cursor, 0, 10, {"shop"})
        cursor.close()
