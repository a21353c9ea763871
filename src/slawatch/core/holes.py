"""What a rehearsal shows to be missing: levels without anybody, gaps, one channel for everything."""

from collections.abc import Iterable, Iterator

from slawatch.core.chain import length_text
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import Instant
from slawatch.core.notification import Kind
from slawatch.core.oncall import gaps
from slawatch.core.scenario import Played, Scene


def find(scene: Scene, played: Played) -> tuple[str, ...]:
    """Return what is worth a warning after a play, each once, the gravest first."""
    incidents = [i for i in played.state.incidents.values() if i.state is not Phase.MERGED]
    found = [
        *_nobody(played, incidents),
        *_skipped(played),
        *_unreachable(scene, incidents),
        *_gaps(scene, played, incidents),
        *_exhausted(played),
        *_withheld(played),
        *_one_channel(played),
        *_waiting(played),
        *_workflows(played),
        *played.refused,
    ]
    return tuple(dict.fromkeys(found))


def _after(played: Played, at: Instant) -> str:
    return f"after {length_text(at - played.start)}"


def _nobody(played: Played, incidents: Iterable[Incident]) -> Iterator[str]:
    told = {message.incident for message in played.messages}
    for incident in incidents:
        if incident.id not in told:
            yield f"nobody hears of incident {incident.id} ({incident.title})"


def _skipped(played: Played) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for event in played.events:
        if event.kind == "level.skipped" and (event.subject, event.text) not in seen:
            seen.add((event.subject, event.text))
            number = int(event.subject.partition(":")[2])
            level = int(event.text.split()[1])
            policy = played.state.incidents[number].policy
            targets = ", ".join(policy.levels[level].to)
            where = f"level {level} of {policy.name}"
            yield f"{_after(played, event.at)}: {where} has nobody ({targets}): it is skipped"
        elif event.kind == "fallback.told":
            missing = event.text.endswith("there is no fallback")
            advice = ": write `fallback` in the policy" if missing else ""
            yield f"{_after(played, event.at)}: {event.text}{advice}"


def _targets(incidents: Iterable[Incident]) -> dict[str, Instant]:
    """Return whom the policies of incidents name, and when the first of these opened."""
    found: dict[str, Instant] = {}
    for incident in incidents:
        for target in (
            *(to for level in incident.policy.levels for to in level.to),
            *incident.policy.fallback,
        ):
            found.setdefault(target, incident.opened_at)
    return found


def _unreachable(scene: Scene, incidents: Iterable[Incident]) -> Iterator[str]:
    for target, at in _targets(incidents).items():
        for recipient in scene.world.recipients(target, at):
            if not scene.world.contacts(recipient):
                name = recipient.partition(":")[2]
                yield f"{name} has no contact: nobody can tell them anything; write it in [people.{name}]"


def _gaps(scene: Scene, played: Played, incidents: Iterable[Incident]) -> Iterator[str]:
    for target in _targets(incidents):
        kind, _, name = target.partition(":")
        if kind != "schedule" or name not in scene.schedules:
            continue
        holes = gaps(scene.schedules[name], played.start, played.end)
        if holes:
            start, length = holes[0].start, holes[0].end - holes[0].start
            more = f", and {len(holes) - 1} times more" if len(holes) > 1 else ""
            yield f"{_after(played, start)}: nobody is on call in {name} for {length_text(length)}{more}"


def _exhausted(played: Played) -> Iterator[str]:
    for event in played.events:
        if event.kind == "escalation.exhausted":
            number = event.subject.partition(":")[2]
            yield (
                f"{_after(played, event.at)}: every level of incident {number} was told and nobody has "
                "acknowledged: from here on there are reminders only"
            )


def _withheld(played: Played) -> Iterator[str]:
    for event in played.events:
        if event.kind not in ("alert.fired", "alert.suppression"):
            continue
        for reason in dict(event.changes).get("suppressed", ()):
            until = f" for {length_text(reason.until - event.at)}" if reason.until is not None else ""
            word, name = reason.kind.replace("_", " "), event.subject.partition(":")[2]
            cause = reason.text if word in reason.text else f"{word} ({reason.text})"
            yield f"{_after(played, event.at)}: nobody is told of {name}{until}: {cause}"


def _one_channel(played: Played) -> Iterator[str]:
    pages = [message for message in played.messages if message.kind == Kind.TRIGGER]
    channels = {message.channel for message in pages}
    if len(channels) == 1:
        yield f"everything goes through {channels.pop()}: while that is down, nobody hears anything"


def _waiting(played: Played) -> Iterator[str]:
    for row in played.state.rows.values():
        if row.unsent:
            who = row.recipient.removeprefix("person:")
            yield f"at the end a message to {who} still waits: {row.channel} is down"


def _workflows(played: Played) -> Iterator[str]:
    for event in played.events:
        if event.kind == "workflow.failed":
            yield f"{_after(played, event.at)}: workflow {event.text}"
