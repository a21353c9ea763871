"""The app for those who must say who they are, on real sockets; and the clients that they use."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import httpx
import trio

from slawatch.config.load import Config, load
from slawatch.core.access import Role
from slawatch.store import access
from slawatch.web.app import build
from slawatch.web.credentials import mint
from slawatch.web.serve import Server, bind_tcp, bind_unix
from slawatch.web.tls import Certificate

from .conftest import NOW, TOML, View

PASSWORD: Final = "correct horse battery"
HTML: Final = {"Accept": "text/html"}


@cache
def hashed(password: str = PASSWORD) -> str:
    """Return a hash that is as cheap to check as the configuration allows."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=7168, parallelism=1).hash(password)


def configured(folder: Path, more: str = "", web: str = "") -> Config:
    """Return the configuration of the tests with users: alice is an operator, carol a viewer of acme."""
    path = folder / "guarded.toml"
    path.write_text(
        f"""{TOML}
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[people.alice]
contact = [{{ channel = "hook" }}]
[web]
listen = "127.0.0.1:8470"
{web}
[users.alice]
password = "{hashed()}"
role = "operator"
person = "alice"
[users.carol]
password = "{hashed()}"
role = "viewer"
organizations = ["acme"]
{more}
"""
    )
    return load(path, env={})


def token(view: View, role: Role, organizations: tuple[str, ...] | None = None, name: str = "") -> str:
    """Store a token and return its secret; before the app is first asked."""
    made = mint(name or f"{role}-{organizations}", role, organizations, NOW, None, "test")
    access.create_token(view.database, made.token)
    return made.secret


@dataclass
class Guests:
    """The app on its sockets.

    Attributes:
        url: of the port.
        path: of the unix socket.
    """

    view: View
    server: Server
    url: str
    path: Path
    verify: ssl.SSLContext | bool = False

    def client(self, bearer: str = "", **headers: str) -> httpx.AsyncClient:
        """Return a client with cookies of its own."""
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=60, verify=self.verify
        )

    def owner(self) -> httpx.AsyncClient:
        """Return a client of the unix socket."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.path))
        return httpx.AsyncClient(
            base_url="http://localhost", transport=transport, trust_env=False, timeout=60
        )


@asynccontextmanager
async def guests(
    view: View, folder: Path, certificate: Certificate | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Guests]:
    """Serve the app."""
    path = folder / "guests.sock"
    listeners = [bind_unix(path), *bind_tcp(host, 0, certificate)]
    port = listeners[1].socket.getsockname()[1]
    server = Server(build(view), listeners, grace=0.2)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        scheme = "http" if certificate is None else "https"
        name = "localhost" if certificate is not None else host
        yield Guests(view, server, f"{scheme}://{name}:{port}", path)
        server.stop()


def field(page: str, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


async def sign_in(
    client: httpx.AsyncClient, name: str = "alice", password: str = PASSWORD, target: str = ""
) -> httpx.Response:
    """Do as a browser does on the login page."""
    page = await client.get("/login", params={"next": target} if target else {}, headers=HTML)
    assert page.status_code == 200, page.text
    fields = {
        "name": name, "password": password, "csrf": field(page.text, "csrf"),
        "next": field(page.text, "next"),
    }  # fmt: skip
    return await client.post("/login", data=fields, headers=HTML)
