"""A data directory in which the play of `tests.alerts` has left its traces, and commands run beside it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.alerts import NOW, Play, configured

from slawatch import clock
from slawatch.cli.main import main
from slawatch.core.instant import Instant
from slawatch.store.database import Database


def left_by(
    folder: Path, monkeypatch: pytest.MonkeyPatch, play: Callable[[Play], None], now: Instant = NOW
) -> Path:
    """Play in a folder, go there, and stop the clock `now`; return where the daemon's socket would be."""
    config = configured(folder)
    with Database.open(config.data_dir) as database:
        play(Play(config, database))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setenv("COLUMNS", "100")
    return config.data_dir / "slawatch.sock"


def run(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> str:
    """Run a command and return what it printed."""
    found = main(list(argv))
    out, err = capsys.readouterr()
    assert found == code, err
    return out if code == 0 else out + err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    """Run a command and return the JSON that it printed."""
    return json.loads(run(capsys, *argv, "--json"))
