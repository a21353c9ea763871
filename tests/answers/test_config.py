"""What is wrong with a configuration, as JSON."""

from pathlib import Path

from slawatch.answers.config import of_files, of_text
from slawatch.config.load import Config
from slawatch.config.problem import Problem
from slawatch.config.unread import Checked

WRONG = Problem("slawatch.toml", 3, "checks.a.url", message='the key "url" is missing')


def test_a_good_one(config: Config) -> None:
    found = of_files(Checked((), (WRONG,), config), "in-force")
    assert (found["ok"], found["digest"], found["in_force"]) == (True, config.digest, "in-force")
    assert [Path(file).name for file in found["files"]] == ["slawatch.toml"]
    assert found["counts"] == {"check": 6, "service": 3, "agreement": 1}
    assert found["warnings"][0]["line"] == 3
    assert found["secrets_read"]


def test_a_wrong_one() -> None:
    found = of_files(Checked((WRONG,)), "in-force")
    assert (found["ok"], found["digest"], found["files"], found["counts"]) == (False, None, [], {})
    assert found["problems"] == [WRONG.as_json()]


def test_a_text_is_no_file() -> None:
    found = of_text(Checked(), "in-force")
    assert (found["ok"], found["files"], found["secrets_read"]) == (True, [], False)
