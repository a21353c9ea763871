"""The secret of links: made once, whole, and nobody else's to read."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slawatch.store.errors import StoreError
from slawatch.store.keyfile import BYTES, NAME, link_secret


def test_it_is_made_once_and_only_its_user_reads_it(tmp_path: Path) -> None:
    found = link_secret(tmp_path / "data")
    assert len(found) == BYTES
    assert link_secret(tmp_path / "data") == found
    assert stat.S_IMODE((tmp_path / "data" / NAME).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [NAME]


def test_who_asks_at_once_gets_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: link_secret(tmp_path), range(32)))
    assert len(set(found)) == 1


def test_one_cut_short_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"")
    assert len(link_secret(tmp_path)) == BYTES


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreError, match="secret of links"):
        link_secret(tmp_path / "data")
