"""What the commands about alerting have in common."""

import pytest

from slawatch.cli import alerting
from slawatch.cli.entering import login


def test_who_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAWATCH_PERSON", " bob ")
    assert (alerting.person("alice"), alerting.person(None)) == ("alice", "bob")
    monkeypatch.setenv("SLAWATCH_PERSON", " ")
    assert alerting.person(None) == login()


def test_paths_are_quoted() -> None:
    assert alerting.quoted('a/b{c="d"}') == "a%2Fb%7Bc%3D%22d%22%7D"


def test_more(capsys: pytest.CaptureFixture[str]) -> None:
    alerting.print_more(None)
    alerting.print_more("abc")
    assert capsys.readouterr().out == "there is more: add --cursor abc\n"
