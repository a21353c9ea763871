"""The daemon among hundreds of rude clients; `bench/web_fuzz.py` sends twenty thousand."""

from pathlib import Path

import pytest
import trio
from tests.acceptance.program import Program, free_port
from tests.web.rude import crowd

CONFIG = """
[web]
listen = "127.0.0.1:{port}"
[services.shop]
[checks.backup]
service = "shop"
type = "heartbeat"
every = "1h"
"""
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def health(port: int) -> bytes:
    answer = b""
    with trio.fail_after(30):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(GET)
            while piece := await stream.receive_some(4096):
                answer += piece
    return answer[:12]


@pytest.mark.timeout(180)
async def test_rude_clients_end_neither_the_daemon_nor_its_stop(tmp_path: Path) -> None:
    port = free_port()
    with Program(tmp_path, CONFIG.format(port=port)) as program:
        await trio.to_thread.run_sync(program.run)
        daemon = program.daemon
        assert daemon is not None
        control = tmp_path / "data" / "slawatch.sock"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crowd, port, 1, 600, 60)
            nursery.start_soon(crowd, control, 2, 100, 20)
            while len(nursery.child_tasks):
                assert daemon.poll() is None, program.told()
                assert await health(port) == b"HTTP/1.1 200"
                await trio.sleep(0.2)
        assert await health(port) == b"HTTP/1.1 200"
        assert (await trio.to_thread.run_sync(program.command, "status")).returncode == 0

        # And once more with clients that are still at it when the daemon is told to stop.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crowd, port, 3, 400, 100)
            nursery.start_soon(crowd, control, 4, 40, 20)
            await trio.sleep(1)
            assert await trio.to_thread.run_sync(program.stop) < 10
            nursery.cancel_scope.cancel()
        assert daemon.returncode == 0, program.told()
        log = program.log.read_text()
        assert "Traceback" not in log, log
        assert "ending by force" not in log
