"""The daemon as who belongs to some organisations sees it: the one place where the others are left out.

The app is built on such a view for them, so that whatever an endpoint, a page, the event stream or the
metrics show or do is theirs alone: what is another's is not there.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from slawatch.answers.view import Commands, Imported, Live, Refused, Reloaded, View
from slawatch.answers.wish import EntryRefused
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.scope import scoped
from slawatch.core.access import WHOLE
from slawatch.core.alert import Alert, Reason
from slawatch.core.channel import Channel, Standing
from slawatch.core.command import Assign, Command, Merge, Open
from slawatch.core.incident import Incident
from slawatch.core.instant import Instant
from slawatch.core.matcher import Matcher
from slawatch.core.silence import Silence
from slawatch.core.turn import State

if TYPE_CHECKING:
    import duckdb

    from slawatch.answers.channel import Tried
    from slawatch.answers.probe import Probed
    from slawatch.config.unread import Checked
    from slawatch.core.audit import Audited
    from slawatch.core.check import Check
    from slawatch.core.dispatch import Retried
    from slawatch.core.event import Event
    from slawatch.store.database import Database

T = TypeVar("T")

_TROUBLE = "slawatch itself is not well; its operators see why"
_EXPLAINING = ("dependency", "inhibited")
_ELSEWHERE = "something that it depends on is down"
_SILENCED = "silenced by an operator"
_WORD = re.compile(r"\w[\w.-]*")


class Scoped:
    """The part of a view that belongs to some organisations."""

    def __init__(self, view: View, organizations: frozenset[str]) -> None:
        self._view = view
        self._organizations = organizations
        self._of: Config | None = None
        self._config: Config | None = None
        self._state: tuple[State, State] | None = None

    @property
    def scope(self) -> frozenset[str] | None:
        """The keys of the organisations."""
        return self._organizations

    @property
    def config(self) -> Config:
        """What of the config in force is theirs; another object after a reload."""
        whole = self._view.config
        if self._config is None or self._of is not whole:
            self._config = scoped(whole, self._organizations)
            self._of = whole
        return self._config

    @property
    def clock(self) -> Clock:
        """The daemon's clock."""
        return self._view.clock

    @property
    def commands(self) -> Commands:
        """What they may ask for."""
        return _Commands(self, self._view)

    def live(self) -> Live:
        """Take a snapshot of their checks; nothing of the installation as a whole."""
        found, checks = self._view.live(), self.config.checks
        return Live(
            since=found.since,
            ready=found.ready,
            trouble=(_TROUBLE,) if found.trouble else (),
            lag=found.lag,
            queued=0,
            checks={name: check for name, check in found.checks.items() if name in checks},
        )

    def alerting(self) -> State:
        """Return their alerts, incidents and messages."""
        whole = self._view.alerting()
        if self._state is None or self._state[0] is not whole:
            mine = {n: one for n, one in whole.incidents.items() if one.organization in self._organizations}
            alerts = {k: one for k, one in whole.alerts.items() if one.organization in self._organizations}
            known = {*alerts, *self.config.services, *self.config.checks}
            foreign = {one.id for one in self._view.silences() if any(map(self._names_others, one.match))}
            part = replace(
                whole,
                alerts={key: _unnamed(one, known, foreign) for key, one in alerts.items()},
                incidents={n: _alone(one, mine, alerts) for n, one in mine.items()},
                rows={key: row for key, row in whole.rows.items() if row.incident in mine},
                workflows={key: run for key, run in whole.workflows.items() if run.incident in mine},
                schedules={},
                down=(),
            )
            self._state = whole, part
        return self._state[1]

    def silences(self) -> tuple[Silence, ...]:
        """Return the silences that are about their alerts, and that name nothing of others."""
        return tuple(one for one in self._view.silences() if self._theirs(one))

    def _theirs(self, silence: Silence) -> bool:
        known = self.config
        named: Mapping[str, Any] = {
            "organization": self._organizations, "service": known.services, "check": known.checks,
        }  # fmt: skip
        own = any(
            (m.operator == "=" and m.value in named.get(m.label, ()))
            or m == organizations_matcher(self._organizations)
            for m in silence.match
        )
        return own and not any(self._names_others(m) for m in silence.match)

    def _names_others(self, matcher: Matcher) -> bool:
        """Say whether a matcher names what is another's, be it as a part of a pattern."""
        if matcher == organizations_matcher(self._organizations):
            return False
        words = {matcher.value, *(word.rstrip(".-") for word in _WORD.findall(matcher.value))}
        whole, mine = self._view.config, self.config
        every: tuple[Collection[str], ...] = (whole.organizations, whole.services, whole.checks)
        own: tuple[Collection[str], ...] = (self._organizations, mine.services, mine.checks)
        return any(
            any(word in names for names in every) and not any(word in names for names in own)
            for word in words
        )

    def channels(self) -> Mapping[str, Standing]:
        """Return nothing: channels are everybody's."""
        return {}

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        """Open a cursor on what is theirs, which the caller closes."""
        from slawatch.store.narrowing import narrow

        config = self.config
        groups = {name for terms in config.agreements.values() for name in terms.groups}
        silences = [one.id for one in self.silences()]
        cursor = self._view.cursor()
        try:
            narrow(
                cursor,
                organizations=self._organizations,
                services=config.services,
                checks=config.checks,
                schedules=config.schedules,
                silences=silences,
                subjects={*config.services, *groups},
            )
        except BaseException:
            cursor.close()
            raise
        return cursor

    def note(self, line: "Audited") -> None:
        """Add a line to the audit log."""
        self._view.note(line)

    def ping(self, check: str, at: Instant) -> None:
        """Note that a job called, if its check is theirs."""
        if check in self.config.checks:
            self._view.ping(check, at)


def _unnamed(alert: Alert, known: Collection[str], foreign: Collection[str]) -> Alert:
    """Return an alert that does not name what explains or silences it, where that is about others too."""
    reasons = tuple(_reason(why, known, foreign) for why in alert.suppressed)
    return alert if reasons == alert.suppressed else replace(alert, suppressed=reasons)


def _reason(why: Reason, known: Collection[str], foreign: Collection[str]) -> Reason:
    if why.kind in _EXPLAINING and why.by not in known:
        return why._replace(by="", text=_ELSEWHERE)
    if why.kind == "silence" and why.by in foreign:
        return why._replace(by="", text=_SILENCED)
    return why


def _alone(incident: Incident, incidents: Collection[int], alerts: Collection[str]) -> Incident:
    """Return an incident without the incidents and alerts of others that it explains or is explained by."""
    merged = tuple(number for number in incident.merged if number in incidents)
    children = tuple(key for key in incident.children if key in alerts)
    into = incident.merged_into if incident.merged_into in incidents else None
    if (merged, children, into) == (incident.merged, incident.children, incident.merged_into):
        return incident
    return replace(incident, merged=merged, children=children, merged_into=into)


def organizations_matcher(organizations: frozenset[str]) -> Matcher:
    """Return the condition that an alert belongs to one of some organisations.

    >>> str(organizations_matcher(frozenset({"acme"})))
    'organization="acme"'
    """
    if len(organizations) == 1:
        return Matcher("organization", "=", next(iter(organizations)))
    return Matcher("organization", "=~", "|".join(name.replace(".", "[.]") for name in sorted(organizations)))


class _Commands:
    """Carries out what they may ask for, on what is theirs."""

    def __init__(self, view: Scoped, whole: View) -> None:
        self._view = view
        self._whole = whole

    async def reload(self) -> Reloaded:
        """Refuse: it is everybody's."""
        raise Refused("this is about the installation as a whole, and you see some organisations only")

    async def import_samples(self, path: Path) -> Imported:  # noqa: ARG002 (as its counterpart)
        """Refuse: a file may hold anybody's samples."""
        raise Refused("this is about the installation as a whole, and you see some organisations only")

    async def probe(self, check: "Check") -> "Probed":
        """Return one probe of a check that is theirs.

        Raises:
            Refused: it is not, or too many are under way.
        """
        if self._view.config.checks.get(check.name) is None:
            raise Refused(f"there is no check {check.name!r}")
        return await self._whole.commands.probe(check)

    async def try_channel(self, channel: Channel, recipient: str, address: str) -> "list[Tried]":  # noqa: ARG002
        """Refuse: channels are everybody's."""
        raise Refused("this is about the installation as a whole, and you see some organisations only")

    async def check_config(self) -> "Checked":
        """Refuse: it is everybody's."""
        raise Refused("this is about the installation as a whole, and you see some organisations only")

    async def erase(self, names: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002
        """Refuse: a person may be anybody's."""
        raise Refused("this is about the installation as a whole, and you see some organisations only")

    async def write(self, work: "Callable[[Database], T]") -> T:
        """Return what some work on the store returns."""
        return await self._whole.commands.write(work)

    async def enter(self, what: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Store what a person enters about what is theirs.

        Raises:
            EntryRefused: it makes no sense, or is about another's.
            Refused: the store takes nothing now.
        """
        subject, _, action = what.partition(".")
        if what in WHOLE or subject in ("override", "swap"):
            raise EntryRefused("who is on call is not one organisation's affair", HTTPStatus.FORBIDDEN)
        wish = dict(wish)
        if action != "add" or wish.get("id"):
            await self._known(subject, str(wish.get("id", "")), new=action == "add")
        if subject == "silence" and wish.get("match"):
            wish["match"] = f"{wish['match']}, {organizations_matcher(self._view.scope or frozenset())}"
        if action == "add" and subject in ("maintenance", "adjustment"):
            self._named(subject, wish)
        return await self._whole.commands.enter(what, wish)

    def _named(self, subject: str, wish: Mapping[str, Any]) -> None:
        """Refuse an entry about a service that is another's, as one that is not there."""
        config = self._view.config
        named = wish.get("services") if subject == "maintenance" else [wish.get("service")]
        groups = {name for terms in config.agreements.values() for name in terms.groups}
        for name in named if isinstance(named, list) else []:
            if isinstance(name, str) and name not in config.services and name not in groups:
                raise EntryRefused(f"there is no service {name!r}", HTTPStatus.NOT_FOUND)
        outage = wish.get("outage")
        if isinstance(outage, str) and outage:
            # An outage's id is the name of its service, a dash, and a time without one.
            name = outage.rpartition("-")[0]
            if name not in config.services and name not in groups:
                raise EntryRefused(f"there is no outage {outage[:100]!r}", HTTPStatus.NOT_FOUND)

    async def _known(self, subject: str, ident: str, *, new: bool) -> None:
        """Refuse an entry about one that is another's, or also another's, as one that is not there."""
        services = frozenset(self._view.config.services)
        groups = {name for terms in self._view.config.agreements.values() for name in terms.groups}

        def look(database: "Database") -> bool | None:
            from slawatch.store import duty, entries

            with database.reading() as cursor:
                if subject == "maintenance":
                    windows = {one.planned.id: one for one in entries.windows(cursor)}
                    return None if ident not in windows else services >= set(windows[ident].planned.services)
                if subject == "adjustment":
                    found = {one.added.id: one for one in entries.adjustments(cursor)}
                    return None if ident not in found else found[ident].added.service in services | groups
                return ident in {one.id for one in duty.silences(cursor)} or None

        mine = await self._whole.commands.write(look)
        if subject == "silence" and mine:
            mine = ident in {one.id for one in self._view.silences()}
        if mine is False and new:
            raise EntryRefused("this id is taken: leave it out, or choose another", HTTPStatus.CONFLICT)
        if not mine and not new:
            raise EntryRefused(f"there is no {subject} {ident[:100]!r}", HTTPStatus.NOT_FOUND)

    async def act(self, command: "Command | Retried") -> "tuple[Event, ...]":
        """Do something to an incident of theirs.

        Raises:
            Refused: there is no such incident, or the answer is no.
        """
        state = self._view.alerting()
        if isinstance(command, Open):
            config = self._view.config
            if command.organization and command.organization not in config.organizations:
                raise Refused(f"there is no organization {command.organization!r}")
            if command.service and command.service not in config.services:
                raise Refused(f"there is no service {command.service!r}")
            if not command.organization and not command.service:
                if len(config.organizations) != 1:
                    raise Refused("name the organization or the service that it is about")
                command = replace(command, organization=next(iter(config.organizations)))
            return await self._whole.commands.act(command)
        if not isinstance(command, Command):
            raise Refused("this is about the installation as a whole, and you see some organisations only")
        numbers = [getattr(command, "incident", None)]
        if isinstance(command, Merge):
            numbers.append(command.into)
        if isinstance(command, Assign):
            kind, _, name = command.to.partition(":")
            config = self._view.config
            known: Mapping[str, Any] = {"person": config.people, "team": config.teams}
            if name not in known.get(kind, (name,)):
                raise Refused(f"there is no {command.to}")
        for number in numbers:
            if number not in state.incidents:
                raise Refused(f"there is no incident {number}, or it was resolved long ago")
        return await self._whole.commands.act(command)
