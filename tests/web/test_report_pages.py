"""The pages about reports work without script: freeze, read, verify, restate by forms and links alone."""

from pathlib import Path

import httpx
import pytest

from slawatch.core.instant import DAY

from .conftest import Served, View
from .freezes import AFTER, frozen, later, restated, two_agreements
from .guests import HTML, configured, field, guests, sign_in
from .test_report_routes import two as two


async def test_the_page_offers_any_period_lists_the_frozen_and_the_missed(two: View, served: Served) -> None:
    frozen(two.database, two.config)
    text = (await served.public.get("/reports?period=2026-Q4", headers=HTML)).text
    assert "/api/v1/report?quarter=2026-Q4&amp;agreement=gold&amp;format=html" in text
    assert '<a href="/reports/1">1</a>' in text
    assert "/api/v1/reports/1/pack" in text
    missed = text[text.index("Over and not frozen") : text.index('id="frozen"')]
    assert "silver" in missed
    assert "gold" not in missed
    assert 'action="/reports/freeze"' not in text, "a machine without a login may read"
    mine = (await served.public.get("/reports?org=acme", headers=HTML)).text
    assert "Over and not frozen" not in mine
    assert (await served.public.get("/reports?org=nope", headers=HTML)).status_code == 404


async def test_older_reports_are_on_further_pages(
    two: View, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slawatch.web import report_pages

    monkeypatch.setattr(report_pages, "_SHOWN", 2)
    for month in ("2026-11", "2026-12", "2027-01"):
        frozen(two.database, two.config, at=AFTER + 90 * DAY, wish={"month": month})
    text = (await served.public.get("/reports", headers=HTML)).text
    assert '<a href="/reports/3">3</a>' in text
    assert '<a href="/reports/1">' not in text
    assert "/reports?before=2#frozen" in text
    older = (await served.public.get("/reports?before=2", headers=HTML)).text
    assert '<a href="/reports/1">1</a>' in older
    assert "Earlier ones" not in older
    assert (await served.public.get("/reports?before=x", headers=HTML)).status_code == 400


async def test_a_report_says_whose_place_it_takes_and_what_differs(two: View, served: Served) -> None:
    frozen(two.database, two.config)
    strict = two_agreements(two.config.path.parent)
    terms = strict.agreements["gold"]
    (promise,) = terms.objectives
    from dataclasses import replace

    two.config = replace(
        two.config,
        agreements={
            **two.config.agreements,
            "gold": replace(terms, objectives=(replace(promise, target="99.95"),)),
        },
    )
    restated(two.database, two.config, 1, "the target was <wrong>")
    first = (await served.public.get("/reports/1", headers=HTML)).text
    assert 'It was restated: <a href="/reports/2">report 2</a>' in first
    second = (await served.public.get("/reports/2", headers=HTML)).text
    assert 'It takes the place of <a href="/reports/1">report 1</a>: the target was &lt;wrong&gt;' in second
    assert "objective availability, verdict: met → missed" in second
    assert 'action="/reports/2/restate"' not in second


async def test_verifying_shows_what_was_done_and_what_is_wrong(two: View, served: Served) -> None:
    frozen(two.database, two.config)
    good = await served.public.get("/reports/1/verify", headers=HTML)
    assert good.status_code == 200
    assert "Report 1 holds" in good.text
    assert "worked out again from the evidence" in good.text
    with two.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET manifest_sha256 = 'forged' WHERE number = 1")
    bad = await served.public.get("/reports/1/verify", headers=HTML)
    assert "Report 1 does not hold" in bad.text
    assert "not the one that was stored with it" in bad.text
    assert (await served.public.get("/reports/9/verify", headers=HTML)).status_code == 404


async def post(client: httpx.AsyncClient, page: str, target: str, **fields: str) -> httpx.Response:
    """Send a form of a page."""
    text = (await client.get(page, headers=HTML)).text
    assert f'action="{target}"' in text
    return await client.post(target, data={"csrf": field(text, "csrf"), **fields}, headers=HTML)


async def test_an_operator_freezes_and_restates_by_forms(view: View, tmp_path: Path) -> None:
    from dataclasses import replace

    view.config = replace(configured(tmp_path), data_dir=view.config.data_dir)
    later(view)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        made = await post(client, "/reports", "/reports/freeze", agreement="gold", period="2026-11")
        assert (made.status_code, made.headers["location"]) == (303, "/reports/1")
        again = await post(client, "/reports", "/reports/freeze", agreement="gold", period="2026-11")
        assert again.status_code == 422
        assert "frozen as report 1 already" in again.text
        odd = await post(client, "/reports", "/reports/freeze", period="nonsense", agreement="")
        assert odd.status_code == 400
        assert "nonsense" in odd.text
        empty = await post(client, "/reports/1", "/reports/1/restate", reason=" ")
        assert empty.status_code == 400
        assert "reason is missing" in empty.text.lower()
        made = await post(client, "/reports/1", "/reports/1/restate", reason="late samples")
        assert (made.status_code, made.headers["location"]) == (303, "/reports/2")
        text = (await client.get("/reports/2", headers=HTML)).text
        assert "by alice" in text
        assert "late samples" in text
        without = await client.post("/reports/freeze", data={"period": "2026-W46"}, headers=HTML)
        assert without.status_code == 403, "a form of another site"
    assert [(line.action, line.subject, line.person) for line in view.audit if line.outcome == "allowed"][
        -2:
    ] == [("report.freeze", "report:1", "alice"), ("report.restate", "report:2", "alice")]
    assert view.clock.at == AFTER


async def test_a_viewer_sees_no_form(view: View, tmp_path: Path) -> None:
    from dataclasses import replace

    view.config = replace(configured(tmp_path), data_dir=view.config.data_dir)
    later(view)
    frozen(view.database, view.config)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client, "carol")
        for page in ("/reports", "/reports/1"):
            text = (await client.get(page, headers=HTML)).text
            assert "Download" in text
            assert 'method="post" action="/reports' not in text


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2026-99", "is not a period such as"),
        ("2019-01", "this page offers months, quarters and years of 2026-"),
        ("2026-W41", "slawatch report --period 2026-W41"),
    ],
)
async def test_a_period_that_the_page_has_not_is_no_other(
    two: View, served: Served, period: str, said: str
) -> None:
    answer = await served.public.get(f"/reports?period={period}", headers=HTML)
    assert answer.status_code == 400
    assert said in answer.text
    assert "November 2026" not in answer.text
