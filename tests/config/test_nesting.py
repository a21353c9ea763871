"""Depth of a text before it is parsed."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.config.nesting import DEEPEST, too_deep
from slawatch.config.problem import ConfigError
from slawatch.config.source import read_text

DEEP = "[" * (DEEPEST + 1)


@pytest.mark.parametrize(
    "text",
    [
        f'a = "{DEEP}"',
        f"a = '{DEEP}' # {DEEP}",
        f'a = """\n"" \\""" {DEEP}""""\nb = 1',
        f"a = '''\n'' {DEEP}'''''\nb = 1",
        f'a = "\\" {DEEP}"\nb = 1.5',
        "a.b.c = [1.5, 2.5]\n" * 1000,
        "[[a]]\n" * 1000,
        "[" + ".".join(["a"] * DEEPEST) + "]",
    ],
)
def test_what_is_not_deep(text: str) -> None:
    assert too_deep(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"\na = {DEEP}",
        "\na = " + "{b=" * (DEEPEST + 1),
        "\n[" + ".".join(["a"] * (DEEPEST + 1)) + "]",
        '\n"a" . ' + "'b' . " * DEEPEST + "c = 1",
        f'a = "open\nb = {DEEP}',
        f"a = \"\"\"x\"\"\"'''\n''' {DEEP}",
    ],
)
def test_what_is(text: str) -> None:
    assert too_deep(text) == 2


@given(st.text("[]{}.=,#'\"\\\n a", max_size=60))
def test_no_text_is_a_fault(text: str) -> None:
    found = too_deep(text, 2)
    assert found is None or 1 <= found <= text.count("\n") + 1


def test_a_long_name_over_deep_braces_takes_no_memory() -> None:
    text = "[" + ".".join(["a"] * 3_000) + "]\n" + "a={b=" * 300
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match="nested too deeply"):
            read_text(Path("x.toml"), text.encode())
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_what_is_passed_over_hides_nothing_deep() -> None:
    text = f'a = 5 """\nb = {DEEP}\n'
    with pytest.raises(ConfigError, match=r"nested too deeply|not TOML"):
        read_text(Path("x.toml"), text.encode())
