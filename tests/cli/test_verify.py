"""`slawatch verify`, as a customer runs it who has nothing but the file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.report import cases
from tests.report.packs import STRANGER, WORD, changed, made_by, packed, signed_anew

from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.cli.terminal import Terminal
from slawatch.cli.verify import lines
from slawatch.report import seal
from slawatch.report.pack import unpack

Capture = pytest.CaptureFixture[str]
PACKED = packed()
REPORT = json.loads(unpack(PACKED.data).files["report.json"])
DOWN = REPORT["services"][0]["ledger"]["down"]
BETTER = changed(
    PACKED.data,
    report__json=unpack(PACKED.data)
    .files["report.json"]
    .replace(f'"down": {DOWN}'.encode(), b'"down": 0.5', 1),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing but a report, on a machine without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "report.zip").write_bytes(PACKED.data)
    (tmp_path / "better.zip").write_bytes(BETTER)
    return tmp_path


def test_a_report_that_matches(capsys: Capture) -> None:
    assert main(["verify", "report.zip"]) == exits.OK
    out = capsys.readouterr().out
    assert out.startswith(
        "report.zip: match\n  report 12, agreement acme-gold, 2026-10, frozen 2026-11-02T07:15:31Z"
    )
    assert f"signed by {WORD}\n" in out
    assert "every second" in out


def test_a_report_that_does_not_names_the_figure_and_what_to_do(capsys: Capture) -> None:
    assert main(["verify", "better.zip"]) == exits.NO
    out = capsys.readouterr().out
    assert out.startswith("better.zip: DIFFERS\n")
    assert "first figure that differs: services[shop].ledger.down" in out
    assert "in the report  0.5\n" in out
    assert f"recomputed     {DOWN}\n" in out
    assert "✗ report.json is not the file that was signed" in out
    assert "→ Fetch the report again" in out


def test_it_is_told_as_json(capsys: Capture) -> None:
    assert main(["verify", "report.zip", "better.zip", "nowhere.zip", "--json"]) == exits.NO
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    by_path = {one["path"]: one for one in found["reports"]}
    assert by_path["report.zip"]["result"] == "match"
    assert by_path["better.zip"]["first_figure"] == {
        "path": "services[shop].ledger.down",
        "stored": 0.5,
        "recomputed": DOWN,
    }
    assert by_path["nowhere.zip"] == {
        "path": "nowhere.zip",
        "ok": False,
        "result": "unreadable",
        "reason": "No such file or directory",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (PACKED.data[:900], "cut short"), (b"%PDF", "no zip file")],
)
def test_a_file_that_cannot_be_read(content: bytes, said: str, folder: Path, capsys: Capture) -> None:
    (folder / "x.zip").write_bytes(content)
    assert main(["verify", "x.zip"]) == exits.IO
    out = capsys.readouterr().out
    assert "x.zip: cannot be read" in out
    assert said in out
    assert main(["verify", "x.zip", "report.zip"]) == exits.IO
    assert "report.zip: match" in capsys.readouterr().out, "the other one is verified all the same"


def unpacked(folder: Path, data: bytes = PACKED.data) -> Path:
    folder.mkdir()
    for name, text in unpack(data).files.items():
        (folder / name).write_bytes(text)
    return folder


def test_a_folder_to_which_a_report_was_unpacked(folder: Path, capsys: Capture) -> None:
    (unpacked(folder / "october") / ".DS_Store").write_bytes(b"x")
    assert main(["verify", "october"]) == exits.OK
    assert capsys.readouterr().out.startswith("october: match")
    (folder / "october" / "letter.txt").write_text("x")
    (folder / "october" / "more").mkdir()
    assert main(["verify", "october"]) == exits.NO
    out = capsys.readouterr().out
    assert "letter.txt is no part of the report" in out
    assert "more is no part of the report" in out


def test_a_folder_of_reports(folder: Path, capsys: Capture) -> None:
    (folder / "all").mkdir()
    following = packed(cases.october_inputs(), number=13, place=2, previous=PACKED.manifest_sha256)
    (folder / "all" / "a.zip").write_bytes(PACKED.data)
    (folder / "all" / "b.zip").write_bytes(following.data)
    assert main(["verify", "all"]) == exits.OK
    out = capsys.readouterr().out
    assert "all/a.zip: match" in out
    assert "all/b.zip: match" in out
    (folder / "all" / "a.zip").write_bytes(packed(number=11).data)
    assert main(["verify", "all"]) == exits.NO
    assert "follows on another report than the 11 that was given" in capsys.readouterr().out


def test_a_folder_without_any_report(folder: Path, capsys: Capture) -> None:
    (folder / "empty").mkdir()
    assert main(["verify", "empty"]) == exits.IO
    assert "there is no manifest.json in it" in capsys.readouterr().out


def test_only_the_key_that_is_given_is_accepted(folder: Path, capsys: Capture) -> None:
    (folder / "provider.pub").write_bytes(unpack(PACKED.data).files["minisign.pub"])
    fingerprint = seal.fingerprint(
        bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
    )
    for key in (WORD, "provider.pub", fingerprint):
        assert main(["verify", "report.zip", "--key", key]) == exits.OK
        assert "the key that you" in capsys.readouterr().out
    (folder / "forged.zip").write_bytes(packed(signer=STRANGER).data)
    assert main(["verify", "forged.zip"]) == exits.OK
    assert main(["verify", "forged.zip", "--key", "provider.pub"]) == exits.NO
    out = capsys.readouterr().out
    assert "Somebody else than the one whom you trust" in out
    assert f"you trust  {WORD}" in out


def test_a_key_that_is_none_is_a_mistake_of_usage(capsys: Capture) -> None:
    assert main(["verify", "report.zip", "--key", "RWxx"]) == exits.USAGE
    assert "--key" in capsys.readouterr().err
    assert main(["verify"]) == exits.USAGE


def test_help_has_an_example(capsys: Capture) -> None:
    assert main(["verify", "--help"]) == exits.OK
    assert "slawatch verify report-12-acme-gold-2026-10.zip" in capsys.readouterr().out


def test_names_that_steer_a_terminal_are_harmless(folder: Path, capsys: Capture) -> None:
    (folder / "\x1b[31mred.zip").write_bytes(b"PK")
    assert main(["verify", "\x1b[31mred.zip"]) == exits.IO
    assert "\x1b" not in capsys.readouterr().out


def test_text_that_is_none_can_be_told(folder: Path, capsys: Capture) -> None:
    text = unpack(PACKED.data).files["report.json"].replace(b'"acme-gold"', b'"\\ud800"', 1)
    (folder / "half.zip").write_bytes(changed(PACKED.data, report__json=text))
    assert main(["verify", "half.zip", "--json"]) == exits.NO
    capsys.readouterr().out.encode()
    assert main(["verify", "half.zip"]) == exits.NO
    capsys.readouterr().out.encode()


def test_a_narrow_terminal_without_unicode() -> None:
    told: dict[str, Any] = {
        "path": "a.zip",
        "ok": False,
        "result": "unreadable",
        "reason": "it is " + "very " * 30 + "long",
    }
    found = lines([told], Terminal(width=40, colour=False, unicode=False))
    assert max(map(len, found)) <= 40
    assert lines([], Terminal()) == []


def test_it_needs_no_database_no_server_and_no_network(folder: Path) -> None:
    """What a customer's machine may lack is not even imported."""
    code = (
        "import sys\nfrom slawatch.cli.main import main\n"
        "code = main(['verify', 'report.zip'])\n"
        "heavy = {'duckdb', 'trio', 'starlette', 'hypercorn', 'httpx', 'holidays'} & sys.modules.keys()\n"
        "assert not heavy, heavy\nsys.exit(code)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr


def test_a_folder_is_verified_to_its_bottom_and_what_is_no_report_is_named(
    folder: Path, capsys: Capture
) -> None:
    reports = folder / "all"
    (reports / "deep" / "deeper").mkdir(parents=True)
    (reports / "a.zip").write_bytes(PACKED.data)
    (reports / "letter.pdf").write_bytes(b"%PDF")
    (reports / "deep" / "notes.txt").write_text("x")
    assert main(["verify", "all"]) == exits.OK
    out = capsys.readouterr().out
    assert "2 files were not verified: they are no frozen report" in out
    assert "all/deep/notes.txt, all/letter.pdf" in " ".join(out.split())
    assert main(["verify", "all", "--json"]) == exits.OK
    assert json.loads(capsys.readouterr().out)["skipped"] == ["all/deep/notes.txt", "all/letter.pdf"]
    for hidden in ("B.ZIP", "deep/deeper/c.zip", "deep/d.Zip", "report.dat", "deep/.e.zip"):
        (reports / hidden).write_bytes(BETTER)
        assert main(["verify", "all"]) == exits.NO
        assert f"all/{hidden}: DIFFERS" in capsys.readouterr().out
        (reports / hidden).unlink()
    unpacked(reports / "deep" / "october", BETTER)
    assert main(["verify", "all"]) == exits.NO
    assert "all/deep/october: DIFFERS" in capsys.readouterr().out


def test_what_is_hidden_in_an_unpacked_report_is_named(folder: Path, capsys: Capture) -> None:
    (unpacked(folder / "october") / ".report.html").write_text("100 %")
    assert main(["verify", "october"]) == exits.OK
    assert "1 file was not verified: it is no frozen report, nor part of one: october/.report.html" in (
        " ".join(capsys.readouterr().out.split())
    )


def test_links_in_a_folder_lead_nowhere_and_are_told(folder: Path, capsys: Capture) -> None:
    (folder / "all").mkdir()
    (folder / "all" / "a.zip").write_bytes(PACKED.data)
    (folder / "all" / "up").symlink_to(folder / "all")
    (folder / "all" / "lost.zip").symlink_to(folder / "nowhere.zip")
    os.mkfifo(folder / "all" / "pipe.zip")
    assert main(["verify", "all"]) == exits.IO
    out = capsys.readouterr().out
    assert "all/up: cannot be read" in out
    assert "all/lost.zip: cannot be read" in out
    assert "all/pipe.zip" in out


def test_many_files_that_are_no_reports_are_counted(folder: Path, capsys: Capture) -> None:
    (folder / "all").mkdir()
    (folder / "all" / "a.zip").write_bytes(PACKED.data)
    for index in range(1010):
        (folder / "all" / f"{index:04}.txt").touch()
    assert main(["verify", "all"]) == exits.OK
    out = " ".join(capsys.readouterr().out.split())
    assert "1,010 files were not verified" in out
    assert "0007.txt and 1,002 more" in out


def test_the_words_of_another_version_are_accepted_where_that_is_asked_for(
    folder: Path, capsys: Capture
) -> None:
    data = signed_anew(changed(made_by("0.0.9"), report__html=b"<p>As it was</p>"), version="0.0.9")
    (folder / "old.zip").write_bytes(data)
    assert main(["verify", "old.zip"]) == exits.NO
    out = " ".join(capsys.readouterr().out.split())
    assert "old.zip: figures match, the words were NOT COMPARED" in out
    assert "report.html" in out
    assert "pip install slawatch==0.0.9" in out
    assert "--other-version" in out
    assert main(["verify", "old.zip", "--other-version"]) == exits.OK
    out = " ".join(capsys.readouterr().out.split())
    assert "NOT COMPARED" in out
    assert "pip install slawatch==0.0.9" in out
    assert main(["verify", "better.zip", "--other-version"]) == exits.NO


def test_a_report_of_a_later_version_cannot_be_verified(folder: Path, capsys: Capture) -> None:
    (folder / "later.zip").write_bytes(made_by("99.0"))
    assert main(["verify", "later.zip", "--other-version"]) == exits.NO
    out = " ".join(capsys.readouterr().out.split())
    assert "later.zip: CANNOT BE VERIFIED by this version" in out
    assert "pip install slawatch==99.0" in out


def test_a_zip_file_with_something_hidden_in_it(folder: Path, capsys: Capture) -> None:
    (folder / "odd.zip").write_bytes(b"<h1>100 %</h1>" + PACKED.data)
    assert main(["verify", "odd.zip"]) == exits.NO
    out = " ".join(capsys.readouterr().out.split())
    assert "This zip file was not written by slawatch" in out
    assert "Unpack it, verify the folder" in out
