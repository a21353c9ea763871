"""Scenario files."""

from pathlib import Path

import pytest
from tests.config.conftest import Load

from slawatch.config.model import Config
from slawatch.config.problem import ConfigError
from slawatch.config.scenario import read_scenario
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.matcher import Matcher

CONFIG = """
[checks.shop-home]
service = "shop"
type = "tcp"
address = "127.0.0.1:80"
[people.alice]
email = "alice@example.com"
contact = [{ channel = "mail" }]
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
"""


@pytest.fixture
def config(read: Load) -> Config:
    return read(CONFIG)


def problems(path: Path, config: Config, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_scenario(path, config)
    return [str(problem).removeprefix(f"{path}") for problem in caught.value.problems]


def test_everything_that_can_happen(tmp_path: Path, config: Config) -> None:
    path = tmp_path / "outage.toml"
    path.write_text("""
    events = [
      { t = "0s", do = "down", check = "shop-home" },
      { t = "1m", do = "ack", by = "alice" },
      { t = "2m", do = "silence", match = 'service=shop', for = "10m", by = "person:alice", note = "known" },
      { t = "3m", do = "restart" },
      { t = "4m", do = "channel_down", channel = "mail" },
      { t = "5m", do = "channel_up", channel = "mail" },
      { t = "6m", do = "up", check = "shop-home" },
      { t = "7m", do = "resolve", by = "alice", note = "gone" },
      { t = "8m", do = "silence", check = "shop-home" },
    ]""")
    found = read_scenario(path, config)
    assert [one.t // MINUTE for one in found] == list(range(9))
    assert (found[2].match, found[2].length) == ((Matcher("service", "=", "shop"),), 10 * MINUTE)
    assert (found[3].length, found[8].length) == (0, HOUR)


def test_every_mistake_is_told_with_its_line_and_what_was_meant(tmp_path: Path, config: Config) -> None:
    found = problems(
        tmp_path / "bad.toml",
        config,
        """\
[[events]]
t = "0s"
do = "dwn"
[[events]]
t = "1m"
do = "down"
check = "shop-hom"
[[events]]
t = "2m"
do = "channel_down"
channel = "mial"
[[events]]
t = "3x"
do = "ack"
[[events]]
t = "4m"
do = "ack"
by = "alise"
[[events]]
t = "5m"
do = "up"
""",
    )
    wanted = [
        (":3: events[0].do: ", 'did you mean "down"?'),
        (":7: events[1].check: ", 'there is no check "shop-hom": did you mean "shop-home"?'),
        (":11: events[2].channel: ", 'there is no channel "mial": did you mean "mail"?'),
        (":13: events[3].t: ", "not a duration"),
        (":18: events[4].by: ", 'there is no person "alise": did you mean "alice"?'),
        (":19: events[5]", "up needs `check`"),
    ]
    assert len(found) == len(wanted)
    for message, (place, said) in zip(found, wanted, strict=True):
        assert message.startswith(place)
        assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing happens in it: write [[events]]"),
        ("events = 3", "expected an array of tables [[events]]"),
        ("[[event]]\nt = '0s'", 'unknown key "event": did you mean "events"?'),
        ("[[events]]\nt = ", "not TOML"),
        ("events = [1]", "expected a table"),
    ],
)
def test_a_file_that_is_no_scenario(tmp_path: Path, config: Config, text: str, said: str) -> None:
    assert said in " ".join(problems(tmp_path / "bad.toml", config, text))
