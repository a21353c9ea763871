"""One probe for somebody who waits for it: here, and in a process of its own."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from slawatch import checks
from slawatch.answers.view import Refused
from slawatch.core.check import Check
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Outcome
from slawatch.core.text import Secret
from slawatch.daemon import probing
from slawatch.daemon.probing import Apart, once


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def tcp(port: int, **more: Any) -> Check:
    from slawatch.checks._address import parse_address

    options = checks.load("tcp").options(address=parse_address(f"127.0.0.1:{port}"), **more)
    return Check(name="db", service="shop", type="tcp", options=options, timeout=5 * SECOND)


def program(*command: str, timeout: int = 5 * SECOND, **env: Any) -> Check:
    options = checks.load("exec").options(command=command, env=env)
    return Check(name="job", service="shop", type="exec", options=options, timeout=timeout)


@pytest.mark.parametrize("probe", [once, Apart().probe])
async def test_what_answers_is_up(listening: int, probe: Any) -> None:
    found = await probe(tcp(listening))
    assert (found.outcome, found.cause, found.reason) == (Outcome.UP, Cause.NONE, "")
    assert found.lines[0][1].startswith(f"connected to 127.0.0.1 port {listening}")
    assert found.phases[1] > 0
    assert found.phases[2] is None
    assert found.took >= found.latency > 0


@pytest.mark.parametrize("probe", [once, Apart().probe])
async def test_the_time_of_the_check_ends_it(listening: int, probe: Any) -> None:
    silent = replace(tcp(listening, expect="hello"), timeout=SECOND // 5)
    with trio.fail_after(20):
        found = await probe(silent)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.TIMEOUT)
    assert "no answer within 200ms while" in found.reason


async def test_a_program_is_run_and_its_secrets_are_struck_out() -> None:
    secret = Secret("hush-hush", "env X")
    found = await Apart().probe(program("/bin/sh", "-c", 'echo "it is $KEY | n=7s"; exit 2', KEY=secret))
    assert (found.outcome, found.measures) == (Outcome.DOWN, (("n", 7.0, "s"),))
    assert "hush" not in str(found)


async def test_who_goes_away_leaves_nothing_running(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    waiting = program("/bin/sh", "-c", f"echo $$ > {note}; sleep 60", timeout=60 * SECOND)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Apart().probe, waiting)
            while not note.exists() or not note.read_text():  # noqa: ASYNC110
                await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
        pid = int(note.read_text())
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240
            await trio.sleep(0.02)


async def test_only_so_many_at_once(listening: int) -> None:
    one = Apart(at_once=1, wait=0.1)
    silent = tcp(listening, expect="hello")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.probe, silent)
        await trio.sleep(0.01)
        with pytest.raises(Refused, match="try again in a moment") as caught:
            await one.probe(tcp(listening))
        assert caught.value.busy
        nursery.cancel_scope.cancel()
    with trio.fail_after(20):
        assert (await one.probe(tcp(listening))).outcome is Outcome.UP


async def test_a_process_that_comes_to_nothing_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, listening: int
) -> None:
    monkeypatch.setattr(probing.sys, "executable", "/bin/false")
    with pytest.raises(Refused, match="a fault in the probe"):
        await Apart().probe(tcp(listening))
    monkeypatch.setattr(probing.sys, "executable", "/nowhere/python")
    with pytest.raises(Refused, match="cannot be started") as caught:
        await Apart().probe(tcp(listening))
    assert caught.value.busy
