"""Who enters something, and how what was entered looks."""

import os
import pwd
from types import SimpleNamespace

import pytest

from slawatch.cli.entering import login, shown, table


def test_the_login_name_is_that_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert login() == pwd.getpwuid(os.getuid()).pw_name


def test_behind_sudo_is_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "alice")
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert login() == "alice"
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name=f"user-{number}"))
    assert login() == "user-1234"


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(os, "getuid", lambda: 1234)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert login() == "uid 1234"


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        (None, "-"),
        ("2026-11-01T12:00:00Z", "2026-11-01 13:00"),
        ("2026-07-01T12:00:05Z", "2026-07-01 14:00:05"),
        ("2026-07-01T12:00:00.5Z", "2026-07-01 14:00:00"),
    ],
)
def test_times_are_those_of_a_zone(stamp: str | None, text: str) -> None:
    assert shown(stamp, "Europe/Berlin") == text


def test_a_table_is_as_wide_as_it_needs_and_steers_no_terminal() -> None:
    assert table(("ID", "REASON"), [("a", "ä\x1b[31m"), ("long-id", "")]) == (
        "ID       REASON\na        ä?[31m\nlong-id\n"
    )
