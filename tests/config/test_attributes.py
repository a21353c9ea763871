"""Docstrings are the reference: of the schema, and of the manual."""

from dataclasses import dataclass

import pytest

from slawatch import checks as check_types
from slawatch.config.annotations import keys
from slawatch.config.attributes import described
from slawatch.config.model import Config, Retention, Settings, Web
from slawatch.core.agreement import Agreement, Objective
from slawatch.core.check import Check, Maintenance, Organization, Service


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
        Config, Settings, Web, Retention, Check, Service, Organization, Maintenance, Agreement, Objective,
        *(check_types.load(name).options for name in check_types.names()),
    ],
    ids=lambda kind: kind.__module__,
)  # fmt: skip
def test_every_key_is_documented(kind: type) -> None:
    assert list(described(kind).fields) == list(keys(kind))
