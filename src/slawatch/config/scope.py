"""A configuration as who belongs to some organisations may see it: nothing in it is another's."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.check import Parents, Service
from slawatch.core.people import Person


def scoped(config: Config, organizations: frozenset[str]) -> Config:
    """Return what of a configuration belongs to some organisations.

    Of on-call duty that is what the policies of their services lead to, people by their names only; there
    are no channels, routes, workflows, users and warnings, for those are about all organisations.
    """
    agreements = {
        key: terms for key, terms in config.agreements.items() if terms.organization in organizations
    }
    promised = {name for terms in agreements.values() for name in _named(terms)}
    services = {
        name: service
        for name, service in config.services.items()
        if service.organization in organizations or (service.organization is None and name in promised)
    }
    agreements = {key: terms for key, terms in agreements.items() if services.keys() >= set(_named(terms))}
    checks = {name: check for name, check in config.checks.items() if check.service in services}
    calendars = {terms.calendar for terms in agreements.values()} | {
        version.calendar for terms in agreements.values() for version in terms.versions
    }
    duty = _Duty(config)
    for service in services.values():
        duty.follow(service.escalation or "default")
    mark = hashlib.sha256("\0".join(sorted(organizations)).encode()).hexdigest()[:16]
    return replace(
        config,
        digest=f"{config.digest}-{mark}",
        organizations={key: one for key, one in config.organizations.items() if key in organizations},
        services={name: _alone(service, {*services, *checks}) for name, service in services.items()},
        checks=checks,
        agreements=agreements,
        calendars={name: one for name, one in config.calendars.items() if name in calendars},
        maintenance=tuple(
            replace(window, services=tuple(name for name in window.services if name in services))
            for window in config.maintenance
            if not services.keys().isdisjoint(window.services)
        ),
        people={key: _bare(config.people[key]) for key in duty.people},
        teams={key: config.teams[key] for key in duty.teams},
        schedules={key: config.schedules[key] for key in duty.schedules},
        escalations={key: config.escalations[key] for key in duty.policies},
        channels={},
        rules=tuple(
            rule
            for rule in config.rules
            if (rule.services or rule.checks or rule.organizations)
            and services.keys() >= set(rule.services)
            and checks.keys() >= set(rule.checks)
            and organizations >= set(rule.organizations)
        ),
        routes=(),
        workflows=(),
        inhibit=(),
        quiet_hours={},
        users={},
        warnings=(),
    )


def _named(terms: Agreement) -> Iterable[str]:
    """Return the services of an agreement, in any of its versions."""
    return dict.fromkeys([*terms.services, *(name for one in terms.versions for name in one.services)])


def _alone(service: Service, known: set[str]) -> Service:
    """Return a service without what it depends on of others."""
    if not service.depends_on:
        return service
    kept = (_of(parents, known) for parents in service.depends_on)
    return replace(service, depends_on=tuple(parents for parents in kept if parents))


def _of(parents: Parents, known: set[str]) -> Parents:
    return tuple(name for name in parents if name in known)


def _bare(person: Person) -> Person:
    """Return a person without how they are reached."""
    return replace(person, email="", phone="", contact=())


class _Duty:
    """Collects whom escalation policies lead to."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.policies: dict[str, None] = {}
        self.schedules: dict[str, None] = {}
        self.teams: dict[str, None] = {}
        self.people: dict[str, None] = {}

    def follow(self, policy: str) -> None:
        """Take a policy and all it leads to."""
        found = self._config.escalations.get(policy)
        if found is None or policy in self.policies:
            return
        self.policies[policy] = None
        for level in found.levels:
            self._targets(level.to)
        self._targets(found.fallback)

    def _targets(self, targets: Iterable[str]) -> None:
        known: dict[str, Callable[[str], None]] = {
            "schedule": self._schedule, "team": self._team, "person": self._person,
        }  # fmt: skip
        for target in targets:
            kind, _, name = target.partition(":")
            if kind in known:
                known[kind](name)

    def _schedule(self, name: str) -> None:
        schedule = self._config.schedules.get(name)
        if schedule is None or name in self.schedules:
            return
        self.schedules[name] = None
        for layer in schedule.layers:
            for people in layer.people:
                for person in people:
                    self._person(person)
        for override in schedule.overrides:
            self._person(override.person)
            self._person(override.replaces)
        for swap in schedule.swaps:
            self._person(swap.person)
            self._person(swap.taken_by)
        for other in schedule.temporary:
            for shift in other.shifts:
                self._person(shift.person)

    def _team(self, name: str) -> None:
        team = self._config.teams.get(name)
        if team is None or name in self.teams:
            return
        self.teams[name] = None
        for person in team.people:
            self._person(person)
        if team.schedule:
            self._schedule(team.schedule)

    def _person(self, name: str) -> None:
        if name in self._config.people:
            self.people[name] = None
