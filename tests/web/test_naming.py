"""People and things by the names that people know them by."""

from pathlib import Path

import pytest

from slawatch.config.load import load
from slawatch.web.naming import Names

from .duty import DUTY


@pytest.fixture
def names(tmp_path: Path) -> Names:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return Names(load(path, env={}))


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("person:alice", "Alice Arnold"),
        ("alice", "Alice Arnold"),
        ("channel:hook", "hook"),
        ("schedule:primary", "on call: primary"),
        ("person:gone", "gone"),
        ("somebody", "somebody"),
        ("", ""),
    ],
)
def test_one(names: Names, key: str, shown: str) -> None:
    assert names.one(key) == shown


def test_texts_and_organizations(names: Names) -> None:
    assert names.text("acknowledged by person:bob") == "acknowledged by Bob Ray"
    assert names.organization("acme") == "Acme"
    assert names.organization("gone") == "gone"
