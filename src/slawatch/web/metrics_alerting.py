"""The metrics about alerting: what fired and fires, what is open, and whether messages get through."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from slawatch.core.channel import Standing
from slawatch.core.incident import SEVERITIES, Phase
from slawatch.core.instant import Instant, seconds
from slawatch.core.outbox import Stage
from slawatch.core.turn import State
from slawatch.store.alert_counts import Counts
from slawatch.web.exposition import Family, labels

_WORKS: Final = ("ok", "failing")


def families(
    state: State, standings: Mapping[str, Standing], counts: Counts | None, now: Instant
) -> list[Family]:
    """Return the metrics about alerting.

    Args:
        state: of alerting.
        standings: how the channels stand; empty for who may not know of them.
        counts: what was counted since the record began; None where the store cannot be read.
        now: the present.
    """
    found = [_fired(counts)] if counts is not None else []
    found += [_firing(state), *_incidents(state, now)]
    if standings:
        found += _messages(state, standings, counts)
    return found


def _fired(counts: Counts) -> Family:
    family = Family("alerts_total", "Alerts that fired, since the record began.", "counter")
    for (severity, service, organization), times in sorted(counts.fired.items()):
        family.add(times, labels({"severity": severity, "service": service, "organization": organization}))
    return family


def _firing(state: State) -> Family:
    family = Family(
        "slawatch_alerts_firing",
        "Alerts that fire now; suppressed: nobody is told of them, for a reason that is shown.",
    )
    found: Counter[tuple[str, str, str, bool]] = Counter(
        (a.severity, a.service, a.organization, bool(a.suppressed)) for a in state.alerts.values() if a.firing
    )
    for (severity, service, organization, suppressed), count in sorted(found.items()):
        mine = {"severity": severity, "service": service, "organization": organization}
        family.add(count, labels({**mine, "suppressed": "true" if suppressed else "false"}))
    return family


def _incidents(state: State, now: Instant) -> list[Family]:
    open_ones = Family("slawatch_incidents_open", "Incidents that are open, by state and severity.")
    oldest = Family(
        "slawatch_incident_unacknowledged_seconds",
        "How long the incident that waits longest for somebody has waited; absent where none does.",
    )
    living = [incident for incident in state.incidents.values() if incident.open]
    found = Counter((incident.state, incident.severity) for incident in living)
    for phase in (Phase.TRIGGERED, Phase.ACKED, Phase.SNOOZED):
        for severity in reversed(SEVERITIES):
            open_ones.add(found[phase, severity], labels({"state": str(phase), "severity": severity}))
    waiting = [now - incident.changed_at for incident in living if incident.state is Phase.TRIGGERED]
    if waiting:
        oldest.add(seconds(max(waiting)))
    return [open_ones, oldest]


def _messages(state: State, standings: Mapping[str, Standing], counts: Counts | None) -> list[Family]:
    up = Family("slawatch_channel_up", "1 for a channel through which messages go, 0 for one that is broken.")
    waiting = Family("slawatch_messages_waiting", "Messages that are owed and not sent yet.")
    dead = Family("slawatch_messages_dead", "Messages that were given up and are not forgotten yet.")
    tried = Family(
        "slawatch_message_attempts_total",
        "Attempts to send a message by what came of them, since the record began; half a minute behind.",
        "counter",
    )
    stages = Counter((row.channel, row.stage) for row in state.rows.values())
    for name, standing in standings.items():
        mine = labels({"channel": name})
        up.add(int(standing.state in _WORKS), mine)
        owed = sum(stages[name, stage] for stage in (Stage.QUEUED, Stage.SENDING, Stage.RETRY_WAIT))
        waiting.add(owed, mine)
        dead.add(stages[name, Stage.DEAD], mine)
    if counts is not None:
        for (channel, verdict), times in sorted(counts.tried.items()):
            tried.add(times, labels({"channel": channel, "verdict": verdict}))
    return [up, waiting, dead, tried]
