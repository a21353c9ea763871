"""Secrets are fetched when the file is loaded, and shown nowhere."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from slawatch.config.load import Config, Problem, load

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

HIDDEN = "s3cret-0123456789"
BEAT = '[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\n'


def test_a_secret_from_the_environment(read: Read) -> None:
    token = read(BEAT + 'token = { env = "TOKEN" }', {"HOME": "/", "TOKEN": HIDDEN}).checks["a"].options.token
    assert (token.value, token.source) == (HIDDEN, "env TOKEN")


def test_a_secret_from_a_file_beside_the_config(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(HIDDEN + "\n")
    (tmp_path / "token").chmod(0o600)
    config = read(BEAT + 'token = { file = "token" }')
    assert config.checks["a"].options.token.value == HIDDEN
    assert config.warnings == ()


def test_a_file_of_secrets_for_everybody_is_warned_of(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(HIDDEN)
    (tmp_path / "token").chmod(0o644)
    (warning,) = read(BEAT + 'token = { file = "token" }').warnings
    assert (warning.line, warning.path) == (5, "checks.a.token")
    assert "chmod o-r" in warning.message


def test_a_secret_from_systemd(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(HIDDEN)
    config = read(
        BEAT + 'token = { credential = "token" }', {"HOME": "/", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    )
    assert config.checks["a"].options.token.source == "credential token"


def test_a_secret_in_the_file_itself(read: Read, tmp_path: Path) -> None:
    assert read(BEAT + f'token = "{HIDDEN}"').warnings == ()
    path = tmp_path / "slawatch.toml"
    path.chmod(0o644)
    (warning,) = load(path, env={"HOME": "/"}).warnings
    assert (warning.line, warning.path) == (5, "checks.a.token")
    assert "everybody can read" in warning.message
    assert HIDDEN not in str(warning)


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ('{ env = "NOT_THERE" }', ".env", "the environment variable NOT_THERE is not set"),
        ('{ env = "EMPTY" }', ".env", "is empty"),
        ('{ env = "A", file = "b" }', "", "a secret is text"),
        ("{}", "", "a secret is text"),
        ('{ enw = "A" }', "", "a secret is text"),
        ("{ env = 3 }", ".env", "a name in quotes"),
        ('{ env = "" }', ".env", "a name in quotes"),
        ('""', "", "the secret is empty"),
        ('{ file = "not-there" }', ".file", "there is no file"),
        ('{ file = "." }', ".file", "not a plain file"),
        ('{ file = "pipe" }', ".file", "not a plain file"),
        ('{ file = "bytes" }', ".file", "UTF-8"),
        ('{ file = "nothing" }', ".file", "is empty"),
        ('{ file = "large" }', ".file", "too large"),
        ('{ file = "a\\u0000b" }', ".file", "a name in quotes"),
        ('{ credential = "x" }', ".credential", "LoadCredential"),
        ("3", "", "a number cannot stand here"),
        ("[]", "", "an empty array cannot stand here"),
    ],
)
def test_a_secret_that_cannot_be_had(
    problems: Problems, tmp_path: Path, written: str, key: str, message: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "nothing").write_text("\n")
    (tmp_path / "large").write_text("x" * 100_000)
    (problem,) = problems(BEAT + f"token = {written}", {"HOME": "/", "EMPTY": ""})
    assert (problem.line, problem.path) == (5, f"checks.a.token{key}")
    assert message in problem.message


@pytest.mark.parametrize("name", ["../token", "..", "a/b"])
def test_a_credential_stays_in_its_folder(problems: Problems, tmp_path: Path, name: str) -> None:
    (problem,) = problems(
        BEAT + f'token = {{ credential = "{name}" }}',
        {"HOME": "/", "CREDENTIALS_DIRECTORY": str(tmp_path / "x")},
    )
    assert problem.message == "the name of a credential has no slash"


def test_a_secret_in_a_table_of_texts(read: Read) -> None:
    check = read(
        '[checks.a]\nservice = "s"\ntype = "http"\nurl = "http://h/"\n'
        'headers = { A = "b", X = { env = "T" } }',
        {"HOME": "/", "T": HIDDEN},
    ).checks["a"]
    assert check.options.headers["A"] == "b"
    assert check.options.headers["X"].value == HIDDEN


@pytest.mark.parametrize(
    "text",
    [
        f'[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\ntoken = "{HIDDEN}!"',
        f'[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\ntoken = ["{HIDDEN}"]',
        f'[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\ntoken = {{ "{HIDDEN}" = 1 }}',
        f'[checks.a]\nservice = "s"\ntype = "heartbeat"\nevery = "1h"\npassword = "{HIDDEN}"',
        f'[checks.a]\nservice = "s"\ntype = "http"\nurl = ["{HIDDEN}"]',
        f'[checks.a]\nservice = "s"\ntype = "http"\nurl = "httq://bob:{HIDDEN}@h/"',
        f'[checks.a]\nservice = "s"\ntype = "http"\nurl = "http://h/"\nheaders = "{HIDDEN}"',
        f'[checks.a]\nservice = "s"\ntype = "database"\nurl = "postgres://bob:{HIDDEN}@h:99999/"',
        f'[checks.a]\ntoken = "{HIDDEN}\n',
        f'[checks.a]\ntoken = "{HIDDEN}" x',
        f'checks = "{HIDDEN}"',
        f'[checks]\na = "{HIDDEN}"',
    ],
)
def test_no_message_shows_a_secret(problems: Problems, text: str) -> None:
    for problem in problems(text):
        assert HIDDEN not in f"{problem} {problem!r} {problem.as_json()}"


def test_neither_text_nor_digest_of_a_configuration_shows_a_secret(read: Read) -> None:
    one, two = (
        read(BEAT + 'token = { env = "T" }', {"HOME": "/", "T": value}) for value in (HIDDEN, HIDDEN.upper())
    )
    assert HIDDEN not in repr(one) + str(one)
    assert one.digest == two.digest
    assert one.checks != two.checks


def test_checks_travel_to_the_prober_with_their_secrets(read: Read) -> None:
    checks = read(BEAT + f'token = "{HIDDEN}"').checks
    assert pickle.loads(pickle.dumps(checks)) == checks
