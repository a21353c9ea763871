"""The client of the control socket."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from slawatch.cli import exits
from slawatch.cli.client import DaemonEnded, DaemonError, Unreachable, ask, check, send

from .sockets import answering, http


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "slawatch.sock"


def test_json_comes_back(path: Path) -> None:
    with answering(path, http(b'{"a": 1}')) as requests:
        assert ask(str(path), "/api/v1/x?y=z") == {"a": 1}
    assert requests[0].startswith(b"GET /api/v1/x?y=z HTTP/1.1\r\nHost: localhost\r\n")


def test_a_body_goes_in_chunks(path: Path) -> None:
    with answering(path, http(b"{}")) as requests:
        ask(str(path), "/", method="POST", body=iter([b"abc", b"", b"d" * 20]))
    assert requests[0].endswith(b"\r\n\r\n3\r\nabc\r\n14\r\n" + b"d" * 20 + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        http(b"hello world"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
        ),
        b"HTTP/1.1 200 OK\r\n\r\nhello world",
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(b"hello world"),
    ],
)
def test_every_way_to_send_a_body_is_read(path: Path, answer: bytes) -> None:
    with answering(path, answer):
        assert send(str(path), "/").read() == b"hello world"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 what\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"x" * 100_000,
        http(b"no json"),
    ],
)
def test_whatever_else_answers_is_one_clear_error(path: Path, answer: bytes) -> None:
    with answering(path, answer), pytest.raises(DaemonError) as caught:
        ask(str(path), "/")
    assert caught.value.code == exits.UNAVAILABLE
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 Bad", 2),
        ("404 No", 2),
        ("409 No", 78),
        ("422 No", 1),
        ("503 No", 75),
        ("500 No", 74),
        ("418 No", 69),
    ],
)
def test_a_problem_document_becomes_lines_and_a_code(path: Path, status: str, code: int) -> None:
    problem = json.dumps({"title": "T", "detail": "what was wrong", "problems": ["a", "b"]}).encode()
    with answering(path, http(problem, status)), pytest.raises(DaemonError) as caught:
        ask(str(path), "/")
    assert (caught.value.lines, caught.value.code) == (["what was wrong", "a", "b"], code)
    assert caught.value.status == int(status[:3])


@pytest.mark.parametrize("body", [b"", b"oops", b"[]", b'"x"', b"{}", b"\xff"])
def test_an_error_without_a_problem_document_is_told_by_its_status(path: Path, body: bytes) -> None:
    with answering(path, http(body, "502 Bad")), pytest.raises(DaemonError, match="HTTP status 502"):
        check(send(str(path), "/"))


def test_nobody_there(path: Path, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        ask(str(path), "/")
    with pytest.raises(Unreachable):
        ask(str(tmp_path / "no" / "folder" / "x.sock"), "/")
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with pytest.raises(Unreachable):
        ask(str(path), "/")


def test_a_daemon_that_does_not_answer(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(DaemonError, match="does not answer"):
            ask(str(path), "/", timeout=0.1)


def test_an_early_refusal_of_a_long_body_is_read(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def pieces() -> object:
            connection, _ = listening.accept()
            connection.recv(1000)
            connection.sendall(http(b'{"title": "no", "detail": "not you"}', "403 Forbidden"))
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            while True:
                yield b"x" * 65536

        with pytest.raises(DaemonError, match="not you"):
            ask(str(path), "/", method="POST", body=pieces())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", "/api/v1/reports", "the daemon ended before it answered"),
        (
            "POST",
            "/api/v1/reports",
            "the daemon ended before it answered; see `slawatch reports list` whether it",
        ),
        ("POST", "/api/v1/reports/7/restate", "see `slawatch reports list` whether it was frozen"),
        ("POST", "/api/v1/maintenance/m-1/cancel", "see `slawatch maintenance list` whether it was entered"),
        ("POST", "/api/v1/import?format=csv", "rows that are stored already change nothing"),
        ("POST", "/api/v1/other", "what was asked for may be done all the same"),
    ],
)
def test_a_daemon_that_is_killed_before_it_answers(path: Path, method: str, target: str, said: str) -> None:
    body = None if method == "GET" else [b"{}"]
    with answering(path, b""), pytest.raises(DaemonError) as caught:
        ask(str(path), target, method=method, body=body)
    (line,) = caught.value.lines
    assert said in line
    assert ("may" in line or "see" in line or "stored" in line) == (method == "POST")


def test_a_daemon_that_is_killed_with_the_request_unread(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def pieces() -> Iterator[bytes]:
            yield b"x"
            connection, _ = listening.accept()
            connection.close()

        with pytest.raises(DaemonEnded, match="see `slawatch reports list`"):
            ask(str(path), "/api/v1/reports", method="POST", body=pieces())
