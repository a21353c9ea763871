"""What a new configuration changes for the running daemon; what has not changed goes on undisturbed."""

from collections.abc import Mapping
from typing import NamedTuple

from slawatch.config.model import Config
from slawatch.core.check import Check


class Changes(NamedTuple):
    """Names of checks, each sorted.

    Attributes:
        added, changed, removed: what their words say; a check whose secret has another value is changed.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        if not any(self):
            return "no check changed"
        return ", ".join(f"{len(names)} {word}" for word, names in self._asdict().items() if names)


def compare(old: Mapping[str, Check], new: Mapping[str, Check]) -> Changes:
    """Return which checks differ."""
    return Changes(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
        tuple(sorted(old.keys() - new.keys())),
    )


def waits_for_start(old: Config, new: Config) -> tuple[str, ...]:
    """Return a line for each difference that only the next start of the daemon applies.

    Args:
        old: what the daemon was started with.
        new: what is in force now.
    """
    lines = []
    if old.data_dir != new.data_dir:
        lines.append(f"slawatch.data_dir: {old.data_dir} stays in use until slawatch is restarted")
    if old.probers != new.probers:
        lines.append(f"slawatch.probers: {old.probers} stays in use until slawatch is restarted")
    if old.web.listen != new.web.listen:
        lines.append(f"web.listen: {old.web.listen or 'nothing'} stays in use until slawatch is restarted")
    if old.web.tls != new.web.tls:
        lines.append("web.tls: the other certificate files are used once slawatch is restarted")
    return tuple(lines)
