"""`slawatch verify`: whether a frozen report follows from its evidence, and whether anybody changed it.

Needs no daemon, no configuration and no database: it is what a customer runs.
"""

import gc
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from slawatch.cli import exits
from slawatch.cli.options import AsJson
from slawatch.cli.table import paint, wrap
from slawatch.cli.terminal import Terminal, clean, of

if TYPE_CHECKING:
    from slawatch.report.pack import Unpacked

_GOOD: Final = "1;32"
_BAD: Final = "1;31"
_BOLD: Final = "1"
_DIM: Final = "2"
_KEY_BYTES: Final = 1 << 16
_MOST_NAMED: Final = 8
_READABLE: Final = 100
"""Columns at which sentences are broken where nothing says how wide the paper is."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "verify",
        help="Work every figure of frozen reports out again from their evidence. Says match, or names the "
        "first figure and the first second that differ. Needs no daemon and no configuration.",
        epilog="Examples: slawatch verify report-12-acme-gold-2026-10.zip; "
        "slawatch verify reports/ --key provider.pub. "
        "Exit codes: 0 match, 1 something differs or was made by another version and cannot be compared, "
        "74 a file cannot be read.",
    )(verify)


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="A report's zip file, the folder that it was unpacked to, or a folder with any number of "
            "both, in folders of its own too. Several are verified to follow one another as well.",
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY|FILE",
            help="Accept reports signed with this key alone: its word that begins with RW, its fingerprint, "
            "or a file with one of them.",
        ),
    ] = None,
    other_version: Annotated[
        bool,
        typer.Option(
            "--other-version",
            help="Accept a report by an older version of slawatch when its figures match, though its page "
            "and sentences cannot be compared.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Verify the reports and tell what became of each."""
    from slawatch.report.finding import value
    from slawatch.report.verify import verify as verified

    trusted = None if key is None else _trusted(key)
    each, skipped = _each(paths)
    found = list(_read(each))
    readable = [one for _, one in found if not isinstance(one, str)]
    with _without_collections():
        results = iter(verified(readable, trusted=trusted, other_version=other_version))
    told = [
        {"path": name, "ok": False, "result": "unreadable", "reason": one}
        if isinstance(one, str)
        else {"path": name, **value(next(results))}
        for name, one in found
    ]
    if as_json:
        import json

        # In ASCII: what stands in a foreign file need not be text that can be printed.
        answer = {
            "ok": all(one["ok"] for one in told),
            "reports": told,
            "skipped": [str(path) for path in skipped],
        }
        sys.stdout.write(json.dumps(answer, indent=2, default=str) + "\n")
    else:
        text = "\n".join([*lines(told, of()), *_skipped(skipped, of())]) + "\n"
        sys.stdout.write(text if of().unicode else text.encode("ascii", "replace").decode("ascii"))
    if any(not one["ok"] and one["result"] != "unreadable" for one in told):
        return exits.NO
    return exits.OK if all(one["ok"] for one in told) else exits.IO


def _skipped(paths: Sequence[Path], terminal: Terminal) -> Iterator[str]:
    """Yield which files were looked past."""
    if not paths:
        return
    names = ", ".join(map(str, paths[:_MOST_NAMED]))
    more = f" and {len(paths) - _MOST_NAMED:,} more" if len(paths) > _MOST_NAMED else ""
    what = (
        "1 file was not verified: it is"
        if len(paths) == 1
        else f"{len(paths):,} files were not verified: they are"
    )
    yield ""
    yield from _sentence(f"{what} no frozen report, nor part of one: {names}{more}", terminal, "", "", "! ")


def lines(told: Sequence[Mapping[str, Any]], terminal: Terminal) -> list[str]:
    """Return what people read of verified reports, given as JSON has them, each with its `path`."""
    found: list[str] = []
    every = [note for one in told for note in one.get("notes", ())]
    shared = dict.fromkeys(note for note in every if len(told) == 1 or every.count(note) > 1)
    for one in told:
        found += [*_report(one, terminal), *_notes(one, shared, terminal), ""]
    for note in shared:
        found += _sentence(note, terminal, "  ", _DIM, "- ")
    return found if shared else found[:-1]


def _notes(one: Mapping[str, Any], shared: Mapping[str, None], terminal: Terminal) -> Iterator[str]:
    for note in one.get("notes", ()):
        if note not in shared:
            yield from _sentence(note, terminal, "  ", _DIM, "- ")


_WORDS: Final[Mapping[str, str]] = {
    "match": "match",
    "differs": "DIFFERS",
    "figures match": "figures match, the words were NOT COMPARED",
    "not verified": "CANNOT BE VERIFIED by this version",
    "unreadable": "cannot be read",
}


def _report(one: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    result = one["result"]
    name = clean(str(one["path"]))
    colour = _BAD if not one["ok"] else _GOOD if result == "match" else _BOLD
    yield f"{name}: {paint(_WORDS[result], colour, terminal)}"
    if result == "unreadable":
        yield from _sentence(str(one["reason"]), terminal, "  ")
        return
    if one["number"] is not None:
        whose = f"agreement {one['agreement']}" if one["agreement"] else one["report"]
        about = f"report {one['number']}, {whose}, {one['period']}, frozen {one['frozen_at']}"
        yield from _sentence(f"{about} by {one['frozen_by']}", terminal, "  ")
    if one["restates"] is not None:
        yield f"  replaces report {one['restates']}"
    if result in ("match", "figures match"):
        compared = f"{one['figures']:,} figures, {one['cells']:,} cells of tables and every second"
        yield from _sentence(f"{compared} of the period are what the evidence gives", terminal, "  ")
    yield from _key(one, terminal)
    if result != "match":
        yield from _sentence(str(one["summary"]), terminal, "  ", _BOLD)
    for finding in one["findings"]:
        yield from _finding(finding, terminal)
    for advice in dict.fromkeys(f["advice"] for f in one["findings"] if f["advice"]):
        yield from _sentence(advice, terminal, "  ", "", "→ ")


def _key(one: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    if one["public_key"]:
        whose = {True: ", the key that you gave", False: ", NOT the key that you gave", None: ""}
        yield from _sentence(f"signed by {one['public_key']}{whose[one['trusted']]}", terminal, "  ")


_TITLES: Final[Mapping[str, str]] = {
    "figure": "first figure that differs",
    "second": "first second that differs",
}


_SIDES: Final[Mapping[str, tuple[str, str]]] = {
    "key": ("signed by", "you trust"),
    "file": ("now", "signed"),
    "chain": ("it says", "found"),
    "manifest": ("it says", "found"),
}
"""What the two sides of a finding are called."""


def _finding(finding: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    title = _TITLES.get(finding["kind"])
    if title and finding["stored"]:
        yield f"  {paint(title, _BAD, terminal)}: {clean(finding['where'])}"
    yield from _sentence(finding["what"], terminal, "    " if title else "  ", "", "" if title else "✗ ")
    labels = _SIDES.get(finding["kind"], ("in the report", "recomputed"))
    for label, text in zip(labels, (finding["stored"], finding["recomputed"]), strict=True):
        if text:
            yield f"      {label:{max(map(len, labels))}}  {clean(text)}"


def _sentence(text: str, terminal: Terminal, margin: str, colour: str = "", mark: str = "") -> Iterator[str]:
    mark = mark if terminal.unicode else {"✗ ": "x ", "→ ": "> "}.get(mark, mark)
    width = min(terminal.width or _READABLE, _READABLE) - len(margin) - len(mark)
    for index, line in enumerate(wrap(clean(text), width)):
        yield margin + paint(f"{mark if index == 0 else ' ' * len(mark)}{line}", colour, terminal)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the interpreter from looking for garbage among millions of objects of which none is any."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _trusted(key: str) -> str:
    """Return the key that `--key` names.

    Raises:
        BadParameter: it names none.
    """
    from slawatch.report.seal import KeyUnreadable, trusted_key

    text = key
    with suppress(OSError, ValueError), Path(key).open("rb") as stream:
        text = stream.read(_KEY_BYTES).decode()
    try:
        return trusted_key(text)
    except KeyUnreadable as error:
        raise typer.BadParameter(str(error), param_hint="--key") from None


def _read(paths: Sequence[Path]) -> Iterator[tuple[str, "Unpacked | str"]]:
    """Yield the name and the files of each report; why, where it cannot be read."""
    from slawatch.report.pack import PackUnreadable, unpack

    for path in paths:
        try:
            yield str(path), _folder(path) if path.is_dir() else unpack(_bytes(path))
        except PackUnreadable as error:
            yield str(path), str(error)
        except OSError as error:
            yield str(path), error.strerror or str(error)


def _each(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the reports, those in folders one by one, and the files there that are none."""
    reports: list[Path] = []
    skipped: list[Path] = []
    for path in paths:
        before = len(reports)
        if path.is_dir():
            _sort(path, reports, skipped)
        if len(reports) == before:
            reports.append(path)
    return reports, skipped


def _sort(folder: Path, reports: list[Path], skipped: list[Path]) -> None:
    """Add what is in a folder, and in its folders, to the reports or to what is skipped."""
    from slawatch.report.manifest import NAME

    try:
        entries = sorted(folder.iterdir())
    except OSError:
        # Reading it as a report tells why.
        reports.append(folder)
        return
    if os.path.lexists(folder / NAME):
        reports.append(folder)
        skipped += (entry for entry in entries if entry.name.startswith("."))
        return
    for entry in entries:
        # A link may lead back up, and then there is no end.
        if entry.is_dir() and not entry.is_symlink():
            _sort(entry, reports, skipped)
        else:
            (reports if _may_be_report(entry) else skipped).append(entry)


def _may_be_report(path: Path) -> bool:
    """Whether something in a folder is to be verified: by its name, or by what is in it."""
    from slawatch.report.manifest import NAME

    if path.is_symlink() and not path.is_file():
        return True
    if not path.is_file():
        return False
    if path.suffix.lower() == ".zip":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return NAME in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def _bytes(path: Path) -> bytes:
    from slawatch.report.pack import LARGEST_FILE

    with path.open("rb") as stream:
        # One more is enough to see that it is too long.
        return stream.read(LARGEST_FILE + 1)


def _folder(path: Path) -> "Unpacked":
    """Return the files of an unpacked report; what a desktop hides in its folders is none of them.

    Raises:
        PackUnreadable: it is none, or too large.
        OSError: a file cannot be read.
    """
    from slawatch.report.pack import LARGEST_FILE, MOST_FILES, PackUnreadable, Unpacked, whole

    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    if len(entries) > MOST_FILES:
        raise PackUnreadable(f"the folder holds {len(entries)} files, which no frozen report has")
    if sum(entry.stat().st_size for entry in entries if entry.is_file()) > LARGEST_FILE:
        raise PackUnreadable("the folder holds more than any frozen report")
    return whole(
        Unpacked(files={entry.name: entry.read_bytes() if entry.is_file() else b"" for entry in entries})
    )
