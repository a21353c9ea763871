import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from tests.daemon.conftest import Port, Running
from trio.testing import MockClock

from slawatch.daemon.run import _keep_alive
from slawatch.store.database import Database
from slawatch.store.journal import Acknowledged

TCP = '[checks.port]\nservice = "shop"\ntype = "tcp"\naddress = "{}"\n'
HANGING = """
[checks.hangs]
service = "h"
type = "exec"
command = ["sleep", "600"]
interval = "60s"
timeout = "60s"
"""


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def test_a_service_is_seen_to_fail_and_to_come_back(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    port.close()
    failed = time.monotonic()
    daemon.until(lambda: daemon.states() == {"port": "down"})
    assert time.monotonic() - failed < 5
    port.open()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    assert daemon.stop() == 0
    assert [kind for kind, _ in daemon.life()] == ["start", "stop"]
    outcomes = [outcome for (outcome,) in daemon.query("SELECT outcome FROM transition ORDER BY changed_at")]
    assert outcomes == [0, 2, 0]


def test_a_stop_is_quick_and_clean_whatever_hangs(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port) + HANGING)
    daemon.start()
    hanging = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for client in hanging:
        client.connect(str(daemon.socket))
        client.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n")
    daemon.until(lambda: daemon.states()["port"] == "up")
    prober = daemon.probers()[0]
    classes = [os.sched_getscheduler(pid) for pid in (daemon.running.pid, prober)]
    assert classes == [os.SCHED_BATCH, os.SCHED_OTHER]
    begun = time.monotonic()
    assert daemon.stop(within=10) == 0
    assert time.monotonic() - begun < 10
    for client in hanging:
        client.close()
    assert not psutil.pid_exists(prober)
    assert not daemon.socket.exists()
    assert daemon.life()[-1] == ("stop", {"why": "SIGTERM"})


def test_everything_that_was_probed_is_stored_at_the_end(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    time.sleep(3.2)
    stopped = time.time()
    assert daemon.stop() == 0
    ((last,),) = daemon.query("SELECT max(started_at) FROM sample")
    assert stopped - last / 1e6 < 1.3


def test_a_second_daemon_says_who_holds_the_data(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    second = subprocess.run(
        [sys.executable, "-m", "slawatch", "run", "--config", str(daemon.config)],
        capture_output=True,
        text=True,
    )
    assert second.returncode == 75
    (line,) = second.stderr.splitlines()
    assert f"process {daemon.running.pid} (slawatch run --config {daemon.config})" in line
    assert daemon.answers("/readyz"), "the first one goes on"


def test_a_command_that_has_the_store_is_waited_for(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    with Database.open(daemon.data):
        daemon.start(wait=False)
        time.sleep(2)
        assert daemon.running.poll() is None, daemon.log
    daemon.until(lambda: daemon.answers("/readyz"))
    daemon.until(lambda: daemon.states() == {"port": "up"})


@pytest.mark.parametrize(
    ("top", "code", "says"),
    [
        ('[web]\nlisten = "{port}"', 74, "in use"),
        ("nonsense = 1", 78, "nonsense"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    daemon: Running, port: Port, top: str, code: int, says: str
) -> None:
    daemon.write(TCP.format(port), top.format(port=port))
    ended = subprocess.run(
        [sys.executable, "-m", "slawatch", "run", "--config", str(daemon.config)],
        capture_output=True,
        text=True,
    )
    (line,) = ended.stderr.splitlines()
    assert (ended.returncode, says in line) == (code, True), line
    assert not daemon.socket.exists()


def test_a_data_directory_that_cannot_be_one_is_one_line(daemon: Running, port: Port) -> None:
    daemon.data.write_text("a file")
    daemon.write(TCP.format(port))
    ended = subprocess.run(
        [sys.executable, "-m", "slawatch", "run", "--config", str(daemon.config)],
        capture_output=True,
        text=True,
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 74
    assert str(daemon.data) in line


def test_a_reload_applies_what_changed_and_refuses_what_is_wrong(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    good = daemon.config.read_text()
    daemon.config.write_text(good + "[checks.broken]\ntype = 'tcp'\n")
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: "refused" in daemon.log)
    assert daemon.states() == {"port": "up"}
    daemon.config.write_text(good + TCP.format(port).replace("checks.port", "checks.other"))
    found = daemon.ask("/api/v1/reload", "POST")
    assert (found["added"], found["changed"], found["removed"]) == (["other"], [], [])
    daemon.until(lambda: daemon.states() == {"port": "up", "other": "up"})
    daemon.config.write_text(good.replace("checks.port", "checks.third"))
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: daemon.states() == {"third": "up"})
    assert daemon.stop() == 0
    assert [kind for kind, _ in daemon.life()] == ["start", "config", "config", "stop"]


def test_a_killed_prober_is_replaced(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    (first,) = daemon.probers()
    os.kill(first, signal.SIGKILL)
    daemon.until(lambda: daemon.probers() not in ([], [first]))
    time.sleep(2)
    assert daemon.states() == {"port": "up"}
    assert daemon.stop() == 0
    assert [kind for kind, _ in daemon.life()] == ["start", "prober_died", "prober_started", "stop"]


def test_probers_end_with_a_killed_daemon(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port) + HANGING, "probers = 2")
    daemon.start()
    daemon.until(lambda: len(daemon.probers()) == 2)
    probers = daemon.probers()
    daemon.kill()
    end = time.monotonic() + 8
    while any(psutil.pid_exists(pid) for pid in probers):
        assert time.monotonic() < end, "an orphaned prober goes on"
        time.sleep(0.05)


def test_samples_are_stored_while_an_import_is_under_way(daemon: Running, port: Port, tmp_path: Path) -> None:
    daemon.write(TCP.format(port) + 'stale_after = "1m"\n')
    count, now = 400_000, int(time.time())
    path = tmp_path / "past.csv"
    with path.open("w") as file:
        file.write("check,time,outcome,latency,reason\n")
        file.writelines(f"port,{now - count + n},up,0.001,\n" for n in range(count))
    daemon.start()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    began = time.time()
    told = subprocess.run(
        [sys.executable, "-m", "slawatch", "import", "samples", str(path), "--config", str(daemon.config)],
        capture_output=True,
        text=True,
    )
    ended = time.time()
    assert "400,000 stored" in told.stdout, told.stderr
    time.sleep(1.5)
    assert daemon.stop() == 0
    flushes = [
        at / 1e6
        for (at,) in daemon.query("SELECT stored_at FROM flush_log ORDER BY 1")
        if began < at / 1e6 < ended
    ]
    assert len(flushes) >= int(ended - began) // 2
    assert daemon.query("SELECT count(*) FROM unsettled") == [(0,)]
    # From the first imported sample to the last one seen it was up without a gap.
    assert daemon.query("SELECT outcome, after FROM transition") == [(0, None)]


def test_a_job_calls(daemon: Running) -> None:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        number = asking.getsockname()[1]
    checks = '[checks.job]\nservice = "j"\ntype = "heartbeat"\nevery = "4s"\ngrace = "0s"\n'
    daemon.write(checks, f'[web]\nlisten = "127.0.0.1:{number}"')
    daemon.start()
    daemon.until(lambda: daemon.states() == {"job": "unknown"})
    with urllib.request.urlopen(f"http://127.0.0.1:{number}/heartbeat/job", timeout=5) as answer:
        assert answer.status == 200
    daemon.until(lambda: daemon.states() == {"job": "up"}, 4)
    daemon.until(lambda: daemon.states() == {"job": "down"}, 10)
    daemon.kill()
    daemon.start()
    daemon.until(lambda: daemon.states() == {"job": "down"}, 10)


def test_systemd_is_kept_informed(daemon: Running, port: Port, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(15)
        daemon.env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        daemon.write(TCP.format(port))
        daemon.start()
        heard = []
        while not {"READY=1", "WATCHDOG=1"} <= {line for text in heard for line in text.splitlines()}:
            heard.append(systemd.recv(4_096).decode())
        daemon.signal(signal.SIGHUP)
        while not any(text.startswith("RELOADING=1\nMONOTONIC_USEC=") for text in heard):
            heard.append(systemd.recv(4_096).decode())
        while not heard[-1].startswith("READY=1"):
            heard.append(systemd.recv(4_096).decode())
        daemon.signal(signal.SIGTERM)
        while not heard[-1].startswith("STOPPING=1"):
            heard.append(systemd.recv(4_096).decode())
    assert daemon.running.wait(10) == 0


def test_secrets_are_in_no_log_and_not_in_the_store(daemon: Running, port: Port) -> None:
    secret = "correct-horse-battery"
    daemon.env = {"PAGE_PASSWORD": secret}
    daemon.write(
        f'[checks.web]\nservice = "s"\ntype = "http"\nurl = "http://{port}/"\n'
        'headers = { "X-Token" = { env = "PAGE_PASSWORD" } }\n',
        'log_level = "debug"',
    )
    daemon.start()
    daemon.until(lambda: daemon.states()["web"] == "down")
    daemon.stop()
    assert secret not in daemon.log
    stored = b"".join(path.read_bytes() for path in daemon.data.rglob("*") if path.is_file())
    assert secret.encode() not in stored


async def test_a_fault_in_a_task_does_not_end_the_daemon(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = 0

    async def task() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("odd")

    await _keep_alive("sealer", task)
    assert begun == 3
    assert caplog.text.count("a fault in the daemon's task sealer") == 2


def test_a_start_is_stored_before_anybody_is_answered(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    daemon.kill()
    ((kind, first),) = daemon.life()
    assert (kind, first["last"]) == ("start", None)
    daemon.start()
    daemon.kill()
    (_, _), (kind, second) = daemon.life()
    stored = [at for (at,) in daemon.query("SELECT stored_at FROM flush_log")]
    assert kind == "start"
    assert second["last"] in stored


def test_stored_batches_that_are_gone_are_told(daemon: Running, port: Port) -> None:
    daemon.write(TCP.format(port))
    daemon.start()
    daemon.until(lambda: daemon.states() == {"port": "up"})
    daemon.stop()
    ((last,),) = daemon.query("SELECT max(stored_at) FROM flush_log")
    acknowledged = Acknowledged(daemon.data / "slawatch.sequence")
    acknowledged.write(acknowledged.read() + 3)
    acknowledged.close()
    daemon.start()
    daemon.stop()
    assert "are gone from" in daemon.log
    told = [detail for kind, detail in daemon.life() if kind == "storage"]
    assert [(detail["batches"], detail["since"]) for detail in told] == [(3, last)]


def survive(daemon: Running, rounds: int) -> None:
    """Kill the daemon in mid-flight, again and again; look each time whether all that was stored is there."""
    known: set[tuple[int, int]] = set()
    for number in range(rounds):
        daemon.start()
        daemon.until(lambda: "up" in daemon.states().values())
        time.sleep(0.2 + 0.13 * (number % 12))
        acknowledged = daemon.data / "slawatch.sequence"
        daemon.kill()
        sequences = (
            [int.from_bytes(acknowledged.read_bytes()[at : at + 8], "little") for at in (0, 12)]
            if acknowledged.exists()
            else [0]
        )
        ((logged, counted),) = daemon.query("SELECT max(sequence), sum(samples) FROM flush_log")
        found = set(daemon.query("SELECT check_number, started_at FROM sample"))
        assert (logged or 0) >= max(sequences), "a batch that was acknowledged is missing"
        assert len(found) == (counted or 0)
        assert known <= found, "a sample that was stored is missing"
        known = found
    assert len(known) > rounds


@pytest.mark.timeout(300)
def test_kill_loses_nothing_that_was_stored(daemon: Running, port: Port) -> None:
    rounds = 12
    checks = "".join(TCP.format(port).replace("checks.port", f"checks.port-{n}") for n in range(20))
    daemon.write(checks.replace("[checks.port-0]", '[checks.port-0]\ninterval = "200ms"'))
    survive(daemon, rounds)
    daemon.start()
    daemon.until(lambda: set(daemon.states().values()) == {"up"})
    assert daemon.stop() == 0
    kinds = [kind for kind, _ in daemon.life()]
    assert kinds.count("start") == rounds + 1
    assert kinds.count("stop") == 1
