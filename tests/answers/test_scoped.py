"""Who belongs to an organisation reaches nothing of another's: by no address, id, stream, metric, report."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests.web.conftest import NOW, View
from tests.web.freezes import frozen
from tests.web.guests import HTML, configured, guests, token
from tests.web.listening import Listening
from tests.web.test_access import asked, routes_of

from slawatch.answers.scoped import Scoped, organizations_matcher
from slawatch.answers.view import LiveCheck, Refused
from slawatch.answers.wish import EntryRefused
from slawatch.core.alert import Alert, Reason
from slawatch.core.command import Ack, Merge, Open
from slawatch.core.incident import Incident
from slawatch.core.matcher import Matcher, parse
from slawatch.core.silence import Silence
from slawatch.core.turn import State

WORDS = ("api", "other", "Other", "api-a", "api-b", "a.example", "b.example", "jobs", "backup", "nightly")
"""What only belongs to others; `api` as a word of its own: it is in the addresses of the API too."""


def leaks(text: str) -> list[str]:
    """Return what of others' is in an answer."""
    import re

    plain = text.replace("/api/v1", "")
    return [word for word in WORDS if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", plain)]


def populate(view: View) -> None:
    """Give both organisations an incident, an alert and a silence."""

    def alert(name: str, service: str, owner: str, number: int) -> Alert:
        return Alert(
            fingerprint=name, check=name, severity="critical", title=f"{name} is down", since=NOW,
            fired_at=NOW, service=service, organization=owner, incident=number,
            labels=(("check", name), ("organization", owner), ("service", service)),
        )  # fmt: skip

    def incident(number: int, service: str, owner: str, name: str) -> Incident:
        return Incident(
            id=number, title=f"{name} is down", service=service, organization=owner, group=(service,),
            policy=view.config.escalations.get("default") or policy(), severity="critical", opened_at=NOW,
            changed_at=NOW, alerts=(name,),
        )  # fmt: skip

    view.alert_state = State(
        alerts={"shop-db": alert("shop-db", "shop", "acme", 1), "api-a": alert("api-a", "api", "other", 2)},
        incidents={1: incident(1, "shop", "acme", "shop-db"), 2: incident(2, "api", "other", "api-a")},
        next_incident=3,
    )
    view.quiet = tuple(
        Silence(id=ident, match=match, author="a", comment="c", start=NOW - 1, end=NOW + 10**12, updated=NOW)
        for ident, match in (
            ("s-shop", (Matcher("service", "=", "shop"),)),
            ("s-api", (Matcher("service", "=", "api"),)),
            ("s-all", (Matcher("severity", "=", "critical"),)),
        )
    )


def policy() -> Any:
    from slawatch.core.escalation import Level, Policy

    return Policy(name="default", levels=(Level(to=("person:nobody",)),))


@pytest.fixture
def two(view: View, tmp_path: Path) -> View:
    view.config = configured(tmp_path)
    checks = dict(view.state.checks)
    checks["backup"] = LiveCheck(outcome=None)
    view.state = replace(view.state, checks=checks, trouble=("api is in trouble",))
    populate(view)
    return view


_QUERIES = ("", "?org=other", "?service=api", "?agreement=other&month=2026-10", "?month=2026-10")
OF_THE_READER = {"slawatch_incidents_open", "slawatch_incident_unacknowledged_seconds"}
"""Series without the label of an organisation: counted over what the reader sees."""
SAME_FOR_ALL = "/api/v1/config/schema"
"""Made of the program alone; words of any language are in it."""
OTHERS = ["api", "jobs", "api-a", "backup", "2", "s-api", "m-other", "a-other", "other"]


async def enter(view: View, what: str, **wish: Any) -> Any:
    return await view.enter(what, {"person": "x", **wish})


async def test_every_address_with_every_name_of_others(two: View, tmp_path: Path) -> None:
    """The property: whatever is asked, nothing of another's is in the answer, and nothing of it changes."""
    import re

    await enter(two, "maintenance.add", id="m-other", services=["api"], start="2026-12-01", end="2026-12-02")
    await enter(
        two, "maintenance.add", id="m-both", services=["shop", "api"], start="2026-12-01", end="2026-12-02"
    )
    await enter(
        two, "adjustment.add", id="a-other", service="api", start="2026-10-30", end="2026-10-31",
        reason="why", **{"class": "excused"},
    )  # fmt: skip
    for number, owner in enumerate(("acme", "other"), start=1):
        made = frozen(two.database, two.config, "", at=NOW, wish={"month": "2026-10", "org": owner})
        assert (made.number, made.organization) == (number, owner)
    secret = token(two, "admin", ("acme",))
    before = (two.alert_state, two.config, two.quiet)
    paths = {
        (method, one.path) for one in routes_of(two) for method, _, action in asked(one) if action != "public"
    }
    tried = 0
    async with guests(two, tmp_path) as served, served.client(secret) as client:
        for method, pattern in sorted(paths):
            for name in OTHERS if "{" in pattern else [""]:
                path = re.sub(r"\{\w+(?::\w+)?\}", name, pattern)
                for query in _QUERIES if not name else _QUERIES[:2]:
                    if path == "/api/v1/events" and (method, query) != ("HEAD", "?org=other"):
                        continue
                    if path == SAME_FOR_ALL:
                        continue
                    body = b"" if method == "GET" else b"{}"
                    answer = await client.request(method, path + query, headers=HTML, content=body)
                    tried += 1
                    assert answer.status_code != 500, (method, path + query)
                    # What was asked for may be named in the answer that there is no such thing.
                    echoed = re.split(r"[^\w-]+", path + query) if answer.status_code >= 400 else []
                    assert set(leaks(answer.text)) <= set(echoed), (method, path + query, answer.text)
        assert tried > 200
        listed = (await client.get("/api/v1/reports")).json()["reports"]
        assert [one["number"] for one in listed] == [1]
        for path in ("", "/pack", "/html", "/verify"):
            assert (await client.get(f"/api/v1/reports/2{path}")).status_code == 404, path
            assert (await client.get(f"/api/v1/reports/1{path}")).status_code == 200, path
        answer = await client.post("/api/v1/reports/2/restate", json={"reason": "x"})
        assert answer.status_code == 404
        for name in ("m-other", "m-both"):
            answer = await client.post(f"/api/v1/maintenance/{name}/cancel", json={"reason": "x"})
            assert answer.status_code == 404
        answer = await client.post("/api/v1/adjustments/a-other/withdraw", json={"reason": "x"})
        assert answer.status_code == 404
    assert (two.alert_state, two.config, two.quiet) == before
    with two.database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM maintenance_entry").fetchone() == (2,)
        assert cursor.execute("SELECT count(*) FROM adjustment_entry").fetchone() == (1,)
        assert cursor.execute("SELECT count(*) FROM frozen_report").fetchone() == (2,)


async def test_nobody_learns_whether_anothers_thing_is_there(two: View, tmp_path: Path) -> None:
    secret = token(two, "admin", ("acme",))
    async with guests(two, tmp_path) as served, served.client(secret) as client:
        for there, nowhere in (
            ("/services/api", "/services/nope"),
            ("/api/v1/services/api/latency", "/api/v1/services/nope/latency"),
            ("/api/v1/status?org=other", "/api/v1/status?org=nope"),
            ("/?org=other", "/?org=nope"),
            ("/api/v1/events?service=api", "/api/v1/events?service=nope"),
            ("/api/v1/oncall/gaps?schedule=api", "/api/v1/oncall/gaps?schedule=nope"),
        ):
            one, other = await client.get(there, headers=HTML), await client.get(nowhere, headers=HTML)
            assert one.status_code == other.status_code == 404, there
            words = ("api", "other", "nope")
            blank = [answer.text for answer in (one, other)]
            for word in words:
                blank = [text.replace(word, "_") for text in blank]
            assert blank[0] == blank[1]


async def test_metrics_show_ones_own_series_alone(two: View, tmp_path: Path) -> None:
    mine, all_of_it = token(two, "viewer", ("acme",)), token(two, "viewer")
    async with guests(two, tmp_path) as served:
        async with served.client(mine) as client:
            text = (await client.get("/metrics")).text
        async with served.client(all_of_it) as client:
            whole = (await client.get("/metrics")).text
    assert 'service="shop"' in text
    assert 'service="api"' in whole
    assert leaks(text) == []
    assert "slawatch_start_time_seconds" in whole
    assert "slawatch_start_time_seconds" not in text
    values = [line for line in text.splitlines() if not line.startswith("#")]
    without = {line.partition("{")[0] for line in values if 'organization="acme"' not in line}
    assert {name.split(" ")[0] for name in without} <= OF_THE_READER


async def test_the_stream_tells_of_ones_own_alone(two: View, tmp_path: Path) -> None:
    secret = token(two, "viewer", ("acme",))
    async with guests(two, tmp_path) as served:
        stream = await trio.open_tcp_stream("127.0.0.1", int(served.url.rpartition(":")[2]))
        async with stream:
            client = Listening(stream)
            await client.begin("/api/v1/events", {"Authorization": f"Bearer {secret}"})
            told = await client.until_now()
            checks = dict(two.state.checks)
            checks["api-a"] = replace(checks["api-a"], since=NOW - 1, reason="api-a changed")
            checks["shop-db"] = replace(checks["shop-db"], since=NOW - 1, reason="shop-db changed")
            two.state = replace(two.state, checks=checks)
            while "shop-db changed" not in client.text:
                told += await client.until_now()
    assert {event.data["service"] for event in told if event.name == "service"} == {"shop"}
    assert leaks(client.text) == []


async def test_exports_and_reports_hold_ones_own_alone(two: View, tmp_path: Path) -> None:
    secret = token(two, "viewer", ("acme",))
    async with guests(two, tmp_path) as served, served.client(secret) as client:
        for what in ("samples", "outages", "ledger"):
            text = (await client.get("/api/v1/export", params={"what": what})).text
            assert len(text.splitlines()) > 1, what
            assert leaks(text) == [], what
        for form in ("json", "html", "csv"):
            answer = await client.get("/api/v1/report", params={"month": "2026-11", "format": form})
            assert answer.status_code == 200, answer.text
            # In the prose of a page, other is a word.
            assert set(leaks(answer.text)) <= ({"other"} if form == "html" else set()), form


async def test_ones_own_is_all_there(two: View, tmp_path: Path) -> None:
    secret = token(two, "admin", ("acme",))
    async with guests(two, tmp_path) as served, served.client(secret) as client:
        for path in ("/", "/services/shop", "/reports", "/wall", "/api/v1/services/shop/latency"):
            assert (await client.get(path, headers=HTML)).status_code == 200, path
        status = (await client.get("/api/v1/status")).json()
        assert [service["service"] for service in status["services"]] == ["shop"]
        assert status["daemon"]["trouble"] == ["slawatch itself is not well; its operators see why"]
        wish = {"services": ["shop"], "start": "2026-12-01", "end": "2026-12-02"}
        made = (await client.post("/api/v1/maintenance", json=wish)).json()
        listed = (await client.get("/api/v1/maintenance")).json()["maintenance"]
        assert [one["id"] for one in listed] == [made["id"]]
        answer = await client.post(f"/api/v1/maintenance/{made['id']}/cancel", json={"reason": "x"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("what", "wish"),
    [
        ("maintenance.add", {"services": ["api"], "start": "2026-12-01", "end": "2026-12-02"}),
        ("maintenance.add", {"services": ["shop", "api"], "start": "2026-12-01", "end": "2026-12-02"}),
        ("maintenance.change", {"id": "m-other", "end": "2026-12-03"}),
        ("maintenance.cancel", {"id": "m-both"}),
        ("adjustment.add", {"service": "api", "start": "2026-10-30", "end": "2026-10-31", "reason": "x"}),
        ("adjustment.add", {"outage": "api-20261101T110000Z", "reason": "x", "class": "excused"}),
        ("adjustment.approve", {"id": "a-other"}),
        ("silence.expire", {"id": "s-api"}),
        ("silence.change", {"id": "s-all", "comment": "x"}),
        ("silence.expire", {"id": "nope"}),
    ],
    ids=str,
)
async def test_an_entry_about_anothers_is_one_about_nothing(
    two: View, what: str, wish: dict[str, Any]
) -> None:
    await enter(two, "maintenance.add", id="m-other", services=["api"], start="2026-12-01", end="2026-12-02")
    await enter(
        two, "maintenance.add", id="m-both", services=["shop", "api"], start="2026-12-01", end="2026-12-02"
    )
    scoped = Scoped(two, frozenset({"acme"}))
    with pytest.raises(EntryRefused) as caught:
        await scoped.commands.enter(what, {"person": "x", **wish})
    assert caught.value.status == 404


async def test_a_silence_silences_ones_own_alone(two: View) -> None:
    scoped = Scoped(two, frozenset({"acme"}))
    wish = {"match": "severity=critical", "for": "1h", "comment": "work", "person": "x"}
    made = await scoped.commands.enter("silence.add", wish)
    assert 'organization="acme"' in json.dumps(made).replace("\\", "")
    both = Scoped(two, frozenset({"acme", "other"}))
    made = await both.commands.enter("silence.add", {**wish, "match": "severity=high"})
    assert "acme|other" in json.dumps(made)


@pytest.mark.parametrize("what", ["override.add", "swap.add", "swap.take", "override.cancel"])
async def test_who_is_on_call_is_not_one_organisations_affair(two: View, what: str) -> None:
    with pytest.raises(EntryRefused):
        await Scoped(two, frozenset({"acme"})).commands.enter(what, {"id": "x", "person": "x"})


async def test_incidents_of_others_cannot_be_touched(two: View) -> None:
    commands = Scoped(two, frozenset({"acme"})).commands
    for command in (
        Ack(by="x", incident=2), Ack(by="x", incident=99), Merge(by="x", incident=1, into=2),
        Merge(by="x", incident=2, into=1), Open(by="x", title="t", service="api"),
        Open(by="x", title="t", organization="other"),
    ):  # fmt: skip
        with pytest.raises(Refused):
            await commands.act(command)
    assert two.acted == []
    await commands.act(Ack(by="x", incident=1))
    with pytest.raises(Refused, match="escalation policy"):
        await commands.act(Open(by="x", title="t"))
    assert two.acted[-1].organization == "acme"


async def test_the_whole_is_refused(two: View, tmp_path: Path) -> None:
    commands = Scoped(two, frozenset({"acme"})).commands
    with pytest.raises(Refused):
        await commands.reload()
    with pytest.raises(Refused):
        await commands.import_samples(tmp_path)


@pytest.mark.parametrize(
    ("match", "shown"),
    [
        ('service="shop"', True),
        ('service="shop", check!="shop-db"', True),
        ('service="shop", customer=~"gold|silver"', True),
        ('check=~".*-db", organization="acme"', True),
        ('severity="critical"', False),
        ('service="shop", check!="api-a"', False),
        ('service="shop", check!~"api-.*|x"', False),
        ('service="shop", check=~"(api-a|shop-db)"', False),
        ('service="shop", note="for other"', False),
        ('service=~"shop|api", organization="acme"', False),
    ],
)
def test_a_silence_that_names_others_too_is_not_shown(two: View, match: str, shown: bool) -> None:
    two.quiet = (
        Silence(id="s", match=parse(match), author="x", comment="work", start=NOW, end=NOW + 10**12),
    )
    assert [one.id for one in Scoped(two, frozenset({"acme"})).silences()] == (["s"] if shown else [])


def test_the_view_of_one_organisation(two: View) -> None:
    scoped = Scoped(two, frozenset({"acme"}))
    assert scoped.scope == frozenset({"acme"})
    assert set(scoped.alerting().alerts) == {"shop-db"}
    assert set(scoped.alerting().incidents) == {1}
    assert [one.id for one in scoped.silences()] == ["s-shop"]
    assert scoped.channels() == {}
    assert set(scoped.live().checks) == {"shop-home", "shop-db"}
    assert scoped.alerting() is scoped.alerting()
    assert scoped.config is scoped.config
    scoped.ping("backup", NOW)
    assert two.pings == []


def test_what_explains_and_what_is_explained_is_not_named_where_it_is_anothers(two: View) -> None:
    state = two.alert_state
    why = Reason("dependency", "api", "api is down"), Reason("dependency", "shop-home", "shop-home is down")
    mine = replace(state.incidents[1], merged=(2, 1), children=("api-a", "shop-db"), merged_into=2)
    two.alert_state = replace(
        state,
        alerts={**state.alerts, "shop-db": replace(state.alerts["shop-db"], suppressed=why)},
        incidents={**state.incidents, 1: mine},
    )
    seen = Scoped(two, frozenset({"acme"})).alerting()
    elsewhere = Reason("dependency", "", "something that it depends on is down")
    assert seen.alerts["shop-db"].suppressed == (elsewhere, why[1])
    assert (seen.incidents[1].merged, seen.incidents[1].children) == ((1,), ("shop-db",))
    assert seen.incidents[1].merged_into is None


def test_a_new_config_is_seen_at_once(two: View) -> None:
    scoped = Scoped(two, frozenset({"acme"}))
    before = scoped.config
    two.config = replace(two.config, digest="another")
    assert scoped.config is not before
    assert scoped.config.digest != before.digest


def test_the_condition_on_organisations() -> None:
    found = organizations_matcher(frozenset({"a.b", "c-d"}))
    assert found.matches({"organization": "a.b"})
    assert found.matches({"organization": "c-d"})
    assert not found.matches({"organization": "axb"})
    assert not found.matches({})


async def test_status_pages_and_health_are_the_same_for_all(two: View, tmp_path: Path) -> None:
    secret = token(two, "viewer", ("acme",))
    async with guests(two, tmp_path) as served:
        found: list[list[int]] = []
        clients: list[httpx.AsyncClient] = [served.client(), served.client(secret)]
        for client in clients:
            async with client:
                paths = (
                    "/healthz",
                    "/readyz",
                    "/heartbeat/backup",
                    "/login",
                    "/status/other",
                    "/status/acme",
                )
                found.append([(await client.get(path)).status_code for path in paths])
        assert found[0] == found[1]


def test_an_alert_does_not_tell_of_a_silence_that_names_others(two: View) -> None:
    names = {"s-own": 'service="shop"', "s-both": 'service="shop", check!="api-a"'}
    two.quiet = tuple(
        Silence(id=name, match=parse(match), author="x", comment="work", start=NOW, end=NOW + 10**12)
        for name, match in names.items()
    )
    why = [Reason("silence", name, "silenced by x: api-a works", NOW + 1) for name in names]
    alert = replace(two.alert_state.alerts["shop-db"], suppressed=tuple(why))
    two.alert_state = replace(two.alert_state, alerts={"shop-db": alert})
    (own, hidden) = Scoped(two, frozenset({"acme"})).alerting().alerts["shop-db"].suppressed
    assert (own, hidden.by, hidden.text, hidden.until) == (why[0], "", "silenced by an operator", NOW + 1)
