"""CPU of one HTTP probe, plain and over TLS, against a server in a process of its own on loopback.

    python bench/probe_http.py [--probes 20000] [--at-once 50]

Prints microseconds of CPU per probe of the probing process: the whole path, with attempt and transcript.
"""

import argparse
import gc
import multiprocessing
import socket
import ssl
import tempfile
import time
from functools import partial
from pathlib import Path

import trio
import trustme

from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.checks._tls import TlsSettings
from slawatch.checks.http import Options, prepare, probe
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome

BODY = b'{"status": "ok"}'.ljust(1024)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n"
    b"Connection: close\r\nServer: bench\r\nDate: Thu, 01 Oct 2026 00:00:00 GMT\r\n\r\n"
) + BODY


def serve(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    """Answer every connection at once."""

    async def answer(stream: trio.abc.Stream) -> None:
        if context is not None:
            stream = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        try:
            await stream.receive_some(65_536)
            await stream.send_all(ANSWER)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def accept() -> None:
        sock = trio.socket.from_stdlib_socket(listener)
        await trio.serve_listeners(answer, [trio.SocketListener(sock)])

    trio.run(accept)


async def measure(options: Options, probes: int, at_once: int) -> tuple[float, float]:
    """Return microseconds of CPU, and of wall clock, per probe."""
    resolver = Resolver()
    left = probes

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            attempt = Attempt("bench", 10 * SECOND, resolver)
            seen = await probe(options, attempt)
            if seen.outcome is not Outcome.UP:
                raise SystemExit(f"the probe failed: {seen.reason}\n{attempt.transcript()}")

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(at_once):
                nursery.start_soon(worker)

    prepare(options)
    left = probes // 10
    await run()
    gc.collect()
    gc.freeze()
    left = probes
    cpu, wall = time.process_time(), time.perf_counter()
    await run()
    return (time.process_time() - cpu) / probes * 1e6, (time.perf_counter() - wall) / probes * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--probes", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=50)
    asked = parser.parse_args()

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with tempfile.TemporaryDirectory() as folder:
        ca_file = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(ca_file))
        for name, scheme, settled, probes in (
            ("http, fresh connection", "http", None, asked.probes),
            ("https, fresh connection", "https", context, asked.probes // 5),
        ):
            listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
            listener.setblocking(False)
            server = multiprocessing.get_context("fork").Process(
                target=serve, args=(listener, settled), daemon=True
            )
            server.start()
            options = Options(
                url=f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/health",
                tls=TlsSettings(ca_file=str(ca_file)),
            )
            try:
                cpu, wall = trio.run(partial(measure, options, probes, asked.at_once))
            finally:
                server.terminate()
                server.join()
                listener.close()
            print(f"{name:28} {cpu:8.0f} us CPU a probe   {wall:8.0f} us wall   ({probes} probes)")


if __name__ == "__main__":
    main()
