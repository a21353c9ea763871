"""Workflows: a step does one thing, and a workflow knows what it is about."""

from typing import Any

import pytest

from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.matcher import parse
from slawatch.core.text import Secret
from slawatch.core.workflow import VERBS, Step, When, Workflow


@pytest.mark.parametrize(
    ("verb", "value"),
    [
        ("notify", "hook"),
        ("run", ("true",)),
        ("assign", "team:a"),
        ("webhook", "https://a.example"),
        ("webhook", Secret("https://a.example")),
        ("wait", SECOND),
    ],
)
def test_a_step_is_one_verb(verb: str, value: Any) -> None:
    assert Step(**{verb: value}).verb == verb
    with pytest.raises(ValueError, match=r"has .* and "):
        Step(**{"notify": "x", "wait": SECOND, verb: value})
    assert verb in VERBS


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"notify": "a", "timeout": 0},
        {"notify": "a", "timeout": 2 * HOUR},
        {"wait": 0},
        {"wait": 2 * DAY},
        {"webhook": "ftp://a.example"},
    ],
)
def test_steps_that_cannot_be_meant(keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Step(**keys)


def test_a_secret_url_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="webhook") as caught:
        Step(webhook=Secret("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_workflow_has_a_step() -> None:
    with pytest.raises(ValueError, match="steps"):
        Workflow(on="incident.opened", steps=())


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (When(), True),
        (When(severity="medium"), True),
        (When(severity="critical"), False),
        (When(services=("shop", "mail")), True),
        (When(services=("mail",)), False),
        (When(organizations=("acme",)), True),
        (When(checks=("a",)), False),
        (When(match=parse("env=live")), True),
        (When(severity="low", match=parse("env!=live")), False),
    ],
)
def test_conditions(when: When, holds: bool) -> None:
    labels = {"severity": "high", "service": "shop", "organization": "acme", "env": "live"}
    assert when.holds(labels) is holds
