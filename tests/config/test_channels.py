"""Channels: the keys that all have, those of their type, and what they must not be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slawatch import notifiers
from slawatch.config.channels import has_own_recipients, needs_address
from slawatch.config.load import Config, Problem, digest
from slawatch.core.bucket import Limit
from slawatch.core.instant import HOUR, MINUTE

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

TCP = '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
MAIL = '[channels.mail]\ntype = "email"\nhost = "mail.example"\nfrom = "slawatch@example.com"\n'
HOOK = '[channels.hook]\ntype = "webhook"\nurl = "https://hooks.example/a"\n'
PAGER = '[channels.pd]\ntype = "pagerduty"\nintegration_key = { env = "PD" }\nurl = "https://pd.example/"\n'
SLACK = '[channels.bot]\ntype = "slack"\ntoken = { env = "BOT" }\n'
ENV = {
    "HOME": "/nonexistent",
    "PD": "hunter2",
    "PD2": "hunter3",
    "BOT": "xoxb-hunter2",
    "S": "whsec_aHVudGVyMg==",
}


def told(config: Config) -> list[tuple[str, str]]:
    silent = "nobody is told of alerts of"
    return [(one.path, one.message) for one in config.warnings if not one.message.startswith(silent)]


def test_the_keys_of_the_type_and_those_that_all_have(read: Read) -> None:
    channel = read(TCP + MAIL + 'limits = ["10/1m", "1/1s"]\nttl = "2h"\n').channels["mail"]
    assert (channel.name, channel.type, channel.ttl) == ("mail", "email", 2 * HOUR)
    assert channel.limits[0] == Limit(10, MINUTE)
    assert (channel.options.host, channel.options.from_) == ("mail.example", "slawatch@example.com")
    assert isinstance(channel.options, notifiers.load("email").options)


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("[channels.x]\n", "channels.x", 'the key "type" is missing'),
        (
            '[channels.x]\ntype = "emial"\n',
            "channels.x.type",
            'there is no such channel type: did you mean "email"?',
        ),
        ("[channels.x]\ntype = 3\n", "channels.x.type", "there is no such channel type"),
        (MAIL.replace("host", "hots"), "channels.mail.hots", 'unknown key "hots": did you mean "host"?'),
        (
            MAIL.replace('from = "slawatch', 'from = "'),
            "channels.mail.from",
            "'@example.com' is not a mail address",
        ),
        (MAIL + "from_ = 3\n", "channels.mail.from_", 'unknown key "from_"'),
        (MAIL + 'limits = ["10"]\n', "channels.mail.limits[0]", "'10' is not a limit"),
        (MAIL + 'ttl = "1s"\n', "channels.mail.ttl", "from"),
        (
            HOOK + 'secret = { env = "S" }\n',
            "channels.hook.secret",
            "it has 7 bytes, but must have 24 to 64",
        ),
        (
            HOOK + 'secret = { env = "T" }\n',
            "channels.hook.secret.env",
            "the environment variable T is not set",
        ),
    ],
)
def test_mistakes(problems: Problems, text: str, path: str, message: str) -> None:
    found = {one.path: one for one in problems(TCP + text, ENV)}
    assert found[path].message.startswith(message)
    assert not any("hunter2" in str(one) for one in found.values())


@pytest.mark.parametrize(
    ("url", "open_"),
    [
        ("http://hooks.example/", True),
        ("HTTP://hooks.example/", True),
        ("https://hooks.example/", False),
        ("http://127.0.0.1:8080/", False),
        ("http://localhost/", False),
        ("http://[::1]/", False),
    ],
)
def test_a_url_that_is_not_https_is_warned_of(read: Read, url: str, open_: bool) -> None:
    warnings = told(read(TCP + HOOK.replace("https://hooks.example/a", url)))
    assert [path for path, _ in warnings] == (["channels.hook.url"] if open_ else [])


def test_two_channels_that_a_provider_takes_for_one_are_refused(problems: Problems, read: Read) -> None:
    (found,) = problems(TCP + PAGER + PAGER.replace(".pd]", ".pd2]"), ENV)
    assert (found.path, found.message.partition(":")[0]) == ("channels.pd2", "the same as [channels.pd]")
    assert read(TCP + PAGER + PAGER.replace(".pd]", ".pd2]").replace('"PD"', '"PD2"'), ENV)
    assert read(TCP + PAGER + PAGER.replace(".pd]", ".pd2]").replace("pd.example", "eu.example"), ENV)


def test_whom_a_channel_tells_by_itself(read: Read) -> None:
    text = TCP + MAIL + HOOK + PAGER + SLACK
    channels = read(text, ENV).channels
    assert [has_own_recipients(one) for one in channels.values()] == [False, True, True, False]
    assert [needs_address(one) for one in channels.values()] == [True, False, False, False]
    more = read(text + 'channel = "#ops"\n', ENV).channels
    assert has_own_recipients(more["bot"])
    assert has_own_recipients(read(TCP + MAIL + 'to = ["a@example.com"]\n').channels["mail"])


def test_the_digest_knows_the_channels_but_not_their_secrets(read: Read) -> None:
    one = read(TCP + PAGER, ENV)
    assert digest(one) == digest(read(TCP + PAGER, {**ENV, "PD": "other"}))
    assert digest(one) != digest(read(TCP + PAGER + 'ttl = "2h"\n', ENV))


def test_broken_templates_are_found_by_check_config(read: Read, tmp_path: Path) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "title.txt").write_text("{{ titel }}")
    ((path, message),) = told(read(TCP + MAIL + f'templates = "{folder}"\n'))
    assert path == "channels.mail.templates"
    assert "title.txt, line 1, cannot be used: 'titel' is undefined" in message
    (folder / "title.txt").write_text("{{ title }}")
    assert told(read(TCP + MAIL + f'templates = "{folder}"\n')) == []
