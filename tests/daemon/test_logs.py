import json
import logging
from collections.abc import Iterator

import pytest

from slawatch.daemon import logs


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("slawatch")
    before = root.handlers[:], root.level, own.level, logging.raiseExceptions
    yield
    root.handlers[:], level, own_level, logging.raiseExceptions = before
    root.setLevel(level)
    own.setLevel(own_level)


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("human", "info")
    logging.getLogger("slawatch.recorder").warning("the disk is %s", "full")
    logging.getLogger("slawatch.recorder").debug("not shown")
    line = capsys.readouterr().err
    assert line.endswith(" warning recorder: the disk is full\n")
    assert line[:2] == "20"
    assert line.split(" ")[0].endswith("Z")


def test_the_journal_adds_the_time_and_gets_the_priority(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("human", "info", process="prober 0", journal=True)
    logging.getLogger("slawatch.scheduler").error("two\nlines")
    assert capsys.readouterr().err == "<3>scheduler [prober 0]: two\n<3>scheduler [prober 0]: lines\n"


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "debug", process="prober 1")
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("slawatch.prober").exception("a fault")
    found = json.loads(capsys.readouterr().err)
    assert found["at"].endswith("Z")
    assert (found["level"], found["room"], found["text"], found["process"]) == (
        "error", "prober", "a fault", "prober 1",
    )  # fmt: skip
    assert "ValueError: odd" in found["trace"]


def test_libraries_speak_up_for_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("human", "debug")
    logging.getLogger("httpx").info("GET https://user:password@example.com")
    logging.getLogger("httpx").warning("odd")
    assert "password" not in (said := capsys.readouterr().err)
    assert "odd" in said
