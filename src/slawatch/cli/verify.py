"""`slawatch verify`: whether a frozen report follows from its evidence, and whether anybody changed it.

Needs no daemon, no configuration and no database: it is what a customer runs.
"""

import gc
import sys
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
        "Exit codes: 0 match, 1 something differs, 74 a file cannot be read.",
    )(verify)


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="A report's zip file, the folder that it was unpacked to, or a folder of zip files. Several "
            "are verified to follow one another too.",
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
    as_json: AsJson = False,
) -> int:
    """Verify the reports and tell what became of each."""
    from slawatch.report.finding import value
    from slawatch.report.verify import verify as verified

    trusted = None if key is None else _trusted(key)
    found = list(_read(paths))
    readable = [one for _, one in found if not isinstance(one, str)]
    with _without_collections():
        results = iter(verified(readable, trusted=trusted))
    told = [
        {"path": name, "result": "unreadable", "reason": one}
        if isinstance(one, str)
        else {"path": name, **value(next(results))}
        for name, one in found
    ]
    if as_json:
        import json

        # In ASCII: what stands in a foreign file need not be text that can be printed.
        ok = all(one["result"] == "match" for one in told)
        sys.stdout.write(json.dumps({"ok": ok, "reports": told}, indent=2, default=str) + "\n")
    else:
        text = "\n".join(lines(told, of())) + "\n"
        sys.stdout.write(text if of().unicode else text.encode("ascii", "replace").decode("ascii"))
    came = {one["result"] for one in told}
    return exits.NO if "differs" in came else exits.IO if "unreadable" in came else exits.OK


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


def _report(one: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    result = one["result"]
    name = clean(str(one["path"]))
    word = {"match": "match", "differs": "DIFFERS", "unreadable": "cannot be read"}[result]
    yield f"{name}: {paint(word, _GOOD if result == 'match' else _BAD, terminal)}"
    if result == "unreadable":
        yield from _sentence(str(one["reason"]), terminal, "  ")
        return
    if one["number"] is not None:
        whose = f"agreement {one['agreement']}" if one["agreement"] else one["report"]
        about = f"report {one['number']}, {whose}, {one['period']}, frozen {one['frozen_at']}"
        yield from _sentence(f"{about} by {one['frozen_by']}", terminal, "  ")
    if one["restates"] is not None:
        yield f"  replaces report {one['restates']}"
    if result == "match":
        compared = f"{one['figures']:,} figures, {one['cells']:,} cells of tables and every second"
        yield from _sentence(f"{compared} of the period are what the evidence gives", terminal, "  ")
    yield from _key(one, terminal)
    if result == "differs":
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
    "manifest": ("it says", "evidence"),
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

    for path in _each(paths):
        try:
            yield str(path), _folder(path) if path.is_dir() else unpack(_bytes(path))
        except PackUnreadable as error:
            yield str(path), str(error)
        except OSError as error:
            yield str(path), error.strerror or str(error)


def _each(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the reports; those in a folder of zip files one by one."""
    from slawatch.report.manifest import NAME

    for path in paths:
        inside = sorted(path.glob("*.zip")) if path.is_dir() and not (path / NAME).exists() else []
        yield from inside or [path]


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
