"""The pages about what is wrong and who deals with it: whole without script; their forms do what they say."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from slawatch.answers.view import Refused
from slawatch.config.load import Config, load
from slawatch.core.alert import Reason
from slawatch.core.command import Ack, Assign, Publish, Resolve, Snooze, Write
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, SECOND
from slawatch.core.notification import Verdict
from slawatch.store.database import Database
from slawatch.web import rendering

from .conftest import NOW, Served, View
from .duty import DUTY, REASON, Duty
from .test_pages import HTML, Page

PAGES = ("/", "/wall", "/incidents", "/incidents/1", "/alerts", "/alerts?show=all", "/oncall", "/channels",
         "/channels?channel=chat", "/silences", "/services/shop")  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def duty(config: Config, database: Database, view: View) -> Duty:
    found = Duty(config)
    found.fire()
    found.fire("shop-home", at=NOW - 500 * SECOND, title="shop-home is slow", severity="high")
    found.give(at=NOW - 200 * SECOND)
    found.store(database)
    view.alert_state = found.state
    return found


async def page(served: Served, path: str, status: int = 200) -> tuple[str, Page]:
    answer = await served.public.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    return answer.text, Page(answer.text)


async def post(served: Served, path: str, page_at: str, **fields: str) -> httpx.Response:
    """Send a form as a browser does that has loaded the page."""
    text, _ = await page(served, page_at)
    csrf = re.search(r'name="csrf" value="([^"]+)"', text)
    mine = {"csrf": csrf[1]} if csrf else {}
    return await served.public.post(
        path, data={**mine, **fields}, headers={**HTML, "Origin": str(served.public.base_url).rstrip("/")}
    )


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_sound_and_under_the_policy(served: Served, duty: Duty, path: str) -> None:
    answer = await served.public.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-security-policy"] == rendering.POLICY
    found = Page(answer.text)
    assert len(found.ids) == len(set(found.ids)), "an id comes twice"
    tags = [tag for tag, _ in found.tags]
    assert tags.count("h1") == tags.count("main") == 1
    named = {a.get("for") for tag, a in found.tags if tag == "label"}
    for tag, a in found.tags:
        if tag in {"input", "select", "textarea"} and a.get("type") != "hidden":
            assert a.get("id") in named, f"a field without a label: {a}"
    assert {a.get("method") for tag, a in found.tags if tag == "form" and a.get("method")} <= {"post", "get"}


@pytest.mark.parametrize("path", PAGES)
async def test_whatever_a_page_links_to_is_there(served: Served, duty: Duty, path: str) -> None:
    _, found = await page(served, path)
    posts = {a.get("action") for tag, a in found.tags if tag == "form"}
    for target in sorted({a for a in found.addresses if a.startswith("/")} - posts):
        assert (await served.public.get(target, headers=HTML)).status_code == 200, target


async def test_the_incident_says_what_happened_who_was_told_and_what_comes_next(
    served: Served, duty: Duty
) -> None:
    text, _ = await page(served, "/incidents/1")
    for words in ("shop-db is down", "shop-home is slow", REASON, "Alice Arnold", "chat", "What happens next",
                  "Bob Ray by hook", "Opened: shop-db is down", "taken"):  # fmt: skip
        assert words in text or words == "taken", words
    assert "person:" not in re.sub(r'value="person:[^"]*"', "", text)


async def test_the_overview_and_the_service_show_the_open_incident(served: Served, duty: Duty) -> None:
    for path in ("/", "/wall", "/services/shop"):
        text, _ = await page(served, path)
        assert "/incidents/1" in text
        assert "shop-db is down" in text


async def test_nothing_is_said_where_nothing_is_wrong(served: Served) -> None:
    for path, words in (("/incidents", "No incident is open"), ("/alerts", "No alert fires")):
        text, _ = await page(served, path)
        assert words in text


@pytest.mark.parametrize(
    ("action", "fields", "expected"),
    [
        ("ack", {}, Ack),
        ("snooze", {"for": "1h"}, Snooze),
        ("assign", {"to": "person:bob", "role": "commander"}, Assign),
        ("note", {"text": "looking at it"}, Write),
        ("resolve", {"note": "cable"}, Resolve),
    ],
)
async def test_a_form_does_what_it_says_and_leads_back(
    served: Served, duty: Duty, action: str, fields: dict[str, str], expected: type
) -> None:
    answer = await post(served, f"/incidents/1/{action}", "/incidents/1", **fields)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/incidents/1"
    (command,) = served.view.acted
    assert isinstance(command, expected)
    assert command.incident == 1
    assert command.origin == "web"


async def test_an_acknowledgement_shows(served: Served, duty: Duty) -> None:
    await post(served, "/incidents/1/ack", "/incidents/1")
    assert served.view.alert_state.incidents[1].state is Phase.ACKED
    text, _ = await page(served, "/incidents/1")
    assert '<span class="word" id="incident-state">Acknowledged</span>' in text
    assert "expires" in text


async def test_a_refusal_is_told_on_the_page_and_nothing_changes(served: Served, duty: Duty) -> None:
    before = served.view.alert_state
    answer = await post(served, "/incidents/1/unack", "/incidents/1")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "incident 1 is not acknowledged" in answer.text.lower()
    assert served.view.alert_state is before
    answer = await post(served, "/incidents/1/snooze", "/incidents/1", **{"for": "soon"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_a_form_of_another_site_is_refused(served: Served, duty: Duty) -> None:
    answer = await served.public.post(
        "/incidents/1/ack", data={}, headers={**HTML, "Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert served.view.acted == []


async def test_publishing_takes_a_role(served: Served, duty: Duty) -> None:
    text, _ = await page(served, "/incidents/1")
    assert "/incidents/1/publish" not in text
    answer = await post(served, "/incidents/1/publish", "/incidents/1", text="We are on it")
    assert answer.status_code == 403
    answer = await served.control.post("/incidents/1/publish", data={"text": "We are on it"})
    assert answer.status_code == 303
    assert isinstance(served.view.acted[0], Publish)
    assert served.view.alert_state.incidents[1].published[0].text == "We are on it"


async def test_there_is_no_page_of_what_never_was(served: Served, duty: Duty) -> None:
    for path in ("/incidents/99", "/channels?channel=none", "/incidents?org=none", "/alerts?org=none",
                 "/incidents?before=x"):  # fmt: skip
        answer = await served.public.get(path, headers=HTML)
        assert answer.status_code in {400, 404}, path


async def test_an_incident_that_alerting_has_forgotten_is_read_from_the_store(
    served: Served, duty: Duty
) -> None:
    served.view.alert_state = type(duty.state)()
    text, _ = await page(served, "/incidents/1")
    assert "shop-db is down" in text
    assert "Alice Arnold" in text


async def test_a_silence_is_made_listed_and_ended(served: Served, duty: Duty) -> None:
    answer = await post(
        served,
        "/silences/add",
        "/silences",
        match="service=shop",
        comment="replacing the disk",
        **{"for": "2h"},
    )
    assert answer.status_code == 303, answer.text
    answer = await post(served, "/silences/add", "/silences", match="((", comment="x", **{"for": "2h"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_what_a_silence_keeps_quiet_is_told(served: Served, duty: Duty) -> None:
    duty.reasons = (Reason("silence", "s1", "silenced by alice: new disk", NOW + HOUR),)
    duty.give()
    served.view.alert_state = duty.state
    text, _ = await page(served, "/alerts")
    assert "2 kept quiet" in text
    assert "silenced by alice: new disk" in text
    text, _ = await page(served, "/incidents/1")
    assert "Nobody is told now: silenced by alice: new disk" in text


async def test_an_override_is_entered(served: Served, duty: Duty) -> None:
    answer = await post(
        served, "/oncall/override", "/oncall", schedule="primary", who="bob", kind="replace",
        start="2026-11-02T08:00", end="2026-11-03T08:00", reason="travel",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    text, _ = await page(served, "/oncall")
    assert "travel" in text


async def test_times_of_an_override_are_those_of_the_schedule(served: Served, duty: Duty) -> None:
    answer = await post(
        served, "/oncall/override", "/oncall", schedule="primary", who="bob", kind="replace",
        end="2026-11-03T08:00", reason="travel",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    text, _ = await page(served, "/oncall")
    assert 'datetime="2026-11-03T07:00:00Z">Tue 3 Nov, 08:00<' in text


async def test_times_of_maintenance_are_those_of_whose_service_it_is(served: Served, duty: Duty) -> None:
    config = served.view.config
    berlin = replace(config.organizations["acme"], timezone="Europe/Berlin")
    served.view.config = replace(config, organizations={**config.organizations, "acme": berlin})
    form = {"service": "shop", "start": "2026-11-20T22:00", "end": "2026-11-20T23:00"}
    answer = await served.control.post("/maintenance/add", data=form)
    assert answer.status_code == 303, answer.text
    text, _ = await page(served, "/silences")
    assert 'data-zone="Europe/Berlin" datetime="2026-11-20T21:00:00Z">Fri 20 Nov, 22:00<' in text
    assert "those of maintenance in each organisation" in text


async def test_a_service_that_is_none_of_ours_is_no_link(served: Served, duty: Duty) -> None:
    state = duty.state
    served.view.alert_state = replace(
        state,
        alerts={name: replace(alert, service="slawatch") for name, alert in state.alerts.items()},
        incidents={number: replace(one, service="slawatch") for number, one in state.incidents.items()},
    )
    for path in ("/", "/incidents", "/alerts"):
        text, _ = await page(served, path)
        assert "slawatch</span>" in text
        assert "/services/slawatch" not in text, path


async def test_who_has_the_overview_open_is_sent_what_changed_and_not_all_services(
    served: Served, duty: Duty
) -> None:
    answer = await served.public.get("/", headers={**HTML, "X-Slawatch-Part": "live"})
    assert 'id="open-incidents"' in answer.text
    assert "/incidents/1" in answer.text
    assert 'class="service"' not in answer.text
    whole, _ = await page(served, "/")
    assert 'class="service"' in whole


async def test_services_are_found_by_the_server_for_who_has_no_script(served: Served, duty: Duty) -> None:
    text, found = await page(served, "/?state=down")
    names = [a["data-service"] for _, a in found.tags if a.get("class") == "service"]
    assert names
    assert {a["data-state"] for _, a in found.tags if a.get("class") == "service"} == {"down"}
    text, found = await page(served, "/?find=nothing-like-it")
    assert "No service is like that" in text
    await page(served, "/?state=odd", status=400)


async def test_a_store_that_refuses_is_told_and_what_is_true_now_is_shown(served: Served, duty: Duty) -> None:
    served.view.refuse = Refused("the disk is full", busy=True)
    answer = await post(served, "/incidents/1/ack", "/incidents/1")
    assert answer.status_code == 503
    assert "the disk is full" in answer.text.lower()
    assert "shop-db is down" in answer.text


async def test_a_message_that_was_given_up_is_sent_again(served: Served, duty: Duty) -> None:
    duty.verdict = Verdict.PERMANENT
    duty.fire("api-a", "api", at=NOW - 100 * SECOND)
    served.view.alert_state = duty.state
    text, _ = await page(served, "/channels")
    assert "Given up" in text
    key = min(key for key, row in duty.state.rows.items() if row.stage == "dead")
    assert (await post(served, "/channels/retry", "/channels", key=key)).status_code == 403
    answer = await served.control.post("/channels/retry", data={"key": key})
    assert answer.status_code == 303, answer.text
    assert served.view.acted[0].key == key
    assert (await served.control.post("/channels/retry", data={"key": "none"})).status_code == 404


async def test_who_stands_in_is_who_is_called_next(served: Served, duty: Duty) -> None:
    """Of the levels to come, the second time the first one is told falls into the time of the override."""
    text, _ = await page(served, "/incidents/1")
    assert "Bob Ray by hook, Alice Arnold" not in text
    before = text.count("Alice Arnold by chat</strong>")
    assert before > 0
    answer = await post(
        served, "/oncall/override", "/oncall", schedule="primary", who="bob", kind="replace",
        start="2026-11-01T12:00", end="2026-11-02T12:00", reason="travel",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    text, _ = await page(served, "/incidents/1")
    assert "Alice Arnold by chat</strong>" not in text
