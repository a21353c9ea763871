"""What `status` says of alerting: what fires, what is open, how the channels stand."""

from collections.abc import Mapping
from typing import Any, Final

from slawatch.answers import alerts, incidents
from slawatch.answers.alerts import stamp
from slawatch.config.model import Config
from slawatch.core.channel import Standing
from slawatch.core.instant import Instant
from slawatch.core.outbox import Stage
from slawatch.core.turn import State

NOTHING: Final[Mapping[str, Any]] = {"alerts": [], "incidents": [], "channels": []}


def summary(
    config: Config,
    state: State,
    standings: Mapping[str, Standing],
    now: Instant,
    organization: str | None = None,
) -> dict[str, Any]:
    """Return the firing alerts, the open incidents and the channels.

    Args:
        config: says which channels there are.
        state: of alerting.
        standings: how the channels stand; empty where no daemon runs.
        now: the present.
        organization: only this one's, without the channels, which are everybody's.
    """

    def seen(owner: str) -> bool:
        return organization in (None, owner)

    return {
        "alerts": alerts.summary(
            (alert for alert in state.alerts.values() if seen(alert.organization)), state.incidents, now
        ),
        "incidents": incidents.summary(
            (incident for incident in state.incidents.values() if seen(incident.organization)), now
        ),
        "channels": channels(config, state, standings) if organization is None else [],
    }


def channels(config: Config, state: State, standings: Mapping[str, Standing]) -> list[dict[str, Any]]:
    """Return how the channels stand, and how many messages wait for each or were given up."""
    found = []
    for name in config.channels:
        standing = standings.get(name)
        rows = [row for row in state.rows.values() if row.channel == name]
        found.append(
            {
                "channel": name,
                "state": standing.state if standing is not None else "unknown",
                "since": stamp(standing.since if standing is not None else None),
                "why": (standing.why if standing is not None else "") or None,
                "warning": (standing.warning if standing is not None else "") or None,
                "queued": sum(row.unsent or row.stage is Stage.SENDING for row in rows),
                "dead": sum(row.stage is Stage.DEAD for row in rows),
            }
        )
    return found
