"""Each section of the file, read into what it means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from slawatch import checks as check_types
from slawatch.config.agreements import read_agreement
from slawatch.config.alerting import (
    Alerting,
    read_inhibitions,
    read_quiet_hours,
    read_routes,
    read_rules,
    read_workflows,
)
from slawatch.config.annotations import keys
from slawatch.config.calendars import WrittenCalendar
from slawatch.config.channels import read_channels
from slawatch.config.duty import read_escalations, read_people, read_schedules, read_teams
from slawatch.config.locate import place_data_dir
from slawatch.config.model import Config, Retention, Settings, Web
from slawatch.config.problem import KeyPath, nearest, one_of
from slawatch.config.reading import BAD, Reader
from slawatch.config.tables import named_tables, table_array
from slawatch.config.users import read_users
from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.instant import Micros

SECTIONS: Final = (
    "slawatch", "web", "retention", "organizations", "defaults", "services", "checks", "agreements",
    "calendars", "maintenance", "people", "teams", "schedules", "escalations", "channels", "alerting",
    "rules", "routes", "workflows", "inhibit", "quiet_hours", "users",
)  # fmt: skip

DEFAULTS: Final[KeyPath] = ("defaults", "check")
NOT_WRITTEN: Final = ("name", "options")
"""Fields of a check that are no keys of its table."""

STANDARD: Final = keys(Check)
COMMON: Final = tuple(key for key in STANDARD if key not in NOT_WRITTEN)
"""The keys that every check has, whatever its type."""


class Assembly:
    """One pass over the document.

    What cannot be read is left out of the result and told to the reader, so that the rest is still looked at.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tree = reader.document.tree

    def config(self) -> Config:
        """Return the configuration, as far as it could be read."""
        self.reader.unknown(self.tree, SECTIONS, ())
        settings = self._single("slawatch", Settings)
        organizations = self._organizations(settings.timezone)
        checks = self._checks()
        return Config(
            path=self.reader.document.sources[0].path,
            files=tuple(source.path for source in self.reader.document.sources),
            data_dir=self._data_dir(settings),
            timezone=settings.timezone,
            probers=settings.probers,
            log_format=settings.log_format,
            log_level=settings.log_level,
            web=self._single("web", Web),
            retention=self._single("retention", Retention),
            organizations=organizations,
            services=self._services(checks),
            checks=checks,
            agreements=self._agreements(organizations, settings.timezone),
            calendars=self._calendars(settings.timezone),
            maintenance=table_array(self.reader, "maintenance", Maintenance),
            people=read_people(self.reader),
            teams=read_teams(self.reader),
            schedules=read_schedules(self.reader, settings.timezone),
            escalations=read_escalations(self.reader),
            channels=read_channels(self.reader),
            alerting=self._single("alerting", Alerting),
            rules=read_rules(self.reader),
            routes=read_routes(self.reader),
            workflows=read_workflows(self.reader),
            inhibit=read_inhibitions(self.reader),
            quiet_hours=read_quiet_hours(self.reader, settings.timezone),
            users=read_users(self.reader),
        )

    def _single(self, section: str, kind: type) -> Any:
        value = self.reader.table(kind, self.tree.get(section, {}), (section,))
        return kind() if value is BAD else value

    def _data_dir(self, settings: Settings) -> Path:
        path = ("slawatch", "data_dir")
        source, _ = self.reader.document.origin(path)
        env = self.reader.env
        try:
            if "\0" in settings.data_dir:
                raise ValueError
            found = place_data_dir(settings.data_dir, source.path, env)
        except (OSError, ValueError):
            self.reader.problem(path, "no path of this machine")
            return Path("/")
        if found is None:
            self.reader.problem(
                path if settings.data_dir else ("slawatch",),
                "no place for data: set data_dir ($STATE_DIRECTORY, $XDG_STATE_HOME and $HOME are not set)",
            )
            return Path("/")
        return found

    def _organizations(self, timezone: str) -> dict[str, Organization]:
        found = {}
        for key, table in named_tables(self.reader, "organizations").items():
            whole = {"name": key, "timezone": timezone, **table}
            value = self.reader.table(Organization, whole, ("organizations", key), {"key": key})
            if value is not BAD:
                found[key] = value
        return found

    def _services(self, checks: dict[str, Check]) -> dict[str, Service]:
        """Return the services that have a table, then those that only checks name."""
        found = {}
        for name, table in named_tables(self.reader, "services").items():
            value = self.reader.table(Service, table, ("services", name), {"name": name})
            found[name] = Service(name=name) if value is BAD else value
        for check in checks.values():
            found.setdefault(check.service, Service(name=check.service))
        return found

    def _checks(self) -> dict[str, Check]:
        defaults = self._defaults()
        found = {}
        for name, table in named_tables(self.reader, "checks").items():
            check = self._check(name, table, defaults)
            if check is not None:
                found[name] = check
        return found

    def _defaults(self) -> dict[str, Any]:
        """Return the keys of `[defaults.check]` that a check can have."""
        section = self.tree.get("defaults", {})
        if not isinstance(section, dict):
            self.reader.wrong(("defaults",), "a table [defaults.check]", section, hide=True)
            return {}
        self.reader.unknown(section, ("check",), ("defaults",))
        defaults = section.get("check", {})
        if not isinstance(defaults, dict):
            self.reader.wrong(DEFAULTS, "a table", defaults, hide=True)
            return {}
        known = set(COMMON)
        if not known.issuperset(defaults):
            known.update(_every_option())
        self.reader.unknown(defaults, sorted(known), DEFAULTS)
        absent = [key for key in keys(Check) if key not in defaults]
        read = self.reader.fields(Check, defaults, DEFAULTS, given=absent)
        return {key: value for key, value in defaults.items() if key in known and read.get(key) is not BAD}

    def _check(self, name: str, table: dict[str, Any], defaults: dict[str, Any]) -> Check | None:
        path = ("checks", name)

        def at(key: str) -> KeyPath:
            return (*path, key) if key in table else (*DEFAULTS, key)

        whole = {**defaults, **table}
        kind = self._type(whole, path, at)
        self.reader.unknown(table, [*COMMON, *(keys(kind.options) if kind else _every_option())], path)
        values = self.reader.fields(Check, whole, path, given=(*NOT_WRITTEN, "type"), at=at)
        options = None
        if kind is not None:
            read = self.reader.fields(kind.options, whole, path, at=at)
            options = None if BAD in read.values() else self.reader.build(kind.options, read, path, at)
        values = {key: value for key, value in values.items() if value is not BAD}
        if "service" not in values:
            return None
        timing = _timing(values, table)
        return Check(name=name, type=kind.name if kind else "", options=options, **{**values, **timing})

    def _type(
        self, whole: dict[str, Any], path: KeyPath, at: Callable[[str], KeyPath]
    ) -> check_types.CheckType | None:
        known = check_types.names()
        if "type" not in whole:
            self.reader.problem(path, 'the key "type" is missing', expected=one_of(known))
            return None
        found = whole["type"]
        if not isinstance(found, str) or found not in known:
            hint = nearest(found, known) if isinstance(found, str) else ""
            message = "there is no such check type" + (f": {hint}" if hint else "")
            self.reader.wrong(at("type"), one_of(known), found, message)
            return None
        return check_types.load(found)

    def _agreements(self, organizations: dict[str, Organization], timezone: str) -> dict[str, Agreement]:
        found = {}
        for key, table in named_tables(self.reader, "agreements").items():
            value = read_agreement(self.reader, key, table, organizations, timezone)
            if value is not None:
                found[key] = value
        return found

    def _calendars(self, timezone: str) -> dict[str, Calendar]:
        found = {}
        for name, table in named_tables(self.reader, "calendars").items():
            value = self.reader.table(WrittenCalendar, {"timezone": timezone, **table}, ("calendars", name))
            if value is not BAD:
                found[name] = value.calendar(name)
        return found


def _every_option() -> list[str]:
    """Return the keys of all check types."""
    return sorted({key for name in check_types.names() for key in keys(check_types.load(name).options)})


def _timing(values: dict[str, Any], table: dict[str, Any]) -> dict[str, Micros]:
    """Return the lengths of a check that nobody wrote for it.

    What `[defaults.check]` says is a wish for all: a check with a shorter interval gets as much as fits.
    """
    interval = values.get("interval", STANDARD["interval"].default)
    timing = {"interval": interval}
    for key in ("timeout", "retry_interval"):
        wanted = values.get(key, STANDARD[key].default)
        timing[key] = wanted if key in table else min(wanted, interval)
    timing["stale_after"] = values.get("stale_after", 2 * interval + timing["timeout"])
    return timing
