"""The answer of `replay` as people see it: the alerts, whom they reached, and what another config changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from slawatch.cli.table import DIM, Column, Row, paint, table, wrap
from slawatch.cli.terminal import Terminal, clean
from slawatch.core.chain import length_text
from slawatch.core.civil import offset_near_change
from slawatch.core.instant import Instant, to_datetime
from slawatch.core.people import Person
from slawatch.core.replayed import Difference, Fired, Replayed

if TYPE_CHECKING:
    from slawatch.answers.replay import Material
    from slawatch.config.model import Config

_RED: Final = "31"
_GREEN: Final = "32"
_YELLOW: Final = "33"
_BOLD: Final = "1"
_SEVERITIES: Final = {"critical": "31;1", "high": _RED, "medium": _YELLOW}
_MOST: Final = 200
"""So many alerts are listed; `--json` has all."""


def render(
    old: Replayed,
    new: Replayed | None,
    difference: Difference | None,
    found: "Material",
    configs: "Sequence[Config]",
    warnings: Iterable[str],
    terminal: Terminal,
    *,
    left_out: Sequence[str],
    acked: bool,
) -> str:
    """Return the text.

    Args:
        old: under the config in force.
        new: under the other one, if there is one.
        difference: between them.
        found: what was replayed.
        configs: the one or the two.
        warnings: what the reader should know.
        terminal: what can be shown.
        left_out: alerts that a replay says nothing about.
        acked: whether somebody was imagined who acknowledges.
    """
    config = configs[0]
    zone = ZoneInfo(config.timezone)
    people = {**config.people, **configs[-1].people}
    head = (
        f"{_at(old.start, zone)} to {_at(old.end, zone)}, times in {config.timezone}; "
        f"{found.total:,} samples stored, {len(found.samples):,} of them can change anything"
    )
    lines = [*(paint(line, DIM, terminal) for line in _hanging(head, terminal, "  ")), ""]
    if new is None or difference is None:
        lines += [*_fired(old.alerts, zone, people, terminal), ""]
        lines += _hanging(_sentence(_summary(old, people)), terminal, "  ")
    else:
        lines += _beside(old, new, difference, configs, zone, people, terminal)
    if not acked and old.incidents:
        lines.append("Nobody acknowledges in a replay unless --ack-after says so.")
    lines += _notes(warnings, left_out, terminal)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _beside(
    old: Replayed,
    new: Replayed,
    difference: Difference,
    configs: "Sequence[Config]",
    zone: ZoneInfo,
    people: Mapping[str, Person],
    terminal: Terminal,
) -> list[str]:
    names = [str(config.path) for config in configs]
    if names[0].rpartition("/")[2] != names[1].rpartition("/")[2]:
        names = [name.rpartition("/")[2] for name in names]
    lines: list[str] = []
    parts = ((f"only under {names[0]}", difference.only_old), (f"only under {names[1]}", difference.only_new))
    for title, alerts in parts:
        if alerts:
            lines += [paint(f"{title}: {_many(len(alerts), 'alert')}", _BOLD, terminal)]
            lines += [*_fired(alerts, zone, people, terminal), ""]
    if difference.changed:
        title = f"under both, not in the same way: {_many(len(difference.changed), 'alert')}"
        lines.append(paint(title, _BOLD, terminal))
        for one in difference.changed[:_MOST]:
            lines.append(f"{clean(one.old.alert)}, {_at(one.old.at, zone)}")
            for text in one.differences:
                lines += _hanging(f"  {_named(text, people)}", terminal, "    ")
        lines.append("")
    if not (difference.only_old or difference.only_new or difference.changed):
        lines += [paint("no difference", _GREEN, terminal), ""]
    lines.append(f"The same under both: {_many(difference.same, 'alert')}.")
    for name, side in zip(names, (old, new), strict=True):
        lines += _hanging(f"{name}: {_summary(side, people)}", terminal, "  ")
    return lines


def _fired(
    alerts: Sequence[Fired], zone: ZoneInfo, people: Mapping[str, Person], terminal: Terminal
) -> list[str]:
    if not alerts:
        return ["Nothing would have fired."]
    head = [
        Column("FIRED"), Column("FOR", right=True), Column("SEVERITY"), Column("ALERT", shrinks=True),
        Column("TOLD", shrinks=True),
    ]  # fmt: skip
    rows = [
        Row(
            [
                (_at(one.at, zone), ""),
                ("still" if one.ended is None else length_text(one.ended - one.at), ""),
                (one.severity, _SEVERITIES.get(one.severity, "")),
                (clean(one.alert), ""),
                (_told(one, people, zone), "" if one.told else DIM),
            ]
        )
        for one in alerts[:_MOST]
    ]
    lines = table(head, rows, terminal)
    if len(alerts) > _MOST:
        lines.append(f"and {len(alerts) - _MOST} more: --json has all of them")
    return lines


def _told(one: Fired, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    if not one.told:
        return f"nobody: {', '.join(one.withheld).replace('_', ' ')}" if one.withheld else "nobody"
    first: dict[str, list[str]] = {}
    for who in one.told:
        first.setdefault(who.to, []).append(who.channel)
    said = [
        _name(to, people) + ("" if to == f"channel:{channels[0]}" else f" by {', '.join(channels)}")
        for to, channels in first.items()
    ]
    at = min(who.at for who in one.told)
    later = f" from {_at(at, zone).split(' ', 1)[1]}" if at > one.at else ""
    return "; ".join(said) + later


def _summary(found: Replayed, people: Mapping[str, Person]) -> str:
    if not found.incidents:
        return "no incident, nobody told."
    told: dict[str, int] = {}
    for message in found.messages:
        told[message.to] = told.get(message.to, 0) + 1
    who = ", ".join(f"{_name(to, people)} {times}" for to, times in sorted(told.items(), key=lambda t: -t[1]))
    levels = max(one.levels for one in found.incidents)
    spent = sum(one.exhausted for one in found.incidents)
    more = f"; {spent} went through all levels" if spent else ""
    return (
        f"{_many(len(found.alerts), 'alert')}, {_many(len(found.incidents), 'incident')}, "
        f"{_many(len(found.messages), 'message')}" + (f" ({who})" if who else "")
        + f"; levels fired {_many(levels, 'time')} at most{more}."
    )  # fmt: skip


def _notes(warnings: Iterable[str], left_out: Sequence[str], terminal: Terminal) -> list[str]:
    lines = [""]
    for warning in warnings:
        first, *rest = wrap(clean(warning), terminal.width - 2) if terminal.width else [clean(warning)]
        lines += [f"{paint('!', _YELLOW, terminal)} {first}", *(f"  {text}" for text in rest)]
    if left_out:
        lines += _hanging(f"Left out: {'; '.join(map(clean, left_out))}.", terminal, "  ")
    return lines if len(lines) > 1 else []


def _hanging(text: str, terminal: Terminal, indent: str) -> list[str]:
    """Return a text broken into lines, the later ones indented."""
    if not terminal.width:
        return [text]
    lead = text[: len(text) - len(text.lstrip())]
    first, *rest = wrap(text.strip(), terminal.width - len(indent))
    return [lead + first, *(indent + line for line in rest)]


def _named(text: str, people: Mapping[str, Person]) -> str:
    """Return a line with the people's names in the place of their keys."""
    word, _, rest = text.partition(" ")
    return clean(f"{_name(word, people)} {rest}")


def _name(recipient: str, people: Mapping[str, Person]) -> str:
    kind, _, name = recipient.partition(":")
    if kind != "person":
        return clean(recipient)
    return clean(people[name].shown if name in people else name)


def _at(at: Instant, zone: ZoneInfo) -> str:
    moment = to_datetime(at).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}{offset_near_change(moment)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
