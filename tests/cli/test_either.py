"""The daemon or the store: whoever answers first, with patience for one that is just starting."""

from pathlib import Path

import pytest

from slawatch.cli.client import DaemonError, NotAllowed, Unreachable
from slawatch.cli.either import asked, daemon_or_here, daemon_or_store
from slawatch.config.model import Config
from slawatch.store.errors import StoreLocked

from .sockets import answering, http


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


def raising(error: Exception) -> str:
    raise error


def test_what_needs_no_store_is_done_here_without_a_daemon() -> None:
    assert daemon_or_here(lambda: "daemon", lambda: "here") == "daemon"
    for error in (
        Unreachable("no daemon"),
        NotAllowed(69, ["become root"]),
        DaemonError(69, ["another config"], 412),
        DaemonError(2, ["there is nothing at /api/v1/probe"], 404),
    ):
        assert daemon_or_here(lambda error=error: raising(error), lambda: "here") == "here"  # type: ignore[misc]


@pytest.mark.parametrize("status", [None, 403, 404, 422, 429, 503])
def test_what_the_daemon_refuses_is_not_done_behind_its_back(status: int | None) -> None:
    with pytest.raises(DaemonError):
        daemon_or_here(lambda: raising(DaemonError(1, ["no"], status)), lambda: "here")


def test_a_daemon_is_asked_by_the_digest_of_the_configuration(tmp_path: Path) -> None:
    config = Config(path=Path("x.toml"), data_dir=tmp_path, digest="abc")
    with answering(tmp_path / "slawatch.sock", http(b"[1]")) as requests:
        assert asked(config, "x/y", {"a": 1}, headers={"Idempotency-Key": "k"}) == [1]
        assert asked(config, "x/y") == [1]
    head, body = requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /api/v1/x/y HTTP/1.1")
    assert b'If-Match: "abc"' in head
    assert b"Idempotency-Key: k" in head
    assert b'{"a": 1}' in body
    assert requests[1].startswith(b"GET /api/v1/x/y")
