"""The configuration as a value: what `load` returns and the daemon runs on."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from slawatch.config.alerting import Alerting
from slawatch.config.problem import Problem
from slawatch.config.web import Address, Listen, Web, parse_address
from slawatch.core.access import User
from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.channel import Channel
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.escalation import Policy
from slawatch.core.inhibition import Inhibition
from slawatch.core.instant import DAY
from slawatch.core.people import Person, Team
from slawatch.core.quiet import QuietHours
from slawatch.core.rota import Schedule
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.text import Duration, Secret, TimeZone
from slawatch.core.workflow import Workflow

__all__ = ["Address", "Config", "Listen", "Reports", "Retention", "Settings", "Web", "parse_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The daemon itself.

    Attributes:
        data_dir: where the database, the socket and the journal live; relative to the file that says so. By
            default `$STATE_DIRECTORY` (systemd's), else `$XDG_STATE_HOME/slawatch`, else
            `~/.local/state/slawatch`.
        timezone: the zone of reports where no agreement and no organisation says another.
        probers: how many processes probe; each check belongs to one of them.
        log_format: `human` lines, `json` lines, or `auto`: human in a terminal, JSON elsewhere.
        log_level: the least severe messages that are written.
    """

    data_dir: str = ""
    timezone: TimeZone = "UTC"
    probers: int = 1
    log_format: Literal["auto", "human", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what was seen is kept.

    Attributes:
        samples: single samples; the record of outages is kept for good. Those of a period that an agreement
            is about are kept until its `claim_window` has ended, however short this is.
    """

    samples: Duration = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """How reports are frozen.

    Attributes:
        signing_key: the key that signs them, an Ed25519 seed as 64 hexadecimal digits (`openssl rand -hex
            32`); by default `report.key` in `data_dir`, which is made at the first report. Keep a copy of
            either: customers know its public half.
    """

    signing_key: Secret | None = None

    def __post_init__(self) -> None:
        """Refuse a key that is none."""
        if self.signing_key is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", self.signing_key.value):
            raise ValueError("signing_key: a key is 64 hexadecimal digits: `openssl rand -hex 32` makes one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that the configuration says, defaults filled in, checked.

    Attributes:
        path: the file that was loaded.
        files: that file and those of `conf.d` beside it, in the order they were read.
        digest: SHA-256 of the effective configuration, secrets left out: the same text for the same meaning.
        data_dir: absolute.
        timezone: the zone of reports where nobody says another.
        probers: how many processes probe.
        log_format: `auto`, `human` or `json`.
        log_level: `debug`, `info`, `warning` or `error`.
        web: where people and jobs reach the daemon.
        retention: how long things are kept.
        reports: how reports are frozen.
        organizations: by key.
        services: by name; those that only checks name are among them.
        checks: by name.
        agreements: by key.
        calendars: the service hours, by name, with the holidays worked out.
        maintenance: in the order written.
        people, teams, schedules, escalations, channels: by key.
        alerting: how states become alerts.
        rules, routes, workflows, inhibit: in the order written.
        quiet_hours: by name.
        users: who may sign in, by name.
        warnings: what is allowed but probably not meant.
    """

    path: Path
    files: tuple[Path, ...] = ()
    digest: str = ""
    data_dir: Path
    timezone: str = "UTC"
    probers: int = 1
    log_format: Literal["auto", "human", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    web: Web = field(default_factory=Web)
    retention: Retention = field(default_factory=Retention)
    reports: Reports = field(default_factory=Reports)
    organizations: dict[str, Organization] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    maintenance: tuple[Maintenance, ...] = ()
    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    escalations: dict[str, Policy] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    alerting: Alerting = field(default_factory=Alerting)
    rules: tuple[Rule, ...] = ()
    routes: tuple[Route, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    inhibit: tuple[Inhibition, ...] = ()
    quiet_hours: dict[str, QuietHours] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
