"""A configuration as text: judged as far as that goes, with nothing read that it names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.config.load import load
from slawatch.config.unread import NAME, Checked, check, check_text
from slawatch.core.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-23T12:00:00Z")
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def checked(text: str) -> Checked:
    return check_text(text.encode(), NOW)


def test_the_example_is_fine_although_none_of_its_secrets_is_there() -> None:
    found = check_text(EXAMPLE.read_bytes(), NOW)
    assert [str(problem) for problem in found.problems] == []


@pytest.mark.parametrize(
    "secret", ['{ env = "HUSH" }', '{ file = "FILE" }', '{ credential = "hush" }'], ids=lambda one: one[:6]
)
def test_no_secret_is_read(secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short as they are, each would be refused as a token if it were looked at."""
    (tmp_path / "hush").write_text("short")
    monkeypatch.setenv("HUSH", "short")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    text = f"""
    [checks.job]
    service = "jobs"
    type = "heartbeat"
    every = "1h"
    token = {secret.replace("FILE", str(tmp_path / "hush"))}
    """
    assert checked(text).problems == ()
    assert checked(text.replace("every", "evry")).problems != ()


def test_no_certificate_and_no_template_is_looked_at(tmp_path: Path) -> None:
    text = f"""
    [web]
    tls = {{ certificate = "{tmp_path}/no.pem", key = "{tmp_path}/no.key" }}
    [channels.mail]
    type = "email"
    host = "mail.example"
    from = "a@example.com"
    templates = "{tmp_path}/no"
    [checks.a]
    service = "a"
    type = "tcp"
    address = "a.example:80"
    """
    found = checked(text)
    assert found.problems == ()
    assert not [warning for warning in found.warnings if "templates" in warning.path]
    path = tmp_path / "slawatch.toml"
    path.write_text(text)
    on_disk = check(lambda: load(path, env={"HOME": str(tmp_path)}))
    assert "web.tls.certificate" in [problem.path for problem in on_disk.problems]
    assert [warning for warning in on_disk.warnings if "templates" in warning.path]


def test_each_mistake_has_its_line_and_no_path_of_this_machine() -> None:
    found = checked('[checks.a]\ntype = "htpp"\n\n[checks.b]\nservice = "b"\ntype = "tcp"\nadress = "x:1"\n')
    lines = [(problem.file, problem.line) for problem in found.problems]
    assert (NAME, 2) in lines
    assert (NAME, 7) in lines
    assert str(Path.cwd()) not in str(found)


@pytest.mark.parametrize("secret", ['""', "7", '{ env = "" }', "{ env = 7 }", '{ envy = "X" }', "{}"])
def test_what_is_no_secret_is_still_a_mistake(secret: str) -> None:
    text = f'[checks.a]\nservice = "a"\ntype = "heartbeat"\nevery = "1h"\ntoken = {secret}\n'
    assert [problem.line for problem in checked(text).problems] == [5]


def test_a_secret_that_stands_in_the_text_is_judged_and_not_shown() -> None:
    found = checked('[checks.a]\nservice = "a"\ntype = "heartbeat"\nevery = "1h"\ntoken = "hush"\n')
    assert len(found.problems) == 1
    assert "hush" not in str(found)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_have_an_answer(text: bytes) -> None:
    found = check_text(text, NOW)
    assert isinstance(found, Checked)


def test_files_are_read_by_whoever_loads_them(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text('[checks.a]\nservice = "a"\ntype = "tcp"\naddress = "a:1"\n')
    found = check(lambda: load(path, env={"HOME": str(tmp_path)}))
    assert found.config is not None
    path.write_text("[")
    assert len(check(lambda: load(path, env={})).problems) == 1
