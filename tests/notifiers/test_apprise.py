"""The apprise library, with its own plugin for JSON over HTTP."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.notifiers.servers import Provider, Reply, until

from slawatch.core.instant import SECOND
from slawatch.core.notification import Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers import apprise as notifier
from slawatch.notifiers.apprise import Options, send


def url_of(provider: Provider, path: str = "hook", query: str = "") -> Secret:
    return Secret(f"json://localhost:{provider.port}/{path}{query}")


async def test_it_tells(provider: Provider, notification: Notification, sending: Sending) -> None:
    found = await send(Options(urls=(url_of(provider),)), notification, sending)
    assert found.ok
    assert found.answer == "JSON took it"
    assert found.reached == ("url 1",)
    (seen,) = provider.requests
    assert seen.target == "/hook"
    document = seen.json()
    assert document["title"] == "[CRITICAL] shop is down"
    assert document["message"].startswith("shop is down\n\nshop-home: connection refused")


async def test_each_url_is_told_once(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    provider.replies = lambda seen: Reply(500 if seen.target == "/b" else 200)
    options = Options(urls=(url_of(provider, "a"), url_of(provider, "b")))
    found = await send(options, notification, sending)
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, True)
    assert found.reached == ("url 1",)
    provider.replies = [Reply()]
    again = await send(options, notification, dataclasses.replace(sending, reached=frozenset(found.reached)))
    assert again.ok
    assert again.reached == ("url 1", "url 2")
    assert [seen.target for seen in provider.requests] == ["/a", "/b", "/b"]


@pytest.mark.parametrize("url", ["nosuchscheme://x", "json://"])
async def test_a_url_it_does_not_know_is_the_configs_fault(
    notification: Notification, sending: Sending, url: str
) -> None:
    found = await send(Options(urls=(Secret(url),)), notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED


async def test_one_that_hangs_is_left_to_itself(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    provider.answers(Reply(act="hang"))
    options = Options(urls=(url_of(provider, query="?rto=1"),))
    with trio.fail_after(5):
        found = await send(options, notification, dataclasses.replace(sending, timeout=SECOND // 2))
        assert (found.verdict, found.possible_duplicate) == (Verdict.RETRY, True)
        assert "0.5 s" in found.answer
        await until(lambda: not provider.open)


async def test_without_the_library_it_says_what_to_install(
    notification: Notification, sending: Sending, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "apprise", None)
    options = Options(urls=(url_of(provider),))
    notifier.prepare(options)
    found = await send(options, notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "slawatch[apprise]" in found.answer


async def test_a_runner_of_the_callers_own_is_used(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    ran = []

    async def run(function: Any) -> Any:
        ran.append(function)
        return await trio.to_thread.run_sync(function)

    found = await send(
        Options(urls=(url_of(provider),)), notification, dataclasses.replace(sending, run_sync=run)
    )
    assert found.ok
    assert len(ran) == 1


async def test_templates_are_the_users(
    provider: Provider, notification: Notification, sending: Sending, folder: Path
) -> None:
    (folder / "title.txt").write_text("{{ service | upper }}!")
    await send(Options(urls=(url_of(provider),), templates=str(folder)), notification, sending)
    assert provider.requests[0].json()["title"] == "SHOP!"


@pytest.mark.parametrize("urls", [(), (Secret("nonsense"),)])
def test_what_cannot_be_is_refused(urls: tuple[Secret, ...]) -> None:
    with pytest.raises(ValueError, match="urls") as raised:
        Options(urls=urls)
    assert "nonsense" not in str(raised.value)
