"""The daemon or the store: whoever answers first, with patience for one that is just starting."""

import pytest

from slawatch.cli.client import Unreachable
from slawatch.cli.either import daemon_or_store
from slawatch.store.errors import StoreLocked


def refuse() -> str:
    raise Unreachable("no daemon")


def held() -> str:
    raise StoreLocked("process 7 has it", pid=7)


def test_the_daemon_is_asked_first() -> None:
    assert daemon_or_store(lambda: "daemon", lambda: "store") == "daemon"


def test_without_a_daemon_the_store_answers() -> None:
    assert daemon_or_store(refuse, lambda: "store") == "store"


def test_a_daemon_that_is_just_starting_is_waited_for() -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "daemon" if len(asked) == 3 else refuse()

    assert daemon_or_store(ask, held) == "daemon"


def test_a_store_that_is_held_for_long_is_told() -> None:
    with pytest.raises(StoreLocked, match="process 7"):
        daemon_or_store(refuse, held, patience=0)
