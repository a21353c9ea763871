"""Options that commands share."""

from pathlib import Path

import pytest

from slawatch.cli.options import load_config
from slawatch.config.load import ConfigError


def test_the_environment_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.toml"
    path.write_text('[slawatch]\ndata_dir = "~/d"\n')
    monkeypatch.setenv("SLAWATCH_CONFIG", str(path))
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load_config(None).data_dir == Path("/home/somebody/d")


def test_a_named_file_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAWATCH_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigError, match=r"named\.toml: there is no such file"):
        load_config(tmp_path / "named.toml")
