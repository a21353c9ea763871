"""What figures need of the time around a period."""

from dataclasses import replace
from pathlib import Path

from tests.report import cases

from slawatch.answers.looking_back import Past, narrowed, reach_of, trend_before, within
from slawatch.config.model import Config
from slawatch.core.evaluation import evaluate
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, HOUR
from slawatch.core.objective import Verdict
from slawatch.core.period import from_to, parse_period
from slawatch.core.sample import Outcome, Transition

NOW = cases.OCTOBER.end + 9 * DAY


def changes(*found: tuple[int, Outcome]) -> CheckEvidence:
    return CheckEvidence(
        check="c",
        first_sample=found[0][0],
        held_until=10**18,
        transitions=tuple(Transition(at, outcome, at - 1) for at, outcome in found),
    )


def test_an_outage_at_the_start_is_kept_whole_for_all_checks() -> None:
    one = changes((0, Outcome.UP), (10, Outcome.DOWN), (50, Outcome.UP), (90, Outcome.DOWN))
    other = changes((0, Outcome.UP), (5, Outcome.DEGRADED), (8, Outcome.DOWN), (20, Outcome.UP))
    found = narrowed(ServiceEvidence(service="s", checks=(one, other)), 30, 60)
    assert [t.at for t in found.checks[0].transitions] == [0, 10, 50, 90]
    assert [t.at for t in found.checks[1].transitions] == [0, 5, 8, 20]
    later = narrowed(ServiceEvidence(service="s", checks=(one, other)), 60, 70)
    assert [[t.at for t in check.transitions] for check in later.checks] == [[50, 90], [20]]


def test_a_narrowed_record_gives_the_same_figures_as_the_whole_one() -> None:
    whole = {"shop": cases.shop_in_october()}
    for start in (7, 12, 16, 21, 25):
        day = parse_period(f"2026-10-{start:02}", cases.BERLIN)
        cut = {"shop": narrowed(whole["shop"], day.start, reach_of(day, NOW))}
        found, expected = (
            evaluate(cases.GOLD, [cases.SHOP], evidence, day, NOW, reach=reach_of(day, NOW))
            for evidence in (cut, whole)
        )
        assert found.combined == expected.combined
        assert found.subjects[0].adjusted.outages == expected.subjects[0].adjusted.outages


def test_the_reach_is_a_day_at_most() -> None:
    assert reach_of(cases.OCTOBER, NOW) == cases.OCTOBER.end + DAY
    assert reach_of(cases.OCTOBER, cases.OCTOBER.end + HOUR) == cases.OCTOBER.end + HOUR
    assert reach_of(cases.OCTOBER, cases.OCTOBER.start) == cases.OCTOBER.end


def test_the_samples_stay_those_of_the_period() -> None:
    own = {"shop": cases.shop_in_october()}
    wide = {"shop": replace(own["shop"], checks=tuple(replace(c, samples=9) for c in own["shop"].checks))}
    found = within(own, wide, cases.OCTOBER, NOW)["shop"]
    assert found.samples == own["shop"].samples
    assert found.latency == own["shop"].latency


def test_a_trend_begins_with_the_first_period_that_anything_is_known_of(tmp_path: Path) -> None:
    config = Config(path=tmp_path / "slawatch.toml", data_dir=tmp_path)
    year = parse_period("2026", cases.BERLIN)
    outage = cases.at("2026-08-03T10:00:00")
    check = replace(
        cases.check_evidence(
            "shop-home", year.start, year.end, [(outage, outage + 5 * HOUR, Outcome.DOWN)],
            first=cases.at("2026-07-14T00:00:00"),
        ),
        held_until=NOW,
    )  # fmt: skip
    wide = {"shop": ServiceEvidence(service="shop", checks=(check,))}
    points = trend_before(cases.GOLD, [cases.SHOP], wide, cases.OCTOBER, NOW, config)
    assert points is not None
    assert [(p.label, p.verdict) for p in points] == [
        ("2026-07", Verdict.MET),
        ("2026-08", Verdict.MISSED),
        ("2026-09", Verdict.MET),
    ]
    assert points[1].downtime == 5 * HOUR
    stretch = from_to(cases.OCTOBER.start, cases.OCTOBER.end, cases.BERLIN)
    assert trend_before(cases.GOLD, [cases.SHOP], wide, stretch, NOW, config) is None


def test_a_period_that_is_over_is_judged_once(tmp_path: Path) -> None:
    config = Config(path=tmp_path / "slawatch.toml", data_dir=tmp_path)
    year = parse_period("2026", cases.BERLIN)
    outage = cases.at("2026-08-03T10:00:00")
    first = cases.at("2026-07-14T00:00:00")

    def seen(length: int) -> dict[str, ServiceEvidence]:
        stretch = [(outage, outage + length, Outcome.DOWN)]
        check = cases.check_evidence("shop-home", year.start, year.end, stretch, first=first)
        # Each look finds a later last sample, and more of them.
        later = replace(check, held_until=NOW + length, samples=length)
        return {"shop": ServiceEvidence(service="shop", checks=(later,))}

    past = Past()

    def look(length: int, most: int) -> list[int] | None:
        past.begin(most)
        points = trend_before(cases.GOLD, [cases.SHOP], seen(length), cases.OCTOBER, NOW, config, past=past)
        past.end()
        return None if points is None else [int(point.downtime) for point in points]

    assert look(HOUR, 3) is None
    assert look(HOUR, 8) == [0, HOUR, 0]
    assert look(HOUR, 0) == [0, HOUR, 0]
    assert look(2 * HOUR, 0) is None
    # August and what September begins with have changed, July has not.
    assert look(2 * HOUR, 1) is None
    assert look(2 * HOUR, 1) == [0, 2 * HOUR, 0]
