"""The metrics about slawatch itself: whether it keeps up, what it stores, and how late its probes start."""

from collections.abc import Mapping
from typing import Any, Final

from slawatch.answers.view import Live
from slawatch.core.instant import seconds
from slawatch.web.exposition import Family, labels, number

_COUNTERS: Final[Mapping[str, str]] = {
    "started": "Probes that were started.",
    "skipped": "Due times that passed while the probe before was still running.",
    "called_off": "Re-checks beside a hanging probe that were not needed in the end.",
    "timeouts": "Probes without an answer in time.",
    "bugs": "Exceptions in probes.",
    "clock_steps": "Times at which the schedule was laid on a stepped clock anew.",
    "full_house": "Probes that had to wait for a place.",
}
_NAMES: Final[Mapping[str, str]] = {
    "started": "slawatch_probes_started_total",
    "skipped": "slawatch_probes_skipped_total",
    "called_off": "slawatch_probes_called_off_total",
    "timeouts": "slawatch_probe_timeouts_total",
    "bugs": "slawatch_probe_bugs_total",
    "clock_steps": "slawatch_clock_steps_total",
    "full_house": "slawatch_probe_waits_total",
}
_LATE: Final = range(6, 25)
"""The bounds of the buckets of lateness: 2 ** n us, from 64 us to 17 s."""
_LATE_WORDS: Final = tuple(number(seconds(1 << n)) for n in _LATE)
_PARTS: Final[Mapping[str, str]] = {
    "database": "database_bytes",
    "log": "log_bytes",
    "journal": "journal_bytes",
    "sealed": "sealed_bytes",
}


def families(live: Live, summary: Mapping[str, Any], streams: int, version: str) -> list[Family]:
    """Return slawatch's own metrics.

    Args:
        live: what the daemon says.
        summary: what the store holds, empty where it cannot be read.
        streams: how many clients the event stream has.
        version: of slawatch.
    """
    found = [
        _one("slawatch_build_info", "1; the version is a label.", 1, labels({"version": version})),
        _one("slawatch_start_time_seconds", "When the daemon started.", seconds(live.since)),
        _one("slawatch_ready", "1 while it probes and stores.", int(live.ready)),
        _one(
            "slawatch_unheard",
            "1 while nobody could be told of trouble with slawatch: no channel works.",
            int(bool(live.unheard)),
        ),
        _one("slawatch_store_lag_seconds", "Age of the oldest sample not stored yet.", seconds(live.lag)),
        _one("slawatch_samples_queued", "Samples that are not stored yet.", live.queued),
        _counter("slawatch_samples_stored_total", "Samples that were stored since the start.", live.stored),
        _counter("slawatch_samples_lost_total", "Samples that nothing could keep.", live.lost),
        _one("slawatch_checks", "Checks that are watched.", len(live.checks)),
        _one("slawatch_event_streams", "Clients of the event stream.", streams),
        _one("slawatch_probers", "Processes that should probe.", live.probers),
        _one("slawatch_probers_running", "Processes that probe and have reported.", len(live.counters)),
    ]  # fmt: skip
    return [*found, *_of_probers(live), *_of_store(summary)]


def _one(name: str, text: str, value: float, mine: str = "") -> Family:
    family = Family(name, text)
    family.add(value, mine)
    return family


def _counter(name: str, text: str, value: int) -> Family:
    family = Family(name, text, "counter")
    family.add(value)
    return family


def _of_probers(live: Live) -> list[Family]:
    found = []
    for key, text in _COUNTERS.items():
        family = Family(_NAMES[key], f"{text} By prober, since it began.", "counter")
        for index, counters in live.counters.items():
            family.add(int(counters.get(key, 0)), labels({"prober": str(index)}))
        found.append(family)
    flying = Family("slawatch_probes_in_flight", "Probes under way.")
    late = Family(
        "slawatch_probe_lateness_seconds",
        "How long after its due time a probe started. By prober, since it began; the sum is made from the "
        "middles of the buckets.",
        "histogram",
    )
    for index, counters in live.counters.items():
        mine = labels({"prober": str(index)})
        flying.add(int(counters.get("in_flight", 0)), mine)
        counts = [int(count) for count in counters.get("lateness", ())]
        if counts:
            below = [sum(counts[: n + 1]) for n in _LATE]
            total = sum(count * 0.75 * 2.0**n for n, count in enumerate(counts)) / 1_000_000
            late.add_histogram(_LATE_WORDS, below, sum(counts), total, mine)
    return [*found, flying, late]


def _of_store(summary: Mapping[str, Any]) -> list[Family]:
    if not summary:
        return []
    sizes = Family("slawatch_store_bytes", "Size of the store's files on disk.")
    for part, key in _PARTS.items():
        sizes.add(int(summary[key]), labels({"part": part}))
    return [
        sizes,
        _one("slawatch_store_samples", "Samples in the store.", int(summary["samples"])),
        _one("slawatch_store_sealed_files", "Days that are sealed into files.", int(summary["sealed_days"])),
        _one(
            "slawatch_store_problems",
            "1 when a sealed file is missing or changed.",
            int(bool(summary["problems"])),
        ),
    ]  # fmt: skip
