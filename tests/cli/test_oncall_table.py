"""Tables of who is on call: the same facts in a terminal of any width."""

from datetime import datetime

import pytest

from slawatch.cli.oncall_table import Standing, render_gaps, render_now, render_shifts
from slawatch.cli.terminal import PIPED, Terminal, columns
from slawatch.core.instant import DAY, HOUR, parse_rfc3339
from slawatch.core.ledger import Interval
from slawatch.core.people import Person
from slawatch.core.recorded import Served, Stretch
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer

START = parse_rfc3339("2026-01-05T08:00:00Z")
PEOPLE = {"alice": Person(key="alice", name="Alice Example"), "bob": Person(key="bob")}
PLAIN = Terminal(PIPED, colour=False, unicode=True)
SCHEDULE = Schedule(
    key="primary",
    timezone="Europe/Berlin",
    layers=(Layer(people=(("alice",),), start=datetime(2026, 1, 5, 9)),),
)
ON_CALL = Served(START, START + 7 * DAY, ("alice",), 0, False, recorded=False)


def now(found: Served, *, width: int = PIPED, colour: bool = False) -> str:
    following = (START + 7 * DAY, ("bob",))
    return render_now([Standing(SCHEDULE, found, following)], PEOPLE, START + HOUR, Terminal(width, colour))


def test_who_is_on_call_since_when_until_when_and_who_is_next() -> None:
    assert now(ON_CALL) == (
        "SCHEDULE  ON CALL        SINCE                 UNTIL                 LEFT    NEXT\n"
        "primary   Alice Example  Mon 2026-01-05 09:00  Mon 2026-01-12 09:00  6d 23h  bob\n"
    )


def test_of_the_past_it_says_what_is_on_record() -> None:
    kept = ON_CALL._replace(recorded=True)
    for standings, mark, said in (
        ([kept], "Alice Example  ", "what is past is told as it was recorded"),
        ([kept, ON_CALL], "Alice Example ?  ", "? not on record: as the schedule says today"),
    ):
        text = render_now(
            [Standing(SCHEDULE, one, None) for one in standings], PEOPLE, START, PLAIN, past=True
        )
        assert mark in text
        assert text.splitlines()[-1].startswith(said)


def test_overrides_are_marked_and_explained() -> None:
    lines = now(ON_CALL._replace(override=True)).splitlines()
    assert "Alice Example *" in lines[1]
    assert lines[-1] == "* by an override, a swap or a temporary schedule"


def test_nobody_is_red() -> None:
    text = now(Served(None, START + DAY, (), None, False, recorded=False), colour=True)
    assert "\x1b[31;1mnobody" in text
    assert "\x1b[31;1mnobody" not in now(ON_CALL, colour=True)


@pytest.mark.parametrize("width", [50, 60, 70, 80, 200])
def test_it_fits(width: int) -> None:
    text = now(ON_CALL, width=width)
    assert max(columns(line) for line in text.splitlines()) <= width
    assert "2026-01-12 09:00" in text
    assert ("SINCE" in text) == (width == 200)


def test_names_cannot_steer_the_terminal() -> None:
    people = {"alice": Person(key="alice", name="A\x1b[2Jlice\n")}
    text = render_now([Standing(SCHEDULE, ON_CALL, None)], people, START, PLAIN)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_shifts_with_now_marked_and_gaps_shown() -> None:
    shifts = [
        Stretch(START, START + DAY, ("alice", "bob"), 0, False, recorded=False),
        Stretch(START + DAY, START + 2 * DAY, (), None, False, recorded=False),
        Stretch(START + 2 * DAY, START + 3 * DAY, ("bob",), None, True, recorded=False),
    ]
    assert render_shifts(SCHEDULE, shifts, PEOPLE, START + HOUR, PLAIN) == (
        "primary  times in Europe/Berlin\n"
        "   FROM                  TO                    LENGTH  ON CALL\n"
        ">  Mon 2026-01-05 09:00  Tue 2026-01-06 09:00  1d      Alice Example, bob\n"
        "   Tue 2026-01-06 09:00  Wed 2026-01-07 09:00  1d      nobody\n"
        "   Wed 2026-01-07 09:00  Thu 2026-01-08 09:00  1d      bob *\n"
        "   * by an override, a swap or a temporary schedule\n"
    )


def test_gaps() -> None:
    assert render_gaps([(SCHEDULE, ())], 7, PLAIN) == (
        "primary: somebody is on call all of the next 7 days\n"
    )
    assert render_gaps([(SCHEDULE, (Interval(START, START + 2 * HOUR),))], 7, PLAIN) == (
        "primary: 1 gap, 2h without anybody  times in Europe/Berlin\n"
        "  Mon 2026-01-05 09:00  to  Mon 2026-01-05 11:00  2h\n"
    )
