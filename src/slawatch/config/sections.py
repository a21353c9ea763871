"""Each section of the file, read into what it means."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

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
from slawatch.config.completing import FAULTS
from slawatch.config.duty import read_escalations, read_people, read_schedules, read_teams
from slawatch.config.locate import place_data_dir
from slawatch.config.model import Config, Reports, Retention, Settings, Web
from slawatch.config.partial import BAD, Lost, Unread, judging, nothing_of, partial, unflawed, whole
from slawatch.config.problem import KeyPath, closest, one_of, quoted
from slawatch.config.reading import Reader
from slawatch.config.tables import named_tables, read_named, table_array
from slawatch.config.users import read_users
from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.check import Check, Maintenance, Organization, Service

SECTIONS: Final = (
    "slawatch", "web", "retention", "reports", "organizations", "defaults", "services", "checks",
    "agreements", "calendars", "maintenance", "people", "teams", "schedules", "escalations", "channels",
    "alerting", "rules", "routes", "workflows", "inhibit", "quiet_hours", "users",
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
        """Return the configuration, as far as it could be read, with holes where it could not."""
        self._sections()
        settings = self._single("slawatch", Settings)
        timezone = "UTC"
        with judging:
            timezone = settings.timezone
        organizations = read_named(
            self.reader, "organizations", Organization, "key", lambda key: {"name": key, "timezone": timezone}
        )
        checks = self._checks()
        values: dict[str, Any] = {
            "path": self.reader.document.sources[0].path,
            "files": tuple(source.path for source in self.reader.document.sources),
            "data_dir": self._data_dir(settings),
            "web": self._single("web", Web),
            "retention": self._single("retention", Retention),
            "reports": self._single("reports", Reports),
            "organizations": organizations,
            "services": self._services(checks),
            "checks": checks,
            "agreements": self._agreements(organizations, timezone),
            "calendars": self._calendars(timezone),
            "maintenance": table_array(self.reader, "maintenance", Maintenance),
            "people": read_people(self.reader),
            "teams": read_teams(self.reader),
            "schedules": read_schedules(self.reader, timezone),
            "escalations": read_escalations(self.reader),
            "channels": read_channels(self.reader),
            "alerting": self._single("alerting", Alerting),
            "rules": read_rules(self.reader),
            "routes": read_routes(self.reader),
            "workflows": read_workflows(self.reader),
            "inhibit": read_inhibitions(self.reader),
            "quiet_hours": read_quiet_hours(self.reader, timezone),
            "users": read_users(self.reader),
        }
        for key in ("timezone", "probers", "log_format", "log_level"):
            with judging:
                values[key] = getattr(settings, key)
        unread = keys(Settings).keys() - {"data_dir"} - values.keys()
        config = partial(Config, values, unread) if unread else Config(**values)
        return cast("Config", config)

    def _sections(self) -> None:
        """Note sections that do not exist; one much like a section that is not there is read as that."""
        self.tree = self.reader.document.tree = self.reader.known(self.tree, SECTIONS, ())

    def _single(self, section: str, kind: type) -> Any:
        return self.reader.some(kind, self.tree.get(section, {}), (section,))

    def _data_dir(self, settings: Settings) -> Path:
        path = ("slawatch", "data_dir")
        source, _ = self.reader.document.origin(path)
        env = self.reader.env
        try:
            if "\0" in settings.data_dir:
                raise ValueError
            found = place_data_dir(settings.data_dir, source.path, env)
        except Unread:
            return Path("/")
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

    def _services(self, checks: dict[str, Check]) -> dict[str, Service]:
        """Return the services that have a table, then those that only checks name."""
        found: dict[str, Service] = read_named(self.reader, "services", Service, "name")
        if isinstance(checks, Lost):
            self.reader.unsure.add("service")
        for check in checks.values():
            try:
                name = check.service
            except Unread:
                self.reader.unsure.add("service")
                continue
            if dict.get(found, name) is None:
                found[name] = Service(name=name)
        return found

    def _checks(self) -> dict[str, Check]:
        defaults = self._defaults()
        tables = named_tables(self.reader, "checks")
        found: dict[str, Check] = Lost() if isinstance(tables, Lost) else {}
        for name, table in tables.items():
            found[name] = (
                nothing_of(Check, name=name) if table is None else self._check(name, table, defaults)
            )
        return found

    def _defaults(self) -> dict[str, Any]:
        """Return the keys of `[defaults.check]` that a check can have."""
        section = self.tree.get("defaults", {})
        if section is BAD:
            return {}
        if not isinstance(section, dict):
            self.reader.wrong(("defaults",), "a table [defaults.check]", section, hide=True)
            return {}
        section = self.reader.known(section, ("check",), ("defaults",))
        defaults = section.get("check", {})
        if defaults is BAD:
            return {}
        if not isinstance(defaults, dict):
            self.reader.wrong(DEFAULTS, "a table", defaults, hide=True)
            return {}
        known = set(COMMON)
        if not known.issuperset(defaults):
            known.update(_every_option())
        defaults = self.reader.known(defaults, sorted(known), DEFAULTS)
        absent = [key for key in keys(Check) if key not in defaults]
        self.reader.fields(Check, defaults, DEFAULTS, given=absent)
        return defaults

    def _check(self, name: str, table: dict[str, Any], defaults: dict[str, Any]) -> Check:
        path = ("checks", name)

        def at(key: str) -> KeyPath:
            return (*path, key) if key in table else (*DEFAULTS, key)

        kind, certain = self._type({**defaults, **table}, path, at)
        table = self.reader.known(table, [*COMMON, *(keys(kind.options) if kind else _every_option())], path)
        written = {**defaults, **table}
        values = self.reader.fields(Check, written, path, given=(*NOT_WRITTEN, "type"), at=at)
        options: Any = BAD
        if kind is not None:
            read = self.reader.fields(kind.options, written, path, at=at)
            options = self.reader.build(kind.options, read, path, at)
        values |= {"name": name, "type": kind.name if kind and certain else BAD, "options": options}
        values |= _timing(values, table)
        if whole(values.values()):
            return Check(**values)
        unread = [key for key, value in values.items() if value is BAD]
        read = {key: unflawed(value) for key, value in values.items() if value is not BAD}
        return cast("Check", partial(Check, read, unread))

    def _type(
        self, written: dict[str, Any], path: KeyPath, at: Callable[[str], KeyPath]
    ) -> tuple[check_types.CheckType | None, bool]:
        """Return the type of a check, and whether that is certain; one that may be meant helps to read on."""
        known = check_types.names()
        slip = "" if "type" in written else closest("type", set(written) - {*COMMON, *_every_option()})
        if slip:
            written = {"type": written[slip], **written}
        if "type" not in written:
            self.reader.problem(path, 'the key "type" is missing', expected=one_of(known))
            return None, False
        found = written["type"]
        if found is BAD:
            return None, False
        if isinstance(found, str) and found in known:
            return check_types.load(found), True
        meant = closest(found, known) if isinstance(found, str) else None
        hint = f": did you mean {quoted(meant)}?" if meant else ""
        self.reader.wrong(at("type"), one_of(known), found, f"there is no such check type{hint}")
        kind = check_types.load(meant) if meant else None
        fits = (
            kind is not None
            and set(written) - {*COMMON}
            and {*COMMON, *keys(kind.options)}.issuperset(written)
        )
        return kind if fits else None, False

    def _agreements(self, organizations: dict[str, Organization], timezone: str) -> dict[str, Agreement]:
        tables = named_tables(self.reader, "agreements")
        found: dict[str, Agreement] = Lost() if isinstance(tables, Lost) else {}
        for key, table in tables.items():
            if table is None:
                found[key] = nothing_of(Agreement, key=key)
            else:
                found[key] = read_agreement(self.reader, key, table, organizations, timezone)
        return found

    def _calendars(self, timezone: str) -> dict[str, Calendar]:
        tables = named_tables(self.reader, "calendars")
        found: dict[str, Calendar] = Lost() if isinstance(tables, Lost) else {}
        for name, table in tables.items():
            found[name] = nothing_of(Calendar, name=name)
            if table is not None:
                written = {"timezone": timezone, **table}
                with suppress(Unread, *FAULTS):
                    read = self.reader.some(WrittenCalendar, written, ("calendars", name))
                    found[name] = read.calendar(name)
        return found


def _every_option() -> list[str]:
    """Return the keys of all check types."""
    return sorted({key for name in check_types.names() for key in keys(check_types.load(name).options)})


def _timing(values: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """Return the lengths of a check that nobody wrote for it.

    What `[defaults.check]` says is a wish for all: a check with a shorter interval gets as much as fits.
    """
    interval = values.get("interval", STANDARD["interval"].default)
    timing = {"interval": interval}
    for key in ("timeout", "retry_interval"):
        wanted = values.get(key, STANDARD[key].default)
        if key in table or wanted is BAD:
            timing[key] = wanted
        else:
            timing[key] = BAD if interval is BAD else min(wanted, interval)
    timeout = timing["timeout"]
    longest = BAD if BAD in (interval, timeout) else 2 * interval + timeout
    timing["stale_after"] = values.get("stale_after", longest)
    return timing
