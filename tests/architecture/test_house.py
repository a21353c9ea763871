"""The house as it was drawn: rooms, file sizes, names, and a test file for every file."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/slawatch"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")
ROOMS = {"core", "checks", "notifiers", "store", "report", "config", "answers", "web", "daemon", "cli"}
VAGUE = {
    "manager",
    "helper",
    "helpers",
    "utils",
    "util",
    "common",
    "types",
    "info",
    "data",
    "handler",
    "processor",
    "misc",
}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_the_rooms_are_those_of_the_plan_and_two_levels_deep() -> None:
    no_code = {"__pycache__", "templates", "static", "presets"}
    folders = {
        p for p in SOURCE.rglob("*") if p.is_dir() and not no_code.intersection(p.relative_to(SOURCE).parts)
    }
    assert {p.name for p in folders if p.parent == SOURCE} == ROOMS
    assert not [p for p in folders if p.parent != SOURCE]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_is_short_enough_to_be_read_at_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_has_a_name_that_says_something(path: Path) -> None:
    assert not set(re.split("_+", path.stem)) & VAGUE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", [p for p in MODULES if not p.stem.startswith("_")], ids=name_of)
def test_a_public_module_has_a_test_file_of_its_name(path: Path) -> None:
    if path.parent == SOURCE:
        assert list((ROOT / "tests").rglob(f"test_{path.stem}*.py"))
    else:
        room = ROOT / "tests" / path.parent.name
        assert list(room.glob(f"test_{path.stem}*.py")), (
            f"no test_{path.stem}*.py in tests/{path.parent.name}"
        )


def test_no_module_of_core_asks_for_the_time_or_the_machine() -> None:
    forbidden = {"os", "io", "socket", "time", "pathlib", "logging", "random", "subprocess", "threading"}
    for path in (SOURCE / "core").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {a.name for a in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            assert not names & forbidden, path
