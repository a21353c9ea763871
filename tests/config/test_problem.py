"""How a mistake is told."""

import pytest

from slawatch.config.problem import ConfigError, Problem, clean, dotted, nearest, one_of, quoted

PROBLEM = Problem("a.toml", 3, "web.listen", "an address", "8470", "a number cannot stand here")


def test_a_problem_in_one_line() -> None:
    assert (
        str(PROBLEM) == "a.toml:3: web.listen: a number cannot stand here (expected an address, found 8470)"
    )
    assert str(Problem("a.toml", 0, "", message="may not be read")) == "a.toml: may not be read"
    assert str(Problem("", 0, "", message="there is none")) == "there is none"


def test_an_error_says_every_problem() -> None:
    assert str(ConfigError([PROBLEM, PROBLEM])) == f"{PROBLEM}\n{PROBLEM}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a", "b-c_1"), "a.b-c_1"),
        (("a b", 'x"y', "é"), '"a b"."x\\"y"."é"'),
        (("", 0, 1), '""[0][1]'),
    ],
)
def test_a_path_as_toml_writes_it(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


def test_nothing_found_in_a_file_steers_the_terminal() -> None:
    assert quoted("\x1b[2J\u2028\x85") == '"?[2J??"'
    assert clean("a\x1b\nb") == "a  b"


@pytest.mark.parametrize("url", ["http://bob:pw@h/", "postgresql://:pw@h", "redis://bob@h"])
def test_the_user_part_of_an_address_is_never_shown(url: str) -> None:
    assert "pw" not in clean(f"cannot use {url} here")
    assert "bob" not in clean(f"cannot use {url} here")


def test_the_nearest_word_is_offered_and_a_far_one_is_not() -> None:
    assert nearest("INTERVALL", ["interval"]) == 'did you mean "interval"?'
    assert nearest("frog", ["interval"]) == ""
    assert nearest("x" * 100_000, ["interval"]) == ""
    assert one_of(["a"]) == '"a"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("15\u07b2s", '"15\\u07b2s"'),
        ("\u202e30s", '"\\u202e30s"'),
        ("30\xa0s", '"30\\xa0s"'),
        ("naïve ✓", '"naïve ✓"'),
    ],
)
def test_what_nobody_can_see_is_told_by_its_number(text: str, shown: str) -> None:
    assert quoted(text) == shown
    assert clean(text) == shown[1:-1]
