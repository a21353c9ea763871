import os
import pickle
import subprocess
import sys
from pathlib import Path

from tests.daemon.test_watching import JOB, config, tcp

from slawatch.config.model import Config
from slawatch.daemon.boot import Boot


def test_a_config_survives_the_change_of_programs() -> None:
    boot = Boot(config(tcp("a"), JOB), "json")
    assert pickle.loads(pickle.dumps(boot)) == boot
    assert isinstance(boot.config, Config)


def test_a_store_that_cannot_be_opened_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    boot = Boot(Config(path=tmp_path / "x.toml", data_dir=tmp_path / "data"), "human")
    memory = os.memfd_create("test", 0)
    os.write(memory, pickle.dumps(boot))
    os.lseek(memory, 0, os.SEEK_SET)
    ended = subprocess.run(
        [sys.executable, "-m", "slawatch.daemon.boot", str(memory)],
        pass_fds=[memory],
        capture_output=True,
        text=True,
    )
    os.close(memory)
    assert ended.returncode == 74
    (line,) = ended.stderr.splitlines()
    assert line.startswith("slawatch: ")
    assert "not a directory" in line


def test_files_in_the_present_folder_are_not_taken_for_modules(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    for module in ("trio", "duckdb", "logging"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('a stranger ran')")
    (tmp_path / "slawatch.toml").write_text(
        '[slawatch]\ndata_dir = "data"\n[checks.a]\nservice = "a"\ntype = "tcp"\naddress = "127.0.0.1:1"\n'
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "slawatch", "run"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 74, ended.stderr
    assert "not a directory" in ended.stderr


def test_what_hangs_is_ended_by_force() -> None:
    code = (
        "import logging, threading; from slawatch.daemon.run import end_by_force;"
        "end_by_force(0.2, lambda: print('rescued', flush=True)); threading.Event().wait(20)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=15)
    assert ended.returncode == 1
    assert ended.stdout == "rescued\n"
