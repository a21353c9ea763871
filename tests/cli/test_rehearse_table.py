"""The timeline of a rehearsal."""

from pathlib import Path

from tests.core.stage import NEEDS_DATABASE, do, played, scene

from slawatch.answers.rehearse import answer
from slawatch.cli.rehearse_table import render
from slawatch.cli.terminal import Terminal, columns
from slawatch.config.model import Config
from slawatch.core.people import Person
from slawatch.core.scenario import Played

CONFIG = Config(path=Path("slawatch.toml"), data_dir=Path("data"), timezone="Europe/Berlin")
PEOPLE = {"ann": Person(key="ann", name="Ann \x1b[31mExample")}
SCRIPT = (do(0, "down", check="shop"), do(6, "ack", by="bob"), do(20, "up", check="shop"))


def shown(found: Played, terminal: Terminal = Terminal(), *warnings: str) -> str:  # noqa: B008
    return render(answer(found, warnings, CONFIG), PEOPLE, terminal)


TIMELINE = """\
from Thu 2026-01-01 01:00:00, times in Europe/Berlin
AFTER     CLOCK         WHO               BY    WHAT          WHY
+0:00:00  Thu 01:00:00  -- shop goes down
+0:00:02  Thu 01:00:02  Ann ?[31mExample  mail  page          level 0 of default, schedule:primary
+0:02:02  Thu 01:02:02  Ann ?[31mExample  sms   page          level 0 of default, schedule:primary, contact 2 after 2 min
+0:05:02  Thu 01:05:02  bob               mail  page          level 1 of default: nobody acknowledged within 5 min
+0:06:00  Thu 01:06:00  -- acknowledged by bob
+0:06:00  Thu 01:06:00  Ann ?[31mExample  mail  acknowledged  acknowledged by person:bob
+0:06:00  Thu 01:06:00  bob               mail  acknowledged  acknowledged by person:bob
+0:20:00  Thu 01:20:00  -- shop works again
+0:20:00  Thu 01:20:00  Ann ?[31mExample  mail  all clear     all alerts are over: recovered
+0:20:00  Thu 01:20:00  bob               mail  all clear     all alerts are over: recovered

7 messages to Ann ?[31mExample, bob; the first after 2 s, watched for 2 h.
no holes were found
"""  # noqa: E501


def test_who_is_told_what_when_by_what_and_why() -> None:
    assert shown(played(scene(), *SCRIPT)) == TIMELINE


def test_a_narrow_terminal_breaks_the_reasons() -> None:
    lines = shown(played(scene(), *SCRIPT), Terminal(width=100), "a hole " * 30).splitlines()
    assert max(columns(line) for line in lines) <= 100
    assert lines[-2].startswith("  a hole")


def test_colours_only_where_they_are_shown() -> None:
    found = played(scene(), *SCRIPT)
    assert "\x1b" not in shown(found)
    assert "\x1b[31;1mpage" in shown(found, Terminal(colour=True))


def test_nobody_is_told() -> None:
    text = shown(played(scene(graph=NEEDS_DATABASE), minutes=30))
    assert "Nobody is told of anything in 30 min." in text
