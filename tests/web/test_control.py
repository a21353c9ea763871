"""The control socket's name."""

import socket
from pathlib import Path

import pytest

from slawatch.web.control import short


def test_a_short_path_is_used_as_it_is() -> None:
    with short("/run/slawatch.sock") as address:
        assert address == "/run/slawatch.sock"


def test_a_long_path_is_reached_through_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200)
    folder.mkdir()
    path = folder / "slawatch.sock"
    before = len(list(Path("/proc/self/fd").iterdir()))
    with socket.socket(socket.AF_UNIX) as listening, short(str(path)) as address:
        assert len(address) < 108
        listening.bind(address)
    assert path.is_socket()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_long_path_without_its_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), short(str(tmp_path / ("d" * 200) / "slawatch.sock")):
        pass
