"""`slawatch report`, as a user runs it while no daemon does."""

import json
from pathlib import Path

import pytest
from tests.report import cases

from slawatch.answers.report import File
from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.cli.report import write
from slawatch.core.instant import HOUR, SECOND
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

Capture = pytest.CaptureFixture[str]

CONFIG = """
[slawatch]
data_dir = "state"
[organizations.acme]
name = "Acme"
[services.shop]
organization = "acme"
[checks.shop]
type = "http"
url = "https://user:hunter2@shop.example/"
service = "shop"
headers = { Authorization = "Bearer hunter2" }
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""
FILES = [
    "gold-2026-01.html",
    "gold-2026-01-ledger.csv",
    "gold-2026-01-outages.csv",
    "gold-2026-01-objectives.csv",
    "gold-2026-01-credits.csv",
    "gold-2026-01-maintenance.csv",
    "gold-2026-01-trend.csv",
    "gold-2026-01.json",
]


@pytest.fixture(autouse=True)
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and an hour of samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    start = cases.at("2026-01-10T12:00:00", "UTC")
    with Database.open(tmp_path / "state") as database:
        number = database.check_numbers(["shop"])["shop"]
        samples = [
            Sample(number, at, at, 0, 0, 80_000, None, None, None, None, None, 70 * SECOND)
            for at in range(start, start + HOUR, 30 * SECOND)
        ]
        first = (number, Transition(start, Outcome.UP, None))
        Writer(database).write(Batch(1, samples, [first]))
    return tmp_path


def test_all_formats_are_written_and_named(capsys: Capture, watched: Path) -> None:
    assert main(["report", "--month", "2026-01", "--output", "out/reports"]) == exits.OK
    assert capsys.readouterr().out.splitlines() == [f"out/reports/{name}" for name in FILES]
    assert sorted(path.name for path in (watched / "out/reports").iterdir()) == sorted(FILES)
    found = json.loads((watched / "out/reports/gold-2026-01.json").read_text())
    assert found["services"][0]["ledger"]["up"] == 3640.0


def test_without_an_output_files_go_to_the_current_folder(capsys: Capture, watched: Path) -> None:
    assert main(["report", "--year", "2026", "--format", "csv,html"]) == exits.OK
    assert "gold-2026.html" in capsys.readouterr().out.splitlines()
    assert (watched / "gold-2026.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    "how", [["--format", "json"], ["--json"], ["--format", "json", "--output", "-"]], ids=" ".join
)
def test_json_alone_is_printed(capsys: Capture, watched: Path, how: list[str]) -> None:
    assert main(["report", "--month", "2026-01", *how]) == exits.OK
    assert json.loads(capsys.readouterr().out)["schema"] == "slawatch.report/1"
    assert not list(watched.glob("gold*"))


def test_a_page_can_be_printed(capsys: Capture) -> None:
    assert main(["report", "--month", "2026-01", "--format", "html", "--output", "-"]) == exits.OK
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which period"),
        (["--month", "2026-01", "--agreement", "golt"], "did you mean 'gold'?"),
        (["--month", "9000-01"], "has not begun yet"),
        (["--month", "2026-01", "--format", "xlsx"], "xlsx cannot be written yet"),
        (["--month", "2026-01", "--format", "csv", "--output", "-"], "prints one text"),
        (["--month", "2026-01", "--json", "--format", "csv"], "--json prints JSON"),
    ],
)
def test_a_wrong_request_is_a_usage_error_of_one_line(
    capsys: Capture, watched: Path, arguments: list[str], said: str
) -> None:
    assert main(["report", *arguments]) == exits.USAGE
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not list(watched.glob("gold*"))


def test_no_secret_is_in_any_file(watched: Path) -> None:
    assert main(["report", "--month", "2026-01", "--output", "out"]) == exits.OK
    for path in (watched / "out").iterdir():
        assert "hunter2" not in path.read_text()


def test_no_database_is_told(capsys: Capture, watched: Path) -> None:
    (watched / "slawatch.toml").write_text(CONFIG.replace('"state"', '"elsewhere"'))
    assert main(["report", "--month", "2026-01"]) == exits.IO
    assert "there is no database" in capsys.readouterr().err
    assert not (watched / "elsewhere").exists()


def test_an_output_that_is_a_file_is_told(capsys: Capture, watched: Path) -> None:
    assert main(["report", "--month", "2026-01", "--output", "slawatch.toml"]) == exits.IO
    assert "slawatch.toml" in capsys.readouterr().err


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OSError, match=r"b\.txt"):
        write(tmp_path, [File("a.txt", "new"), File("b.txt/c", "new")])
    assert (tmp_path / "a.txt").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    write(tmp_path, [File("a.txt", "new\r\n")])
    assert (tmp_path / "a.txt").read_bytes() == b"new\r\n"
