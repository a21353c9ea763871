"""The status pages of a configuration: opt-in, each at its own address, of its own services."""

from pathlib import Path

import pytest

from slawatch.config.load import Config, ConfigError, load
from slawatch.config.status_pages import status_pages

BASE = """
[services.shop]
organization = "acme"
[services.mail]
organization = "acme"
[services.api]
organization = "Other"
[checks.a]
service = "shop"
type = "tcp"
address = "a.example:1"
[checks.b]
service = "mail"
type = "tcp"
address = "a.example:1"
[checks.c]
service = "api"
type = "tcp"
address = "a.example:1"
"""


def read(tmp_path: Path, acme: str = "", other: str = "") -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(
        f'[slawatch]\ndata_dir = "data"\n[organizations.acme]\nname = "Acme Corp"\n{acme}\n'
        f"[organizations.Other]\n{other}\n{BASE}"
    )
    return load(path, env={})


def test_without_a_word_there_is_none(tmp_path: Path) -> None:
    assert status_pages(read(tmp_path)) == {}
    assert status_pages(read(tmp_path, "status_page = { enabled = false }")) == {}


def test_an_empty_table_is_enough(tmp_path: Path) -> None:
    found = status_pages(read(tmp_path, "status_page = {}", "status_page = {}"))
    assert list(found) == ["acme", "other"]
    page = found["acme"]
    assert (page.title, page.services) == ("Acme Corp", ("shop", "mail"))
    assert found["other"].services == ("api",)


def test_what_is_written_holds(tmp_path: Path) -> None:
    written = 'status_page = { slug = "status", title = "How we are", services = ["mail"] }'
    page = status_pages(read(tmp_path, written))["status"]
    assert (page.title, page.services) == ("How we are", ("mail",))


@pytest.mark.parametrize(
    ("acme", "other", "words"),
    [
        ('status_page = { services = ["api"] }', "", "is not theirs to show"),
        ('status_page = { services = ["shp"] }', "", "did you mean"),
        ('status_page = { slug = "x" }', 'status_page = { slug = "x" }', "is at this address"),
        ('status_page = { slug = "A B" }', "", "small letters"),
        ('status_page = { publish = "all" }', "", "by_hand"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, acme: str, other: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, acme, other)
    assert any(words in str(problem) for problem in caught.value.problems), caught.value.problems
