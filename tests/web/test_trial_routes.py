"""The endpoints of what people try: who may, what comes of it, what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from slawatch import clock
from slawatch.answers.view import Refused
from slawatch.cli import either, oncall, rehearse
from slawatch.cli.main import main
from slawatch.config.world import scene_of
from slawatch.core.instant import MINUTE, SECOND

from .conftest import NOW, Served, View
from .guests import configured, guests, token
from .test_openapi_alerting import fits


@pytest.fixture
def ours(view: View, tmp_path: Path) -> View:
    """Return the daemon with a channel and a person."""
    view.config = configured(tmp_path)
    return view


async def post(served: Served, path: str, wish: Any, **headers: str) -> httpx.Response:
    return await served.control.post(f"/api/v1/{path}", json=wish, headers=headers)


async def test_a_check_is_probed(served: Served) -> None:
    answer = await post(served, "checks/shop-home/probe", {})
    fits("/api/v1/checks/{check}/probe", "post", answer)
    found = answer.json()
    assert (found["check"], found["state"], found["took"]) == ("shop-home", "up", 12e-6)
    assert found["phases"]["tls"] is None
    assert served.view.probed == [served.view.config.checks["shop-home"]]
    await post(served, "checks/shop-home/probe", {"timeout": "1s"})
    assert served.view.probed[1].timeout == SECOND


@pytest.mark.parametrize(
    ("path", "wish", "status", "said"),
    [
        ("checks/shop-hom/probe", {}, 404, 'did you mean "shop-home"?'),
        ("checks/nightly/probe", {}, 422, "it is not probed"),
        ("checks/shop-home/probe", {"timeout": "soon"}, 400, "timeout: 'soon' is not a duration"),
        ("checks/shop-home/probe", {"timeout": 5}, 400, 'write a length in quotes, such as "5s"'),
        ("checks/shop-home/probe", {"timeout": "2d"}, 400, "5m at most"),
        ("checks/shop-home/probe", {"timout": "5s"}, 400, 'did you mean "timeout"?'),
        ("probe", {}, 400, "target: a URL, or HOST:PORT"),
        ("probe", {"target": "shop-home"}, 400, "an address ends in :PORT"),
        ("probe", {"target": "file:///etc/passwd"}, 400, "file:// cannot be probed"),
        ("probe", {"target": "a:99999"}, 400, "ports go from 1 to 65535"),
        ("channels/hok/test", {}, 404, 'did you mean "hook"?'),
        ("channels/hook/test", {"person": "alic"}, 400, 'did you mean "alice"?'),
        ("channels/hook/test", {"person": "alice", "address": "x"}, 400, "leave one out"),
        ("channels/hook/test", {"address": 7}, 400, "address must be a text"),
        ("rehearse", {}, 400, "say what happens"),
        ("rehearse", {"check": "shop-hom"}, 400, 'did you mean "shop-home"?'),
        ("rehearse", {"check": "shop-home", "for": "1h", "until": "now"}, 400, "leave one out"),
        ("rehearse", {"check": "shop-home", "at": "1960-01-01"}, 400, "from 1970 to 2200"),
        ("rehearse", {"check": "shop-home", "down_for": "500d"}, 400, "400 days at most"),
        ("rehearse", {"events": [{"t": "0s", "do": "donw", "check": "x"}]}, 400, 'did you mean "down"?'),
        ("rehearse", {"events": 7}, 400, "events: a list belongs here"),
        ("rehearse", {"events": None}, 400, "events: a list belongs here"),
        ("rehearse", {"events": [{"t": "0s", "do": "ack"}] * 1001}, 400, "1000 at most"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    ours: View, served: Served, path: str, wish: Any, status: int, said: str
) -> None:
    answer = await post(served, path, wish)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.text.replace('\\"', '"')
    assert not ours.probed
    assert not ours.tried


async def test_a_target_is_probed_and_its_secrets_are_not_shown(served: Served) -> None:
    answer = await post(served, "probe", {"target": "https://u:hush@a.example/x?key=hush", "timeout": "2s"})
    fits("/api/v1/probe", "post", answer)
    assert answer.json()["check"] == "https://a.example/x?..."
    assert served.view.probed[0].options.url == "https://u:hush@a.example/x?key=hush"
    (line,) = [one for one in served.view.audit if one.action == "target.probe"]
    assert line.subject == "target:https://a.example/x?..."
    assert "hush" not in str(served.view.audit) + answer.text


async def test_only_who_has_the_socket_may_wait_longer_than_the_check_does(served: Served) -> None:
    config = served.view.config
    served.view.config = replace(config, web=replace(config.web, local="admin"))
    for client, status in ((served.public, 400), (served.control, 200)):
        answer = await client.post("/api/v1/checks/shop-home/probe", json={"timeout": "11s"})
        assert answer.status_code == status, answer.text
    assert (await served.public.post("/api/v1/checks/shop-home/probe", json={"timeout": "9s"})).is_success


async def test_too_many_probes_are_told_to_come_again(served: Served) -> None:
    served.view.refuse = Refused("as many as may are under way", busy=True)
    answer = await post(served, "checks/shop-home/probe", {})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_who_counts_on_another_configuration_is_told(ours: View, served: Served) -> None:
    for path, wish in (
        ("checks/shop-home/probe", {}),
        ("channels/hook/test", {}),
        ("rehearse", {"check": "shop-home"}),
    ):
        refused = await post(served, path, wish, **{"If-Match": '"another"'})
        assert refused.status_code == 412
        assert (await post(served, path, wish, **{"If-Match": f'"{ours.config.digest}"'})).status_code == 200
    gaps = await served.control.get("/api/v1/oncall/gaps", headers={"If-Match": '"another"'})
    assert gaps.status_code == 412
    assert len(ours.probed) == len(ours.tried) == 1


async def test_free_targets_are_for_admins_of_the_whole(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    asked = [
        (token(view, role, whose), role, whose)
        for role in ("operator", "admin")
        for whose in (None, ("acme",))
    ]
    async with guests(view, tmp_path) as served:
        for secret, role, whose in asked:
            async with served.client(secret) as client:
                free = await client.post("/api/v1/probe", json={"target": "127.0.0.1:22"})
                mine = await client.post("/api/v1/checks/shop-home/probe", json={})
                others = await client.post("/api/v1/checks/api-a/probe", json={})
            assert free.status_code == (200 if (role, whose) == ("admin", None) else 403)
            assert mine.status_code == 200
            assert others.status_code == (200 if whose is None else 404)
            assert ("api-a" in others.text.replace("'api-a'", "")) == (whose is None)


async def test_a_test_message_goes_out_once_for_a_key(ours: View, served: Served) -> None:
    sent = await post(served, "channels/hook/test", {}, **{"Idempotency-Key": "k"})
    fits("/api/v1/channels/{channel}/test", "post", sent)
    again = await post(served, "channels/hook/test", {}, **{"Idempotency-Key": "k"})
    assert sent.json() == again.json()
    assert ours.tried == [("hook", "channel:hook", "")]
    other = await post(served, "channels/hook/test", {"person": "alice"}, **{"Idempotency-Key": "k"})
    assert other.status_code == 422
    (line, *_) = [one for one in ours.audit if one.action == "channel.test"]
    assert line.subject == "channel:hook"


async def test_tests_of_channels_have_a_pace(ours: View, served: Served) -> None:
    answers = [await post(served, "channels/hook/test", {}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "try again in 1 min" in answers[3].json()["detail"]
    assert answers[3].headers["retry-after"] == "61"
    ours.clock.at += MINUTE
    assert (await post(served, "channels/hook/test", {})).status_code == 200


PEOPLE = """
[[escalations.default.levels]]
to = ["person:alice"]
wait = "5m"
"""


async def test_an_outage_is_played(view: View, served: Served, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PEOPLE)
    start = "2026-11-23T12:00:00Z"
    answer = await post(
        served, "rehearse", {"check": "shop-home", "down_for": "40m", "at": start, "for": "1h"}
    )
    fits("/api/v1/rehearse", "post", answer)
    found = answer.json()
    assert (found["start"], found["end"]) == (start, "2026-11-23T13:00:00Z")
    assert [one["text"] for one in found["happenings"]] == ["shop-home goes down", "shop-home works again"]
    assert found["events"][0]["to"] == "person:alice"
    script = [{"t": "0s", "do": "down", "check": "shop-home"}, {"t": "40m", "do": "up", "check": "shop-home"}]
    same = await post(served, "rehearse", {"events": script, "at": start, "until": "2026-11-23T13:00:00Z"})
    assert same.json() == found


async def test_what_people_entered_counts_in_a_play(view: View, served: Served, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PEOPLE)
    work = {"services": ["shop"], "start": "now", "end": "2026-12-02", "person": "alice"}
    wish = {"check": "shop-home", "for": "1h"}
    assert (await post(served, "rehearse", wish)).json()["events"]
    assert (await post(served, "maintenance", work)).status_code == 200
    assert (await post(served, "rehearse", wish)).json()["events"] == []


async def test_nobody_plays_without_end(
    view: View, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slawatch.answers import rehearse as rehearse_answers

    view.config = configured(tmp_path, PEOPLE)
    monkeypatch.setattr(rehearse_answers, "MOST_TURNS", 5)
    answer = await post(served, "rehearse", {"check": "shop-home"})
    assert (answer.status_code, "5 turns" in answer.text) == (422, True)


async def test_without_anybody_to_tell_it_says_what_to_write(served: Served) -> None:
    found = (await post(served, "rehearse", {"check": "shop-home"})).json()
    assert found["events"] == []
    assert found["warnings"][0].startswith("nobody would be told of anything: write [[escalations")


async def test_an_organisation_plays_with_what_is_its_own(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PEOPLE)
    secret = token(view, "responder", ("acme",))
    async with guests(view, tmp_path) as served, served.client(secret) as client:
        mine = await client.post("/api/v1/rehearse", json={"check": "shop-home"})
        assert mine.status_code == 200
        script = [{"t": "0s", "do": "down", "check": "api-a"}]
        for wish in ({"check": "api-a"}, {"events": script}):
            others = await client.post("/api/v1/rehearse", json=wish)
            assert others.status_code == 400
            assert "api-b" not in others.text


async def test_a_text_is_checked_and_nothing_that_it_names_is_read(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUSH", "hush-of-the-daemon")
    secret = tmp_path / "secret"
    secret.write_text("hush-of-the-daemon")
    text = f"""
    [checks.shop]
    type = "http"
    url = "https://a.example/"
    service = "shop"
    auth = {{ type = "bearer", token = {{ env = "HUSH" }} }}
    [checks.other]
    type = "heartbeat"
    service = "shop"
    every = "1h"
    token = {{ file = "{secret}" }}
    [checks.third]
    type = "heartbeat"
    service = "shop"
    every = "1h"
    token = {{ env = "NOT_SET_ANYWHERE" }}
    """
    answer = await served.control.post("/api/v1/config/check", content=text)
    fits("/api/v1/config/check", "post", answer)
    found = answer.json()
    assert found["problems"] == []
    assert (found["ok"], found["secrets_read"], found["digest"]) == (True, False, None)
    wrong = text.replace('type = "http"', 'type = "htpp"').replace("1h", "1 hour", 1)
    found = (await served.control.post("/api/v1/config/check", content=wrong)).json()
    assert found["ok"] is False
    assert [(one["file"], one["path"]) for one in found["problems"]] == [
        ("slawatch.toml", "checks.shop.type"), ("slawatch.toml", "checks.other.every"),
    ]  # fmt: skip
    assert "hush" not in str(found)


@pytest.mark.parametrize("text", [b"", b"\xff", b"[", b"a" * 1000, b"[checks]\nx = 1"])
async def test_any_text_has_an_answer(served: Served, text: bytes) -> None:
    answer = await served.control.post("/api/v1/config/check", content=text)
    fits("/api/v1/config/check", "post", answer)


async def test_what_a_reload_would_say(served: Served) -> None:
    answer = await served.control.get("/api/v1/config/check")
    fits("/api/v1/config/check", "get", answer)
    found = answer.json()
    assert (found["ok"], found["digest"], found["secrets_read"]) == (True, found["in_force"], True)


async def test_the_schema_is_that_of_the_command(served: Served) -> None:
    from slawatch.config.schema import schema

    assert (await served.control.get("/api/v1/config/schema")).json() == schema()


async def test_only_the_socket_and_who_may_gets_through(served: Served) -> None:
    view = served.view
    view.config = replace(view.config, web=replace(view.config.web, local="viewer"))
    for path in ("checks/shop-home/probe", "probe", "rehearse", "channels/hook/test", "config/check"):
        answer = await served.public.post(f"/api/v1/{path}", json={})
        assert answer.status_code == 403, path
    assert (await served.public.get("/api/v1/config/check")).status_code == 403
    assert (await served.public.get("/api/v1/config/schema")).status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        "rehearse --check shop-home --down-for 40m --at 2026-11-23T12:00:00Z",
        "rehearse --check shop-home --down-for 40m --at 2026-11-23T12:00:00Z --json",
        "rehearse night.toml --at 2026-11-23T12:00:00Z --for 2h",
        "oncall gaps --days 20 --json",
        "oncall gaps --schedule primary --exit-code",
    ],
)
async def test_a_command_prints_the_same_with_and_without_a_daemon(
    view: View, served: Served, tmp_path: Path, typed: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    view.config = configured(tmp_path, PEOPLE + GAPS)
    (tmp_path / "night.toml").write_text(
        '[[events]]\nt = "1m"\ndo = "down"\ncheck = "shop-home"\n[[events]]\nt = "9m"\ndo = "silence"\n'
        'match = "service=shop, severity=~\\"high|low\\""\nfor = "10m"\nnote = "why not"\n'
    )
    argv = [*typed.split(), "--config", str(tmp_path / "guarded.toml")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(clock, "now", lambda: NOW)

    async def printed() -> tuple[int, str]:
        code = await trio.to_thread.run_sync(main, argv)
        return code, capsys.readouterr().out

    asked = len(view.audit)
    monkeypatch.setattr(either, "daemon_or_here", lambda _, here: here())
    monkeypatch.setattr(rehearse, "_scene", lambda config: (scene_of(config), []))
    monkeypatch.setattr(oncall, "_chosen", lambda config, _: list(config.schedules.values()))
    here = await printed()
    assert len(view.audit) == asked
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (view.config.data_dir / "slawatch.sock").symlink_to(served.path)
    assert await printed() == here
    assert here[1]
    assert typed.startswith("oncall") or view.audit[-1].action == "rehearsal.play"


GAPS = """
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
[[schedules.primary.overrides]]
kind = "remove"
person = "alice"
start = 2026-11-10T00:00:00Z
end = 2026-11-11T00:00:00Z
"""
