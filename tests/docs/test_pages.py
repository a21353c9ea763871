"""Everything the documentation tells a reader to type or to write is done here as the reader would."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, Page, pages

RUNNABLE = [
    page
    for page in pages()
    if page.name != "README.md" and any(b.language == "console" for b in page.blocks())
]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(#[^)]*)?\)")


def free(ports: list[str]) -> dict[str, int]:
    """Return a port that nobody listens on for each of a page's."""
    with contextlib.ExitStack() as held:
        found = {}
        for port in ports:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            found[port] = taken.getsockname()[1]
    return found


@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_what_a_page_tells_the_reader_to_type_works(page: Page, tmp_path: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "COLUMNS": "100",
    }
    with (tmp_path / ".out").open("w") as out:
        shell = subprocess.Popen(
            ["bash"], cwd=tmp_path, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        shell.communicate(page.script(free(page.ports())), timeout=150)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, (tmp_path / ".out").read_text()[-4000:]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Page) -> None:
    broken = [m[1] for m in LINK.finditer(page.path.read_text()) if not (page.path.parent / m[1]).exists()]
    assert not broken


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / m[1]).resolve() for m in LINK.finditer(index.read_text())}
    decisions = set((ROOT / "docs/adr").glob("0*.md"))
    missing = {page.path for page in pages()} - listed - decisions - {index, ROOT / "README.md"}
    assert not missing


def test_no_page_needs_a_port_of_its_own() -> None:
    page = Page(ROOT / "docs/how-to/heartbeat.md")
    (port,) = page.ports()
    assert port not in page.script({port: 5})
    assert "127.0.0.1:5" in page.script({port: 5})


def test_the_readme_names_the_command_that_ci_runs() -> None:
    command = (ROOT / ".ci/run").read_text().strip().splitlines()[-1]
    assert command in (ROOT / "README.md").read_text()
