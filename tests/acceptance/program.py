"""The real program and a real target, as processes of their own, for stories told in a user's words."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from slawatch.cli import client

_SERVER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), reuse_port=False)
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Target:
    """A web server that knows when it was killed and when it answered again, by the wall clock in seconds."""

    def __init__(self) -> None:
        self.port = free_port()
        self.started = self.killed = 0.0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(self.port)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.started = time.time()

    def kill(self) -> None:
        assert self.process is not None
        self.killed = time.time()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.kill()


class Program:
    """`slawatch` with a folder of its own."""

    def __init__(self, folder: Path, config: str) -> None:
        self.folder = folder
        self.config = folder / "slawatch.toml"
        self.config.write_text(f'[slawatch]\ndata_dir = "data"\nlog_format = "human"\n{config}')
        self.log = folder / "slawatch.log"
        self.daemon: subprocess.Popen[bytes] | None = None

    def command(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "slawatch", *words, "--config", str(self.config)],
            capture_output=True, text=True, timeout=timeout, cwd=self.folder, check=False,
        )  # fmt: skip

    def json(self, *words: str) -> Any:
        done = self.command(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self) -> None:
        """Start the daemon and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "slawatch", "run", "--config", str(self.config)],
                stderr=log, stdout=log, cwd=self.folder, env={**os.environ, "PYTHONFAULTHANDLER": "1"},
            )  # fmt: skip
        self.until(self._is_ready, 60)

    def _is_ready(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.poll() is None, self.told()
        with contextlib.suppress(client.Unreachable, client.DaemonError):
            return self.ask("/readyz")[0] == 200
        return False

    def ask(self, target: str) -> tuple[int, str]:
        """Ask the API of the daemon; return status and body."""
        answer = client.send(str(self.folder / "data" / "slawatch.sock"), target, timeout=30)
        return answer.status, answer.read().decode()

    def state(self, service: str) -> str:
        services = {entry["service"]: entry for entry in self.json("status")["services"]}
        return str(services[service]["state"])

    def until(self, holds: Any, seconds: float) -> float:
        """Wait until something holds; return after how many seconds it did."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, f"still not so after {seconds} s\n{self.told()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def told(self) -> str:
        return self.log.read_text()[-4000:] if self.log.exists() else ""

    def kill(self) -> None:
        """Kill the daemon as a power cut would; its prober notices and ends by itself."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self) -> float:
        """Stop the daemon cleanly; return how long that took."""
        assert self.daemon is not None
        began = time.monotonic()
        self.daemon.terminate()
        self.daemon.wait(15)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.daemon is not None and self.daemon.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.daemon.kill()
            self.daemon.wait()
