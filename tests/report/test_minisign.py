import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from slawatch.report import minisign
from slawatch.report.minisign import PublicKey, SignatureWrong

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = PublicKey.of(PRIVATE.public_key().public_bytes_raw())
OTHER = PublicKey.of(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw())

# By minisign 0.11, over the bytes below, with a key of its own: `minisign -Sm report -t number:1`.
FOREIGN_KEY = "RWRHp0TKpCBMWenkZbItFRxj81yLywsVUFcHRWKjq/euwXgZtA1E3tQO"
FOREIGN = """untrusted comment: signature from minisign secret key
RURHp0TKpCBMWTBDjSycm/fsb/bvsXnqZV/gOsTmoNJ3zam7uR0RAoCaPWY5zNpfbNZTUciV/oP/vq1wDYCMEBahPZGvHcG90Qw=
trusted comment: number:1
4h3AcJaGGZI2QwSizE0qlg5BbV2zR54MIxfMlMJryYsEnNlr42zzGR/gIH0nX6+seuGt501ndtBpf4lJTvWlCg==
"""


def signed(data: bytes, comment: str = "slawatch report 7") -> str:
    return minisign.signature(data, comment, KEY, PRIVATE.sign)


@given(
    st.binary(max_size=200), st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)
)
def test_what_was_signed_is_accepted_with_its_comment(data: bytes, comment: str) -> None:
    assert minisign.check(data, signed(data, comment), KEY) == comment


@given(st.binary(max_size=60), st.data())
def test_any_other_bytes_are_refused(data: bytes, draw: st.DataObject) -> None:
    other = draw.draw(st.binary(max_size=60).filter(lambda found: found != data))
    with pytest.raises(SignatureWrong, match="not those that were signed"):
        minisign.check(other, signed(data), KEY)


def test_a_changed_comment_is_refused() -> None:
    with pytest.raises(SignatureWrong, match="the trusted comment is not the one"):
        minisign.check(b"figures", signed(b"figures").replace("report 7", "report 8"), KEY)


def test_another_key_is_named() -> None:
    with pytest.raises(
        SignatureWrong, match=f"another key made this signature: {KEY.name}, not {OTHER.name}"
    ):
        minisign.check(b"figures", signed(b"figures"), OTHER)


def test_the_id_of_a_key_can_not_be_borrowed() -> None:
    borrowed = PublicKey(KEY.id, OTHER.key)
    with pytest.raises(SignatureWrong, match="not those that were signed"):
        minisign.check(b"figures", signed(b"figures"), borrowed)


@pytest.mark.parametrize(
    "text",
    ["", "x", "a\nb\nc\nd\n", signed(b"").replace("trusted comment", "comment"), "\n".join(["é"] * 4)],
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(SignatureWrong, match="no signature"):
        minisign.check(b"", text, KEY)


def test_a_key_is_read_from_its_word_and_from_its_file() -> None:
    assert str(KEY).startswith("RW")
    assert minisign.parse_key(str(KEY)) == KEY
    assert minisign.parse_key(minisign.key_file(KEY)) == KEY


@pytest.mark.parametrize("text", ["", "RW", "RWxx", str(KEY)[:-4], str(KEY) + "AAAA", "ä" * 56])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(SignatureWrong, match="no public key of minisign"):
        minisign.parse_key(text)


def test_a_comment_is_one_line() -> None:
    with pytest.raises(ValueError, match="one line"):
        signed(b"", "two\nlines")


def test_a_signature_of_minisign_itself_is_accepted() -> None:
    assert minisign.check(b"report\n", FOREIGN, minisign.parse_key(FOREIGN_KEY)) == "number:1"


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_minisign_accepts_what_we_sign_and_nothing_else(tmp_path: Path) -> None:
    report = tmp_path / "manifest.json"
    report.write_bytes(b"figures")
    (tmp_path / "manifest.json.minisig").write_text(signed(b"figures"), "utf-8")
    found = verified(report)
    assert found.returncode == 0
    assert "slawatch report 7" in found.stdout
    report.write_bytes(b"Figures")
    assert verified(report).returncode != 0


def verified(report: Path) -> "subprocess.CompletedProcess[str]":
    words = ["minisign", "-Vm", str(report), "-P", str(KEY)]
    return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
