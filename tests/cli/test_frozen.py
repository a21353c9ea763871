"""What is asked of the daemon about frozen reports, where one runs."""

import json
from pathlib import Path

import pytest

from slawatch.cli import exits, frozen
from slawatch.cli.main import main

from .sockets import answering, http

LINE = {
    "number": 7, "organization": None, "agreement": "gold", "report": "gold", "verdict": "met",
    "period": {"label": "2026-10"}, "frozen_at": "2026-11-01T00:00:00Z", "frozen_by": "alice",
    "restates": None, "restated_by": None,
}  # fmt: skip


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLAWATCH_CONFIG", raising=False)
    monkeypatch.setenv("SLAWATCH_PERSON", "alice")
    (tmp_path / "slawatch.toml").write_text('[slawatch]\ndata_dir = "."\n')
    return tmp_path / "slawatch.sock"


def test_a_wish_is_sent_signed(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"frozen": [LINE], "refused": [{"report": "silver", "reason": "it runs"}]})
    with answering(socket, http(body.encode())) as requests:
        assert main(["reports", "freeze", "--month", "2026-10", "--agreement", "gold"]) == exits.NO
    shown = capsys.readouterr()
    assert shown.out == "report 7: gold 2026-10, met, frozen 2026-11-01 00:00 by alice\n"
    assert shown.err == "slawatch: it runs\n"
    assert requests[0].startswith(b"POST /api/v1/reports HTTP/1.1\r\n")
    sent = requests[0][requests[0].index(b"{") : requests[0].rindex(b"}") + 1]
    wish = json.loads(sent)
    assert "@" in wish.pop("source")
    assert wish == {"month": "2026-10", "agreement": "gold", "person": "alice"}


def test_a_refusal_has_its_exit_code(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for status, code in (("422 No", exits.NO), ("503 Later", exits.TRY_AGAIN), ("404 None", exits.USAGE)):
        answer = http(json.dumps({"title": "x", "detail": "not now", "problems": ["why"]}).encode(), status)
        socket.unlink(missing_ok=True)
        with answering(socket, answer):
            assert main(["reports", "restate", "7", "--reason", "x"]) == code
        assert capsys.readouterr().err == "slawatch: not now\nslawatch: why\n"


def test_lists_are_asked_with_their_filters(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(socket, http(json.dumps({"reports": [LINE], "next": "7"}).encode())) as requests:
        assert main(["reports", "list", "--org", "a b", "--period", "2026-10", "-n", "1"]) == exits.OK
    assert requests[0].startswith(b"GET /api/v1/reports?org=a+b&period=2026-10&limit=1 HTTP/1.1\r\n")
    assert "--cursor 7" in capsys.readouterr().out


def test_the_file_comes_as_it_is(socket: Path, tmp_path: Path) -> None:
    from slawatch.config.load import load

    config = load(tmp_path / "slawatch.toml", env={})
    data = bytes(range(256))
    with answering(socket, http(data)) as requests:
        assert frozen.pack(config, 7) == data
    assert requests[0].startswith(b"GET /api/v1/reports/7/pack HTTP/1.1\r\n")
