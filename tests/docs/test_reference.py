"""The generated reference says what the program says."""

import importlib.util
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs/reference"
_spec = importlib.util.spec_from_file_location("generate", REFERENCE / "generate.py")
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


@pytest.mark.parametrize("file", sorted(generate.pages()))
def test_a_reference_page_is_what_the_program_says_now(file: str) -> None:
    assert (REFERENCE / file).read_text() == generate.pages()[file], "run: python docs/reference/generate.py"
