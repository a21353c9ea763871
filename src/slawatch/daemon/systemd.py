"""What the daemon tells systemd (sd_notify(3)); nothing where there is none."""

import os
import socket
from collections.abc import Mapping
from typing import Final

from slawatch.clock import steady
from slawatch.core.instant import Micros

_LONGEST: Final = 4_096


class Notifier:
    """Sends the state of the service to `$NOTIFY_SOCKET`.

    Attributes:
        active: somebody listens.
        watchdog: how often systemd wants a sign of life; None: never.
    """

    __slots__ = ("_address", "active", "watchdog")

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        address = env.get("NOTIFY_SOCKET", "")
        self.active = address.startswith(("/", "@"))
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog = _watchdog(env) if self.active else None

    def ready(self, status: str) -> None:
        """It watches and answers."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """It reads its configuration again; `ready` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={steady()}")

    def stopping(self) -> None:
        """It has begun to stop."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_line(text)}")

    def alive(self, status: str = "") -> None:
        """The watchdog's sign of life."""
        self._send(f"WATCHDOG=1\nSTATUS={_line(status)}" if status else "WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self.active:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as talking:
                talking.setblocking(False)
                talking.sendto(message.encode()[:_LONGEST], self._address)
        except OSError:
            return  # a systemd that does not listen must not end the watching


def _watchdog(env: Mapping[str, str]) -> Micros | None:
    text, process = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", "")
    if not text.isascii() or not text.isdigit() or int(text) == 0 or process not in ("", str(os.getpid())):
        return None
    return int(text)


def _line(text: str) -> str:
    return text.replace("\n", " ")


def journal_stream(env: Mapping[str, str] = os.environ) -> bool:
    """Tell whether standard error goes to systemd's journal (`$JOURNAL_STREAM`, systemd.exec(5))."""
    device, _, inode = env.get("JOURNAL_STREAM", "").partition(":")
    if not (device.isdigit() and inode.isdigit()):
        return False
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (int(device), int(inode))
