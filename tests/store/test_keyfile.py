"""The secret of links: made once, whole, and nobody else's to read."""

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slawatch.store.errors import StoreDamaged, StoreError
from slawatch.store.keyfile import BYTES, LINKS, REPORTS, link_secret, report_seed


def test_it_is_made_once_and_only_its_user_reads_it(tmp_path: Path) -> None:
    found = link_secret(tmp_path / "data")
    assert len(found) == BYTES
    assert link_secret(tmp_path / "data") == found
    assert stat.S_IMODE((tmp_path / "data" / LINKS).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [LINKS]


def test_who_asks_at_once_gets_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: link_secret(tmp_path), range(32)))
    assert len(set(found)) == 1


def test_one_cut_short_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / LINKS).write_bytes(b"")
    assert len(link_secret(tmp_path)) == BYTES


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreError, match="secret of links"):
        link_secret(tmp_path / "data")


def test_reports_have_a_key_of_their_own(tmp_path: Path) -> None:
    found = report_seed(tmp_path)
    assert (tmp_path / REPORTS).read_bytes() == found == report_seed(tmp_path)
    assert stat.S_IMODE((tmp_path / REPORTS).stat().st_mode) == 0o600
    assert found != link_secret(tmp_path)


@pytest.mark.parametrize("damaged", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_reports_that_is_damaged_is_not_replaced(tmp_path: Path, damaged: bytes) -> None:
    """Customers know the old one: another key would look like a forgery."""
    (tmp_path / REPORTS).write_bytes(damaged)
    with pytest.raises(StoreDamaged, match="from a backup"):
        report_seed(tmp_path)
    assert (tmp_path / REPORTS).read_bytes() == damaged


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_that_root_makes_belongs_to_whom_the_directory_belongs(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    report_seed(tmp_path)
    made = (tmp_path / REPORTS).stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (12345, 12346, 0o600)


def test_a_key_that_cannot_be_given_to_the_owner_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    def refused(*_: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    with pytest.raises(StoreError):
        report_seed(tmp_path)
    assert list(tmp_path.iterdir()) == []
