"""The endpoints of frozen reports: freezing once, reading, downloading, verifying, and who sees what."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from slawatch.answers.view import Refused
from slawatch.report.pack import unpack
from slawatch.report.verify import verify
from slawatch.store import frozen as stored

from .conftest import Served, View
from .freezes import AFTER, frozen, later, two_agreements
from .guests import guests, token

NOVEMBER = {"month": "2026-11", "person": "alice"}
URL = "/api/v1/reports"


@pytest.fixture
def two(view: View, tmp_path: Path) -> View:
    """An agreement of each organisation, and November over."""
    from dataclasses import replace

    config = two_agreements(tmp_path)
    view.config = replace(config, data_dir=view.config.data_dir)
    later(view)
    return view


async def post(client: httpx.AsyncClient, path: str, wish: dict[str, Any], **headers: str) -> httpx.Response:
    return await client.post(path, json=wish, headers=headers)


async def test_a_month_is_frozen_shown_downloaded_and_verified(two: View, served: Served) -> None:
    overdue = (await served.public.get(f"{URL}/overdue")).json()["overdue"]
    assert [(one["agreement"], one["period"]["label"]) for one in overdue] == [
        ("gold", "2026-11"), ("silver", "2026-11"),
    ]  # fmt: skip
    assert overdue[0]["late"] == (AFTER - two.clock.at + 57 * 3600 * 10**6) / 10**6
    answer = await post(served.control, URL, NOVEMBER)
    assert answer.status_code == 200, answer.text
    assert [one["number"] for one in answer.json()["frozen"]] == [1, 2]
    assert answer.json()["refused"] == []
    assert (await served.public.get(f"{URL}/overdue")).json() == {"overdue": []}

    one = (await served.public.get(f"{URL}/1")).json()
    assert (one["agreement"], one["verdict"], one["frozen_by"], one["changes"]) == (
        "gold", "hardly known", "alice", None,
    )  # fmt: skip
    (promise,) = one["objectives"]
    assert (promise["id"], promise["target"], promise["verdict"]) == ("availability", "99", "met")
    file = await served.public.get(f"{URL}/1/pack")
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["content-disposition"] == 'attachment; filename="report-1-gold-2026-11.zip"'
    assert len(file.content) == one["bytes"]
    key = (await served.public.get(f"{URL}/key")).json()
    (found,) = verify([file.content], trusted=key["public_key"])
    assert found.ok, found.findings
    assert found.figures > 100
    page = await served.public.get(f"{URL}/1/html")
    assert page.content == unpack(file.content).files["report.html"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    result = (await served.public.get(f"{URL}/1/verify")).json()
    assert (result["ok"], result["result"], result["figures"]) == (True, "match", found.figures)


async def test_nothing_is_frozen_twice_and_the_refusal_says_what_to_do(two: View, served: Served) -> None:
    assert (await post(served.control, URL, {**NOVEMBER, "agreement": "silver"})).status_code == 200
    again = await post(served.control, URL, {**NOVEMBER, "agreement": "silver"})
    assert again.status_code == 422
    assert "frozen as report 1 already" in again.json()["detail"]
    some = (await post(served.control, URL, NOVEMBER)).json()
    assert [one["agreement"] for one in some["frozen"]] == ["gold"]
    assert [one["report"] for one in some["refused"]] == ["silver 2026-11"]
    none = await post(served.control, URL, NOVEMBER)
    assert none.status_code == 422
    assert len(none.json()["problems"]) == 2


async def test_all_at_once_come_one_after_another(two: View, served: Served) -> None:
    """Numbers without gaps, and chains that hold, whoever comes first."""
    answers: list[int] = []

    async def freeze(label: str, agreement: str) -> None:
        wish = {"period": label, "agreement": agreement, "person": "a"}
        answers.append((await post(served.control, URL, wish)).status_code)

    async with trio.open_nursery() as nursery:
        for agreement in ("gold", "silver"):
            for label in ("2026-11", "2026-10", "2026-09", "2026-11"):
                nursery.start_soon(freeze, label, agreement)
    assert sorted(answers) == [200] * 6 + [422] * 2
    listed = (await served.public.get(URL)).json()["reports"]
    assert [one["number"] for one in listed] == [6, 5, 4, 3, 2, 1]
    for one in listed:
        result = (await served.public.get(f"{URL}/{one['number']}/verify")).json()
        assert result["ok"], result


async def test_a_span_that_is_no_period_of_the_agreement_is_refused_with_the_reason(
    two: View, served: Served
) -> None:
    for label, own in (
        ("2026-W46", "freeze 2026-11, it by itself"),
        ("2026-11-01", "freeze 2026-11, it by itself"),
        ("2026-Q3", "freeze 2026-07 to 2026-09, each of them by itself"),
    ):
        answer = await post(served.control, URL, {"period": label, "agreement": "gold", "person": "a"})
        assert answer.status_code == 422, label
        told = answer.json()["detail"]
        assert (
            f"gold {label} is no period of agreement gold, which is judged and credited for each month"
            in told
        )
        assert own in told
    assert (await served.public.get(URL)).json()["reports"] == []


async def test_the_same_request_again_is_answered_as_it_was(two: View, served: Served) -> None:
    wish = {**NOVEMBER, "agreement": "gold"}
    first = await post(served.control, URL, wish, **{"Idempotency-Key": "k1"})
    again = await post(served.control, URL, wish, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    other = await post(served.control, URL, {**wish, "reason": "x"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 422
    wish = {"reason": "an outage was theirs", "person": "bob"}
    made = [await post(served.control, f"{URL}/1/restate", wish, **{"Idempotency-Key": "k2"}) for _ in "12"]
    assert [(one.json()["number"], one.json()["restates"]) for one in made] == [(2, 1), (2, 1)]
    assert made[0].json()["changes"] == []
    assert (await served.public.get(f"{URL}/1")).json()["restated_by"] == 2


async def test_a_list_has_pages_filters_and_a_tag(two: View, served: Served) -> None:
    for agreement in ("gold", "silver"):
        for label in ("2026-11", "2026-10"):
            frozen_by = {"period": label, "agreement": agreement, "person": "a"}
            assert (await post(served.control, URL, frozen_by)).status_code == 200
    first = await served.public.get(URL, params={"limit": 3})
    assert [one["number"] for one in first.json()["reports"]] == [4, 3, 2]
    rest = await served.public.get(URL, params={"limit": 3, "cursor": first.json()["next"]})
    assert ([one["number"] for one in rest.json()["reports"]], rest.json()["next"]) == ([1], None)
    mine = await served.public.get(URL, params={"org": "other", "period": "2026-11"})
    assert [one["number"] for one in mine.json()["reports"]] == [3]
    same = await served.public.get(URL, params={"limit": 3}, headers={"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304
    for query, status in (({"org": "nope"}, 404), ({"limit": "0"}, 400), ({"orgs": "x"}, 400),
                          ({"cursor": "x"}, 400)):  # fmt: skip
        assert (await served.public.get(URL, params=query)).status_code == status
    assert (await served.public.get(f"{URL}/overdue", params={"org": "nope"})).status_code == 404


async def test_what_there_is_not_is_told(two: View, served: Served) -> None:
    for path in ("/9", "/9/pack", "/9/html", "/9/verify", f"/{10**30}", f"/{10**30}/pack"):
        answer = await served.public.get(URL + path)
        assert answer.status_code == 404, path
        assert "there is no frozen report" in answer.json()["detail"]
    assert (await post(served.control, f"{URL}/9/restate", {"reason": "x"})).status_code == 404
    two.clock.at = AFTER - 20 * 86_400 * 10**6
    running = await post(served.control, URL, {**NOVEMBER, "agreement": "gold"})
    assert running.status_code == 422
    assert "runs until 2026-12-01 00:00:00" in running.json()["detail"]


async def test_a_store_that_takes_nothing_freezes_nothing(two: View, served: Served) -> None:
    two.refuse = Refused("the disk is full", busy=True)
    answer = await post(served.control, URL, {**NOVEMBER, "agreement": "gold"})
    assert (answer.status_code, answer.json()["detail"]) == (503, "the disk is full")
    two.refuse = None
    assert (await served.public.get(URL)).json()["reports"] == []


async def test_a_report_that_somebody_changed_in_the_store_is_found(two: View, served: Served) -> None:
    for label in ("2026-11", "2026-10", "2026-09"):
        frozen(two.database, two.config, wish={"month": "", "period": label})

    async def result(number: int) -> dict[str, Any]:
        found: dict[str, Any] = (await served.public.get(f"{URL}/{number}/verify")).json()
        return found

    assert [(await result(number))["ok"] for number in (1, 2, 3)] == [True, True, True]
    with two.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET label = '2026-08' WHERE number = 1")
    found = await result(1)
    assert not found["ok"]
    assert [(one["where"], one["recomputed"]) for one in found["findings"]] == [("period", "2026-08")]
    with two.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET label = '2026-11' WHERE number = 1")
        swapped = stored.pack(cursor, 3)
        cursor.execute("UPDATE frozen_report SET pack = ? WHERE number = 2", [swapped])
    assert {one["kind"] for one in (await result(2))["findings"]} >= {"manifest", "chain"}
    assert not (await result(3))["ok"], "the one before it is not the one that was stored"
    assert (await result(1))["ok"]
    with two.database.reading() as cursor:
        cursor.execute("DELETE FROM frozen_report WHERE number = 2")
    assert "taken out or exchanged" in json.dumps(await result(3))
    with two.database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET pack = 'PK'::BLOB WHERE number = 1")
    found = await result(1)
    assert (found["ok"], found["number"]) == (False, 1)
    assert (await served.public.get(f"{URL}/1")).status_code == 503


async def test_an_organisations_viewer_reaches_their_reports_alone(two: View, tmp_path: Path) -> None:
    frozen(two.database, two.config, "silver")
    frozen(two.database, two.config, "gold")
    secrets = {role: token(two, role, ("acme",)) for role in ("viewer", "operator")}
    async with guests(two, tmp_path) as served:
        async with served.client(secrets["viewer"]) as carol:
            assert [one["number"] for one in (await carol.get(URL)).json()["reports"]] == [2]
            for path in ("/1", "/1/pack", "/1/html", "/1/verify"):
                for start in (URL, "/reports"):
                    answer = await carol.get(start + path)
                    assert answer.status_code == 404, (start + path, answer.text)
                    assert "other" not in answer.text.replace("another", "")
            assert (await carol.get(f"{URL}/2/verify")).json()["ok"], "its chain is theirs"
            assert (await carol.get(URL, params={"org": "other"})).status_code == 404
            assert (await carol.get(f"{URL}/overdue")).json() == {"overdue": []}
            assert (await post(carol, URL, {"month": "2026-11"})).status_code == 403
            assert (await post(carol, f"{URL}/2/restate", {"reason": "x"})).status_code == 403
        async with served.client(secrets["operator"]) as dan:
            theirs = await post(dan, URL, {"period": "2026-10", "agreement": "silver"})
            assert theirs.status_code == 400
            assert (await post(dan, f"{URL}/1/restate", {"reason": "x"})).status_code == 404
            made = (await post(dan, URL, {"period": "2026-10"})).json()["frozen"]
            assert [(one["number"], one["place"], one["agreement"]) for one in made] == [(3, 2, "gold")]
            again = await post(dan, f"{URL}/2/restate", {"reason": "as agreed", "person": "somebody else"})
            assert "operator" in again.json()["frozen_by"], "signed with who is known to ask"
    audited = [(line.action, line.subject, line.outcome) for line in two.audit]
    assert ("report.freeze", "report:3", "allowed") in audited
    assert ("report.restate", "report:4", "allowed") in audited
    assert ("report.freeze", URL, "refused") in audited


def test_a_daemon_that_freezes_nothing_imports_nothing_of_it() -> None:
    """Its memory is bounded; a report is frozen once a month."""
    code = (
        "import sys, slawatch.daemon.run, slawatch.web.app\n"
        "heavy = ('web.freezing', 'web.verifying', 'web.answer_reports', 'store.frozen',\n"
        "         'web.page_reports', 'report.pack', 'report.inputs', 'report.verify', 'report.seal')\n"
        "loaded = [name for name in heavy if f'slawatch.{name}' in sys.modules]\n"
        "sys.exit(str(loaded) if loaded or 'cryptography' in sys.modules else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
