"""What a reload has to do."""

from collections.abc import Callable
from dataclasses import fields

from slawatch.config.changes import _ELSEWHERE, FIXED, Changes, compare
from slawatch.config.load import Config
from slawatch.config.model import Config as Model

Read = Callable[..., Config]

TCP = '[checks.{}]\nservice = "s"\ntype = "tcp"\naddress = "h:1"\n'
ENV = {"HOME": "/h"}


def test_the_same_meaning_is_no_change(read: Read) -> None:
    changes = compare(read(TCP.format("a")), read("# else\n" + TCP.format("a")))
    assert (changes, bool(changes), str(changes)) == (Changes(), False, "nothing changed")


def test_checks_added_removed_and_changed(read: Read) -> None:
    old = read(TCP.format("a") + TCP.format("b") + TCP.format("c"))
    new = read(TCP.format("b") + TCP.format("c") + 'interval = "5s"\n' + TCP.format("d"))
    changes = compare(old, new)
    assert changes == Changes(added=("d",), removed=("a",), changed=("c",))
    assert str(changes) == "1 check added; 1 check removed; 1 check changed"


def test_a_changed_default_changes_the_checks_that_follow_it(read: Read) -> None:
    text = TCP.format("a") + 'interval = "5s"\n' + TCP.format("b")
    changes = compare(read(text), read('[defaults.check]\ninterval = "10s"\n' + text))
    assert changes == Changes(changed=("b",))


def test_a_new_secret_changes_its_check(read: Read) -> None:
    text = '[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\ntoken = { env = "T" }\n'
    old, new = (read(text, {**ENV, "T": 16 * letter}) for letter in "ab")
    assert compare(old, new) == Changes(changed=("a",))


def test_other_sections_and_what_needs_a_restart(read: Read) -> None:
    old = read(TCP.format("a"))
    new = read(
        '[slawatch]\ndata_dir = "/d"\ntimezone = "Asia/Tokyo"\n[services.s]\njoin = "any"\n' + TCP.format("a")
    )
    changes = compare(old, new)
    assert changes == Changes(sections=("timezone", "services"), needs_restart=("data_dir",))
    assert str(changes) == "changed: timezone, services; after a restart: data_dir"


def test_every_part_of_a_configuration_is_compared() -> None:
    compared = {*FIXED, *_ELSEWHERE, "checks"}
    assert {field.name for field in fields(Model)} - {"path", "files", "digest", "warnings"} == compared
