"""The answer of `status` as people see it: a table for a terminal of any width, or one line for Nagios.

Written without rich, so that asking a running daemon costs next to nothing.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, NamedTuple, TypeVar

from slawatch.cli import exits
from slawatch.cli.terminal import PIPED, Terminal, clean, columns, fit
from slawatch.core.instant import SECOND, Instant, parse_rfc3339

T = TypeVar("T")

WINDOWS: Final = ("24h", "7d", "30d")
_WIDE: Final = 110
"""From so many columns on there is room for the last sample and the latency beside each check."""
_DROPPED: Final = ("ORGANIZATION", "7D", "BUDGET", "30D", "24H")
"""The columns that a narrow terminal does without, the first one first."""
_LEAST: Final = 8
"""A name is never cut to fewer columns."""
_TELLING: Final = 20
"""So many columns of a name are worth more than a column of history: names often differ at their ends."""
_SLOW: Final = 5.0
"""Seconds that results may wait to be stored before it is worth a line."""
_NOT_RUNNING: Final = (
    "the daemon is not running: states are as of the last samples, unknown once those are stale"
)
_COLOURS: Final = {"up": "32", "degraded": "33", "down": "31;1", "unknown": "35"}
_SYMBOLS: Final = {"up": "●", "degraded": "▲", "down": "✖", "unknown": "?"}
_PLAIN_SYMBOLS: Final = {"up": "+", "degraded": "!", "down": "x", "unknown": "?"}
_BAD_FIRST: Final = ("down", "unknown", "degraded", "up")
_DIM: Final = "2"
_BOLD: Final = "1"


class _Column(NamedTuple):
    title: str
    right: bool = False
    shrinks: bool = False


class _Row(NamedTuple):
    """Cells as `(text, colour)`; a note runs on to the right of the last one."""

    cells: list[tuple[str, str]]
    note: str = ""


def render(answer: dict[str, Any], terminal: Terminal, *, checks: bool = False) -> str:
    """Return the table, with a line of summary above it and what is wrong with the daemon below.

    Args:
        answer: what `status --json` prints.
        terminal: where it goes.
        checks: show every check; otherwise only those of services that are not up.
    """
    now = parse_rfc3339(answer["at"])
    services = answer["services"]
    lines = [*_summary(answer, terminal), ""]
    if services:
        wide = terminal.width == PIPED or terminal.width >= _WIDE
        head, rows = _rows(services, now, terminal, checks=checks, wide=wide)
        lines += [*_table(head, rows, terminal), ""]
    lines += _footer(answer, now, terminal)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def headline(answer: dict[str, Any]) -> str:
    """Return the state of all services in one line, the worst first."""
    services = answer["services"]
    if not services:
        return "no services are configured"
    by_state = {state: [s for s in services if s["state"] == state] for state in _BAD_FIRST}
    if len(by_state["up"]) == len(services):
        return "the service is up" if len(services) == 1 else f"all {len(services)} services are up"
    parts = []
    for state in _BAD_FIRST[:-1]:
        found = by_state[state]
        if found:
            names = ", ".join(clean(s["service"]) for s in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            parts.append(f"{len(found)} of {len(services)} {state}: {names}{more}")
    return "; ".join(parts)


def nagios(answer: dict[str, Any]) -> tuple[str, int]:
    """Return the line of a Nagios plugin, with performance data, and its exit code."""
    services = answer["services"]
    states = [service["state"] for service in services]
    trouble = _troubles(answer)
    if "down" in states:
        word, code = "CRITICAL", exits.NAGIOS_CRITICAL
    elif "degraded" in states:
        word, code = "WARNING", exits.NAGIOS_WARNING
    elif not services or "unknown" in states or not answer["daemon"]["running"]:
        word, code = "UNKNOWN", exits.NAGIOS_UNKNOWN
    elif trouble:
        word, code = "WARNING", exits.NAGIOS_WARNING
    else:
        word, code = "OK", exits.NAGIOS_OK
    text = "; ".join([headline(answer), *_reasons(services), *trouble])
    figures = [
        f"{state}={states.count(state)};;;0;{len(states)}" for state in ("up", "degraded", "down", "unknown")
    ]
    if answer["daemon"]["running"]:
        figures.append(f"lag={answer['daemon']['lag']:.3f}s;;;0;")
    for service in services:
        percent = service["availability"]["24h"]
        if percent is not None:
            label = clean(service["service"]).replace("'", "''").replace("=", "_")
            figures.append(f"'{label} availability 24h'={floored(percent, 4)}%;;;0;100")
    return f"SLAWATCH {word} - {clean(text).replace('|', '/')} | {' '.join(figures).replace('|', '/')}", code


def floored(percent: float, decimals: int = 3) -> str:
    """Return a percentage never rounded up: 99.9999 is not 100.

    >>> floored(99.99996), floored(100.0), floored(99.5)
    ('99.999', '100', '99.500')
    """
    if percent >= 100:
        return "100"
    step = Decimal(1).scaleb(-decimals)
    return str(Decimal(repr(percent)).quantize(step, rounding=ROUND_FLOOR))


def span(length: int) -> str:
    """Return a length in the two units that matter, from microseconds.

    >>> span(0), span(59_000_000), span(3_725_000_000), span(90_061_000_000)
    ('0s', '59s', '1h 2m', '1d 1h')
    """
    rest = max(0, length // SECOND)
    for unit, under, size, small in (("d", "h", 86_400, 3_600), ("h", "m", 3_600, 60), ("m", "s", 60, 1)):
        if rest >= size:
            lesser = rest % size // small
            return f"{rest // size}{unit} {lesser}{under}" if lesser else f"{rest // size}{unit}"
    return f"{rest}s"


def latency(seconds: float | None) -> str:
    """Return a latency with three digits at most.

    >>> latency(0.0004), latency(0.0123), latency(1.5), latency(None)
    ('0.40 ms', '12.3 ms', '1.50 s', '')
    """
    if seconds is None:
        return ""
    value, unit = (seconds, "s") if seconds >= 1 else (seconds * 1000, "ms")
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def _summary(answer: dict[str, Any], terminal: Terminal) -> list[str]:
    states = {service["state"] for service in answer["services"]}
    worst = next((state for state in _BAD_FIRST if state in states), "unknown")
    text = headline(answer)
    text = f"{_symbol(worst, terminal)} {text[0].upper()}{text[1:]}"
    when = answer["at"][:19].replace("T", " ") + " UTC"
    room = terminal.width - len(when) - 2 if terminal.width else columns(text) + 2
    if columns(text) <= room:
        return [_paint(fit(text, room), _COLOURS[worst], terminal) + "  " + _paint(when, _DIM, terminal)]
    return [_paint(line, _COLOURS[worst], terminal) for line in wrap(text, terminal.width)]


def _rows(
    services: list[dict[str, Any]], now: Instant, terminal: Terminal, *, checks: bool, wide: bool
) -> tuple[list[_Column], list[_Row]]:
    organizations = any(service["organization"] for service in services)
    budgets = any(service["budget_remaining"] is not None for service in services)
    head = [_Column("SERVICE", shrinks=True)]
    if organizations:
        head.append(_Column("ORGANIZATION", shrinks=True))
    head += [_Column("STATE"), _Column("SINCE", right=True)]
    if wide:
        head += [_Column("LAST SAMPLE", right=True), _Column("LATENCY", right=True)]
    head += [_Column(window.upper() if window != "24h" else "24H", right=True) for window in WINDOWS]
    if budgets:
        head.append(_Column("BUDGET", right=True))
    rows = []
    for service in services:
        state = service["state"]
        cells = [(f"{_symbol(state, terminal)} {clean(service['service'])}", _COLOURS[state])]
        if organizations:
            cells.append((clean(service["organization"] or ""), ""))
        cells += [(state, _COLOURS[state]), (_ago(service["since"], now), "")]
        if wide:
            cells += _freshest(service["checks"], now)
        cells += [_share(service["availability"][window]) for window in WINDOWS]
        if budgets:
            cells.append(_budget(service["budget_remaining"]))
        rows.append(_Row(cells))
        if checks or state != "up":
            rows += _check_rows(service, now, terminal, organizations=organizations, wide=wide)
    return head, rows


def _check_rows(
    service: dict[str, Any], now: Instant, terminal: Terminal, *, organizations: bool, wide: bool
) -> list[_Row]:
    rows = []
    entries = service["checks"]
    for index, check in enumerate(entries):
        last = index == len(entries) - 1
        branch = ("└ " if last else "├ ") if terminal.unicode else "- "
        state = check["state"]
        cells = [(f"  {branch}{clean(check['check'])}", _DIM)]
        if organizations:
            cells.append(("", ""))
        cells += [(state, _COLOURS[state]), (_ago(check.get("since"), now), _DIM)]
        if wide:
            cells += [(_ago(check["last_sample"], now, "ago"), _DIM), (latency(check["latency"]), _DIM)]
        rows.append(_Row(cells, clean(check.get("reason") or "")))
    return rows


def _freshest(checks: list[dict[str, Any]], now: Instant) -> list[tuple[str, str]]:
    """Return the cells of the last sample of any check, and of the slowest last answer."""
    stamps = [check["last_sample"] for check in checks if check["last_sample"]]
    answered = [check["latency"] for check in checks if check["latency"] is not None]
    last = max(stamps, key=parse_rfc3339) if stamps else None
    return [(_ago(last, now, "ago"), ""), (latency(max(answered)) if answered else "", "")]


def _table(head: list[_Column], rows: list[_Row], terminal: Terminal) -> list[str]:
    widths = [columns(column.title) for column in head]
    for row in rows:
        for index, (text, _) in enumerate(row.cells):
            widths[index] = max(widths[index], columns(text))
    gap = 2
    if terminal.width:
        for title in _DROPPED:
            least = sum(min(w, _TELLING) if c.shrinks else w for c, w in zip(head, widths, strict=True))
            if least + gap * (len(head) - 1) <= terminal.width:
                break
            for at in [i for i, column in enumerate(head) if column.title == title]:
                head, widths = _without(head, at), _without(widths, at)
                rows = [row._replace(cells=_without(row.cells, at)) for row in rows]
        _shrink(head, widths, terminal.width - gap * (len(head) - 1))
    titles = [
        fit(column.title, width, right=column.right) for column, width in zip(head, widths, strict=True)
    ]
    lines = [_paint("  ".join(titles), _BOLD, terminal)]
    for row in rows:
        shown = [
            _paint(fit(text, widths[i], right=head[i].right), colour, terminal)
            for i, (text, colour) in enumerate(row.cells)
        ]
        line = (" " * gap).join(shown)
        if not row.note:
            lines.append(line)
            continue
        used = sum(widths[: len(row.cells)]) + gap * len(row.cells)
        room = terminal.width - used if terminal.width else columns(row.note)
        if room >= columns(row.note):
            lines.append(f"{line}  {row.note}")
        else:
            indent = 6
            lines += [line, *(" " * indent + part for part in wrap(row.note, terminal.width - indent))]
    return lines


def _without(entries: list[T], index: int) -> list[T]:
    """Return the entries but for one; rows of checks are shorter than the head and may not have it."""
    return entries[:index] + entries[index + 1 :]


def _shrink(head: list[_Column], widths: list[int], room: int) -> None:
    """Take columns from the widest names until the table fits, as far as they stay recognisable."""
    shrinking = [index for index, column in enumerate(head) if column.shrinks]
    while sum(widths) > room:
        widest = max(shrinking, key=lambda index: widths[index])
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1


def wrap(text: str, width: int) -> list[str]:
    """Return a text broken at spaces into lines of so many columns at most; longer words are cut."""
    width = max(width, 10)
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while columns(line) > width:
            kept = ""
            for c in line:
                if columns(kept + c) > width:
                    break
                kept += c
            lines.append(kept)
            line = line[len(kept) :]
    return [*lines, line] if line else lines


def _footer(answer: dict[str, Any], now: Instant, terminal: Terminal) -> list[str]:
    daemon = answer["daemon"]
    troubles = _troubles(answer)
    width = terminal.width or 1_000_000
    lines = [
        _paint(line, _COLOURS["degraded"], terminal)
        for trouble in troubles
        for line in wrap(trouble[:1].upper() + trouble[1:], width)
    ]
    if daemon["running"] and not troubles:
        lines.append(
            _paint(f"slawatch {daemon['version']} has run for {_ago(daemon['since'], now)}", _DIM, terminal)
        )
    return lines


def _troubles(answer: dict[str, Any]) -> list[str]:
    daemon = answer["daemon"]
    if not daemon["running"]:
        return [_NOT_RUNNING]
    troubles = [clean(line) for line in daemon.get("trouble", ())]
    if daemon["lag"] > _SLOW:
        waiting = f"{daemon['queued']:,} results wait" if daemon.get("queued") else "results wait"
        troubles.append(f"{waiting} to be stored, the oldest for {span(int(daemon['lag'] * SECOND))}")
    return troubles


def _reasons(services: list[dict[str, Any]]) -> list[str]:
    """Return why the first few services that are not up are not."""
    found = []
    for service in services:
        if service["state"] == "up":
            continue
        said = next((c["reason"] for c in service["checks"] if c["state"] != "up" and c.get("reason")), "")
        if said:
            found.append(f"{service['service']}: {said}")
    return found[:3]


def _share(percent: float | None) -> tuple[str, str]:
    return ("-", _DIM) if percent is None else (floored(percent) + "%", "")


def _budget(remaining: float | None) -> tuple[str, str]:
    if remaining is None:
        return "-", _DIM
    colour = _COLOURS["down"] if remaining < 0 else _COLOURS["degraded"] if remaining < 0.25 else ""
    return f"{Decimal(repr(remaining * 100)).quantize(Decimal(1), rounding=ROUND_FLOOR)}%", colour


def _ago(stamp: str | None, now: Instant, suffix: str = "") -> str:
    if stamp is None:
        return "-"
    return f"{span(now - parse_rfc3339(stamp))} {suffix}".rstrip()


def _symbol(state: str, terminal: Terminal) -> str:
    return (_SYMBOLS if terminal.unicode else _PLAIN_SYMBOLS)[state]


def _paint(text: str, colour: str, terminal: Terminal) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and terminal.colour else text
