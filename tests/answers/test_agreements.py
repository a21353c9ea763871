"""How the agreements stand."""

from dataclasses import replace

import pytest
from tests.web.conftest import NOW, View

from slawatch.answers import status
from slawatch.answers.agreements import answer, stands
from slawatch.answers.measuring import measure
from slawatch.answers.promises import promises
from slawatch.answers.report import answer as report
from slawatch.answers.report import as_json
from slawatch.answers.requested import Request
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.metric import find
from slawatch.core.series import Whose, Wish
from slawatch.report import json_contract
from slawatch.store.batch import Batch
from slawatch.store.writer import Writer
from slawatch.web.exposition import render
from slawatch.web.metrics import families


def incident(number: int, at: int, service: str, acked: int | None = None) -> list[Numbered]:
    subject = f"incident:{number}"
    found = [Event(at, "incident.opened", subject, changes=(("service", service),))]
    if acked is not None:
        found.append(Event(acked, "incident.acked", subject, by="alice"))
    return [Numbered(10 * number + n, event, number) for n, event in enumerate(found)]


def test_the_running_period_and_the_last_ones(view: View) -> None:
    now = NOW + 30 * MINUTE
    events = [
        *incident(1, NOW - 2 * MINUTE, "shop", NOW + 3 * MINUTE),
        *incident(2, NOW, "shop"),
        *incident(3, NOW, "mail", NOW + MINUTE),
    ]
    Writer(view.database).write(Batch(2, events=events))
    with view.database.reading() as cursor:
        (gold,) = answer(stands(cursor, view.config, now).values())
        whole = report(view.config, cursor, Request(month="2026-11"), now)
    assert (gold["agreement"], gold["organization"], gold["services"]) == ("gold", "acme", ["shop"])
    assert gold["period"]["label"] == "2026-11"
    assert (gold["target"], gold["verdict"]) == ("99", "met")
    assert [point["label"] for point in gold["trend"]["periods"]] == ["2026-11"]
    trend = gold["trend"]
    assert (trend["incidents"], trend["acknowledged"], trend["time_to_acknowledge"]) == (2, 1, 300.0)
    # Nothing says that the outage is over.
    assert (trend["failures"], trend["time_to_repair"]) == (1, None)
    assert '"time_to_acknowledge": 300.0' in as_json(whole)
    assert whole[0].contract is not None
    assert whole[0].contract.trend is not None
    assert json_contract.trend(whole[0].contract.trend) == trend


def test_terms_of_later_are_not_shown_yet(view: View) -> None:
    later = replace(view.config.agreements["gold"], effective_from="2026-12-01")
    config = replace(view.config, agreements={"gold": later})
    with view.database.reading() as cursor:
        assert stands(cursor, config, NOW) == {}


def test_the_past_is_left_out_while_it_is_too_much(view: View) -> None:
    first = replace(view.config.agreements["gold"], period="day")
    config = replace(view.config, agreements={"gold": first})
    with view.database.reading() as cursor:
        (whole,) = stands(cursor, config, NOW, most=None).values()
        (part,) = stands(cursor, config, NOW, most=0).values()
    assert whole.trend is not None
    assert part.trend is None
    assert part.combined == whole.combined


@pytest.mark.parametrize("after", [0, 3 * MINUTE, 40 * MINUTE, 13 * HOUR])
def test_what_is_left_is_one_figure_wherever_it_is_told(view: View, after: int) -> None:
    now = NOW + after
    with view.database.reading() as cursor:
        (gold,) = answer(stands(cursor, view.config, now).values())
        figures = status.figures(cursor, view.config, now)
        promised = promises(cursor, view.config, now)
        whole = report(view.config, cursor, Request(month="2026-11"), now)
        wish = Wish(find("budget_remaining"), Whose(agreement="gold"), MINUTE)
        measured = measure(cursor, view.config, [wish], now, view.live())[wish].number
    (one,) = [o for o in whole[0].objectives if o.budget]
    assert one.budget is not None
    assert promised["gold"].objectives[0].budget == one.budget
    left = one.budget.remaining / one.budget.allowed
    gauges = families(view.config, view.live(), now, figures, promised, None)
    (gauge,) = [family for family in gauges if family.name == "slawatch_error_budget_remaining_ratio"]
    (line,) = [sample for sample in render([gauge]).decode().splitlines() if 'service="shop"' in sample]
    everywhere = [
        gold["budget_remaining"], figures.services["shop"].budget, float(line.split()[-1]), measured / 100,
    ]  # fmt: skip
    assert everywhere == pytest.approx([left] * 4, abs=1e-6)
    assert (gold["verdict"], gold["behind"]) == (one.verdict, one.behind)
    assert gold["percent"] == float((whole[0].contract.combined.share or 0) * 100)
