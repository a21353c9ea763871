"""Files read and merged; what is no TOML is told with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slawatch.config.load import Config, ConfigError, Problem, load

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

TCP = '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
WINDOW = (
    '[[maintenance]]\nservices = ["shop"]\nstart = 2026-12-01T22:00:00+01:00\n'
    "end = 2026-12-02T00:00:00+01:00\n"
)


def told(problems: tuple[Problem, ...]) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.path, problem.message) for problem in problems]


def test_files_of_conf_d_are_merged(read: Read, tmp_path: Path) -> None:
    config = read(
        '[slawatch]\ntimezone = "UTC"\n' + TCP + WINDOW,
        two=TCP.replace(".a", ".b") + WINDOW,
        one='[slawatch]\nprobers = 2\n[services.shop]\njoin = "any"\n',
    )
    assert list(config.checks) == ["a", "b"]
    assert (config.probers, config.timezone, config.services["shop"].join) == (2, "UTC", "any")
    assert len(config.maintenance) == 2
    assert [file.relative_to(tmp_path) for file in config.files] == [
        Path("slawatch.toml"),
        Path("conf.d/one.toml"),
        Path("conf.d/two.toml"),
    ]


def test_mistakes_of_merged_files_are_told_where_they_stand(problems: Problems) -> None:
    found = problems(
        "[web]\n" + TCP + WINDOW,
        one="\n[slawatch]\nprobers = 'x'\n" + WINDOW.replace("shop", "shpo"),
        two="[web]\nlisten = 3\n",
    )
    assert [(Path(problem.file).name, problem.line, problem.path) for problem in found] == [
        ("one.toml", 3, "slawatch.probers"),
        ("one.toml", 5, "maintenance[1].services[0]"),
        ("two.toml", 2, "web.listen"),
    ]


def test_what_two_files_define_is_refused_with_both_places(problems: Problems, tmp_path: Path) -> None:
    found = problems("[slawatch]\nprobers = 1\n" + TCP, one="\n[slawatch]\nprobers = 2\n", two=TCP)
    assert [(Path(problem.file).name, problem.line, problem.path) for problem in found] == [
        ("one.toml", 3, "slawatch.probers"),
        ("two.toml", 1, "checks.a"),
    ]
    assert f"first in {tmp_path}/slawatch.toml:2" in found[0].message
    assert f"first in {tmp_path}/slawatch.toml:3" in found[1].message


def test_files_that_are_not_toml_are_all_told(problems: Problems) -> None:
    found = problems("a = \n", one="\n\nb", two='c = "ok"')
    assert [(Path(problem.file).name, problem.line) for problem in found] == [
        ("slawatch.toml", 1),
        ("one.toml", 3),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"\xff", 1, "UTF-8"),
        (b"a = 1\nb = '\xfc'", 2, "UTF-8"),
        ("[web]\nlogin = true\nlogin = false", 3, "first in line 2"),
        ("a = { b = 1,\n c = 2 }", 1, "braces"),
        ("a = 99999999999999999999", 1, "64 bits"),
        ("a = " + "9" * 5000, 0, "digits"),
        ("a = 1e99999999999999999999", 0, "out of range"),
        ("a = " + "[" * 100_000, 1, "deeply"),
        (".".join(["a"] * 5000) + " = 1", 1, "deeply"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    problems: Problems, text: str | bytes, line: int, message: str
) -> None:
    (problem,) = problems(text)
    assert (problem.line, message in problem.message) == (line, True), problem


def test_a_byte_order_mark_does_no_harm(read: Read) -> None:
    assert list(read(b"\xef\xbb\xbf" + TCP.encode()).checks) == ["a"]


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.toml"
    if what == "folder":
        path.mkdir()
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    assert problem.message


def test_what_is_no_toml_hides_nothing_else(problems: Problems) -> None:
    text = (
        "[slawatch]\ntimezone = Europe/Berlin\nprobers = 0\n"
        '[services.shop]\norganization = acme\ndepends_on = ["shpo"]\n'
        '[checks.a]\nservice = "shop"\ntype = tcp\ninterval = 30s\nfailures = "3\n'
        '[checks.b]\nservice = "shop"\nservice = "shop"\ntype = "tcp"\naddress = "h"\n'
    )
    found = problems(text, one="[web]\nlisten = 127.0.0.1:8470\nlogn = true\n")
    assert [(Path(problem.file).name, problem.line, problem.path) for problem in found] == [
        ("slawatch.toml", 2, "slawatch.timezone"),
        ("slawatch.toml", 3, "slawatch.probers"),
        ("slawatch.toml", 5, "services.shop.organization"),
        ("slawatch.toml", 6, "services.shop.depends_on[0]"),
        ("slawatch.toml", 9, "checks.a.type"),
        ("slawatch.toml", 10, "checks.a.interval"),
        ("slawatch.toml", 11, "checks.a.failures"),
        ("slawatch.toml", 14, "checks.b.service"),
        ("slawatch.toml", 16, "checks.b.address"),
        ("one.toml", 2, "web.listen"),
        ("one.toml", 3, "web.logn"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[channels.x]\ntype = "slack"\n[channels.x.webhook_url]\nenv = HOOK\n',
        "[calendars.c.hours]\nmon = 09:00-17:00\n",
        '[checks.a]\nservice = "s"\ntype = "http"\nurl = "https://h/"\n[checks.a.body_json]\na = b\n',
        "[agreements]\ng = gold\n",
        "slawatch = on\n",
        TCP + WINDOW.replace("2026-12-01T22:00:00+01:00", "now"),
    ],
)
def test_what_is_no_toml_is_told_once(problems: Problems, text: str) -> None:
    (problem,) = problems(text)
    assert problem.message.startswith("not TOML")


def test_where_it_ends_nobody_knows_is_the_end(problems: Problems) -> None:
    assert [problem.line for problem in problems('a = b\n[web]\nlogin = """\nx = y\n')] == [1, 4]
    assert [problem.line for problem in problems("[web]\nhosts = [\nlogin = true\n")] == [3]
