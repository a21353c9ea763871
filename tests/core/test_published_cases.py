"""Worked figures from other systems' tests and documents: `tests/data/sla_*.json`, each with its source."""

import json
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from slawatch.core.availability import assess, percent, share, shown
from slawatch.core.civil import midnight, resolve
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import SECOND, parse_rfc3339
from slawatch.core.ledger import Exclusions, Ledger, TimeClass, ledger, split
from slawatch.core.objective import budget, burn_rate, parse_target
from slawatch.core.percentile import quantile_cont, quantile_disc
from slawatch.core.period import containing, from_to, neighbour, parse_moment, parse_period
from slawatch.core.sample import Outcome, Transition

FOLDER = Path(__file__).parent.parent / "data"
OUTCOMES = {
    "UP": Outcome.UP, "OK": Outcome.UP, "WARNING": Outcome.DEGRADED, "DOWN": Outcome.DOWN,
    "CRITICAL": Outcome.DOWN, "UNKNOWN": Outcome.UNKNOWN,
}  # fmt: skip


def cases(name, *families):
    found = json.loads((FOLDER / f"sla_{name}.json").read_text())["cases"]
    chosen = [case for case in found if case["family"] in families]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def evidence(states, until):
    """What a store would hand over of a check that was seen in these (second, outcome) states."""
    transitions = tuple(Transition(at * SECOND, outcome, None) for at, outcome in states)
    return CheckEvidence(
        check="a", first_sample=transitions[0].at, held_until=until * SECOND, transitions=transitions
    )


def test_every_case_is_run_and_has_its_source():
    families = {
        case["family"]
        for name in ("timeline", "percentile", "calendar", "budget")
        for case in json.loads((FOLDER / f"sla_{name}.json").read_text())["cases"]
        if case["id"] and case["source"] and case["ref"]
    }
    assert families == {
        "availability_timeline", "mode_matrix", "monthly_downtime", "credit_rule", "percentile", "period",
        "period_length", "dst_day", "dst_instant", "bucket_key", "allowed_downtime", "burn_rate", "erratum",
        "maintenance",
    }  # fmt: skip


@cases("timeline", "availability_timeline")
def test_nagios_timelines(case):
    start, end = case["window"]["start"], case["window"]["end"]
    states = [(e["t"], OUTCOMES[e["state"]]) for e in case["events"] if e["kind"] == "state"]
    found = assess("a", [evidence(states, end)], "all", start * SECOND, end * SECOND, now=end * SECOND)
    assert_nagios(found.ledger, case["expected"], end - start)
    days = case["expected"].get("breakdown", {})
    cuts = [cut * SECOND for cut in case["params"].get("breakdown_cuts", []) if cut <= end]
    for expected, part in zip(days.values(), split(found.pieces, cuts), strict=True) if days else ():
        assert_nagios(ledger(part), expected, sum(p.end - p.start for p in part) // SECOND)


def assert_nagios(entries, expected, length):
    words = {
        "up": "up",
        "ok": "up",
        "down": "down",
        "critical": "down",
        "warning": "degraded",
        "unknown": "unknown",
    }
    wanted = dict.fromkeys(entries.classes(), 0)
    for word, kind in words.items():
        wanted[kind] += expected.get(f"time_{word}", 0) * SECOND
    wanted["not_monitored"] = expected["time_indeterminate_nodata"] * SECOND
    assert entries.classes() == wanted
    assert entries.total == length * SECOND


@cases("timeline", "mode_matrix")
def test_ways_to_count_maintenance_and_unknown_time(case):
    end = case["window"]["end"]
    states = [(e["start"], Outcome[e["state"].upper()]) for e in case["events"]]
    windows = [(e["start"] * SECOND, e["end"] * SECOND) for e in case["events"] if e["maint"]]
    excluded = Exclusions(maintenance=windows)

    def look(exclusions):
        known = [evidence(states, end)]
        return assess("a", known, "all", 0, end * SECOND, now=end * SECOND, exclusions=exclusions)

    found = look(excluded)
    under = found.ledger.observed(TimeClass.MAINTENANCE)
    seconds = {kind: found.ledger[TimeClass(kind)] // SECOND for kind in ("up", "down", "unknown")}
    seconds |= {f"maint_{kind}": under[kind] // SECOND for kind in ("up", "down", "unknown")}
    assert seconds == case["expected"]["seconds"]
    for policy in ("exclude", "up", "down"):
        assert found.availability.unknown_as[policy] == fraction(case, f"maint=exclude,unknown={policy}")
    for policy in ("exclude", "down"):
        ignored = look(Exclusions()).availability.unknown_as[policy]
        assert ignored == fraction(case, f"maint=ignore,unknown={policy}")
    assert found.availability.maintenance_ignored == fraction(case, "maint=ignore,unknown=exclude")


def fraction(case, key):
    text = case["expected"][key]
    return None if text is None else Fraction(text)


@cases("timeline", "monthly_downtime")
def test_one_outage_over_many_months(case):
    now = parse_rfc3339(case["params"]["now"])
    created = parse_rfc3339(case["params"]["created"])
    flips = [(parse_rfc3339(e["t"]) // SECOND, OUTCOMES[e["to"].upper()]) for e in case.get("events", [])]
    first = Outcome.UP if flips else OUTCOMES[case["params"]["status"].upper()]
    known = evidence([(created // SECOND, first), *flips], now // SECOND)
    ids = set()
    for month, expected in case["expected"].items():
        period = parse_period(month, case["params"]["tz"])
        found = assess("a", [known], "all", period.start, period.end, now=now)
        down = found.ledger[TimeClass.DOWN]
        assert len(found.outages) == expected["count"]
        assert down == sum(outage.counted for outage in found.outages)
        if "downtime_s" in expected:
            assert down == expected["downtime_s"] * SECOND
        if "uptime" in expected:
            assert float(1 - Fraction(down, period.length)) == pytest.approx(
                expected["uptime"], rel=1e-15, abs=0
            )
        ids |= {outage.id for outage in found.outages}
    assert len(ids) <= 1


@cases("timeline", "credit_rule")
def test_what_began_in_the_period_is_measured_from_then_on(case):
    created, outage = case["events"]
    ends = [(parse_rfc3339(outage[key]) // SECOND) for key in ("start", "end")]
    states = [
        (parse_rfc3339(created["t"]) // SECOND, Outcome.UP),
        (ends[0], Outcome.DOWN),
        (ends[1], Outcome.UP),
    ]
    period = from_to(*(parse_moment(case["window"][key], "UTC") for key in ("start", "end")), "UTC")
    known = [evidence(states, period.end // SECOND)]
    figure = assess("a", known, "all", period.start, period.end, now=period.end).availability
    assert figure.counted == case["expected"]["denominator_min"] * 60 * SECOND
    assert figure.share * 100 == Fraction(case["expected"]["uptime_percent_exact"])


@cases("percentile", "percentile")
def test_percentiles(case):
    asked = case["params"]
    values = asked["values"]
    if isinstance(values, dict):
        values = range(values["from"], values["to"], values.get("step", 1))
    function = quantile_disc if asked["method"] == "quantile_disc" else quantile_cont
    found = function([v for v in values if v is not None], Fraction(str(asked["q"])))
    expected = case["expected"]["value"]
    if expected is None:
        assert found is None
    else:
        assert found * Fraction(str(asked.get("scale", 1))) == Fraction(str(expected))


@cases("calendar", "period_length", "dst_day")
def test_lengths_of_civil_time(case):
    timezone = case["params"]["tz"]
    bounds = [[date.fromisoformat(day) for day in pair] for pair in case["params"]["local_bounds"]]
    lengths = [(midnight(high, timezone) - midnight(low, timezone)) / SECOND for low, high in bounds]
    assert lengths == case["expected"]["seconds"]


@cases("calendar", "dst_instant")
def test_local_times_that_the_clocks_skip_or_repeat(case):
    expected = case["expected"]
    wanted = expected["earlier_utc_s"] if expected["kind"] == "ambiguous" else expected["later_utc_s"]
    assert resolve(datetime.fromisoformat(case["params"]["local"]), case["params"]["tz"]) == wanted * SECOND


@cases("calendar", "bucket_key")
def test_the_day_of_an_instant(case):
    instant = parse_rfc3339(case["params"]["t"])
    assert containing(instant, "day", case["params"]["tz"]).label == case["expected"]["bucket"]


@cases("calendar", "period")
def test_periods_between_two_dates(case):
    if case["expected"].get("error"):
        low, high = ("2022-06-30", "2022-06-01") if case["case"] == "from after to" else (case["case"],) * 2
        with pytest.raises(ValueError, match=r"must end after it starts|is not a time"):
            from_to(parse_moment(low, "UTC"), parse_moment(high, "UTC"), "UTC")
        return
    kind = case["params"]["reporting"].removesuffix("ly")
    low, high = (parse_moment(case["window"][key], "UTC") for key in ("from", "to"))
    labels = [containing(low, kind, "UTC")]
    while labels[-1].end <= high:
        labels.append(neighbour(labels[-1], 1))
    expected = case["expected"]
    assert (len(labels), labels[0].label, labels[-1].label) == (
        expected["periods"], expected["first"], expected["last"],
    )  # fmt: skip


@cases("budget", "allowed_downtime")
def test_allowed_downtime(case):
    target = parse_target("availability", str(case["params"]["percent"]))
    allowed = budget(target, int(case["params"]["period_s"]) * SECOND, Fraction(0)).allowed
    assert allowed == Fraction(str(case["expected"]["seconds"])) * SECOND


@cases("budget", "burn_rate")
def test_burn_rates(case):
    asked, expected = case["params"], case["expected"]
    target = parse_target("availability", str(Decimal(str(asked["slo"])) * 100))
    bad, total = asked.get("bad", 1), asked.get("total", 1)
    found = burn_rate(target, Fraction(bad), total)
    assert found == Fraction(str(expected.get("burn", expected.get("max_burn"))))
    if "factor" in asked:
        assert (found > Fraction(str(asked["factor"]))) is expected["fires_strict_gt"]


@cases("budget", "maintenance", "erratum")
def test_availability_from_counts(case):
    good, total = case["params"]["good"], case["params"]["total"]
    entries = Ledger({(TimeClass.UP, Outcome.UP): good, (TimeClass.DOWN, Outcome.DOWN): total - good})
    assert percent(share(entries)) == pytest.approx(case["expected"]["percent"], rel=1e-12)
    assert shown(share(entries), 3) == "99.305"
