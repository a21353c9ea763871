"""What a new configuration changes: so that a reload touches nothing else."""

from dataclasses import dataclass
from typing import Final

from slawatch.config.model import Config

FIXED: Final = ("data_dir", "probers", "web", "log_format")
"""What only a restart changes: files, processes and sockets that are open."""

_ELSEWHERE: Final = (
    "log_level",
    "timezone",
    "retention",
    "organizations",
    "services",
    "agreements",
    "calendars",
    "maintenance",
    "people",
    "teams",
    "schedules",
    "escalations",
    "channels",
    "alerting",
    "rules",
    "routes",
    "workflows",
    "inhibit",
    "quiet_hours",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between two configurations.

    Attributes:
        added: checks that are new, by name.
        removed: checks that are no more, by name.
        changed: checks that stay and are probed otherwise, a new secret included.
        sections: what else is different, by the name of its section or of its key in `[slawatch]`.
        needs_restart: what is different and takes effect only after a restart.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.sections or self.needs_restart)

    def __str__(self) -> str:
        """The changes in one line, for logs and for whoever asked for the reload."""
        counts = [
            f"{len(names)} check{'s' if len(names) != 1 else ''} {word}"
            for names, word in ((self.added, "added"), (self.removed, "removed"), (self.changed, "changed"))
            if names
        ]
        if self.sections:
            counts.append(f"changed: {', '.join(self.sections)}")
        if self.needs_restart:
            counts.append(f"after a restart: {', '.join(self.needs_restart)}")
        return "; ".join(counts) or "nothing changed"


def compare(old: Config, new: Config) -> Changes:
    """Return what is different in `new`; comments, order and files do not matter."""
    return Changes(
        added=tuple(name for name in new.checks if name not in old.checks),
        removed=tuple(name for name in old.checks if name not in new.checks),
        changed=tuple(
            name for name, check in new.checks.items() if name in old.checks and old.checks[name] != check
        ),
        sections=tuple(name for name in _ELSEWHERE if getattr(old, name) != getattr(new, name)),
        needs_restart=tuple(name for name in FIXED if getattr(old, name) != getattr(new, name)),
    )
