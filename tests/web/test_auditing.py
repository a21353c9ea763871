"""What is written down: every change, every refusal, and of a flood a count."""

import json
from pathlib import Path

from slawatch.core.access import Principal
from slawatch.core.instant import MINUTE
from slawatch.web.auditing import EACH, EACH_KNOWN, Auditing

from .conftest import View
from .guests import HTML, configured, guests, sign_in, token

ALICE = Principal(name="al", kind="password", role="operator", person="alice")


def test_a_line_says_who_when_from_where(view: View) -> None:
    Auditing(view).write(ALICE, "192.0.2.1", "silence.add", "silence:s-1", "allowed", {"status": 200})
    (line,) = view.audit
    assert line[:6] == (view.clock.at, "al", "192.0.2.1", "silence.add", "silence:s-1", "allowed")
    assert json.loads(line.detail) == {"status": 200, "by": "password", "person": "alice"}


def test_what_anybody_can_write_stays_one_short_line(view: View) -> None:
    Auditing(view).write("a\nb\x1b[31m", "x\0", "read", "/" + "y" * 9999, "refused", {"why": "é\u2028"})
    (line,) = view.audit
    assert line.person == "a\ufffdb\ufffd[31m"
    assert line.source == "x\ufffd"
    assert len(line.subject) == 300
    assert "\n" not in line.detail


def test_a_flood_of_refusals_is_counted_and_changes_are_all_written(view: View) -> None:
    auditing = Auditing(view)
    for _ in range(EACH + 500):
        auditing.write(None, "192.0.2.1", "read", "/", "refused")
    auditing.write(None, "192.0.2.2", "read", "/", "refused")
    for _ in range(EACH + 10):
        auditing.write(ALICE, "192.0.2.1", "silence.add", "x", "allowed")
    assert len(view.audit) == EACH + 1 + EACH + 10
    view.clock.at += MINUTE
    auditing.write(None, "192.0.2.3", "read", "/", "refused")
    auditing.settle()
    (told,) = [line for line in view.audit if line.action == "many"]
    assert (told.source, json.loads(told.detail)["times"]) == ("192.0.2.1", 500)


def test_noise_of_nobody_known_hides_nothing_of_somebody_known(view: View) -> None:
    auditing = Auditing(view)
    for _ in range(EACH + 500):
        auditing.write(None, "192.0.2.1", "read", "/", "refused")
    viewer = Principal(name="token:view", kind="token", role="viewer", id="t-1")
    auditing.write(viewer, "192.0.2.1", "report.freeze", "/api/v1/reports", "refused")
    auditing.write(ALICE, "192.0.2.1", "token.create", "/api/v1/tokens", "refused")
    assert [line.person for line in view.audit[EACH:]] == ["token:view", "al"]


def test_a_flood_of_somebody_known_is_summed_up_under_their_name(view: View) -> None:
    auditing = Auditing(view)
    for _ in range(EACH_KNOWN):
        auditing.write(ALICE, "192.0.2.1", "token.list", "/", "refused")
    for n in range(30):
        auditing.write(ALICE, f"192.0.2.{n}", "token.create", "/", "refused")
    auditing.write(ALICE, "192.0.2.1", "person.erase", "/", "refused")
    assert len(view.audit) == EACH_KNOWN
    auditing.settle()
    told = view.audit[-1]
    assert (told.person, told.source, told.action) == ("al", "192.0.2.1", "many")
    assert json.loads(told.detail) == {
        "times": 31, "since": view.clock.at, "actions": {"token.create": 30, "person.erase": 1},
    }  # fmt: skip


async def test_changes_and_refusals_of_the_app(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    secret, viewer = token(view, "operator", name="deploy"), token(view, "viewer", ("acme",), name="acme")
    async with guests(view, tmp_path) as served:
        async with served.client(secret) as client:
            assert (await client.get("/api/v1/status")).status_code == 200
            assert (await client.post("/api/v1/reload")).status_code == 200
            wish = {"services": ["shop"], "start": "2026-12-01", "end": "2026-12-02", "person": "mallory"}
            made = (await client.post("/api/v1/maintenance", json=wish)).json()
            assert made["entered"]["person"] == "token:deploy"
            assert (await client.post("/api/v1/maintenance/nope/cancel", json={})).status_code == 404
            assert (await client.get("/api/v1/audit")).status_code == 403
        async with served.client(viewer) as client:
            assert (await client.post("/api/v1/reload")).status_code == 403
        async with served.client() as client:
            assert (await client.get("/api/v1/status")).status_code == 401
            assert (await client.get("/", headers=HTML)).status_code == 303
            await sign_in(client, "carol")
            assert (await client.get("/api/v1/status")).status_code == 200
        async with served.owner() as owner:
            assert (await owner.post("/api/v1/reload")).status_code == 200
    assert [(line.person, line.action, line.subject, line.outcome) for line in view.audit] == [
        ("token:deploy", "config.reload", "config", "allowed"),
        ("token:deploy", "maintenance.add", f"maintenance:{made['id']}", "allowed"),
        ("token:deploy", "maintenance.cancel", "/api/v1/maintenance/nope/cancel", "refused"),
        ("token:deploy", "audit.read", "/api/v1/audit", "refused"),
        ("token:acme", "config.reload", "/api/v1/reload", "refused"),
        ("-", "read", "/api/v1/status", "refused"),
        ("carol", "session.start", "login", "allowed"),
        (owner_name(), "config.reload", "config", "allowed"),
    ]
    assert view.audit[-1].source.startswith(f"unix:{owner_name()}/")
    assert secret not in str(view.audit)


def owner_name() -> str:
    import os
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
