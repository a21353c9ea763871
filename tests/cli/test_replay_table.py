"""The table of `replay`, for people."""

from pathlib import Path
from typing import Any

from slawatch.answers.replay import Material
from slawatch.cli.replay_table import render
from slawatch.cli.terminal import Terminal
from slawatch.config.model import Config
from slawatch.core.instant import DAY, HOUR, MINUTE, parse_rfc3339
from slawatch.core.people import Person
from slawatch.core.replayed import Changed, Difference, Fired, Opened, Reached, Replayed

START = parse_rfc3339("2026-01-05T00:00:00Z")
CONFIG = Config(
    path=Path("/etc/slawatch/slawatch.toml"), data_dir=Path("x"), timezone="Europe/Berlin",
    people={"ann": Person(key="ann", name="Ann")},
)  # fmt: skip
MATERIAL = Material(begin=START, samples=(), total=1234, gone_until=START, changes={})


def fired(**keys: Any) -> Fired:
    return Fired(**{
        "alert": "home", "check": "home", "service": "shop", "severity": "critical", "since": START,
        "at": START + HOUR, "ended": START + 2 * HOUR, **keys,
    })  # fmt: skip


def side(*alerts: Fired, **keys: Any) -> Replayed:
    return Replayed(START, START + DAY, alerts, keys.get("incidents", ()), (), ())


def text(old: Replayed, width: int = 0, **keys: Any) -> str:
    configs = [CONFIG, Config(path=Path("/tmp/new.toml"), data_dir=Path("x"))][: 1 + ("new" in keys)]
    return render(
        old, keys.get("new"), keys.get("difference"), MATERIAL, configs, keys.get("warnings", ()),
        Terminal(width, colour=keys.get("colour", False)), left_out=keys.get("left_out", ()),
        acked=keys.get("acked", False),
    )  # fmt: skip


def test_an_alert_is_a_line_with_whom_it_reached() -> None:
    told = (
        Reached("person:ann", "mail", START + HOUR, 0, 1), Reached("person:ann", "sms", START + HOUR, 0, 1),
        Reached("channel:ops", "ops", START + HOUR, 0, 1),
    )  # fmt: skip
    lines = text(side(fired(told=told))).splitlines()
    assert lines[0].startswith("2026-01-05 01:00:00 to 2026-01-06 01:00:00, times in Europe/Berlin; 1,234")
    assert lines[3].split("  ") == [
        "2026-01-05 02:00:00", "1 h", "critical", "home", " Ann by mail, sms; channel:ops"
    ]  # fmt: skip


def test_who_was_told_late_and_who_was_not_told() -> None:
    late = fired(told=(Reached("person:bob", "mail", START + HOUR + MINUTE, 0, 1),), ended=None)
    shown = text(side(late, fired(withheld=("quiet_hours", "dependency")), fired()))
    assert " bob by mail from 02:01:00" in shown
    assert "still" in shown
    assert "nobody: quiet hours, dependency" in shown


def test_nothing_fired() -> None:
    assert "Nothing would have fired.\n\nNo incident, nobody told." in text(side())


def test_the_summary_counts() -> None:
    incident = Opened(
        id=1, title="t", service="s", severity="high", policy="default", at=START, levels=2, exhausted=True
    )
    shown = text(side(fired(), incidents=(incident,)))
    line = "1 alert, 1 incident, 0 messages; levels fired 2 times at most; 1 went through all levels."
    assert line in shown.splitlines()
    assert "Nobody acknowledges" in shown
    assert "Nobody acknowledges" not in text(side(fired(), incidents=(incident,)), acked=True)


def test_two_configs_side_by_side() -> None:
    difference = Difference(
        (fired(alert="gone"),), (fired(alert="new"),),
        (Changed(fired(), fired(), ("person:ann is told through sms at 02", "is high instead of low")),), 3,
    )  # fmt: skip
    shown = text(side(), new=side(), difference=difference)
    assert "only under slawatch.toml: 1 alert" in shown
    assert "only under new.toml: 1 alert" in shown
    assert "home, 2026-01-05 02:00:00\n  Ann is told through sms at 02\n  is high instead of low" in shown
    assert "The same under both: 3 alerts." in shown
    assert "no difference" in text(side(), new=side(), difference=Difference((), (), (), 1))


def test_a_long_list_is_cut() -> None:
    shown = text(side(*(fired() for _ in range(230))))
    assert "and 30 more: --json has all of them" in shown


def test_it_fits_a_narrow_terminal_and_harms_none() -> None:
    told = (Reached("person:" + "x" * 80, "mail", START + HOUR, 0, 1),)
    shown = text(
        side(fired(alert="a" * 60 + "\x1b[2J", told=told)), 80, left_out=["the rule of the house " * 6],
        warnings=["be careful\n" * 12],
    )  # fmt: skip
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown
    assert "\x1b[31;1mcritical" in text(side(fired()), colour=True)
