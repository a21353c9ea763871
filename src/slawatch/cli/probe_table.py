"""One probe as people see it: the verdict, phases as a waterfall, the transcript."""

from collections.abc import Mapping
from typing import Any, Final

from slawatch.cli.figures import latency
from slawatch.cli.terminal import PIPED, Terminal, clean, columns
from slawatch.core.instant import SECOND, Micros

_NAMES: Final = {
    "dns": "name", "connect": "connect", "tls": "TLS", "first_byte": "first byte", "transfer": "transfer",
}  # fmt: skip
_COLOURS: Final = {"up": "32", "degraded": "33", "down": "31;1", "unknown": "35"}
_SYMBOLS: Final = {"up": "●", "degraded": "▲", "down": "✖", "unknown": "?"}
_PLAIN: Final = {"up": "+", "degraded": "!", "down": "x", "unknown": "?"}
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_WIDEST_BAR: Final = 60
_DIM: Final = "2"


def render(found: Mapping[str, Any], terminal: Terminal) -> str:
    """Return the verdict, the phases one after the other, further numbers, and the transcript.

    Args:
        found: the probe as the API tells it; lengths are seconds.
        terminal: what can be shown.
    """
    word = found["state"]
    symbol = (_SYMBOLS if terminal.unicode else _PLAIN)[word]
    taken = latency(found["took"] if found["latency"] is None else found["latency"])
    said = [_paint(f"{symbol} {word}", _COLOURS[word], terminal), clean(found["check"]), f"({found['type']})"]
    text = [" ".join([*said, f"in {taken}"])]
    if found["reason"]:
        text.append(f"  {clean(found['reason'])}")
    text += ["", *_waterfall(found, terminal)]
    if measures := found["measures"]:
        width = max(columns(clean(one["name"])) for one in measures)
        text += [
            f"  {clean(one['name']):<{width}}  {one['value']:g} {clean(one['unit'])}".rstrip()
            for one in measures
        ]
        text.append("")
    for entry in found["transcript"]:
        stamp = f"{entry['after'] * 1000:10.3f} ms  "
        first, *more = entry["line"].splitlines() or [""]
        text.append(_paint(stamp, _DIM, terminal) + clean(first))
        text += [" " * len(stamp) + clean(part) for part in more]
    return "\n".join(line.rstrip() for line in text).rstrip() + "\n"


def _waterfall(found: Mapping[str, Any], terminal: Terminal) -> list[str]:
    phases = [
        (_NAMES[name], _micros(length)) for name, length in found["phases"].items() if length is not None
    ]
    if not phases:
        return []
    whole = max(_micros(found["took"]), sum(length for _, length in phases), 1)
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


def _micros(length: float) -> Micros:
    return round(length * SECOND)


def _paint(text: str, colour: str, terminal: Terminal) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if terminal.colour else text
