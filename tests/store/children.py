"""Real processes that the tests of the store start, lock out, starve and kill."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start a Python that runs the code; its output comes as text, line by line."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=environment,
        **options,  # type: ignore[call-overload]
    )


def outcome(code: str, *arguments: object) -> str:
    """Run the code to its end; return what it wrote."""
    with python(code, *arguments) as child:
        out, error = child.communicate(timeout=60)
    assert child.returncode == 0, error
    return out.strip()


@contextlib.contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """Mount a file system of a size in memory; only root may, so ask `can_mount` before."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def resize(path: Path, size: str) -> None:
    """Give a small disk another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(path)], check=True)


def can_mount() -> bool:
    """Whether this user may mount a file system."""
    if os.geteuid() != 0:
        return False
    code = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False
    ).returncode
    return code == 0
