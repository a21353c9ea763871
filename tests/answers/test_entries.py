"""Windows of the configuration and those that were entered are one list, for people and for figures."""

from dataclasses import replace

from tests.web.conftest import MINUTE, NOW, View

from slawatch.answers import export, service, status
from slawatch.answers.entering import enter
from slawatch.answers.entries import adjusted, maintenance, merged, terms_on
from slawatch.answers.promises import promises
from slawatch.core.check import Maintenance
from slawatch.core.instant import HOUR, rfc3339
from slawatch.web import history

WINDOW = {
    "services": ["shop"],
    "start": rfc3339(NOW + HOUR),
    "end": rfc3339(NOW + 2 * HOUR),
    "person": "alice",
}


def test_both_kinds_of_windows_are_listed_by_their_beginning(view: View) -> None:
    written = Maintenance(services=("api",), start=NOW - HOUR, end=NOW + HOUR, reason="moving")
    config = replace(view.config, maintenance=(written,))
    enter(view.database, config, "maintenance.add", {**WINDOW, "id": "m-2"}, NOW)
    enter(view.database, config, "maintenance.add", {**WINDOW, "id": "m-1", "start": "2026-10-01"}, NOW)
    enter(view.database, config, "maintenance.cancel", {"id": "m-2", "person": "bob"}, NOW)
    with view.database.reading() as cursor:
        found = maintenance(cursor, config, NOW)["maintenance"]
        assert [(line["id"], line["state"], line["source"]) for line in found] == [
            ("m-1", "running", "entered"),
            (None, "running", "configuration"),
            ("m-2", "cancelled", "entered"),
        ]
        assert found[1]["announced"] is None
        assert found[2]["end"] == WINDOW["end"]
        windows = merged(config, cursor).maintenance
        assert windows[0] == written
        assert [window.start for window in windows[1:]] == [merged(config, cursor).maintenance[1].start]
        assert merged(config, cursor).digest == config.digest


def test_without_entries_the_configuration_is_the_same(view: View) -> None:
    with view.database.reading() as cursor:
        assert merged(view.config, cursor) is view.config
        assert maintenance(cursor, view.config, NOW) == {"maintenance": []}
        assert adjusted(cursor, view.config, NOW) == {"adjustments": []}


def test_an_adjustment_holds_as_each_agreement_asks(view: View) -> None:
    gold = view.config.agreements["gold"]
    config = replace(
        view.config, agreements={"gold": replace(gold, approval="another"), "lax": replace(gold, key="lax")}
    )
    wish = {
        "id": "a-1", "service": "shop", "start": rfc3339(NOW - HOUR), "end": rfc3339(NOW), "class": "counted",
        "reason": "missed", "person": "alice",
    }  # fmt: skip
    enter(view.database, config, "adjustment.add", wish, NOW)
    with view.database.reading() as cursor:
        (line,) = adjusted(cursor, config, NOW)["adjustments"]
    assert line["holds"] == {"gold": False, "lax": True}
    assert (line["outage"], line["evidence"], line["decided"]) == (None, None, None)
    assert line["entered"] == {"at": rfc3339(NOW), "from": "control socket"}
    assert list(terms_on(config, "api", NOW)) == []


def test_what_was_entered_is_in_every_figure(view: View) -> None:
    """The last hour is announced; the outage in it counts once the announcement is called off."""

    def seen() -> tuple[float, int, int, bool, str]:
        with view.database.reading() as cursor:
            budget = status.figures(cursor, view.config, NOW).services["shop"].budget
            detail = service.detail(cursor, view.config, "shop", NOW)
            drawn = history.history(cursor, view.config, NOW, 2)["shop"].drawing
            rows = export._worked_out(
                cursor, view.config, export.wish({"what": "ledger"}, view.config, NOW), NOW
            )
            classes = {row["class"] for row in rows if row["service"] == "shop"}
            report = promises(cursor, view.config, NOW)["gold"]
        assert budget is not None
        listed = len(detail.maintenance), len(report.services[0].maintenance)
        return budget, *listed, "maintenance" in classes, drawn

    before = seen()
    start = NOW - HOUR
    wish = {**WINDOW, "id": "m-1", "start": rfc3339(start), "end": rfc3339(NOW + HOUR)}
    enter(view.database, view.config, "maintenance.add", wish, start - MINUTE)
    during = seen()
    assert before[1:4] == (0, 0, False)
    assert during[1:4] == (1, 1, True)
    assert during[0] > before[0]
    assert during[4] != before[4]
    enter(view.database, view.config, "maintenance.cancel", {"id": "m-1", "person": "bob"}, start - 1)
    assert seen() == before
