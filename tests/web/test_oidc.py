"""Signing in by a provider: the whole way, and every way in which it must not work."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from slawatch.core.instant import MINUTE, SECOND

from .conftest import NOW, View
from .guests import HTML, Guests, configured, guests
from .provider import CLIENT, SECRET, Provider, curve, provider

URL = "http://127.0.0.1:8470"


def section(issuer: str, more: str = "") -> str:
    return f"""[web.oidc]
issuer = "{issuer}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
name = "Example ID"
grants = [
  {{ group = "sre", role = "operator" }},
  {{ group = "customers", role = "viewer", organizations = ["acme"] }},
]
{more}
[users.dave]
role = "admin"
external = "dave@example.com"
person = "alice"
"""


@pytest.fixture
async def id_provider(view: View, tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider() as found:
        found.seconds = NOW // SECOND
        view.config = configured(tmp_path, section(found.issuer), f'public_url = "{URL}"\n')
        yield found


@pytest.fixture
async def served(view: View, tmp_path: Path, id_provider: Provider) -> AsyncIterator[Guests]:
    async with guests(view, tmp_path) as found:
        yield found


async def go(
    served: Guests, id_provider: Provider, client: httpx.AsyncClient, target: str = "/", **changed: str
) -> httpx.Response:
    """Go to the provider and come back."""
    away = await client.get("/login/oidc/start", params={"next": target})
    assert away.status_code == 303, away.text
    query = {**id_provider.visit(away.headers["location"]), **changed}
    return await client.get("/login/oidc", params={k: v for k, v in query.items() if v}, headers=HTML)


async def me(client: httpx.AsyncClient) -> Any:
    answer = await client.get("/api/v1/me")
    if answer.status_code != 200:
        return answer.status_code
    found = answer.json()
    return found["name"], found["role"], found["organizations"]


async def test_there_and_back(served: Guests, id_provider: Provider, view: View) -> None:
    async with served.client() as client:
        page = await client.get("/login", params={"next": "/services/shop"}, headers=HTML)
        assert 'href="/login/oidc/start?next=/services/shop"' in page.text
        assert "Sign in with Example ID" in page.text
        answer = await go(served, id_provider, client, "/services/shop")
        assert (answer.status_code, answer.headers["location"]) == (303, "/services/shop")
        assert await me(client) == ("oidc:erin@example.com", "operator", "all")
    assert [(line.person, line.outcome) for line in view.audit] == [("oidc:erin@example.com", "allowed")]
    assert SECRET not in str(view.audit)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"groups": ["customers"]}, ("oidc:erin@example.com", "viewer", ["acme"])),
        ({"groups": "sre"}, ("oidc:erin@example.com", "operator", "all")),
        ({"email": "dave@example.com", "groups": []}, ("dave", "admin", "all")),
        ({"aud": [CLIENT]}, ("oidc:erin@example.com", "operator", "all")),
        ({"aud": [CLIENT, "other"], "azp": CLIENT}, ("oidc:erin@example.com", "operator", "all")),
    ],
)
async def test_what_they_may(
    served: Guests, id_provider: Provider, claims: dict[str, Any], expected: Any
) -> None:
    id_provider.claims = claims
    async with served.client() as client:
        assert (await go(served, id_provider, client)).status_code == 303
        assert await me(client) == expected


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": []}, {"groups": None}, {"groups": 7}, {"email_verified": False}, {"email_verified": None},
        {"email": None}, {"email": 7}, {"email": "a\nb"}, {"iss": "https://evil.example"}, {"aud": "other"},
        {"aud": [CLIENT, "other"]}, {"aud": None}, {"nonce": "another"}, {"nonce": None},
        {"exp": NOW // SECOND - 61}, {"exp": None}, {"sub": None}, {"iat": NOW // SECOND + 3600},
    ],
    ids=str,
)  # fmt: skip
async def test_an_id_token_that_is_not_for_this_login(
    served: Guests, id_provider: Provider, view: View, claims: dict[str, Any]
) -> None:
    id_provider.claims = claims
    async with served.client() as client:
        answer = await go(served, id_provider, client)
        assert answer.status_code == 403
        assert await me(client) == 401
    assert {(line.action, line.outcome) for line in view.audit} == {
        ("session.start", "refused"), ("read", "refused"),
    }  # fmt: skip


async def test_a_signature_that_is_not_the_providers(served: Guests, id_provider: Provider) -> None:
    good = {
        "iss": id_provider.issuer, "aud": CLIENT, "sub": "u-1", "iat": id_provider.seconds,
        "exp": id_provider.seconds + 300, "email": "erin@example.com", "email_verified": True,
        "groups": ["sre"],
    }  # fmt: skip
    other = RSAKey.generate_key(2048, {"kid": "one"})
    forged = [
        jwt.encode({"alg": "RS256", "kid": "one"}, good, other),
        jwt.encode({"alg": "HS256"}, good, OctKey.import_key(SECRET), algorithms=["HS256"]),
        "", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30.",
    ]  # fmt: skip
    for text in forged:
        id_provider.id_token = text or "-"
        async with served.client() as client:
            assert (await go(served, id_provider, client)).status_code == 403
            assert await me(client) == 401


async def test_state_cookie_code_and_issuer_belong_together(served: Guests, id_provider: Provider) -> None:
    async with served.client() as one, served.client() as other:
        for changed in (
            {"state": "x"}, {"state": ""}, {"code": "x"}, {"code": ""}, {"iss": "https://evil.example"},
            {"error": "access_denied"},
        ):  # fmt: skip
            answer = await go(served, id_provider, one, **changed)
            assert answer.status_code == 403, changed
        away = await one.get("/login/oidc/start")
        back = id_provider.visit(away.headers["location"])
        # Somebody else is made to use a link that signs them in as another (login CSRF).
        assert (await other.get("/login/oidc", params=back)).status_code == 403
        assert (await one.get("/login/oidc", params=back)).status_code == 403
        away = await one.get("/login/oidc/start")
        back = id_provider.visit(away.headers["location"])
        assert (await one.get("/login/oidc", params=back)).status_code == 303
        assert (await one.get("/login/oidc", params=back)).status_code == 403


async def test_who_stays_too_long_at_the_provider_begins_again(
    served: Guests, id_provider: Provider, view: View
) -> None:
    async with served.client() as client:
        away = await client.get("/login/oidc/start")
        back = id_provider.visit(away.headers["location"])
        view.clock.at += 10 * MINUTE
        answer = await client.get("/login/oidc", params=back)
        assert answer.status_code == 403
        assert "begin at the login page again" in answer.json()["detail"]


async def test_new_keys_are_fetched_when_they_are_needed(
    served: Guests, id_provider: Provider, view: View
) -> None:
    async with served.client() as client:
        assert (await go(served, id_provider, client)).status_code == 303
    id_provider.key, id_provider.algorithm = curve(), "ES256"
    async with served.client() as client:
        # A forger must not be able to make us ask for keys again and again.
        assert (await go(served, id_provider, client)).status_code == 403
        view.clock.at += MINUTE
        id_provider.seconds += 60
        assert (await go(served, id_provider, client)).status_code == 303
    assert id_provider.requests.count("/keys") == 2
    assert id_provider.requests.count("/.well-known/openid-configuration") == 1


async def test_what_the_token_does_not_say_is_asked_for(served: Guests, id_provider: Provider) -> None:
    id_provider.claims = {"email": None, "email_verified": None, "groups": None}
    id_provider.userinfo = {
        "sub": "u-1", "email": "erin@example.com", "email_verified": True, "groups": ["customers"],
    }  # fmt: skip
    async with served.client() as client:
        assert (await go(served, id_provider, client)).status_code == 303
        assert await me(client) == ("oidc:erin@example.com", "viewer", ["acme"])
    id_provider.userinfo["sub"] = "u-2"
    async with served.client() as client:
        assert (await go(served, id_provider, client)).status_code == 403


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/.well-known/openid-configuration", 500, {}),
        ("/.well-known/openid-configuration", 200, []),
        ("/.well-known/openid-configuration", 200, b"\xff"),
        ("/.well-known/openid-configuration", 200, {"issuer": "https://evil.example"}),
        ("/.well-known/openid-configuration", 302, {}),
        ("/token", 400, {"error": "invalid_grant"}),
        ("/token", 200, {}),
        ("/token", 200, b"x" * (2 << 20)),
        ("/keys", 200, {"keys": "none"}),
        ("/keys", 404, {}),
    ],
    ids=str,
)
async def test_a_provider_that_is_not_well(
    served: Guests, id_provider: Provider, path: str, status: int, said: Any
) -> None:
    id_provider.answers[path] = status, said
    async with served.client() as client:
        away = await client.get("/login/oidc/start")
        if path.startswith("/.well-known"):
            assert away.status_code in (403, 502)
            return
        back = id_provider.visit(away.headers["location"])
        answer = await client.get("/login/oidc", params=back)
        assert answer.status_code == 403
        assert await me(client) == 401


async def test_a_session_is_over_once_the_provider_is_configured_no_more(
    served: Guests, id_provider: Provider, view: View, tmp_path: Path
) -> None:
    async with served.client() as client:
        await go(served, id_provider, client)
        assert (await me(client))[1] == "operator"
        text = section(id_provider.issuer).replace('group = "sre"', 'group = "dev"')
        view.config = configured(tmp_path, text, f'public_url = "{URL}"\n')
        assert await me(client) == 401
        view.config = configured(tmp_path)
        assert await me(client) == 401


async def test_without_a_provider_there_is_no_such_way(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        for path in ("/login/oidc", "/login/oidc/start"):
            assert (await client.get(path)).status_code == 404
