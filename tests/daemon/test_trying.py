"""A test message, through the notifiers that tell people of incidents."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from slawatch import notifiers
from slawatch.config.load import Config, load
from slawatch.core.notification import Delivery, Verdict
from slawatch.daemon import trying
from slawatch.daemon.trying import try_channel


@pytest.fixture
def heard() -> Iterator[tuple[int, list[Any]]]:
    """Yield the port of a provider that takes everything, and what it took."""
    found: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            said = b'{"status": "success", "dedup_key": "k"}'
            self.send_response(202)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port, found
        server.shutdown()
        thread.join()


def configured(folder: Path, port: int) -> Config:
    path = folder / "slawatch.toml"
    path.write_text(
        f"""
        [slawatch]
        data_dir = "data"
        [alerting]
        instance = "prod"
        [channels.hook]
        type = "webhook"
        url = "http://127.0.0.1:{port}/x"
        [channels.pager]
        type = "pagerduty"
        integration_key = {{ env = "PD_KEY" }}
        url = "http://127.0.0.1:{port}/v2/enqueue"
        """
    )
    return load(path, env={"PD_KEY": "hunter2-pager"})


async def test_it_says_that_it_is_a_test(tmp_path: Path, heard: tuple[int, list[Any]]) -> None:
    config = configured(tmp_path, heard[0])
    (one,) = await try_channel(config, config.channels["hook"], "channel:hook", "")
    assert one.delivery.ok
    assert one.took > 0
    assert "Test message" in str(heard[1][0])
    assert "prod" in str(heard[1][0])


async def test_what_it_opens_is_closed(tmp_path: Path, heard: tuple[int, list[Any]]) -> None:
    config = configured(tmp_path, heard[0])
    tried = await try_channel(config, config.channels["pager"], "channel:pager", "")
    assert [one.kind for one in tried] == ["message", "resolve"]
    assert [body["event_action"] for body in heard[1]] == ["trigger", "resolve"]


async def test_a_fault_of_a_notifier_is_an_answer_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = configured(tmp_path, 1)

    async def broken(options: Any, *_: Any) -> Delivery:
        raise RuntimeError(f"no {options.integration_key.value}")

    found = notifiers.load("pagerduty")._replace(send=broken)
    monkeypatch.setattr(trying.notifiers, "load", lambda _: found)
    (one,) = await try_channel(config, config.channels["pager"], "channel:pager", "")
    assert one.delivery.verdict is Verdict.RETRY
    assert "its log says more" in one.delivery.answer
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text + str(one)


async def test_what_hangs_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import trio

    config = configured(tmp_path, 1)

    async def silent(*_: Any) -> Delivery:
        await trio.sleep_forever()
        raise AssertionError

    found = notifiers.load("webhook")._replace(send=silent)
    monkeypatch.setattr(trying.notifiers, "load", lambda _: found)
    monkeypatch.setattr(trying, "_LIMIT", 0.05)
    (one,) = await try_channel(config, config.channels["hook"], "channel:hook", "")
    assert (one.delivery.ok, one.delivery.possible_duplicate) == (False, True)
    assert "cut off" in one.delivery.answer
