"""A month that is over, to be frozen: November 2026 as the tests' daemon saw it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slawatch.answers import freezing
from slawatch.answers.freezing import Asked
from slawatch.config.load import Config, load
from slawatch.core.instant import DAY, Instant, parse_rfc3339
from slawatch.store.database import Database
from slawatch.store.frozen import Frozen

from .conftest import TOML, View

AFTER: Instant = parse_rfc3339("2026-12-03T09:00:00Z")
"""When November is over, and nothing of it can change by itself."""
SILVER = """
[agreements.silver]
organization = "other"
services = ["api"]
[[agreements.silver.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""


def two_agreements(folder: Path, more: str = SILVER, toml: str = TOML) -> Config:
    """Return the configuration of the tests with an agreement of each organisation."""
    path = folder / "two.toml"
    path.write_text(toml + more)
    return load(path, env={})


def later(view: View, at: Instant = AFTER) -> None:
    """Let it be a later time."""
    view.clock.at = at
    view.state = replace(view.state, since=at - DAY)


def frozen(
    database: Database,
    config: Config,
    agreement: str = "gold",
    at: Instant = AFTER,
    wish: Mapping[str, Any] | None = None,
) -> Frozen:
    """Freeze the November of an agreement, as the command does without a daemon."""
    given = {"month": "2026-11", "agreement": agreement, "person": "alice", "source": "test", **(wish or {})}
    request, asked = freezing.read(given, config, at)
    (plan,) = freezing.chosen(config, request, at)
    return freezing.alone(database, config, plan, asked, at)


def restated(
    database: Database, config: Config, number: int, reason: str = "as agreed", at: Instant = AFTER
) -> Frozen:
    """Restate a report in the same way."""
    wish = {"reason": reason, "person": "bob", "source": "test"}
    with database.reading() as cursor:
        plan, asked = freezing.restated(config, cursor, number, wish, at)
    assert isinstance(asked, Asked)
    return freezing.alone(database, config, plan, asked, at)
