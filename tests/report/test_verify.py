"""Every way in which a frozen report can be tampered with is found, and told with its place."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core import contracts
from tests.report import cases
from tests.report.packs import (
    KEY,
    STRANGER,
    WORD,
    changed,
    evidence,
    made_by,
    moved,
    packed,
    recast,
    signed_anew,
    zipped,
)
from tests.report.test_inputs import WORLDS, contract_inputs

from slawatch.config import preset
from slawatch.config.load import load
from slawatch.core.instant import SECOND
from slawatch.report import inputs, pack, seal, versions
from slawatch.report.finding import Finding, Verification
from slawatch.report.inputs import Inputs
from slawatch.report.pack import PackUnreadable, Unpacked, unpack
from slawatch.report.timeline import Moment
from slawatch.report.verify import verify

DATA = packed().data
FILES = unpack(DATA).files
FIRST_OUTAGE = cases.at("2026-10-07T14:03:12.400")


def verified(data: bytes, trusted: str | None = None) -> Verification:
    (found,) = verify([data], trusted=trusted)
    return found


def kinds(found: Verification) -> list[str]:
    return list(dict.fromkeys(one.kind for one in found.findings))


def only(found: Verification, kind: str) -> Finding:
    return next(one for one in found.findings if one.kind == kind)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_a_report_is_what_its_evidence_gives(world: Inputs) -> None:
    found = verified(packed(world).data, trusted=WORD)
    assert found.findings == ()
    assert found.ok
    assert found.trusted
    assert found.figures > 15
    assert found.cells > 50 * len(world.services) or not world.services


@pytest.mark.parametrize("name", preset.names())
def test_a_report_under_the_published_terms_of_every_provider(name: str, tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text(
        '[slawatch]\ndata_dir = "x"\n[organizations.acme]\n[checks.a]\nservice = "shop"\ntype = "tcp"\n'
        f'address = "h:1"\n[agreements.a]\norganization = "acme"\nservices = ["shop"]\npreset = "{name}"\n'
    )
    agreement = load(path, env={}).agreements["a"]
    assert verified(packed(cases.october_inputs(agreement)).data).findings == ()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(contracts.contracts())
def test_a_report_on_any_contract_and_world(contract: Any) -> None:
    assert verified(packed(contract_inputs(contract)).data).findings == ()


def test_it_says_what_it_compared_and_what_it_cannot_prove() -> None:
    found = verified(DATA)
    assert (found.number, found.agreement, found.label, found.public_key) == (
        12,
        "acme-gold",
        "2026-10",
        WORD,
    )
    assert (found.frozen_by, found.trusted) == ("alice", None)
    assert any(WORD in note and "--key" in note for note in found.notes)
    assert any("not each sample" in note for note in found.notes)
    assert not any("--key" in note for note in verified(DATA, trusted=WORD).notes)


def in_report(path: str, old: str, new: str) -> bytes:
    text = FILES[path].decode()
    assert old in text
    return changed(DATA, **{path.replace(".", "__"): text.replace(old, new, 1).encode()})


def test_a_transition_that_was_moved_by_a_second() -> None:
    found = verified(changed(DATA, evidence__json=evidence(DATA, moved)))
    assert "The evidence was changed after the report was signed" in found.summary
    assert (
        found.second == Moment("shop", FIRST_OUTAGE + 707_600_000, "down", "down") or found.second is not None
    )
    assert only(found, "file").where == "evidence.json"
    assert only(found, "figure").where.startswith("services[shop]")
    assert only(found, "evidence").stored == packed().manifest.evidence_sha256


def test_the_first_second_is_the_one_at_which_the_transition_was() -> None:
    data = packed(cases.october_inputs()).data
    found = verified(changed(data, evidence__json=evidence(data, moved)))
    assert found.second == Moment("shop", FIRST_OUTAGE, "down", "up")
    assert only(found, "second").where == "shop at 2026-10-07T12:03:12.4Z"
    first = found.differences[0]
    assert (first.path, first.after) == ("services[shop].ledger.up", first.before + 1)  # type: ignore[operator]


def test_a_class_that_was_changed_in_the_evidence() -> None:
    data = packed(cases.october_inputs()).data
    found = verified(changed(data, evidence__json=evidence(data, recast)))
    assert found.second == Moment("shop", FIRST_OUTAGE, "down", "degraded")


def test_a_class_that_was_changed_in_the_timeline() -> None:
    found = verified(in_report("timeline.csv", ",down,down", ",maintenance,down"))
    assert kinds(found) == ["second", "file"]
    assert found.second is not None
    assert (found.second.stored, found.second.recomputed) == ("maintenance", "down")
    assert found.differences == ()
    assert "its evidence is as it was signed" in found.summary


def test_a_figure_that_was_changed() -> None:
    report = json.loads(FILES["report.json"])
    down = report["services"][0]["ledger"]["down"]
    found = verified(in_report("report.json", f'"down": {down}', f'"down": {down - 1}'))
    assert kinds(found) == ["figure", "file"]
    first = only(found, "figure")
    assert first.where == "services[shop].ledger.down"
    assert (first.stored, first.recomputed) == (str(down - 1), str(down))
    assert found.second is None


def test_a_figure_that_was_taken_out_or_put_in() -> None:
    found = verified(in_report("report.json", '"complete": true,', ""))
    assert (found.differences[0].path, only(found, "figure").stored) == ("complete", "nothing")
    found = verified(in_report("report.json", '"complete": true,', '"complete": true, "bonus": 1,'))
    assert (found.differences[0].path, only(found, "figure").recomputed) == ("bonus", "nothing")


def test_a_key_that_stands_twice_in_the_report() -> None:
    found = verified(in_report("report.json", '"complete": true,', '"complete": false, "complete": true,'))
    assert "not written as slawatch writes it" in only(found, "figure").what


def test_a_report_that_is_no_json() -> None:
    assert "report.json cannot be read" in only(verified(changed(DATA, report__json=b"{")), "figure").what
    assert "report.json cannot be read" in only(verified(changed(DATA, report__json=b"[]")), "figure").what
    assert not verified(changed(DATA, report__json=b"[" * 100_000)).ok


@pytest.mark.parametrize("name", [n for n in FILES if n.endswith(".csv") and n != "timeline.csv"])
def test_a_cell_that_was_changed(name: str) -> None:
    lines = FILES[name].decode().split("\r\n")
    lines[1] = lines[1].replace("acme-gold", "acme-silver", 1)
    found = verified(changed(DATA, **{name.replace(".", "__"): "\r\n".join(lines).encode()}))
    assert kinds(found) == ["table", "file"]
    cell = only(found, "table")
    assert cell.where == f"{name}, line 2, column agreement"
    assert (cell.stored, cell.recomputed) == ("acme-silver", "acme-gold")


def test_the_page_that_was_changed() -> None:
    found = verified(in_report("report.html", "Both objectives were met", "All objectives were met"))
    assert kinds(found) == ["page", "file"]
    assert "All objectives" in only(found, "page").stored
    assert "Both objectives" in only(found, "page").recomputed
    assert len(only(found, "page").stored) < 200


@pytest.mark.parametrize("name", ["README.txt", "minisign.pub"])
def test_the_other_files_that_were_changed(name: str) -> None:
    found = verified(changed(DATA, **{name.replace(".", "__"): b"call 0900-12345"}))
    assert kinds(found) == ["page", "file"]


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"manifest.json"}))
def test_a_file_that_was_taken_out(name: str) -> None:
    found = verified(zipped({n: text for n, text in FILES.items() if n != name}))
    assert not found.ok
    assert any(one.where == name and "missing" in one.what for one in found.findings)


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"manifest.json"}))
def test_a_file_that_was_emptied_or_is_rubbish(name: str) -> None:
    for text in (b"", b"\xff\xfe\x00", b"0"):
        found = verified(zipped({**FILES, name: text}))
        assert any(one.where.startswith(name) for one in found.findings)


def test_a_file_that_was_added() -> None:
    found = verified(zipped({**FILES, "invoice.html": b"<p>pay</p>"}))
    assert kinds(found) == ["file"]
    assert "invoice.html is no part of the report" in found.findings[0].what


def test_a_file_that_stands_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(FILES, twice={"report.html": b"<p>fine</p>"})
    found = verified(data)
    assert kinds(found) == ["archive", "file"]
    assert "report.html stands twice" in only(found, "file").what


def test_a_manifest_that_was_changed() -> None:
    found = verified(in_report("manifest.json", '"frozen_by": "alice"', '"frozen_by": "mallory"'))
    assert "signature" in kinds(found)
    assert "vouches for nothing" in found.summary
    assert "not those that were signed" in only(found, "signature").what


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\xff", FILES["manifest.json"].replace(b'"number"', b'"n"')]
)
def test_a_manifest_that_cannot_be_read(text: bytes) -> None:
    found = verified(changed(DATA, manifest__json=text))
    assert kinds(found) == ["manifest"]
    assert "no frozen report that can be verified" in found.summary
    assert found.number is None


def test_a_signature_of_another_report() -> None:
    other = unpack(packed(number=13).data).files["manifest.json.minisig"]
    found = verified(zipped({**FILES, "manifest.json.minisig": other}))
    assert kinds(found) == ["signature"]


def test_a_signature_whose_comment_is_of_another_report() -> None:
    from slawatch.report import minisign

    key = minisign.PublicKey.of(KEY.public_key)
    text = minisign.signature(FILES["manifest.json"], "slawatch report 99", key, KEY.sign)
    found = verified(zipped({**FILES, "manifest.json.minisig": text.encode()}))
    assert "made for another report: slawatch report 99" in only(found, "signature").what


def test_a_signature_by_another_key() -> None:
    other = unpack(packed(signer=STRANGER).data).files["manifest.json.minisig"]
    found = verified(zipped({**FILES, "manifest.json.minisig": other}))
    assert "another key made this signature" in only(found, "signature").what


def test_evidence_that_was_changed_consistently_and_signed_by_another_key() -> None:
    made_of = inputs.read(evidence(DATA, moved))
    forged = packed(made_of, signer=STRANGER).data
    assert verified(forged).ok, "nothing in it tells it from a report of the stranger's own"
    found = verified(forged, trusted=seal.trusted_key(WORD))
    assert kinds(found) == ["key"]
    assert found.trusted is False
    assert (found.findings[0].stored, found.findings[0].recomputed) == (found.public_key, WORD)
    assert "Somebody else" in found.summary


@pytest.mark.parametrize(
    "change",
    [
        lambda: changed(DATA, evidence__json=evidence(DATA, moved)),
        lambda: in_report("report.json", '"decided_by": "shop"', '"decided_by": "mail"'),
        lambda: in_report("timeline.csv", ",down,down", ",up,up"),
        lambda: in_report("credits.csv", "acme,", "acne,"),
        lambda: in_report("report.html", "Met", "Missed"),
        lambda: in_report("README.txt", "You need not", "You must"),
    ],
)
def test_what_its_maker_changed_before_signing_is_found_as_well(change: Callable[[], bytes]) -> None:
    found = verified(signed_anew(change()), trusted=WORD)
    assert not found.ok
    assert "file" not in kinds(found)
    assert "signature" not in kinds(found)
    assert "it was signed like this" in found.summary


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"key": "acme-silver"}, "manifest.json: key"),
        ({"agreement": None}, "manifest.json: agreement"),
        ({"organization": "other"}, "manifest.json: organization"),
        ({"evidence_sha256": "0" * 64}, "evidence.json"),
    ],
)
def test_a_manifest_that_its_maker_wrote_otherwise_than_the_evidence_says(
    said: dict[str, Any], where: str
) -> None:
    assert any(one.where == where for one in verified(signed_anew(DATA, **said)).findings)


def test_evidence_with_something_hidden_in_it_is_not_ours() -> None:
    text = FILES["evidence.json"].replace(b'"key":', b'"key":"decoy","key":', 1)
    found = verified(signed_anew(changed(DATA, evidence__json=text)))
    assert kinds(found) == ["evidence"]


def overlong(found: dict[str, Any]) -> None:
    found["agreement"]["objectives"][0]["target"] = "a hundred"


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[" * 100_000, evidence(DATA, overlong), evidence(DATA, lambda f: f.pop("agreement"))],
)
def test_evidence_of_which_no_report_can_be_made(text: bytes) -> None:
    found = verified(signed_anew(changed(DATA, evidence__json=text)))
    assert "No report can be made of the evidence" in only(found, "evidence").what


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    below = [place for step, one in steps for place in places(one, (*path, step))]
    return [path, *below] if path else below


SMALL = packed(cases.october_inputs()).data
PLACES = places(json.loads(unpack(SMALL).files["evidence.json"]))
values = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([10**15, 1793000000000000, 10**17])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), values | st.text(max_size=3) | st.sampled_from(["1", "99.9", "UTC", "down"]))
def test_no_evidence_whatever_ends_the_program_or_passes_for_the_signed_one(place: Any, value: Any) -> None:
    found = json.loads(unpack(SMALL).files["evidence.json"])
    inner = found
    for step in place[:-1]:
        inner = inner[step]
    same = inner[place[-1]] == value and type(inner[place[-1]]) is type(value)
    inner[place[-1]] = value
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()
    assert verified(changed(SMALL, evidence__json=text)).ok is same


OLD = made_by("0.0.9")
OLDER = unpack(OLD).files


def by_older(**files: bytes | None) -> Verification:
    """What becomes of a report whose maker put other files into it and said that an old version made it."""
    return verified(signed_anew(changed(OLD, **files), version="0.0.9"), trusted=WORD)


def test_a_report_of_an_older_version_that_this_one_would_write_alike() -> None:
    found = verified(OLD, trusted=WORD)
    assert (found.findings, found.result, found.uncompared) == ((), "match", ())
    assert b"Made by slawatch 0.0.9 on" in OLDER["report.html"]


@pytest.mark.parametrize("name", ["report.html", "README.txt"])
def test_words_of_an_older_version_are_no_match_unless_that_is_accepted(name: str) -> None:
    found = by_older(**{name.replace(".", "__"): b"<p>Available for 100.00 %</p>"})
    assert (found.ok, found.result, kinds(found)) == (False, "figures match", ["version"])
    assert found.uncompared == (name,)
    assert "pip install slawatch==0.0.9" in found.findings[0].advice
    assert "--other-version" in found.findings[0].advice
    assert "not all of its words" in found.summary
    data = signed_anew(changed(OLD, **{name.replace(".", "__"): b"x"}), version="0.0.9")
    (found,) = verify([data], other_version=True)
    assert (found.ok, found.result, found.uncompared) == (True, "figures match", (name,))
    assert any(name in note and "slawatch==0.0.9" in note for note in found.notes)


def reworded(report: dict[str, Any]) -> None:
    report["notices"][0] = "Put otherwise."


def test_sentences_of_an_older_version_are_not_compared_and_told() -> None:
    found = by_older(report__json=edited(reworded))
    assert (found.result, found.uncompared, found.differences) == ("figures match", ("report.json",), ())


def edited(change: Callable[[dict[str, Any]], Any]) -> bytes:
    report = json.loads(OLDER["report.json"])
    change(report)
    return pack.laid_out(report).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("complete"),
        lambda r: r.pop("services"),
        lambda r: r["services"][0].pop("availability"),
        lambda r: r["services"][0].pop("outages"),
        lambda r: r["services"][0]["outages"].pop(),
        lambda r: r["services"][0].update(availability_guaranteed={"percent": 100}),
        lambda r: r.update(verdict_of_auditor="kept"),
        lambda r: r["services"][0].update({"x.why": 100}),
        lambda r: r["services"].append({"service": "a].notices[b"}),
        lambda r: r["tiers"][0].update(applies=True),
        lambda r: r.update(generated_at="2030-01-01T00:00:00Z"),
        lambda r: r["services"][0]["ledger"].update(down=0.0),
    ],
)
def test_another_version_is_no_excuse_for_a_figure_that_is_missing_put_in_or_changed(
    change: Callable[[dict[str, Any]], Any],
) -> None:
    found = by_older(report__json=edited(change))
    assert (found.result, kinds(found)) == ("differs", ["figure"])


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"manifest.json", "manifest.json.minisig"}))
def test_another_version_is_no_excuse_for_a_file_that_is_missing(name: str) -> None:
    found = by_older(**{name.replace(".", "__"): None})
    assert found.result == "differs"
    assert found.findings[0].where == name


@pytest.mark.parametrize("name", [n for n in FILES if n.endswith(".csv")])
def test_another_version_is_no_excuse_for_a_table_without_a_column_or_with_another_cell(name: str) -> None:
    lines = OLDER[name].decode().split("\r\n")
    fewer = "\r\n".join(line.rpartition(",")[0] for line in lines)
    other = "\r\n".join([lines[0], "x" + lines[1], *lines[2:]])
    for text in (fewer, other, "\r\n".join([*lines[:-2], ""])):
        assert by_older(**{name.replace(".", "__"): text.encode()}).result == "differs"


def test_what_a_later_version_added_an_older_report_need_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.rpartition(",")[0] for line in OLDER["ledger.csv"].decode().split("\r\n")]
    column = OLDER["ledger.csv"].decode().partition("\r\n")[0].rpartition(",")[2]
    added = ("report.json: services.outages.reason", f"ledger.csv: {column}", "trend.csv")
    files = {
        "report__json": edited(lambda r: [o.pop("reason") for s in r["services"] for o in s["outages"]]),
        "ledger__csv": "\r\n".join(lines).encode(),
        "trend__csv": None,
    }
    assert by_older(**files).result == "differs"
    monkeypatch.setattr(versions, "ADDED", dict.fromkeys(added, "0.1.0"))
    assert by_older(**files).result == "figures match"
    monkeypatch.setattr(versions, "ADDED", dict.fromkeys(added, "0.0.9"))
    assert by_older(**files).result == "differs", "that version had it"


def test_a_manifest_and_a_report_that_name_two_versions() -> None:
    for version in ("0.0.9", "99.0"):
        found = verified(signed_anew(DATA, version=version))
        assert found.result == "differs"
        assert only(found, "manifest").where == "report.json: integrity.version"
        assert (only(found, "manifest").stored, only(found, "manifest").recomputed) == (version, "0.1.0")


@pytest.mark.parametrize("version", ["99.0", "0.1.1.dev1", "0.1.0.0"])
def test_a_report_of_a_later_version_cannot_be_verified(version: str) -> None:
    for data in (
        made_by(version),
        signed_anew(changed(made_by(version), report__html=b"<h1>100 %</h1>"), version=version),
    ):
        (found,) = verify([data], other_version=True)
        assert (found.ok, found.result, kinds(found)) == (False, "not verified", ["newer"])
        assert found.figures == 0
        assert f"pip install slawatch=={version}" in found.findings[0].advice
        assert "a later one made it" in found.summary


@pytest.mark.parametrize("version", ["", "old", "0.1.0 ", "-1", "0.1.0+mine", "1"])
def test_a_version_that_there_never_was(version: str) -> None:
    found = verified(made_by(version))
    assert found.result == "differs"
    assert "never had" in only(found, "manifest").what


def test_evidence_that_another_version_would_write_otherwise_is_told() -> None:
    text = OLDER["evidence.json"].replace(b'"key":', b'"key":"decoy","key":', 1)
    assert by_older(evidence__json=text).uncompared == ("evidence.json",)


def test_a_zip_file_that_slawatch_did_not_write() -> None:
    found = verified(DATA + b"<h1>100 %</h1>")
    assert kinds(found) == ["archive"]
    assert "not written by slawatch" in found.findings[0].what
    assert "verify the folder" in found.findings[0].advice
    assert "did not write this zip file" in found.summary
    assert verify([Unpacked(files=FILES)])[0].ok


@pytest.mark.parametrize("version", [packed().manifest.version, "0.0.9"])
@pytest.mark.parametrize("name", ["evidence.json", "report.json", "timeline.csv"])
def test_a_report_that_was_signed_without_what_matters_is_no_match(name: str, version: str) -> None:
    found = verified(signed_anew(changed(DATA, **{name.replace(".", "__"): None}), version=version))
    assert name in [one.where for one in found.findings]


def test_a_report_that_was_signed_without_a_table_is_no_match() -> None:
    found = verified(signed_anew(changed(DATA, outages__csv=None)))
    assert "was signed without outages.csv" in only(found, "manifest").what


def test_a_file_of_its_maker_s_own_is_told_even_where_it_was_signed() -> None:
    found = verified(signed_anew(changed(DATA, invoice__html=b"<p>pay</p>")))
    assert "slawatch makes no such file" in only(found, "page").what
    older = by_older(invoice__html=b"<p>pay</p>")
    assert (older.result, only(older, "page").where) == ("differs", "invoice.html")


def test_other_rules_of_a_time_zone_are_told() -> None:
    found = json.loads(FILES["evidence.json"])
    found["zones"]["Europe/Berlin"][1]["start"] += 3600 * SECOND
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()
    noted = verified(signed_anew(changed(DATA, evidence__json=text)))
    assert noted.ok, "the figures are the same"
    assert any("Europe/Berlin" in note and "tzdata" in note for note in noted.notes)


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(PackUnreadable):
        verify([b"PK"])


def test_files_can_be_given_in_place_of_a_zip() -> None:
    assert verify([unpack(DATA)])[0].ok
    assert verify([replace(unpack(DATA), files={**FILES, "x": b""})])[0].findings[0].where == "x"
    assert verify([]) == ()


def test_a_report_that_was_frozen_before_still_verifies() -> None:
    """A file from the past: in every later version its figures have to follow from its evidence.

    It is not written anew with the other golden files: where this fails, every report that customers hold
    says something else than it did. What reports have newly is listed in `slawatch.report.versions`. Deleted,
    it is made again.
    """
    path = Path(__file__).parent / "golden" / "frozen.zip"
    if not path.exists():
        path.write_bytes(made_by("0.0.1"))
    (found,) = verify([path.read_bytes()], trusted=WORD, other_version=True)
    assert found.findings == ()
    assert (found.version, found.result) in [("0.0.1", "match"), ("0.0.1", "figures match")]
    assert found.figures > 700


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_byte_that_was_changed_anywhere_is_found_or_pads_what_was_compressed(place: int, bits: int) -> None:
    data = bytearray(SMALL)
    data[place] ^= bits
    try:
        opened = unpack(bytes(data))
    except PackUnreadable:
        return
    # The last bits of a compressed file may be anything: no program reads them.
    same = opened.files == unpack(SMALL).files and not opened.odd
    assert verified(bytes(data)).ok is same
