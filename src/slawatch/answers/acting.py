"""What people ask of incidents and messages, read from a wish: one command of alerting each."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, cast

from slawatch.answers.wish import EntryRefused, Wish
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.core.command import (
    Ack,
    Assign,
    Command,
    Escalate,
    Merge,
    Open,
    Publish,
    Reassign,
    Resolve,
    Snooze,
    Unack,
    Write,
)
from slawatch.core.dispatch import Retried
from slawatch.core.incident import SEVERITIES
from slawatch.core.instant import Instant, Micros

_Role = Literal["assignee", "commander", "communications"]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("title", "severity", "service", "policy", "person"),
    "ack": ("generation", "person"),
    "unack": ("person",),
    "snooze": ("for", "until", "person"),
    "assign": ("to", "role", "person"),
    "note": ("text", "person"),
    "publish": ("text", "person"),
    "escalate": ("person",),
    "resolve": ("note", "generation", "person"),
    "merge": ("into", "person"),
    "reassign": ("policy", "person"),
}  # fmt: skip
"""What can be done to an incident, and the keys of each wish."""


def command(
    action: str, number: int, wish: Mapping[str, Any], config: Config, now: Instant, origin: str
) -> Command:
    """Return the command that a wish comes to.

    Args:
        action: a key of `KEYS`.
        number: of the incident; 0 for `open`.
        wish: texts by name, as the API takes them.
        config: says whom a name means, and which services and policies there are.
        now: the present.
        origin: from where it comes.

    Raises:
        EntryRefused: it makes no sense.
    """
    unknown = [key for key in wish if key not in KEYS[action]]
    if unknown:
        hint = nearest(unknown[0], KEYS[action]) or f"write {one_of(KEYS[action])}"
        raise EntryRefused(f"there is no key {unknown[0]!r} here: {hint}")
    asked = Wish(wish, config, now)
    by = who(asked.person(), config)
    return _ACTIONS[action](asked, number, by, origin)


def retry(
    key: str, ttl: Micros, wish: Mapping[str, Any], config: Config, now: Instant, origin: str
) -> Retried:
    """Return the wish to send a dead message again, for as long as that is worth it.

    Raises:
        EntryRefused: it has keys that mean nothing.
    """
    unknown = [name for name in wish if name not in ("person", "source")]
    if unknown:
        raise EntryRefused(f'there is no key {unknown[0]!r} here: write "person"')
    return Retried(key, ttl, who(Wish(wish, config, now).person(), config), origin)


def who(name: str, config: Config) -> str:
    """Return how alerting names somebody: `person:alice` for one of the people of the config."""
    return f"person:{name}" if name in config.people else name


def recipient(text: str, config: Config) -> str:
    """Return the person or team that a name means; `alice` means `person:alice`.

    Raises:
        EntryRefused: there is none.
    """
    kind, colon, name = text.partition(":")
    if not colon:
        kind, name = ("team" if text in config.teams and text not in config.people else "person"), text
    known: Mapping[str, Any] = config.people if kind == "person" else config.teams if kind == "team" else {}
    if name not in known:
        everybody = [*(f"person:{key}" for key in config.people), *(f"team:{key}" for key in config.teams)]
        have = f"there are {one_of(everybody[:20])}" if everybody else "the configuration has nobody"
        names = everybody if colon else [*config.people, *config.teams]
        raise EntryRefused(f"to: there is no {text[:100]!r}: {nearest(text, names) or have}")
    return f"{kind}:{name}"


def _open(wish: Wish, _number: int, by: str, origin: str) -> Command:
    config = wish.config
    severity = wish.text("severity") or "high"
    if severity not in SEVERITIES:
        raise EntryRefused(f"severity: write {one_of(SEVERITIES)}, not {severity[:100]!r}")
    service = ""
    if wish.has("service"):
        service = wish.one_of("service", config.services, "service", needed="")
    policy = wish.text("policy")
    if not policy:
        own = config.services[service].escalation if service else ""
        policy = own or "default"
    if policy not in config.escalations:
        have = f"there is {one_of(list(config.escalations)[:20])}" if config.escalations else "there is none"
        raise EntryRefused(
            f"policy: there is no escalation policy {policy[:100]!r}, so nobody would be told: {have}"
        )
    return Open(
        by=by, origin=origin, title=wish.text("title", needed="what is wrong, in one line"),
        severity=severity, service=service, policy=policy,
        organization=config.services[service].organization or "" if service else "",
    )  # fmt: skip


def _ack(wish: Wish, number: int, by: str, origin: str) -> Command:
    return Ack(by=by, origin=origin, incident=number, generation=_generation(wish))


def _unack(_wish: Wish, number: int, by: str, origin: str) -> Command:
    return Unack(by=by, origin=origin, incident=number)


def _snooze(wish: Wish, number: int, by: str, origin: str) -> Command:
    if wish.has("until"):
        if wish.has("for"):
            raise EntryRefused("`until` and `for` say the same: leave one out")
        length = wish.moment("until", "") - wish.now
        if length <= 0:
            raise EntryRefused("until: that is over already")
    else:
        length = wish.length("for", "how long, such as 2h; or `until`, a time")
    return Snooze(by=by, origin=origin, incident=number, length=length)


def _assign(wish: Wish, number: int, by: str, origin: str) -> Command:
    roles = ("assignee", "commander", "communications")
    role = wish.text("role") or "assignee"
    if role not in roles:
        hint = nearest(role, roles) or f"write {one_of(roles)}"
        raise EntryRefused(f"role: there is no {role[:100]!r}: {hint}")
    to = recipient(wish.text("to", needed="a person or team, such as person:alice"), wish.config)
    if role != "assignee" and not to.startswith("person:"):
        raise EntryRefused(f"to: a {role} is one person, not {to}")
    return Assign(by=by, origin=origin, incident=number, to=to, role=cast("_Role", role))


def _note(wish: Wish, number: int, by: str, origin: str) -> Command:
    text = wish.text("text", needed="what is to be written down")
    return Write(by=by, origin=origin, incident=number, text=text)


def _publish(wish: Wish, number: int, by: str, origin: str) -> Command:
    return Publish(by=by, origin=origin, incident=number, text=wish.text("text"))


def _escalate(_wish: Wish, number: int, by: str, origin: str) -> Command:
    return Escalate(by=by, origin=origin, incident=number)


def _resolve(wish: Wish, number: int, by: str, origin: str) -> Command:
    return Resolve(
        by=by, origin=origin, incident=number, note=wish.text("note"), generation=_generation(wish)
    )


def _merge(wish: Wish, number: int, by: str, origin: str) -> Command:
    into = wish.whole("into", needed="the number of the incident that it becomes part of")
    return Merge(by=by, origin=origin, incident=number, into=into)


def _reassign(wish: Wish, number: int, by: str, origin: str) -> Command:
    policy = wish.one_of(
        "policy", wish.config.escalations, "escalation policy", needed="the policy that it moves to"
    )
    return Reassign(by=by, origin=origin, incident=number, policy=policy)


def _generation(wish: Wish) -> int | None:
    return wish.whole("generation", needed="") if wish.has("generation") else None


_ACTIONS: Final[dict[str, Callable[[Wish, int, str, str], Command]]] = {
    "open": _open,
    "ack": _ack,
    "unack": _unack,
    "snooze": _snooze,
    "assign": _assign,
    "note": _note,
    "publish": _publish,
    "escalate": _escalate,
    "resolve": _resolve,
    "merge": _merge,
    "reassign": _reassign,
}
