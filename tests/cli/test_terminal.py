"""What a terminal can show."""

import io

import pytest

from slawatch.cli.terminal import PIPED, Terminal, clean, columns, fit, of


class Screen(io.StringIO):
    """A terminal that is not really there."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("none")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"):
        monkeypatch.delenv(name, raising=False)


def test_a_pipe_has_no_width_and_no_colour() -> None:
    found = of(io.StringIO())
    assert (found.width, found.colour) == (PIPED, False)


def test_a_terminal_has_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of(Screen()) == Terminal(80, colour=True, unicode=True)
    monkeypatch.setenv("COLUMNS", "123")
    assert of(Screen()).width == 123


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_declined(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert not of(Screen()).colour


def test_colour_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert of(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not of(io.StringIO()).colour


@pytest.mark.parametrize("columns", ["", "0", "-1", "wide", "²"])
def test_a_width_that_is_none_is_ignored(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert of(io.StringIO()).width == PIPED


def test_a_stream_of_ascii_gets_no_symbols() -> None:
    assert not of(io.TextIOWrapper(io.BytesIO(), encoding="ascii")).unicode


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb", "a?[31mb"),
        ("a\nb\tc", "a b c"),
        ("\u202eevil", "?evil"),
        ("größe", "größe"),
    ],
)
def test_text_that_would_steer_the_terminal_is_made_harmless(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("日本語", 4, "日… "),
        ("abc", 0, ""),
        ("abc", 3, "abc"),
        ("ab", 1, "…"),
    ],
)
def test_a_text_is_fitted_to_its_column(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown
    assert columns(fit(text, width)) == width


def test_numbers_stand_at_the_right() -> None:
    assert fit("7", 3, right=True) == "  7"
