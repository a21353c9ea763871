"""`person erase` as it is typed."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main

from .test_token import CONFIG

SPAN = ["--service", "shop", "--start", "2999-12-01T22:00", "--end", "2999-12-02T00:00"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(CONFIG + "[people.bob]\n")
    return tmp_path


def test_a_person_is_erased_and_that_is_on_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["maintenance", "add", *SPAN, "--by", "alice"]) == 0
    capsys.readouterr()
    assert main(["person", "erase", "alice", "--also", "Alice A.", "--yes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == {"maintenance_entry": 1, "audit": 1}
    assert main(["maintenance", "list", "--json"]) == 0
    text = capsys.readouterr().out
    assert "alice" not in text
    assert found["pseudonym"] in text
    assert main(["audit", "list", "--json", "--action", "person.erase"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["audit"]
    assert (line["subject"], line["detail"]) == (found["pseudonym"], {"rows": 2})
    assert main(["person", "erase", "alice", "--yes"]) == 0
    assert "nothing was stored" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bob", "--yes"], "take it out first"), (["shop", "--yes"], "could not be told apart"),
        (["alice", "--also", "acme", "--yes"], "could not be told apart"), (["a", "--yes"], "two characters"),
        (["alice", "--also", " ", "--yes"], "two characters"), (["alice"], "say --yes"),
    ],
)  # fmt: skip
def test_what_is_not_erased(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["person", "erase", *words]) == 2
    assert said in capsys.readouterr().err


def test_without_a_database_nothing_is_stored(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["person", "erase", "alice", "--yes"]) == 0
    assert "nothing was stored" in capsys.readouterr().out
    assert not (home / "data" / "slawatch.duckdb").exists()
