"""The whole way from a file to a configuration."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from slawatch.config.load import Config, ConfigError, Problem
from slawatch.core.instant import DAY

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

TCP = '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'


def test_an_empty_file_is_a_configuration_that_watches_nothing(read: Read, tmp_path: Path) -> None:
    config = read("")
    assert config.checks == {}
    assert config.data_dir == tmp_path / ".local/state/slawatch"
    assert (config.timezone, config.probers, config.web.listen) == ("UTC", 1, None)
    assert config.retention.samples == 90 * DAY
    assert [str(warning.message) for warning in config.warnings] == ["there is no check: nothing is watched"]


def test_the_digest_is_of_the_meaning(read: Read) -> None:
    digest = read(TCP).digest
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert read("# a comment\n" + TCP + 'interval = "30s"\n').digest == digest
    assert read(TCP + 'interval = "31s"\n').digest != digest


def test_no_place_for_data_is_a_problem(read: Read) -> None:
    with pytest.raises(ConfigError, match="no place for data"):
        read("", env={})
