"""What is watched: checks, the services they speak for, and the organisations these belong to."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from slawatch.core.instant import HOUR, SECOND, Micros
from slawatch.core.text import Duration



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


Join = Literal["all", "any"] | Quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a customer was promised, made of the checks that speak for it.

    Attributes:
        name: unique; the key of its TOML table.
        organization: whose it is; None for a config without organisations.
        join: how its checks make its state: `all` (any down makes it down), `any` (up while one is up), or a quorum.
        description: for reports and pages.
        runbook: where the on-call engineer reads what to do.
    """

    name: str
    organization: str | None = None
    join: Join = "all"
    description: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A customer or department: owner of services, agreements and reports."""

    key: str
    name: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window of announced work.

    Attributes:
        services: the services it covers.
        start, end: half-open.
        announced: when the customer was told; None counts as announced when it was written, before it began.
        reason: for the report.
    """

    services: tuple[str, ...]
    start: int
    end: int
    announced: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Everything that the engine watches: what a reload compares."""

    checks: dict[str, Check] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)


LONGEST_INTERVAL: Final[Micros] = 24 * HOUR
