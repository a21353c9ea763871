"""slawatch's own metrics, from values."""

from slawatch.answers.view import Live
from slawatch.core.instant import SECOND
from slawatch.web.exposition import render
from slawatch.web.metrics_own import families

from .prometheus import parse


def test_lateness_is_a_histogram_by_prober() -> None:
    lateness = [0] * 64
    lateness[0], lateness[7], lateness[20], lateness[40] = 5, 3, 2, 1
    live = Live(since=7 * SECOND, counters={0: {"lateness": lateness}, 3: {}}, probers=4)
    found = parse(render(families(live, {}, 2, "1.0")).decode())
    family = found["slawatch_probe_lateness_seconds"].samples
    name = "slawatch_probe_lateness_seconds_bucket"
    assert family[name, (("le", "0.000128"), ("prober", "0"))] == 8
    assert family[name, (("le", "1.048576"), ("prober", "0"))] == 10
    assert family[name, (("le", "+Inf"), ("prober", "0"))] == 11
    assert found["slawatch_probers_running"].samples["slawatch_probers_running", ()] == 2
    assert found["slawatch_build_info"].samples == {("slawatch_build_info", (("version", "1.0"),)): 1}
    assert "slawatch_store_bytes" not in found


def test_the_store_is_told_by_its_parts() -> None:
    summary = {
        "database_bytes": 1, "log_bytes": 2, "journal_bytes": 3, "sealed_bytes": 4, "samples": 5,
        "sealed_days": 6, "problems": "a file is missing",
    }  # fmt: skip
    found = parse(render(families(Live(since=0), summary, 0, "1")).decode())
    assert [found["slawatch_store_bytes"].samples["slawatch_store_bytes", (("part", part),)] for part in (
        "database", "log", "journal", "sealed",
    )] == [1, 2, 3, 4]  # fmt: skip
    assert found["slawatch_store_problems"].samples["slawatch_store_problems", ()] == 1
