"""What every type of channel owes: the registry finds them by their files, and this asks each for the same
things."""

import dataclasses
import inspect
import logging
import re
import tomllib
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import trio
from tests.notifiers.examples import (
    ALL,
    HIDDEN,
    HTTP,
    OK,
    SHOWS,
    attempt,
    kind_of,
    options_of,
    quick,
)  # fmt: skip
from tests.notifiers.servers import Provider, Reply, until

from slawatch.core.instant import SECOND
from slawatch.core.notification import Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending, load, names

ROOT = Path(__file__).parents[2]


def test_the_types_are_the_public_files() -> None:
    assert names() == ("apprise", "email", "exec", "pagerduty", "slack", "sms", "webhook")
    assert {name.partition("-")[0] for name in ALL} == set(names())
    for name in ("_mail", "nonsense"):
        with pytest.raises(KeyError):
            load(name)


def test_only_pagerduty_keeps_alerts_of_its_own() -> None:
    assert [name for name in names() if load(name).keeps_state] == ["pagerduty"]


@pytest.mark.parametrize("name", names())
def test_its_options_are_documented_key_by_key(name: str) -> None:
    options = load(name).options
    head, found, attributes = (inspect.getdoc(options) or "").partition("\nAttributes:\n")
    assert found, "no Attributes: section"
    assert head.strip().split("\n\n")[0].endswith("."), "the first paragraph is a sentence"
    entries = re.findall(r"^    (\w+): \S", attributes, re.MULTILINE)
    assert entries == [field.name for field in dataclasses.fields(options)]


@pytest.mark.parametrize("name", names())
def test_its_options_are_a_frozen_dataclass_with_keywords_only(name: str) -> None:
    options = load(name).options
    assert dataclasses.is_dataclass(options)
    assert options.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(field.kw_only for field in dataclasses.fields(options))
    assert "__slots__" in vars(options)


@pytest.mark.parametrize("name", names())
def test_what_is_named_like_a_secret_is_one(name: str) -> None:
    for key, hint in get_type_hints(load(name).options).items():
        if re.search("password|secret|token|key$|webhook_url", key) and key != "api_key":
            assert hint is Secret or Secret in get_args(hint), key


@pytest.mark.parametrize("name", names())
def test_it_has_a_test_file_and_a_send_that_is_documented(name: str) -> None:
    kind = load(name)
    assert (ROOT / f"tests/notifiers/test_{name}.py").exists()
    assert inspect.iscoroutinefunction(kind.send)
    assert kind.send.__doc__
    assert list(inspect.signature(kind.send).parameters) == ["options", "notification", "sending"]
    assert kind.prepare.__doc__


@pytest.mark.parametrize("name", names())
def test_it_has_a_place_in_the_example(name: str) -> None:
    channels = tomllib.loads((ROOT / "config.example.toml").read_text()).get("channels")
    if channels is None:
        pytest.skip("config.example.toml has no channels yet")
    assert any(channel["type"] == name for channel in channels.values())


@pytest.mark.parametrize("name", ALL)
def test_its_options_show_no_secret_and_do_not_change(name: str) -> None:
    options = options_of(name, "http://localhost:1")
    assert not [secret for secret in SHOWS if secret in f"{options!r}{options}"]
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        setattr(options, dataclasses.fields(options)[0].name, None)
    kind_of(name).prepare(options)


@pytest.mark.parametrize("name", [*HTTP, "apprise"])
async def test_a_redirect_is_not_followed(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(Reply(307, headers={"Location": f"{provider.url}/elsewhere/{HIDDEN}"}))
    found = await attempt(name, provider.url, notification, sending)
    assert not found.ok
    if name != "apprise":
        assert len(provider.requests) == 1


@pytest.mark.parametrize("name", [*HTTP, "email"])
async def test_without_an_answer_it_may_have_got_through(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(Reply(act="hang"))
    found = await attempt(name, provider.url, notification, quick(sending))
    assert (found.verdict, found.counts) == (Verdict.RETRY, True)
    assert re.search(r"no answer from \S+ within [0-9.]+ s", found.answer)
    assert found.possible_duplicate == (name != "email")


@pytest.mark.parametrize("name", ["webhook", "email"])
async def test_what_was_not_wholly_written_did_not_get_through(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(Reply(act="hang early"))
    large = dataclasses.replace(notification, details={f"{n}": "z" * 1000 for n in range(10_000)})
    found = await attempt(name, provider.url, large, quick(sending, SECOND))
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False), found


@pytest.mark.parametrize("said", [b"\0", b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * 3000])
@pytest.mark.parametrize("name", [*HTTP, "email"])
async def test_nonsense_is_an_answer_and_no_exception(
    provider: Provider, notification: Notification, sending: Sending, name: str, said: bytes
) -> None:
    provider.answers(Reply(body=said, act="raw"))
    found = await attempt(name, provider.url, notification, quick(sending, SECOND))
    assert found.verdict is Verdict.RETRY
    assert found.counts


@pytest.mark.parametrize("name", [*HTTP, "email", "apprise"])
async def test_nobody_there_is_tried_again(
    notification: Notification, sending: Sending, name: str, refused: int
) -> None:
    found = await attempt(name, f"http://localhost:{refused}", notification, sending)
    assert (found.verdict, found.counts) == (Verdict.RETRY, True)
    if name != "apprise":
        assert not found.possible_duplicate
        assert "refused" in found.answer


@pytest.mark.parametrize("name", ALL)
async def test_cancelled_it_leaves_nothing_running(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(Reply(act="hang"))
    beside = {"command": ("sh", "-c", "sleep 100 & sleep 100")} if name == "exec" else {}
    options = kind_of(name).options(**{**ALL[name](provider.url), **beside})
    with trio.fail_after(5):
        with trio.move_on_after(0.3) as scope:
            found = await kind_of(name).send(options, notification, sending)
            pytest.fail(f"it did not wait: {found}")
        assert scope.cancelled_caught
        if name == "apprise":
            return  # its thread ends by its own time limits
        await until(lambda: not provider.open)


@pytest.mark.parametrize("name", ALL)
async def test_no_secret_is_logged(
    provider: Provider,
    notification: Notification,
    sending: Sending,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for reply in (OK.get(name, Reply()), Reply(500, HIDDEN), Reply(302, headers={"Location": f"/{HIDDEN}"})):
        provider.answers(reply)
        await attempt(name, provider.url, notification, quick(sending, SECOND))
    said = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert not [secret for secret in SHOWS if secret in said]


@pytest.mark.parametrize("name", [*HTTP, "email"])
async def test_without_file_descriptors_the_channel_is_not_blamed(
    notification: Notification, sending: Sending, name: str, refused: int
) -> None:
    import resource

    url = f"http://127.0.0.1:{refused}"
    await attempt(name, url, notification, sending)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        found = await attempt(name, url, notification, sending)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (found.verdict, found.counts) == (Verdict.RETRY, False), found


@pytest.mark.parametrize("name", ALL)
async def test_a_broken_template_is_replaced_and_told(
    provider: Provider, notification: Notification, sending: Sending, name: str, folder: Path
) -> None:
    for template in ("title.txt", "subject.txt", "text.txt", "email.html", "slack.txt", "sms.txt"):
        (folder / template).write_text("{{ nothing_of_that_name }}")
    provider.answers(OK.get(name, Reply()))
    found = await attempt(name, provider.url, notification, quick(sending, SECOND), templates=str(folder))
    if name in HTTP:
        assert found.ok
        assert found.warnings
    if found.warnings:
        assert str(folder) in "".join(found.warnings)
