"""Channels: the configured ways of telling people, and where each of them finds a person."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from slawatch.core.bucket import Limit, limits_of
from slawatch.core.instant import DAY, HOUR, SECOND, Instant, Micros
from slawatch.core.outbox import TTL
from slawatch.core.people import ContactRule, Person
from slawatch.core.text import Duration, FromText, parse_duration

_LIMIT: Final = re.compile(r"(\d{1,6})\s*/\s*(\S+)", re.ASCII)
_LONGEST: Final[Micros] = DAY
_FALLBACK_TTL: Final[Micros] = HOUR


def parse_limit(text: str) -> Limit:
    """Return the limit that `10/1m` names: ten messages in any minute.

    >>> parse_limit("10/1m")
    Limit(most=10, per=60000000, smooth=False)

    Raises:
        ValueError: it is none, or its span is none.
    """
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not a limit such as "10/1m": ten messages in any minute')
    per = parse_duration(match[2])
    if not SECOND <= per <= _LONGEST:
        raise ValueError(f"the span of {text!r} is not from 1s to 1d")
    if not int(match[1]):
        raise ValueError(f"{text!r} lets nothing through")
    return Limit(int(match[1]), per)


RateLimit: TypeAlias = Annotated[
    Limit, FromText(parse_limit, 'a limit such as "10/1m": ten messages in any minute', example="10/1m")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way of telling people.

    Attributes:
        name: unique; the key of its TOML table.
        type: the stem of its file under `notifiers/`.
        options: the channel type's own keys, as that type's dataclass.
        limits: at most so many messages to one recipient, the rest of a storm is one digest; by default what
            suits the type: `sms` one a minute, `email` ten a minute, chat one a second.
        ttl: how long a message is worth sending; then the present state is told instead. By default an hour
            for pages, 4 hours for chat, a day for mail, 3 days for webhooks.

    Raises:
        ValueError: a length that cannot be meant.
    """

    name: str
    type: str
    options: Any
    limits: tuple[RateLimit, ...] = ()
    ttl: Duration | None = None

    def __post_init__(self) -> None:
        if self.ttl is not None and not 10 * SECOND <= self.ttl <= 30 * DAY:
            raise ValueError("ttl: from 10s to 30d")

    @property
    def bucket_limits(self) -> tuple[Limit, ...]:
        """The limits that hold, those of the type where none is written."""
        ordered = sorted(self.limits, key=lambda limit: limit.per)
        return tuple(ordered) or limits_of(self.type)

    @property
    def worth(self) -> Micros:
        """How long a message is worth sending."""
        return TTL.get(self.type, _FALLBACK_TTL) if self.ttl is None else self.ttl


class Standing(NamedTuple):
    """How a channel does, as its sender knows it.

    Attributes:
        state: `ok`; `failing`: the last attempts failed; `open`: it failed so often that it is left alone for
            a while; `misconfigured` and `disabled`: nothing goes through until the config is changed.
        since: since when it is in this state, by the wall clock.
        why: what its provider said last, where the state is not ok.
        queued: messages that wait for it.
        dead: messages that it will never deliver.
        oldest: when the oldest of those that wait was decided; None for none.
        warning: what somebody should look at although messages go their way, such as a broken template.
        proved: a message went through it since slawatch started, or its config was changed since.
    """

    state: Literal["ok", "failing", "open", "misconfigured", "disabled"]
    since: Instant
    why: str = ""
    queued: int = 0
    dead: int = 0
    oldest: Instant | None = None
    warning: str = ""
    proved: bool = True

    @property
    def down(self) -> bool:
        """Whether nothing goes through it now."""
        return self.state in ("open", "misconfigured", "disabled")


def address_of(person: Person, rule: ContactRule, channel_type: str) -> str:
    """Return where a channel finds a person: by the rule, else by mail address or phone number; or empty.

    >>> bob, rule = Person(key="bob", phone="+4915112345678"), ContactRule(channel="phone")
    >>> address_of(bob, rule, "sms"), address_of(bob, rule, "webhook")
    ('+4915112345678', '')
    """
    usual = {"email": person.email, "sms": person.phone}
    return rule.address or usual.get(channel_type, "")
