"""The answer of `status` as people see it: a table for a terminal of any width, or one line for Nagios.

Written without rich, so that asking a running daemon costs next to nothing.
"""

from typing import Any, Final

from slawatch.cli import exits, status_alerting, status_trend
from slawatch.cli.figures import budget, floored, latency, span
from slawatch.cli.table import DIM, Column, Row, paint, table, wrap
from slawatch.cli.terminal import PIPED, Terminal, clean, columns, fit
from slawatch.core.instant import SECOND, Instant, parse_rfc3339

WINDOWS: Final = ("24h", "7d", "30d")
_WIDE: Final = 110
"""From so many columns on there is room for the last sample and the latency beside each check."""
_DROPPED: Final = ("ORGANIZATION", "7D", "BUDGET", "30D", "24H")
"""The columns that a narrow terminal does without, the first one first."""
_SLOW: Final = 5.0
"""Seconds that results may wait to be stored before it is worth a line."""
_NOT_RUNNING: Final = (
    "the daemon is not running: states are as of the last samples, unknown once those are stale"
)
_COLOURS: Final = {"up": "32", "degraded": "33", "down": "31;1", "unknown": "35"}
_SYMBOLS: Final = {"up": "●", "degraded": "▲", "down": "✖", "unknown": "?"}
_PLAIN_SYMBOLS: Final = {"up": "+", "degraded": "!", "down": "x", "unknown": "?"}
_BAD_FIRST: Final = ("down", "unknown", "degraded", "up")


def render(answer: dict[str, Any], terminal: Terminal, *, checks: bool = False, trend: bool = False) -> str:
    """Return the table, with a line of summary above it and what is wrong with the daemon below.

    Args:
        answer: what `status --json` prints.
        terminal: where it goes.
        checks: show every check; otherwise only those of services that are not up.
        trend: show every agreement; otherwise only as many as do not crowd the services out.
    """
    now = parse_rfc3339(answer["at"])
    services = answer["services"]
    lines = [*_summary(answer, terminal), ""]
    if services:
        wide = terminal.width == PIPED or terminal.width >= _WIDE
        head, rows = _rows(services, now, terminal, checks=checks, wide=wide)
        lines += [*table(head, rows, terminal, _DROPPED), ""]
    lines += status_alerting.lines(answer, now, terminal)
    agreements = answer.get("agreements", [])
    if agreements and (trend or len(agreements) <= status_trend.FEW):
        lines += [*status_trend.lines(agreements, terminal), ""]
    elif trend:
        lines += ["There is no agreement in force.", ""]
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
    if "down" in states or answer["daemon"].get("unheard"):
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
        figures += status_alerting.figures(answer)
    for service in services:
        percent = service["availability"]["24h"]
        if percent is not None:
            label = clean(service["service"]).replace("'", "''").replace("=", "_")
            figures.append(f"'{label} availability 24h'={floored(percent, 4)}%;;;0;100")
    return f"SLAWATCH {word} - {clean(text).replace('|', '/')} | {' '.join(figures).replace('|', '/')}", code


def _summary(answer: dict[str, Any], terminal: Terminal) -> list[str]:
    states = {service["state"] for service in answer["services"]}
    worst = next((state for state in _BAD_FIRST if state in states), "unknown")
    text = headline(answer)
    text = f"{_symbol(worst, terminal)} {text[0].upper()}{text[1:]}"
    when = answer["at"][:19].replace("T", " ") + " UTC"
    room = terminal.width - len(when) - 2 if terminal.width else columns(text) + 2
    if columns(text) <= room:
        return [paint(fit(text, room), _COLOURS[worst], terminal) + "  " + paint(when, DIM, terminal)]
    return [paint(line, _COLOURS[worst], terminal) for line in wrap(text, terminal.width)]


def _rows(
    services: list[dict[str, Any]], now: Instant, terminal: Terminal, *, checks: bool, wide: bool
) -> tuple[list[Column], list[Row]]:
    organizations = any(service["organization"] for service in services)
    budgets = any(service["budget_remaining"] is not None for service in services)
    head = [Column("SERVICE", shrinks=True)]
    if organizations:
        head.append(Column("ORGANIZATION", shrinks=True))
    head += [Column("STATE"), Column("SINCE", right=True)]
    if wide:
        head += [Column("LAST SAMPLE", right=True), Column("LATENCY", right=True)]
    head += [Column(window.upper() if window != "24h" else "24H", right=True) for window in WINDOWS]
    if budgets:
        head.append(Column("BUDGET", right=True))
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
            cells.append(budget(service["budget_remaining"]))
        rows.append(Row(cells))
        if checks or state != "up":
            rows += _check_rows(service, now, terminal, organizations=organizations, wide=wide)
    return head, rows


def _check_rows(
    service: dict[str, Any], now: Instant, terminal: Terminal, *, organizations: bool, wide: bool
) -> list[Row]:
    rows = []
    entries = service["checks"]
    for index, check in enumerate(entries):
        last = index == len(entries) - 1
        branch = ("└ " if last else "├ ") if terminal.unicode else "- "
        state = check["state"]
        cells = [(f"  {branch}{clean(check['check'])}", DIM)]
        if organizations:
            cells.append(("", ""))
        cells += [(state, _COLOURS[state]), (_ago(check.get("since"), now), DIM)]
        if wide:
            cells += [(_ago(check["last_sample"], now, "ago"), DIM), (latency(check["latency"]), DIM)]
        rows.append(Row(cells, clean(check.get("reason") or "")))
    return rows


def _freshest(checks: list[dict[str, Any]], now: Instant) -> list[tuple[str, str]]:
    """Return the cells of the last sample of any check, and of the slowest last answer."""
    stamps = [check["last_sample"] for check in checks if check["last_sample"]]
    answered = [check["latency"] for check in checks if check["latency"] is not None]
    last = max(stamps, key=parse_rfc3339) if stamps else None
    return [(_ago(last, now, "ago"), ""), (latency(max(answered)) if answered else "", "")]


def _footer(answer: dict[str, Any], now: Instant, terminal: Terminal) -> list[str]:
    daemon = answer["daemon"]
    troubles = _troubles(answer)
    width = terminal.width or 1_000_000
    lines = [
        paint(line, _COLOURS["degraded"], terminal)
        for trouble in troubles
        for line in wrap(trouble[:1].upper() + trouble[1:], width)
    ]
    lines += [line for text in status_alerting.remarks(answer) for line in wrap(text, width)]
    if daemon["running"] and not troubles:
        lines.append(
            paint(f"slawatch {daemon['version']} has run for {_ago(daemon['since'], now)}", DIM, terminal)
        )
    return lines


def _troubles(answer: dict[str, Any]) -> list[str]:
    daemon = answer["daemon"]
    if not daemon["running"]:
        return [_NOT_RUNNING]
    troubles = [*(clean(line) for line in daemon.get("trouble", ())), *status_alerting.troubles(answer)]
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
    return ("-", DIM) if percent is None else (floored(percent) + "%", "")


def _ago(stamp: str | None, now: Instant, suffix: str = "") -> str:
    if stamp is None:
        return "-"
    return f"{span(now - parse_rfc3339(stamp))} {suffix}".rstrip()


def _symbol(state: str, terminal: Terminal) -> str:
    return (_SYMBOLS if terminal.unicode else _PLAIN_SYMBOLS)[state]
