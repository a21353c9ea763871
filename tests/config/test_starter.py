"""The first configuration of a new user."""

import os
from pathlib import Path

import pytest

from slawatch.config.load import load
from slawatch.config.starter import write_starter
from slawatch.core.instant import MINUTE


def test_it_works_as_it_is_and_has_something_to_see(tmp_path: Path) -> None:
    config = load(write_starter(tmp_path / "new"), env={})
    assert config.warnings == ()
    assert config.data_dir == tmp_path / "new" / "data"
    assert config.web.listen is not None
    for check in config.checks.values():
        assert f":{config.web.listen.port}" in str(
            getattr(check.options, "url", getattr(check.options, "address", ""))
        )
        assert check.interval <= MINUTE
    (agreement,) = config.agreements.values()
    assert [objective.metric for objective in agreement.objectives] == ["availability", "latency_p95"]


def test_its_other_examples_work_too(tmp_path: Path) -> None:
    path = write_starter(tmp_path)
    lines = [
        line[2:] if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# [")) else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    config = load(path, env={"BACKUP_TOKEN": "0123456789abcdef"})
    assert {"shop-home", "backup"} < set(config.checks)


def test_what_is_there_stays(tmp_path: Path) -> None:
    path = write_starter(tmp_path)
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_starter(tmp_path)
    assert path.read_text() == "mine"


def test_only_its_owner_and_group_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert write_starter(tmp_path).stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)
