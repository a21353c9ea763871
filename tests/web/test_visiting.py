"""From where a request comes, and what it proves: headers are believed from the proxy alone."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.config.model import Config
from slawatch.config.web import Proxy, parse_network
from slawatch.core.access import Grant
from slawatch.core.text import Secret
from slawatch.web import visiting

from .conftest import View
from .guests import HTML, configured, guests, sign_in, token

PROXY = """[web.proxy]
addresses = ["127.0.0.1"]
user = "X-Forwarded-User"
groups = "X-Forwarded-Groups"
secret = "between us"
grants = [
  { group = "sre", role = "operator" },
  { group = "customers", role = "viewer", organizations = ["acme"] },
]
[users.dave]
role = "admin"
external = "dave@example.com"
"""
TRUST = {"X-Slawatch-Secret": "between us"}


def scope(peer: str = "10.0.0.1", server: str = "10.0.0.9", **headers: str) -> dict[str, Any]:
    found = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"client": (peer, 1), "server": (server, 2), "headers": found, "scheme": "http"}


def proxy(*addresses: str, secret: str = "") -> Proxy:
    return Proxy(addresses=tuple(map(parse_network, addresses)), secret=Secret(secret) if secret else None)


def test_only_the_proxy_is_believed() -> None:
    told = {"x_forwarded_for": "192.0.2.7", "x_forwarded_proto": "https"}
    assert visiting.place_of(scope(**told), proxy("10.0.0.0/8")) == ("192.0.2.7", True, True, False)
    assert visiting.place_of(scope(**told), proxy("10.0.0.2")) == ("10.0.0.1", False, False, False)
    assert visiting.place_of(scope(**told), None) == ("10.0.0.1", False, False, False)
    assert visiting.place_of(scope("::ffff:10.0.0.1", **told), proxy("10.0.0.0/8")).address == "192.0.2.7"


def test_a_proxy_with_a_secret_must_tell_it() -> None:
    told = {"x_forwarded_for": "192.0.2.7"}
    between = proxy("10.0.0.0/8", secret="s")
    assert not visiting.place_of(scope(**told), between).trusted
    assert not visiting.place_of(scope(x_slawatch_secret="S", **told), between).trusted
    assert visiting.place_of(scope(x_slawatch_secret="s", **told), between).trusted
    twice = scope(x_slawatch_secret="s")
    twice["headers"].append((b"x-slawatch-secret", b"s"))
    assert not visiting.place_of(twice, between).trusted


@given(
    st.lists(st.sampled_from(["203.0.113.1", "203.0.113.2", "10.0.0.5", "10.9.9.9", "junk", ""]), max_size=5)
)
def test_the_address_is_the_last_that_no_proxy_of_ours_has(listed: list[str]) -> None:
    found = visiting.place_of(scope(x_forwarded_for=", ".join(listed)), proxy("10.0.0.0/8")).address
    expected = "10.0.0.1"
    for address in reversed(listed):
        if not address.startswith(("10.", "203.")):
            break
        if address.startswith("203."):
            expected = address
            break
    assert found == expected


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via", "x_forwarded_user"])
def test_who_comes_through_somebody_is_not_local(header: str) -> None:
    assert visiting.place_of(scope("127.0.0.1", "127.0.0.1"), None).local
    assert not visiting.place_of(scope("127.0.0.1", "127.0.0.1", **{header: "127.0.0.1"}), None).local
    assert not visiting.place_of(scope("127.0.0.1", "10.0.0.9"), None).local


def test_a_header_or_cookie_that_comes_twice_counts_for_nothing() -> None:
    twice = scope(cookie="slawatch=a; b=c; slawatch=d", authorization="Bearer a")
    twice["headers"].append((b"authorization", b"Bearer b"))
    assert visiting.header(twice, b"authorization") == ""
    assert visiting.cookie(twice, https=False) == ""
    assert visiting.cookie(scope(cookie="x=y; slawatch=a"), https=False) == "a"
    # By TLS only the cookie that is bound to TLS counts.
    assert visiting.cookie(scope(cookie="slawatch=a"), https=True) == ""
    assert visiting.cookie(scope(cookie="__Host-slawatch=a"), https=True) == "a"


def test_the_owner_of_the_socket_is_known_by_the_system() -> None:
    found = visiting.of_socket({"peer": (77, 0, 0)})
    assert found.who is not None
    assert (found.who.name, found.who.role, found.who.source) == ("root", "admin", "unix:root/77")
    assert visiting.of_socket({"peer": (77, 4_000_000_000, 0)}).place.address == "unix:uid 4000000000/77"
    assert visiting.of_socket({}).place.address == "unix"


async def me(client: httpx.AsyncClient, **headers: str) -> Any:
    answer = await client.get("/api/v1/me", headers={k.replace("_", "-"): v for k, v in headers.items()})
    if answer.status_code != 200:
        return answer.status_code
    found = answer.json()
    return found["name"], found["role"], found["organizations"], found["known_by"]


async def test_who_a_proxy_signed_in_may_what_their_groups_are_granted(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PROXY)
    async with guests(view, tmp_path) as served, served.client(**TRUST) as client:
        assert await me(client, X_Forwarded_User="erin", X_Forwarded_Groups="dev, sre") == (
            "proxy:erin", "operator", "all", "proxy",
        )  # fmt: skip
        assert await me(client, X_Forwarded_User="frank", X_Forwarded_Groups="customers") == (
            "proxy:frank", "viewer", ["acme"], "proxy",
        )  # fmt: skip
        assert await me(client, X_Forwarded_User="DAVE@example.com") == ("dave", "admin", "all", "proxy")
        assert await me(client, X_Forwarded_User="grace", X_Forwarded_Groups="dev") == 401
        # Who has a password signs in with it, whatever a provider calls them.
        assert await me(client, X_Forwarded_User="alice") == 401
        assert await me(client) == 401


async def test_headers_from_elsewhere_sign_nobody_in(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PROXY)
    spoofed = {"X_Forwarded_User": "dave@example.com", "X_Forwarded_Groups": "sre"}
    async with guests(view, tmp_path) as served:
        async with served.client() as client:
            assert await me(client, **spoofed) == 401
            assert await me(client, X_Slawatch_Secret="guess", **spoofed) == 401
        view.config = configured(tmp_path, PROXY.replace('"127.0.0.1"', '"10.1.2.3"'))
        async with served.client(**TRUST) as client:
            assert await me(client, **spoofed) == 401
            await sign_in(client)
            # A session is a session; what the header says beside it is not heard.
            assert await me(client, **spoofed) == ("alice", "operator", "all", "password")
        twice = [("X-Forwarded-User", "dave@example.com"), ("X-Forwarded-User", "erin"), *TRUST.items()]
        view.config = configured(tmp_path, PROXY)
        async with served.client() as client:
            assert (await client.get("/api/v1/me", headers=twice)).status_code == 401


async def test_who_the_proxy_signed_in_must_mean_what_they_do(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PROXY)
    headers = {**TRUST, "X-Forwarded-User": "erin", "X-Forwarded-Groups": "sre"}
    async with guests(view, tmp_path) as served, served.client(**headers) as client:
        assert (
            await client.post("/api/v1/reload", headers={"Origin": "https://x.example"})
        ).status_code == 403
        assert (await client.post("/api/v1/reload")).status_code == 200
    assert [(line.person, line.outcome) for line in view.audit] == [
        ("proxy:erin", "refused"), ("proxy:erin", "allowed"),
    ]  # fmt: skip


async def test_basic_authentication_of_a_proxy_is_not_ours(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PROXY)
    headers = {
        **TRUST,
        "X-Forwarded-User": "erin",
        "X-Forwarded-Groups": "sre",
        "Authorization": "Basic eDp5",
    }
    async with guests(view, tmp_path) as served, served.client(**headers) as client:
        assert (await client.get("/api/v1/me")).json()["name"] == "proxy:erin"


@pytest.mark.parametrize("given_token", ["slw_nothing", "nothing", "slw_" + "a" * 5000])
async def test_a_token_that_is_none_is_no_way_in_even_where_nobody_must_sign_in(
    view: View, tmp_path: Path, given_token: str
) -> None:
    async with guests(view, tmp_path) as served, served.client(given_token) as client:
        assert (await client.get("/api/v1/status")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200


async def test_a_token_narrows_even_where_nobody_must_sign_in(view: View, tmp_path: Path) -> None:
    secret = token(view, "viewer", ("acme",))
    async with guests(view, tmp_path) as served, served.client(secret) as client:
        assert [s["service"] for s in (await client.get("/api/v1/status")).json()["services"]] == ["shop"]


async def test_without_login_a_strange_name_on_loopback_is_refused_also_for_pages(
    view: View, tmp_path: Path
) -> None:
    async with guests(view, tmp_path) as served, served.client() as client:
        assert (await client.get("/", headers={**HTML, "Host": "evil.example"})).status_code == 421
    assert [line.outcome for line in view.audit] == ["refused"]


WINDOW = {"services": ["shop"], "start": "2026-12-01", "end": "2026-12-02"}


async def test_nobody_signs_as_somebody_else_by_what_a_proxy_calls_them(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, PROXY.replace("[users.dave]", "[people.zoe]\n[users.dave]"))
    async with guests(view, tmp_path) as served, served.client(**TRUST) as client:
        as_zoe = {"X-Forwarded-User": "zoe", "X-Forwarded-Groups": "sre"}
        made = await client.post("/api/v1/maintenance", json=WINDOW, headers=as_zoe)
        # Zoe is one of the people, and no user says that this is her.
        assert made.json()["entered"]["person"] == "proxy:zoe"
        opened = await client.post(
            "/api/v1/incidents", json={"title": "x", "severity": "high"}, headers=as_zoe
        )
        assert all(getattr(one, "by", "proxy:zoe") == "proxy:zoe" for one in view.acted), opened.text
        for name in (
            "person:zoe",
            "token:deploy",
            "proxy:erin",
            "-",
            "a\u202eb",
            "a\x01b",
            "a  b",
            "x" * 201,
        ):
            told = [(b"X-Forwarded-User", name.encode()), (b"X-Forwarded-Groups", b"sre")]
            answer = await client.get("/api/v1/me", headers=[*client.headers.raw, *told])
            assert answer.status_code == 401, name
            assert "no name" in answer.json()["detail"]
        assert await me(client, X_Forwarded_User="dave@example.com") == ("dave", "admin", "all", "proxy")
        utf8 = [(b"X-Forwarded-User", "J\u00c9".encode()), (b"X-Forwarded-Groups", b"sre")]
        found = await client.get("/api/v1/me", headers=[*client.headers.raw, *utf8])
        assert found.json()["name"] == "proxy:J\u00c9"


@given(st.text(max_size=30), st.sampled_from(["proxy", "oidc"]))
def test_a_name_from_outside_is_never_that_of_a_person_a_user_or_a_token(name: str, kind: str) -> None:
    grants = (Grant(group="g", role="operator"),)
    found = visiting.external(Config(path=Path("x"), data_dir=Path("x")), name, ["g"], grants, kind, "a")
    if found is not None:
        assert (found.by, found.person) == (f"{kind}:{name}", "")
        assert found.name.count(":") == 1
        assert found.name.isprintable()


def test_nobody_is_nobody(view: View) -> None:
    config: Config = view.config
    assert visiting.external(config, "x", ["sre"], (), "oidc", "a") is None
