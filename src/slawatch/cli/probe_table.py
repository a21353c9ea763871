"""One probe as people see it, phases as a waterfall above the transcript, and as JSON."""

from typing import TYPE_CHECKING, Any, Final

from slawatch.cli.figures import latency
from slawatch.cli.terminal import PIPED, Terminal, clean, columns
from slawatch.core.instant import SECOND, Micros, rfc3339, seconds
from slawatch.core.sample import Cause, Outcome

if TYPE_CHECKING:
    from slawatch.core.check import Check
    from slawatch.daemon.wire import Row

PHASES: Final = ("dns", "connect", "tls", "first_byte", "transfer")
_NAMES: Final = ("name", "connect", "TLS", "first byte", "transfer")
_FIRST_PHASE: Final = 6
_COLOURS: Final = {Outcome.UP: "32", Outcome.DEGRADED: "33", Outcome.DOWN: "31;1", Outcome.UNKNOWN: "35"}
_SYMBOLS: Final = {Outcome.UP: "●", Outcome.DEGRADED: "▲", Outcome.DOWN: "✖", Outcome.UNKNOWN: "?"}
_PLAIN: Final = {Outcome.UP: "+", Outcome.DEGRADED: "!", Outcome.DOWN: "x", Outcome.UNKNOWN: "?"}
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_WIDEST_BAR: Final = 60
_DIM: Final = "2"


def as_json(check: "Check", sample: "Row", lines: list[tuple[Micros, str]], took: Micros) -> dict[str, Any]:
    """Return the probe as `--json` prints it; lengths are seconds."""
    return {
        "check": check.name,
        "type": check.type,
        "at": rfc3339(sample[2]),
        "state": Outcome(sample[3]).word,
        "cause": Cause(sample[4]).name.lower(),
        "reason": sample[13] or "",
        "latency": _seconds(sample[5]),
        "took": seconds(took),
        "phases": {name: _seconds(sample[_FIRST_PHASE + index]) for index, name in enumerate(PHASES)},
        "measures": [{"name": name, "value": value, "unit": unit} for name, value, unit in sample[15]],
        "transcript": [{"after": seconds(at), "line": line} for at, line in lines],
    }


def render(
    check: "Check", sample: "Row", lines: list[tuple[Micros, str]], took: Micros, terminal: Terminal
) -> str:
    """Return the verdict, the phases one after the other, further numbers, and the transcript."""
    outcome = Outcome(sample[3])
    symbol = (_SYMBOLS if terminal.unicode else _PLAIN)[outcome]
    taken = latency(seconds(sample[5] if sample[5] is not None else took))
    said = [
        _paint(f"{symbol} {outcome.word}", _COLOURS[outcome], terminal),
        clean(check.name),
        f"({check.type})",
    ]
    text = [" ".join([*said, f"in {taken}"])]
    if sample[13]:
        text.append(f"  {clean(sample[13])}")
    text += ["", *_waterfall(sample, took, terminal)]
    if sample[15]:
        width = max(columns(clean(name)) for name, _, _ in sample[15])
        text += [
            f"  {clean(name):<{width}}  {value:g} {clean(unit)}".rstrip() for name, value, unit in sample[15]
        ]
        text.append("")
    for at, line in lines:
        stamp = f"{at / 1000:10.3f} ms  "
        first, *more = line.splitlines() or [""]
        text.append(_paint(stamp, _DIM, terminal) + clean(first))
        text += [" " * len(stamp) + clean(part) for part in more]
    return "\n".join(line.rstrip() for line in text).rstrip() + "\n"


def _waterfall(sample: "Row", took: Micros, terminal: Terminal) -> list[str]:
    phases = [
        (_NAMES[index], length)
        for index in range(len(PHASES))
        if (length := sample[_FIRST_PHASE + index]) is not None
    ]
    if not phases:
        return []
    whole = max(took, sum(length for _, length in phases), 1)
    room = min(_WIDEST_BAR, (terminal.width if terminal.width != PIPED else 80) - 26)
    lines, start = [], 0
    for name, length in phases:
        bar = _bar(start, length, whole, max(room, 10), terminal)
        lines.append(f"  {name:<10}  {latency(length / SECOND):>9}  {_paint(bar, '36', terminal)}")
        start += length
    lines.append(f"  {'whole':<10}  {latency(whole / SECOND):>9}")
    return [*lines, ""]


def _bar(start: Micros, length: Micros, whole: Micros, room: int, terminal: Terminal) -> str:
    """Return a bar from `start` for `length` on a line of `room` columns that stands for `whole`."""
    if not terminal.unicode:
        low = start * room // whole
        return " " * low + "#" * max(1, (start + length) * room // whole - low)
    low = start * room // whole
    eighths = max(1, (start + length) * room * 8 // whole - low * 8)
    full, part = divmod(eighths, 8)
    return " " * low + "█" * full + (_EIGHTHS[part] if part else "")


def _seconds(length: Micros | None) -> float | None:
    return None if length is None else seconds(length)


def _paint(text: str, colour: str, terminal: Terminal) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if terminal.colour else text
