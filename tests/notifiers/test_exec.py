"""Programs: real ones, that read, answer, fail, flood, hang and leave children behind."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio
from tests.notifiers.servers import until

from slawatch.core.instant import SECOND
from slawatch.core.notification import Notification, Verdict, from_json
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers.exec import Options, send


def shell(script: str, **keys: Any) -> Options:
    return Options(command=("sh", "-c", script), **keys)


async def test_a_program_reads_the_document(
    tmp_path: Path, notification: Notification, sending: Sending
) -> None:
    options = shell("cat > document.json; env > environment; echo ticket 42; echo more", cwd=str(tmp_path))
    found = await send(options, notification, dataclasses.replace(sending, attempt=3))
    assert found.ok
    assert found.status == 0
    assert found.answer == "sh ended with exit code 0: ticket 42"
    document = json.loads((tmp_path / "document.json").read_text())
    assert document["type"] == "notification.trigger"
    extra = ("subject", "text", "channel", "instance")
    data = {name: value for name, value in document["data"].items() if name not in extra}
    assert from_json(data) == notification
    environment = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines())
    assert environment["SLAWATCH_KIND"] == "trigger"
    assert environment["SLAWATCH_ATTEMPT"] == "3"
    assert environment["SLAWATCH_ID"] == notification.idempotency_key
    assert environment["LC_ALL"] == "C.UTF-8"
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}
    assert {name for name in environment if not name.startswith("SLAWATCH_")} <= allowed


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0, Verdict.OK), (1, Verdict.RETRY), (2, Verdict.RETRY), (64, Verdict.PERMANENT),
        (65, Verdict.PERMANENT),
        (67, Verdict.PERMANENT), (69, Verdict.RETRY), (75, Verdict.RETRY), (77, Verdict.MISCONFIGURED),
        (78, Verdict.MISCONFIGURED), (126, Verdict.MISCONFIGURED), (127, Verdict.MISCONFIGURED),
        (255, Verdict.RETRY),
    ],
)  # fmt: skip
async def test_what_an_exit_code_means(
    notification: Notification, sending: Sending, code: int, verdict: Verdict
) -> None:
    found = await send(shell(f"echo sorry >&2; exit {code}"), notification, sending)
    assert found.verdict is verdict
    assert found.status == code
    assert found.counts == (verdict is Verdict.RETRY)
    assert ("sorry" in found.answer) == (code != 0)


async def test_a_program_that_dies_of_a_signal_is_tried_again(
    notification: Notification, sending: Sending
) -> None:
    found = await send(shell("kill -SEGV $$"), notification, sending)
    assert found.verdict is Verdict.RETRY
    assert "SIGSEGV" in found.answer


async def test_a_program_need_not_read_and_may_write_a_lot(
    notification: Notification, sending: Sending
) -> None:
    large = dataclasses.replace(notification, details={str(n): "z" * 1000 for n in range(500)})
    found = await send(shell("yes | head -c 3000000; yes | head -c 300000 >&2"), large, sending)
    assert found.ok
    assert len(found.answer) < 250


async def test_one_that_hangs_is_killed_with_its_children(
    tmp_path: Path, notification: Notification, sending: Sending
) -> None:
    brief = dataclasses.replace(sending, timeout=SECOND)
    options = shell("sleep 300 & echo $! > child; sleep 300", cwd=str(tmp_path))
    with trio.fail_after(5):
        found = await send(options, notification, brief)
    assert (found.verdict, found.possible_duplicate, found.counts) == (Verdict.RETRY, True, True)
    assert "1 s" in found.answer
    await gone(int((tmp_path / "child").read_text()))


async def test_what_it_leaves_running_is_killed(
    tmp_path: Path, notification: Notification, sending: Sending
) -> None:
    with trio.fail_after(5):
        found = await send(shell("sleep 300 & echo $! > child", cwd=str(tmp_path)), notification, sending)
    assert found.ok
    await gone(int((tmp_path / "child").read_text()))


async def test_cancelled_its_program_is_killed(
    tmp_path: Path, notification: Notification, sending: Sending
) -> None:
    with trio.move_on_after(0.5):
        await send(shell("echo $$ > self; sleep 300", cwd=str(tmp_path)), notification, sending)
    await gone(int((tmp_path / "self").read_text()))


async def gone(pid: int) -> None:
    await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("no-such-program",), "is not in PATH"),
        (("/no/such/program",), "does not exist"),
    ],
)
async def test_a_program_that_cannot_be_started_is_the_configs_fault(
    notification: Notification, sending: Sending, command: tuple[str, ...], says: str
) -> None:
    found = await send(Options(command=command), notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert says in found.answer
    assert command[0] in found.answer


async def test_its_interpreter_and_its_folder_must_be_there(
    tmp_path: Path, notification: Notification, sending: Sending
) -> None:
    script = tmp_path / "script"
    script.write_text("echo")
    found = await send(Options(command=(str(script),)), notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "permission denied" in found.answer
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    found = await send(Options(command=(str(script),)), notification, sending)
    assert "#!" in found.answer
    found = await send(Options(command=("true",), cwd=str(tmp_path / "x")), notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "cannot run in" in found.answer


async def test_what_it_says_of_its_secrets_is_not_repeated(
    notification: Notification, sending: Sending
) -> None:
    options = shell('echo "token=$TOKEN"; exit 1', env={"TOKEN": Secret("s3cr3t-value")})
    found = await send(options, notification, sending)
    assert "s3cr3t-value" not in repr(found)
    assert "token=…" in found.answer


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"command": ()}, "command needs"),
        ({"command": ("",)}, "command needs"),
        ({"command": ("a\0b",)}, "NUL"),
        ({"command": ("a",), "env": {"A=B": "c"}}, "env: "),
        ({"command": ("a",), "env": {"A": Secret("\0")}}, "env: A"),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**keys)


async def test_time_is_over_before_it_began(notification: Notification, sending: Sending) -> None:
    found = await send(shell("true"), notification, dataclasses.replace(sending, timeout=0 * SECOND))
    assert found.verdict in (Verdict.RETRY, Verdict.OK)
