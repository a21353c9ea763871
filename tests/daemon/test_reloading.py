from dataclasses import replace
from pathlib import Path

from tests import fakes

from slawatch.config.model import Address, Config, Web
from slawatch.core.instant import SECOND
from slawatch.core.text import Secret
from slawatch.daemon.reloading import Changes, compare, waits_for_start


def test_what_a_new_config_changes() -> None:
    target = fakes.Target()
    old = {name: fakes.check(name, target) for name in "abc"}
    new = {"a": old["a"], "b": replace(old["b"], interval=5 * SECOND), "d": fakes.check("d", target)}
    assert compare(old, new) == Changes(added=("d",), changed=("b",), removed=("c",))
    assert compare(old, {name: fakes.check(name, target) for name in "abc"}) == Changes((), (), ())


def test_another_secret_is_a_change() -> None:
    check = fakes.check("a")
    old, new = (replace(check, options=Secret(value)) for value in ("x", "y"))
    assert compare({"a": old}, {"a": new}).changed == ("a",)


def test_a_change_in_words() -> None:
    assert str(Changes(("a",), (), ("b", "c"))) == "1 added, 2 removed"
    assert str(Changes((), (), ())) == "no check changed"


def test_what_only_the_next_start_applies_is_said() -> None:
    old = Config(path=Path("x.toml"), data_dir=Path("/a"))
    assert waits_for_start(old, old) == ()
    new = replace(old, data_dir=Path("/b"), probers=2, web=Web(listen=Address("127.0.0.1", 8470)))
    lines = waits_for_start(old, new)
    assert [line.split(":")[0] for line in lines] == ["slawatch.data_dir", "slawatch.probers", "web.listen"]
    assert "nothing stays in use until slawatch is restarted" in lines[2]
