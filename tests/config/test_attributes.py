"""Docstrings are the reference: of the schema, and of the manual."""

from dataclasses import dataclass

import pytest

from slawatch import checks as check_types
from slawatch import notifiers
from slawatch.config.alerting import Alerting
from slawatch.config.annotations import keys
from slawatch.config.attributes import described
from slawatch.config.calendars import Holidays, WrittenCalendar
from slawatch.config.model import Config, Reports, Retention, Settings, Web
from slawatch.config.web import Oidc, Proxy, Sessions, Tls
from slawatch.core.access import Grant, User
from slawatch.core.agreement import Agreement, Band, Clause, Fee, Group, Objective
from slawatch.core.channel import Channel
from slawatch.core.check import Announcement, Check, Maintenance, Organization, Service
from slawatch.core.escalation import Level, Policy
from slawatch.core.inhibition import Inhibition
from slawatch.core.override import Override, Swap, Temporary
from slawatch.core.people import ContactRule, Person, Team
from slawatch.core.quiet import QuietHours
from slawatch.core.recurrence import TimeInterval, Window
from slawatch.core.rota import Schedule
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.shift import Layer
from slawatch.core.workflow import Step, When, Workflow


@dataclass
class Sample:
    """What it is.

    More of it.

    Attributes:
        one: the first,
            which goes on: here.
        two, three: both.

    Raises:
        four: not a field.
    """


def test_a_docstring_is_read() -> None:
    summary, fields = described(Sample)
    assert summary == "What it is.\n\nMore of it."
    assert fields == {"one": "the first, which goes on: here.", "two": "both.", "three": "both."}


@pytest.mark.parametrize(
    "kind",
    [
        Config, Settings, Web, Tls, Proxy, Oidc, Sessions, User, Grant,
        Retention, Reports, Check, Service, Organization, Maintenance, Agreement, Objective,
        Alerting, Person, ContactRule, Team, Schedule, Layer, Override, Swap, Temporary, Policy, Level,
        Channel, Rule, Route, Workflow, When, Step, Inhibition, QuietHours, TimeInterval, Window,
        Announcement, Band, Clause, Fee, Group, Holidays, WrittenCalendar,
        *(check_types.load(name).options for name in check_types.names()),
        *(notifiers.load(name).options for name in notifiers.names()),
    ],
    ids=lambda kind: kind.__module__,
)  # fmt: skip
def test_every_key_is_documented(kind: type) -> None:
    assert list(described(kind).fields) == [key.field for key in keys(kind).values()]
