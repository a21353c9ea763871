"""A frozen report as one file."""

import io
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report import cases
from tests.report.packs import KEY, STRANGER, WORD, packed, zipped

from slawatch.report import inputs, manifest, pack
from slawatch.report import json as report_json
from slawatch.report.pack import PackUnreadable, Unpacked, laid_out, unpack

ROOT = Path(__file__).parents[2]
PACKED = packed()
FILES = unpack(PACKED.data).files
BARE = {"README.txt", "evidence.json", "ledger.csv", "objectives.csv", "outages.csv", "minisign.pub"}
ALWAYS = BARE | {"report.html", "report.json", "timeline.csv"}


def test_the_same_report_is_the_same_file() -> None:
    assert packed().data == PACKED.data
    assert packed(number=13).data != PACKED.data
    assert packed(signer=STRANGER).data != PACKED.data


def test_it_holds_the_report_in_every_form_and_what_it_is_made_of() -> None:
    promised = {"credits.csv", "maintenance.csv", "trend.csv"}
    assert PACKED.manifest.files.keys() == ALWAYS | promised
    assert FILES.keys() == ALWAYS | promised | {"manifest.json", "manifest.json.minisig"}
    assert unpack(packed(cases.october_inputs(None)).data).files.keys() == ALWAYS | {
        "manifest.json",
        "manifest.json.minisig",
    }
    assert inputs.made(inputs.read(FILES["evidence.json"])) == cases.contract()


def test_the_manifest_lists_every_file_and_says_what_the_report_is() -> None:
    assert manifest.read(FILES["manifest.json"]) == PACKED.manifest
    assert manifest.digest(FILES["manifest.json"]) == PACKED.manifest_sha256
    for name, entry in PACKED.manifest.files.items():
        assert (entry.sha256, entry.bytes) == (manifest.digest(FILES[name]), len(FILES[name]))
    about = PACKED.manifest
    assert (about.key, about.agreement, about.organization) == ("acme-gold", "acme-gold", "acme")
    assert (about.period.label, about.period.timezone) == ("2026-10", cases.BERLIN)
    assert about.evidence_sha256 == cases.contract().evidence_sha256


def test_the_json_is_that_of_any_report_with_its_number() -> None:
    found = json.loads(FILES["report.json"])
    plain = json.loads(json.dumps(report_json.value(cases.contract())))
    integrity = found.pop("integrity")
    assert found == {name: value for name, value in plain.items() if name != "integrity"}
    assert integrity == plain["integrity"] | {
        "frozen": True, "number": 12, "place": 1, "previous": None, "frozen_at": "2026-11-02T07:15:31Z",
        "frozen_by": "alice", "reason": None, "restates": None, "public_key": WORD,
        "version": PACKED.manifest.version,
    }  # fmt: skip


def test_the_page_says_its_number_when_it_was_frozen_and_how_to_verify_it() -> None:
    page = FILES["report.html"].decode()
    for said in (
        "Service level report no. 12",
        "frozen on",
        "by alice",
        WORD,
        PACKED.manifest.evidence_sha256,
    ):
        assert said in page
    assert "Not frozen" not in page
    assert "slawatch verify" in page


def test_a_reason_stands_in_the_report() -> None:
    files = unpack(packed(reason="For the audit <2026>").data).files
    assert "by alice: For the audit &lt;2026&gt;" in files["report.html"].decode()
    assert "\n\nFor the audit <2026>\n\n" in files["README.txt"].decode()


def test_a_restatement_says_what_it_replaces_why_and_what_differs() -> None:
    approved = replace(cases.PROPOSED, state="approved", approvers=("bob",))
    made_of = replace(cases.contract_inputs(), adjustments=(cases.EXCUSED, approved))
    restated = packed(made_of, number=13, restates=12, reason="Approved late <again>", replaced=PACKED.data)
    files = unpack(restated.data).files
    changed = {one["path"]: one for one in json.loads(files["changes.json"])}
    assert changed["adjustments[adj-2].state"] == {
        "path": "adjustments[adj-2].state",
        "before": "proposed",
        "after": "approved",
    }
    assert not [path for path in changed if path.startswith(("generated_at", "integrity"))]
    page = files["report.html"].decode()
    assert "This report replaces report no. 12: Approved late &lt;again&gt;" in page
    assert "What differs from report no. 12" in page
    assert "adjustment adj-2, state" in page
    assert "It replaces report 12. Reason: Approved late <again>" in files["README.txt"].decode()


def test_a_restatement_in_which_no_figure_differs_says_so() -> None:
    files = unpack(packed(number=13, restates=12, reason="typo", replaced=PACKED.data).data).files
    assert json.loads(files["changes.json"]) == []
    assert "No figure differs" in files["report.html"].decode()


def test_a_report_to_be_replaced_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(PackUnreadable):
        packed(number=13, restates=12, replaced=b"PK")
    with pytest.raises(PackUnreadable, match=r"no readable report\.json"):
        packed(number=13, restates=12, replaced=zipped({"manifest.json": b"{}"}))


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_minisign_accepts_the_manifest(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text)
    words = ["minisign", "-Vm", "manifest.json", "-p", "minisign.pub"]
    found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert found.returncode == 0, found.stderr
    assert "slawatch report 12, frozen 2026-11-02T07:15:31Z" in found.stdout


def test_json_is_laid_out_so_that_people_can_read_it() -> None:
    value = {"a": [], "b": {"c": [1, 2]}, "d": [{"e": [{"f": [{"g": 1}]}]}], "ü": None}
    assert json.loads(laid_out(value)) == value
    assert '\n "ü": null\n}' in laid_out(value)
    assert '{"g": 1}' in laid_out(value)


def test_a_file_with_nothing_odd_is_unpacked() -> None:
    assert unpack(PACKED.data) == Unpacked(files=FILES)


def bomb(size: int) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("report.json", "w") as stream,
    ):
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
    return out.getvalue()


def claiming(size: int) -> bytes:
    """A zip file whose directory says that its file is so long."""
    data = bytearray(zipped({"manifest.json": b"{}"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(data)


def nameless() -> bytes:
    """A zip file whose directory lists a file without a name."""
    data = bytearray(zipped({"manifest.json": b"{}"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 28 : entry + 32] = struct.pack("<HH", 0, len("manifest.json"))
    return bytes(data)


def with_method(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("manifest.json", b"{}")
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"manifest.json": b"{}"}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.4", "this is no zip file"),
        (PACKED.data[:1000], "damaged or was cut short"),
        (PACKED.data[:-30], "damaged or was cut short"),
        (PACKED.data[:5000] + b"X" + PACKED.data[5001:], "damaged or was cut short"),
        (nameless(), "damaged or was cut short"),
        (zipped({"letter.txt": b"x"}), r"there is no manifest\.json in it"),
        (zipped({"a/manifest.json": b"x"}), "there is a folder in it"),
        (zipped({"../manifest.json": b"x"}), "there is a folder in it"),
        (zipped({"mani\\fest.json": b"x"}), "there is a folder in it"),
        (zipped({"x" * 200: b"x"}), "it holds a file named"),
        (zipped({f"{i}": b"" for i in range(65)}), "it holds 65 files"),
        (with_method(zipfile.ZIP_LZMA), "compressed in another way"),
        (encrypted(), "it is encrypted"),
        (claiming(1), "damaged or was cut short|longer than it says"),
        (claiming((1 << 31) + 5), "it comes to 2,048 MiB"),
    ],
)  # fmt: skip
def test_what_is_no_frozen_report_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(PackUnreadable, match=said):
        unpack(data)


def test_a_bomb_is_not_blown_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "LARGEST_FILE", 8 << 20)
    data = bomb(16 << 20)
    assert len(data) < 1 << 20
    with pytest.raises(PackUnreadable, match="it comes to 16 MiB"):
        unpack(data)
    with pytest.raises(PackUnreadable, match="it comes to 9 MiB"):
        unpack(bytes(9 << 20))


def test_a_report_that_nobody_could_verify_is_not_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "LARGEST_FILE", 1 << 16)
    with pytest.raises(ValueError, match="freeze a shorter period"):
        packed()


def test_of_files_that_stand_twice_the_first_is_read_and_the_name_told() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped({"manifest.json": b"1", "report.json": b"one"}, twice={"report.json": b"two"})
    found = unpack(data)
    assert (found.files["report.json"], found.repeated) == (b"one", ("report.json",))


def test_a_key_that_signs_is_asked_once_for_each_signature() -> None:
    class Counting:
        public_key = KEY.public_key

        def __init__(self) -> None:
            self.signed: list[bytes] = []

        def sign(self, data: bytes) -> bytes:
            self.signed.append(data)
            return KEY.sign(data)

    signer = Counting()
    assert packed(signer=signer).data == PACKED.data
    assert len(signer.signed) == 2


def test_the_bytes_are_the_same_in_every_process() -> None:
    """Sets are walked in another order in each process; nothing of that may show."""
    code = (
        "import hashlib\nfrom tests.report import cases, packs\n"
        "worlds = [cases.contract_inputs(), cases.two_services_inputs(), cases.many_inputs(5, '2026-10')]\n"
        "print([hashlib.sha256(packs.packed(world).data).hexdigest() for world in worlds])\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "LC_ALL": "C", "TZ": zone},
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("2", "America/New_York"))
    }  # fmt: skip
    assert len(found) == 1
