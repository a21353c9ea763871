"""Who comes in from outside, and for how long: links in messages, tokens, a provider of identities."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import trio
from tests.acceptance.program import Program, Target, free_port
from tests.acceptance.test_told import off
from tests.web.provider import CLIENT, SECRET, provider

from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.link import sign

CONFIG = """
[web]
listen = "127.0.0.1:{web}"
public_url = "http://127.0.0.1:{web}"
{more}
[alerting]
start_grace = "0s"
[services.shop]
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{target}/"
interval = "1s"
failures = 1
[channels.told]
type = "exec"
command = ["/bin/sh", "-c", "cat >> {folder}/told; echo >> {folder}/told"]
[people.alice]
name = "Alice Example"
contact = [ {{ channel = "told" }} ]
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["person:alice"]
"""
OIDC = """
[web.oidc]
issuer = "{issuer}"
client_id = "{client}"
client_secret = "{secret}"
name = "Example ID"
grants = [ {{ group = "sre", role = "operator" }} ]
"""
HTML = {"Accept": "text/html"}

pytestmark = pytest.mark.timeout(120)


@dataclass
class Running:
    program: Program
    target: Target
    address: str
    folder: Path

    def client(self, **more: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, timeout=20, **more)  # type: ignore[arg-type]

    async def told(self) -> str:
        """Return what was told, once something was."""
        path = self.folder / "told"
        await off(self.program.until, lambda: path.exists() and path.read_text().strip(), 30)
        return path.read_text()


@asynccontextmanager
async def running(folder: Path, more: str = "", port: int | None = None) -> AsyncIterator[Running]:
    web = port or free_port()
    with Target() as target:
        text = CONFIG.format(web=web, target=target.port, folder=folder, more=more)
        with Program(folder, text) as program:
            await off(program.run)
            yield Running(program, target, f"http://127.0.0.1:{web}", folder)
            assert await off(program.stop) < 10


async def test_a_link_in_a_message_serves_once_for_its_turn_and_for_a_day(tmp_path: Path) -> None:
    async with running(tmp_path) as found:
        await off(found.program.until, lambda: found.program.state("shop") == "up", 30)
        await off(found.target.kill)
        link = re.search(rf"{re.escape(found.address)}/ack/[\w.-]+", await found.told())
        assert link is not None
        key = (tmp_path / "data" / "link.key").read_bytes()
        now = int(time.time()) * SECOND

        def made(generation: int, expires: int) -> str:
            return f"/ack/{sign(key, 1, generation, 'person:alice', expires)}"

        async with found.client(headers=HTML) as client:
            over = await client.get(made(1, now - HOUR))
            assert over.status_code == 410
            for words in ("time of this link is over", "24 h", "slawatch incidents ack 1", "/incidents/1"):
                assert words in over.text
            assert "shop-home" not in over.text, "who has an old link learns nothing by it"
            assert (await client.post(made(1, now - HOUR))).status_code == 410
            incident = await off(found.program.json, "incidents", "show", "1")
            assert incident["state"] == "triggered"

            path = urlsplit(link[0]).path
            asked = await client.get(path)
            assert "Acknowledge as Alice Example" in asked.text
            form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": found.address}
            done = await client.post(path, content=b"", headers=form)
            assert (done.status_code, "You have it" in done.text) == (200, True)
            incident = await off(found.program.json, "incidents", "show", "1")
            assert (incident["state"], incident["acker"]) == ("acked", "person:alice")

            assert (await off(found.program.command, "incidents", "unack", "1")).returncode == 0
            stale = await client.get(path)
            assert "This link is of an earlier turn: incident 1 is now triggered" in stale.text
            assert "<form" not in stale.text
            refused = await client.post(path, content=b"", headers=form)
            assert refused.status_code == 409
            incident = await off(found.program.json, "incidents", "show", "1")
            assert incident["state"] == "triggered"
            assert "<form" in (await client.get(made(incident["generation"], now + DAY))).text


async def test_a_token_that_is_revoked_ends_everything_at_once(tmp_path: Path) -> None:
    from tests.web.guests import hashed

    users = f'[users.root]\npassword = "{hashed()}"\nrole = "admin"\n'
    async with running(tmp_path, more=users) as found:
        made = await off(found.program.json, "token", "create", "prometheus", "--role", "viewer")
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        ended = trio.Event()
        began = trio.Event()
        async with found.client() as client, trio.open_nursery() as nursery:

            async def listen() -> None:
                async with client.stream("GET", "/api/v1/events", headers=bearer) as stream:
                    assert stream.status_code == 200
                    async for _ in stream.aiter_bytes():
                        began.set()
                ended.set()

            nursery.start_soon(listen)
            with trio.fail_after(20):
                await began.wait()
            assert (await client.get("/api/v1/status", headers=bearer)).status_code == 200
            assert (await off(found.program.command, "token", "revoke", "prometheus")).returncode == 0
            answer = await client.get("/api/v1/status", headers=bearer)
            assert answer.status_code == 401
            with trio.fail_after(2):
                await ended.wait()
            again = await client.get("/api/v1/events", headers=bearer)
            assert again.status_code == 401


async def test_a_provider_signs_somebody_in_and_they_act_in_their_own_name(tmp_path: Path) -> None:
    async with provider() as issuer:
        issuer.seconds = int(time.time())
        more = OIDC.format(issuer=issuer.issuer, client=CLIENT, secret=SECRET)
        async with running(tmp_path, more=more) as found:
            await off(found.target.kill)
            await found.told()
            async with found.client(follow_redirects=False) as client:
                assert (await client.get("/api/v1/status")).status_code == 401
                page = await client.get("/login", headers=HTML)
                assert "Sign in with Example ID" in page.text
                away = await client.get("/login/oidc/start", params={"next": "/incidents"})
                assert away.status_code == 303, away.text
                back = await client.get(
                    "/login/oidc", params=issuer.visit(away.headers["location"]), headers=HTML
                )
                assert (back.status_code, back.headers.get("location")) == (303, "/incidents"), back.text
                me = (await client.get("/api/v1/me")).json()
                assert (me["name"], me["role"], me["known_by"]) == (
                    "oidc:erin@example.com",
                    "operator",
                    "oidc",
                )
                shown = await client.get("/incidents/1", headers=HTML)
                csrf = re.search(r'name="csrf" value="([^"]+)"', shown.text)
                assert csrf is not None
                form = {"Origin": found.address}
                acked = await client.post("/incidents/1/ack", data={"csrf": csrf[1]}, headers=form)
                assert acked.status_code == 303, acked.text
            incident = await off(found.program.json, "incidents", "show", "1")
            assert (incident["state"], incident["acker"]) == ("acked", "oidc:erin@example.com")
            # Who belongs to no group is not let in.
            issuer.claims = {"groups": ["strangers"], "email": "eve@example.com"}
            async with found.client(follow_redirects=False) as client:
                away = await client.get("/login/oidc/start")
                back = await client.get(
                    "/login/oidc", params=issuer.visit(away.headers["location"]), headers=HTML
                )
                assert back.status_code in (401, 403)
                assert (await client.get("/api/v1/me")).status_code == 401
