"""The Grafana dashboard asks for nothing that /metrics does not say."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import trio

from slawatch.config.load import Config, load
from slawatch.core.channel import Standing
from slawatch.core.instant import MINUTE
from slawatch.store.database import Database

from .conftest import NOW, Served, View
from .duty import DUTY, Duty
from .prometheus import parse

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana" / "slawatch.json"
_NAME = re.compile(r"\b((?:service|sla|alerts|slawatch)_[a-z0-9_]+)\b(?!\s*=[~\"])")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def duty(config: Config, database: Database, view: View) -> Duty:
    found = Duty(config)
    found.fire(at=NOW - 10 * MINUTE)
    found.store(database)
    view.alert_state = found.state
    standing = Standing("ok", NOW)
    view.standings = {"chat": standing, "hook": standing}
    counters = {"started": 5, "lateness": [0, 3, 2]}
    view.state = type(view.state)(since=view.state.since, checks=view.state.checks, counters={0: counters})
    return found


async def exposition(served: Served) -> str:
    answer = await served.public.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel.get("targets", ())]


async def test_every_name_and_label_of_the_dashboard_is_in_the_exposition(served: Served, duty: Duty) -> None:
    found = parse(await exposition(served))
    series: dict[str, set[str]] = {}
    for family in found.values():
        for name, labels in family.samples:
            series.setdefault(name, set()).update(label for label, _ in labels)
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [expr for panel in dashboard["panels"] for expr in expressions(panel)]
    asked += [v["query"]["query"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    assert len(asked) > 15
    for expr in asked:
        names = _NAME.findall(re.sub(r'"[^"]*"', '""', expr))
        assert names, expr
        for name in names:
            assert name in series, f"{name} of {expr!r} is not in /metrics"
        for name, chosen in re.findall(r"([a-z_0-9]+)\{([^}]*)\}", expr):
            for label in re.findall(r"([a-z_]+)=~?\"", chosen):
                assert label in series[name], f"{name} has no label {label!r}"


def test_the_dashboard_is_one_that_grafana_loads() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    assert dashboard["schemaVersion"] >= 36
    assert dashboard["uid"]
    assert dashboard["title"]
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${source}"


async def test_the_names_of_the_mission_that_alerting_adds(served: Served, duty: Duty) -> None:
    found = parse(await exposition(served))
    mine = (("organization", "acme"), ("service", "shop"), ("severity", "critical"))
    assert found["alerts_total"].samples["alerts_total", mine] == 1
    assert found["alerts_total"].kind == "counter"
    firing = found["slawatch_alerts_firing"].samples
    assert firing["slawatch_alerts_firing", (*mine, ("suppressed", "false"))] == 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
async def test_promtool_is_content_with_the_metrics_of_alerting(served: Served, duty: Duty) -> None:
    page = (await exposition(served)).encode()
    done = await trio.run_process(
        ["promtool", "check", "metrics"], stdin=page, capture_stdout=True, capture_stderr=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
