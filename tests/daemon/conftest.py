import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from slawatch.cli import client


class Port:
    """A TCP port of this machine that listens or does not."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.number = 0
        self.open()

    def open(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.number))
        self.number = self._socket.getsockname()[1]
        self._socket.listen(512)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                listening.accept()[0].close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which holds the port otherwise
            self._socket.close()
            self._socket = None

    def __str__(self) -> str:
        return f"127.0.0.1:{self.number}"


class Running:
    """A real `slawatch run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.socket = self.data / "slawatch.sock"
        self.config = folder / "slawatch.toml"
        self.process: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}

    def write(self, checks: str, top: str = "") -> None:
        self.config.write_text(
            f'[slawatch]\ndata_dir = "{self.data}"\n{top}\n'
            f'[defaults.check]\ninterval = "1s"\ntimeout = "1s"\n{checks}\n'
        )

    def start(self, *, wait: bool = True) -> "Running":
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "slawatch", "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.env},
                cwd=self.folder,
            )
        if wait:
            self.until(lambda: self.answers("/readyz"), 30)
        return self

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def running(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None
        return self.process

    def probers(self) -> list[int]:
        found = []
        for child in psutil.Process(self.running.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has just ended is none any more
                if "slawatch.daemon.prober" in child.cmdline():
                    found.append(child.pid)
        return found

    def until(self, true: Callable[[], object], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert self.running.poll() is None, f"the daemon ended:\n{self.log}"
            assert time.monotonic() < end, f"not within {seconds} s:\n{self.log}"
            time.sleep(0.05)

    def answers(self, target: str) -> bool:
        try:
            answer = client.send(str(self.socket), target, timeout=5)
            answer.read()
            return answer.status == 200
        except (client.Unreachable, client.DaemonError):
            return False

    def ask(self, target: str, method: str = "GET") -> Any:
        return client.ask(str(self.socket), target, method=method, timeout=20)

    def states(self) -> dict[str, str]:
        services = self.ask("/api/v1/status")["services"]
        return {check["check"]: check["state"] for service in services for check in service["checks"]}

    def signal(self, number: int) -> None:
        self.running.send_signal(number)

    def stop(self, within: float = 10) -> int:
        self.signal(signal.SIGTERM)
        return self.running.wait(within)

    def kill(self) -> None:
        self.running.kill()
        self.running.wait(10)

    def query(self, question: str) -> list[Any]:
        """Ask the database of a daemon that has ended."""
        import duckdb

        with duckdb.connect(str(self.data / "slawatch.duckdb"), read_only=False) as connection:
            return connection.execute(question).fetchall()

    def life(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.query("SELECT kind, detail FROM life ORDER BY happened_at")
        return [(kind, json.loads(detail)) for kind, detail in found]


@pytest.fixture
def port() -> Iterator[Port]:
    listening = Port()
    yield listening
    listening.close()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    if running.process is not None:
        with contextlib.suppress(ProcessLookupError):
            running.process.kill()
        running.process.wait(10)
