"""The schedules of a configuration with what was entered at run time."""

from pathlib import Path

from tests.alerts import NOW, configured

from slawatch.config.entered import effective, with_entered
from slawatch.config.world import world_of
from slawatch.core.duty import Added, fold
from slawatch.core.instant import HOUR
from slawatch.core.override import Override


def test_what_was_entered_holds_on_top_of_what_is_written(tmp_path: Path) -> None:
    config = configured(tmp_path)
    carol = Override(person="carol", start=NOW, end=NOW + HOUR)
    entered = fold([Added("o-1", NOW, "eve", "primary", carol), Added("o-2", NOW, "eve", "gone", carol)])
    held = with_entered(config, entered)
    assert world_of(config).recipients("schedule:primary", NOW) == ("person:bob",)
    assert world_of(held).recipients("schedule:primary", NOW) == ("person:carol",)
    assert world_of(held).recipients("schedule:primary", NOW + HOUR) == ("person:bob",)
    assert effective(config, entered) == held.schedules
    assert set(held.schedules) == {"primary"}


def test_a_person_who_left_is_passed_over(tmp_path: Path) -> None:
    config = configured(tmp_path)
    gone = Override(person="dave", start=NOW, end=NOW + HOUR)
    held = with_entered(config, fold([Added("o-1", NOW, "eve", "primary", gone)]))
    assert world_of(held).recipients("schedule:primary", NOW) == ("person:bob",)
