"""A month as the customer gets it: frozen by the real daemon, verified elsewhere, restated, never lost."""

import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.program import Program, free_port

CONFIG = f"""
[organizations.acme]
name = "Acme"
[services.shop]
organization = "acme"
[checks.shop]
service = "shop"
type = "tcp"
address = "127.0.0.1:{free_port()}"
interval = "60s"
[agreements.gold]
organization = "acme"
services = ["shop"]
fee = {{ amount = "1200.00", currency = "EUR" }}
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
[[agreements.gold.credits]]
below = "99.9"
credit = "10"
"""
FIRST = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(
    day=1, hour=0, minute=0, second=0, microsecond=0
)
MONTH = f"{FIRST:%Y-%m}"
"""The last month that is over."""


def samples() -> Iterator[str]:
    """Yield a sample a minute, two hours down on the 12th."""
    yield "check,time,outcome,latency,reason"
    at = FIRST
    while at.month == FIRST.month:
        down = at.day == 12 and 10 <= at.hour < 12
        yield f"shop,{at.isoformat()},{'down' if down else 'up'},,{'connection refused' if down else ''}"
        at += timedelta(minutes=1)


def seldom(months: Iterable[str]) -> Iterator[str]:
    """Yield a sample of each hour of the first four weeks of some months, every tenth one down."""
    yield "check,time,outcome,latency,reason"
    for month in months:
        first = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
        for hour in range(28 * 24):
            yield f"shop,{(first + timedelta(hours=hour)).isoformat()},{'up' if hour % 10 else 'down'},,"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The daemon with a month of samples that was imported while it ran."""
    (tmp_path / "month.csv").write_text("\n".join(samples()) + "\n")
    with Program(tmp_path, CONFIG) as found:
        found.run()
        done = found.command("import", "samples", str(tmp_path / "month.csv"))
        assert done.returncode == 0, done.stderr
        yield found


def freeze(program: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """Freeze once all that was imported is settled."""
    until = time.monotonic() + 60
    while True:
        done = program.command("reports", *words)
        if done.returncode != 75 or time.monotonic() > until:
            return done
        time.sleep(0.5)


def verify(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Verify files as a customer does: somewhere else, without a configuration."""
    return subprocess.run(
        [sys.executable, "-m", "slawatch", "verify", *map(str, paths)],
        capture_output=True, text=True, timeout=60, cwd="/", check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def changed(source: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of a report in which a text of one file was changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in archive.infolist():
            text = archive.read(entry)
            if entry.filename == name:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            copy.writestr(entry, text)
    path = source.with_name(f"forged-{name}.zip")
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.timeout(240)
def test_a_month_is_frozen_verified_elsewhere_and_restated(program: Program, tmp_path: Path) -> None:
    (late,) = program.json("reports", "overdue")["overdue"]
    assert (late["agreement"], late["period"]["label"]) == ("gold", MONTH)

    done = freeze(program, "freeze", "--month", MONTH, "--by", "alice")
    assert done.returncode == 0, done.stderr
    assert f"report 1: gold {MONTH}, missed, frozen " in done.stdout
    again = freeze(program, "freeze", "--month", MONTH)
    assert (again.returncode, "frozen as report 1 already" in again.stderr) == (1, True)
    assert program.json("reports", "overdue")["overdue"] == []
    (line,) = program.json("reports", "list")["reports"]
    assert (line["number"], line["verdict"], line["frozen_by"]) == (1, "missed", "alice")

    done = program.command("reports", "show", "1", "--output", str(tmp_path / "customer"))
    assert done.returncode == 0, done.stderr
    file = Path(done.stdout.strip())
    told = verify(file)
    assert told.returncode == 0, told.stdout + told.stderr
    forged = verify(changed(file, "report.json", '"verdict": "missed"', '"verdict": "met"'))
    assert forged.returncode == 1
    assert "verdict" in forged.stdout
    polished = verify(changed(file, "evidence.json", f"{FIRST:%Y}", f"{FIRST.year - 1}"))
    assert polished.returncode == 1

    day = f"{FIRST.replace(day=12):%Y-%m-%d}"
    adjusted = program.json(
        "adjust", "add", "--service", "shop", "--start", f"{day}T10:00:00Z", "--end", f"{day}T12:00:00Z",
        "--class", "excused", "--reason", "the customer cut the line", "--by", "alice",
    )  # fmt: skip
    assert program.command("adjust", "approve", adjusted["id"], "--by", "bob").returncode == 0
    done = freeze(program, "restate", "1", "--reason", "the customer cut the line", "--by", "alice")
    assert done.returncode == 0, done.stderr
    assert f"report 2: gold {MONTH}, met, " in done.stdout
    assert "objective availability, verdict: missed → met" in done.stdout
    assert program.command("reports", "show", "2", "--output", str(file.parent)).returncode == 0
    both = verify(file, next(file.parent.glob("report-2-*.zip")))
    assert both.returncode == 0, both.stdout
    assert verify(file).returncode == 0, "the first one stays as it was"
    audited = program.json("audit", "list")["audit"]
    assert {"report.freeze", "report.restate"} <= {one["action"] for one in audited}

    # Other terms from now on change nothing that is frozen, nor does a restart.
    program.config.write_text(program.config.read_text().replace('target = "99.9"', 'target = "50"'))
    assert program.stop() < 10
    assert program.command("reports", "verify").returncode == 0
    shown = program.json("reports", "show", "1")
    assert [one["target"] for one in shown["objectives"]] == ["99.9"]


@pytest.mark.timeout(480)
def test_killed_while_it_freezes_there_is_a_whole_report_or_none(program: Program, tmp_path: Path) -> None:
    """However it ends: no number is missing, every report holds, and the next one follows the last."""
    earlier = [f"{FIRST.year - 2 - n // 12}-{12 - n % 12:02}" for n in range(28)]
    (tmp_path / "earlier.csv").write_text("\n".join(seldom(earlier)) + "\n")
    done = program.command("import", "samples", str(tmp_path / "earlier.csv"), timeout=240)
    assert done.returncode == 0, done.stderr
    assert freeze(program, "freeze", "--month", MONTH).returncode == 0
    months = iter(earlier[:-1])
    last: dict[str, Any] = {"number": 1}
    for delay in (0.05, 0.2, 0.4, 0.7):
        ended = threading.Event()

        def work(ended: threading.Event = ended) -> None:
            for month in months:
                done = program.command("reports", "freeze", "--month", month)
                if done.returncode != 0 or ended.is_set():
                    return

        thread = threading.Thread(target=work)
        before = last["number"]
        thread.start()
        program.until(lambda before=before: newest(program) > before, 30)
        time.sleep(delay)
        program.kill()
        ended.set()
        thread.join()
        program.run()
        listed = program.json("reports", "list", "--limit", "500")["reports"]
        last = listed[0]
        assert [one["number"] for one in listed] == list(range(last["number"], 0, -1))
        assert [one["place"] for one in listed] == list(range(last["number"], 0, -1))
        done = program.command("reports", "verify")
        assert done.returncode == 0, done.stdout
    assert last["number"] > 4
    done = freeze(program, "freeze", "--month", earlier[-1])
    assert f"report {last['number'] + 1}: " in done.stdout
    assert program.stop() < 10


def newest(program: Program) -> int:
    status, text = program.ask("/api/v1/reports?limit=1")
    assert status == 200, text
    return int(json.loads(text)["reports"][0]["number"])
