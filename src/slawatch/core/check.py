"""What is watched: checks, the services they speak for, and the organisations these belong to."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias

from slawatch.core.instant import HOUR, MILLISECOND, SECOND, Micros
from slawatch.core.status_page import StatusPage
from slawatch.core.text import Duration, FromValue, Moment, TimeZone

SHORTEST_INTERVAL: Final[Micros] = 100 * MILLISECOND
LONGEST_INTERVAL: Final[Micros] = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One way of looking at one target, again and again.

    Attributes:
        name: unique; the key of its TOML table.
        service: the service it speaks for.
        type: the stem of its file under `checks/`.
        options: the check type's own keys, as that type's dataclass.
        interval: from one probe to the next.
        timeout: a probe without an answer by then is down; never longer than the interval by default.
        failures: so many consecutive bad probes confirm a failure.
        retry_interval: between those probes.
        stale_after: how long a sample speaks for the target; two intervals plus the timeout by default.
    """

    name: str
    service: str
    type: str
    options: Any
    interval: Duration = 30 * SECOND
    timeout: Duration = 10 * SECOND
    failures: int = 3
    retry_interval: Duration = SECOND
    stale_after: Duration = 70 * SECOND


@dataclass(frozen=True, slots=True)
class Quorum:
    """So many checks of a service must work for the service to be up."""

    needed: int


def read_quorum(found: object) -> Quorum:
    """Return the quorum that `{ quorum = 2 }`, `"quorum:2"` or `"quorum = 2"` names.

    Raises:
        ValueError: it is none of these, or asks for no check at all.
    """
    needed: object = None
    if isinstance(found, dict) and found.keys() == {"quorum"}:
        needed = found["quorum"]
    elif isinstance(found, str) and (
        match := re.fullmatch(r"quorum\s*[:=]\s*(\d{1,6})", found.strip(), re.ASCII)
    ):
        needed = int(match[1])
    if not isinstance(needed, int) or isinstance(needed, bool):
        raise ValueError('write "all", "any" or { quorum = 2 }')  # noqa: TRY004
    if needed < 1:
        raise ValueError("a quorum is one check or more")
    return Quorum(needed)


Join: TypeAlias = (
    Literal["all", "any"]
    | Annotated[
        Quorum,
        FromValue(
            read_quorum,
            "{ quorum = 2 }",
            {
                "oneOf": [
                    {
                        "type": "object",
                        "properties": {
                            "quorum": {
                                "type": "integer",
                                "minimum": 1,
                                "description": "so many of its checks must be up",
                            }
                        },
                        "required": ["quorum"],
                        "additionalProperties": False,
                    },
                    {"type": "string", "pattern": "^quorum *[:=] *[0-9]+$"},
                ]
            },
        ),
    ]
)


def read_parents(found: object) -> tuple[str, ...]:
    """Return the names of which one is needed: one name, or an array of those that stand in for each other.

    Raises:
        ValueError: no name, or one twice.
    """
    names = (found,) if isinstance(found, str) else tuple(found) if isinstance(found, list | tuple) else ()
    parents = tuple(name for name in names if isinstance(name, str) and name)
    if not parents or len(parents) < len(names):
        raise ValueError(
            'write a name such as "database", or several of which one is enough: ["dns1", "dns2"]'
        )
    if len(set(parents)) < len(parents):
        raise ValueError("something is named twice")
    return parents


Parents: TypeAlias = Annotated[
    tuple[str, ...],
    FromValue(
        read_parents,
        'a name such as "database", or several of which one is enough: ["dns1", "dns2"]',
        {
            "oneOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
            ]
        },
    ),
]
"""What something needs: one thing, or one of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a customer was promised, made of the checks that speak for it.

    Attributes:
        name: unique; the key of its TOML table.
        organization: whose it is; None for a config without organisations.
        join: how its checks make its state: `all` (any down makes it down), `any` (up while one is up), or a
            quorum.
        description: for reports and pages.
        runbook: where the on-call engineer reads what to do.
        depends_on: services and checks that it cannot work without: while one is down, that is told and not
            this; of an array inside it, one is enough.
        escalation: the policy of its incidents; the one named `default` by default.
    """

    name: str
    organization: str | None = None
    join: Join = "all"
    description: str = ""
    runbook: str = ""
    depends_on: tuple[Parents, ...] = ()
    escalation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A customer or department: owner of services, agreements and reports.

    Attributes:
        key: unique; the key of its TOML table.
        name: as reports print it; the key by default.
        timezone: whose calendar its reports follow (IANA name); that of `[slawatch]` by default.
        status_page: what it shows to everybody; without it, nothing.
    """

    key: str
    name: str
    timezone: TimeZone = "UTC"
    status_page: StatusPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the customer was told of a window before it was changed.

    Attributes:
        start: from when it was to be, with an offset.
        end: until when, exclusive; at or before `start` it was called off.
        announced: when the customer was told so; absent counts as in time.
    """

    start: Moment
    end: Moment
    announced: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window of announced work.

    Attributes:
        services: the services it covers.
        start: from when, with an offset.
        end: until when, exclusive.
        announced: when the customer was told; None counts as announced when it was written, before it began.
        reason: for the report.
        earlier: what was announced before the window was changed to this, oldest first.
    """

    services: tuple[str, ...]
    start: Moment
    end: Moment
    announced: Moment | None = None
    reason: str = ""
    earlier: tuple[Announcement, ...] = ()
