"""What `check-config` shows: every mistake in a block of its own, and one line that says what it comes to."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from slawatch.cli.table import paint, wrap
from slawatch.cli.terminal import Terminal, clean

if TYPE_CHECKING:
    from slawatch.config.problem import Problem

_BOLD: Final = "1"
_RED: Final = "31"
_YELLOW: Final = "33"
_GREEN: Final = "32"
_DIM: Final = "2"
_INDENT: Final = "    "
_FACT: Final = 10
_WIDEST: Final = 1_000_000
_SEVERAL_FILES: Final = 3


def lines(found: dict[str, Any], terminal: Terminal) -> list[str]:
    """Return the answer of a look at a configuration as it is printed."""
    from slawatch.config.problem import Problem

    problems, warnings = ([Problem(**one) for one in found[kind]] for kind in ("problems", "warnings"))
    shown: list[str] = []
    for one in warnings:
        shown += _block(one, "warning", _YELLOW, terminal)
    for one in problems:
        shown += _block(one, "error", _RED, terminal)
    return [*shown, *_verdict(found, problems, len(warnings), terminal)]


def _block(problem: "Problem", word: str, colour: str, terminal: Terminal) -> list[str]:
    """Return one mistake: the place as editors open it, then what is wrong, then what belongs there."""
    place = paint(clean(problem.place), _BOLD, terminal) + ": " if problem.place else ""
    path = f" {clean(problem.path)}" if problem.path else ""
    found = [f"{place}{paint(word, colour, terminal)}:{path}"]
    room = (terminal.width or _WIDEST) - len(_INDENT)
    found += [_INDENT + line for line in wrap(clean(problem.message), room)]
    for name, fact in (("expected", problem.expected), ("found", problem.found)):
        if fact and not _said(fact, problem.message):
            first, *rest = wrap(clean(fact), room - _FACT)
            found.append(_INDENT + paint(name.ljust(_FACT), _DIM, terminal) + first)
            found += [_INDENT + " " * _FACT + line for line in rest]
    return found


def _said(fact: str, message: str) -> bool:
    """Say whether a message says a fact itself: the value, or what it would have to be such as."""
    bare = message.replace("'", '"')
    kind, such, _ = fact.partition(" such as ")
    return fact in bare or (bool(such) and f"{kind} such as " in bare)


def _verdict(
    found: dict[str, Any], problems: Sequence["Problem"], warnings: int, terminal: Terminal
) -> list[str]:
    noted = _count(warnings, "warning") if warnings else ""
    if found["ok"]:
        parts = [
            *(_count(number, word) for word, number in found["counts"].items()),
            *([noted] if noted else []),
        ]
        return [f"{clean(found['files'][0])}: {paint('fine', _GREEN, terminal)} ({', '.join(parts)})"]
    count = paint(_count(len(problems), "mistake"), _RED, terminal) + (f", {noted}" if noted else "")
    files = _files(problems)
    return [f"{files}: {count}: not usable" if files else f"{count}: not usable"]


def _files(problems: Iterable["Problem"]) -> str:
    files = list(dict.fromkeys(clean(problem.file) for problem in problems if problem.file))
    return ", ".join(files) if len(files) <= _SEVERAL_FILES else f"{len(files)} files"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
