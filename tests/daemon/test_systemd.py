import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slawatch.clock import steady
from slawatch.daemon.systemd import Notifier, journal_stream


@pytest.fixture
def systemd() -> Iterator[tuple[socket.socket, str]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
    ):
        path = str(Path(folder) / "notify")
        listening.bind(path)
        listening.settimeout(1)
        yield listening, path


def said(listening: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in listening.recv(4_096).decode().splitlines())


def test_what_systemd_is_told(systemd: tuple[socket.socket, str]) -> None:
    listening, path = systemd
    notifier = Notifier({"NOTIFY_SOCKET": path})
    notifier.ready("watching 3 checks\nREADY=0")
    assert said(listening) == {"READY": "1", "STATUS": "watching 3 checks READY=0"}
    before = steady()
    notifier.reloading()
    reloading = said(listening)
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= steady()
    notifier.alive("fine")
    assert said(listening) == {"WATCHDOG": "1", "STATUS": "fine"}
    notifier.status("busy")
    assert said(listening) == {"STATUS": "busy"}
    notifier.stopping()
    assert said(listening)["STOPPING"] == "1"


def test_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0slawatch-test-{os.getpid()}")
        listening.settimeout(1)
        Notifier({"NOTIFY_SOCKET": f"@slawatch-test-{os.getpid()}"}).alive()
        assert said(listening) == {"WATCHDOG": "1"}


def test_the_watchdog_is_asked_for_by_systemd(systemd: tuple[socket.socket, str]) -> None:
    env = {"NOTIFY_SOCKET": systemd[1], "WATCHDOG_USEC": "30000000"}
    assert Notifier(env).watchdog == 30_000_000
    assert Notifier({**env, "WATCHDOG_PID": str(os.getpid())}).watchdog == 30_000_000
    assert Notifier({**env, "WATCHDOG_PID": "1"}).watchdog is None
    assert Notifier({**env, "WATCHDOG_USEC": "x"}).watchdog is None
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog is None


def test_a_missing_systemd_does_no_harm() -> None:
    assert not Notifier({}).active
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": "/does/not/exist"}).ready("x")
    assert not Notifier({"NOTIFY_SOCKET": "relative"}).active


def test_standard_error_may_be_the_journal() -> None:
    found = os.fstat(2)
    assert journal_stream({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
    assert not journal_stream({"JOURNAL_STREAM": "1:2"})
    assert not journal_stream({"JOURNAL_STREAM": "x"})
    assert not journal_stream({})
