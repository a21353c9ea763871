"""How the agreements stand."""

from dataclasses import replace

from slawatch.core.event import Event, Numbered
from slawatch.core.instant import MINUTE
from slawatch.report import json_contract
from slawatch.store.batch import Batch
from slawatch.store.writer import Writer
from slawatch.web.answer_agreements import answer, stands
from slawatch.web.answer_report import answer as report
from slawatch.web.answer_report import as_json
from slawatch.web.requested import Request

from .conftest import NOW, View


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
