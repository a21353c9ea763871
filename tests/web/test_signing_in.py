"""In and out by a browser: the page, the session, what ends it, and how seldom one may fail."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import trio

from slawatch.answers.view import Refused
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.web.signing_in import inside

from .conftest import NOW, View
from .guests import HTML, PASSWORD, configured, field, guests, hashed, sign_in


def lines(view: View, action: str) -> list[tuple[str, str, str]]:
    return [(line.person, line.outcome, line.detail) for line in view.audit if line.action == action]


async def test_a_browser_is_sent_to_the_login_page_and_back(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        answer = await client.get("/services/shop?window=7d", headers=HTML)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/login?next=%2Fservices%2Fshop%3Fwindow%3D7d"
        page = await client.get(answer.headers["location"], headers=HTML)
        assert "<script" not in page.text
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        answer = await sign_in(client, target="/services/shop?window=7d")
        assert (answer.status_code, answer.headers["location"]) == (303, "/services/shop?window=7d")
        assert (await client.get("/services/shop", headers=HTML)).status_code == 200
        # Who has signed in already is not asked again.
        assert (await client.get("/login", headers=HTML)).status_code == 303
    assert lines(view, "session.start") == [("alice", "allowed", '{"by":"password"}')]


async def test_a_program_is_told_401_and_not_sent_anywhere(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        for path in ("/api/v1/status", "/metrics", "/"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (
                401, 'Bearer realm="slawatch"',
            )  # fmt: skip
        assert (await client.get("/api/v1/status", headers=HTML)).status_code == 401
        assert (await client.post("/api/v1/reload", headers=HTML)).status_code == 401


async def test_the_cookie_is_for_this_site_alone(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        answer = await sign_in(client)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("slawatch="))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert f"Max-Age={7 * 24 * 3600}" in cookie
        secret = client.cookies["slawatch"]
    with view.database.reading() as cursor:
        stored = str(cursor.execute("SELECT * FROM session").fetchall())
    assert secret not in stored
    assert "alice" in stored


@pytest.mark.parametrize(
    ("name", "password"),
    [("alice", "mistaken"), ("nobody", PASSWORD), ("", ""), ("alice", ""), ("alice", PASSWORD + "x"),
     ("ALICE", PASSWORD), ("alice\0", PASSWORD), ("a" * 5000, "b" * 5000)],
)  # fmt: skip
async def test_wrong_is_wrong_and_says_no_more(view: View, tmp_path: Path, name: str, password: str) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        answer = await sign_in(client, name, password)
        assert answer.status_code == 401
        assert "Name or password is wrong." in answer.text
        assert "slawatch" not in client.cookies
        assert (await client.get("/", headers=HTML)).status_code == 303
    ((person, outcome, _),) = lines(view, "session.start")
    assert outcome == "refused"
    assert person == ("alice" if name == "alice" else "-")
    assert not password or password not in str(view.audit)


async def test_a_form_of_another_site_signs_nobody_in(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served:
        async with served.client() as client:
            fields = {"name": "alice", "password": PASSWORD, "csrf": "", "next": "/"}
            assert (await client.post("/login", data=fields)).status_code == 403
        async with served.client() as one, served.client() as other:
            csrf = field((await one.get("/login")).text, "csrf")
            await other.get("/login")
            assert (await other.post("/login", data={**fields, "csrf": csrf})).status_code == 403
            assert (await one.post("/login", data={**fields, "csrf": csrf})).status_code == 303


async def test_guessing_is_slow_from_one_address_and_for_one_name(view: View, tmp_path: Path) -> None:
    view.config = configured(
        tmp_path, web='proxy = { addresses = ["127.0.0.1"], secret = "s" }\n'
    )  # the addresses that the proxy tells of
    trust = {"X-Slawatch-Secret": "s"}

    async def attempt(served_client: httpx.AsyncClient, name: str, password: str = "wrong") -> int:
        return (await sign_in(served_client, name, password)).status_code

    async with guests(view, tmp_path) as served:
        async with served.client(**{**trust, "X-Forwarded-For": "192.0.2.1"}) as client:
            assert [await attempt(client, f"u{n}") for n in range(20)] == [401] * 20
            answer = await sign_in(client, "u-more")
            assert answer.status_code == 429
            assert 0 < int(answer.headers["retry-after"]) <= 6
            # From there even the right password waits.
            assert await attempt(client, "carol", PASSWORD) == 429
            view.clock.at += 6 * SECOND
            assert await attempt(client, "carol", PASSWORD) == 303
        async with served.client(**{**trust, "X-Forwarded-For": "198.51.100.1"}) as client:
            assert [await attempt(client, "alice") for _ in range(10)] == [401] * 10
            assert await attempt(client, "alice", PASSWORD) == 429
        # Who guesses keeps nobody out elsewhere.
        async with served.client(**{**trust, "X-Forwarded-For": "203.0.113.1"}) as client:
            assert await attempt(client, "alice", PASSWORD) == 303
        for n in range(10):
            async with served.client(**{**trust, "X-Forwarded-For": f"198.51.100.{100 + n}"}) as client:
                assert [await attempt(client, "alice") for _ in range(9)] == [401] * 9
        # So many places are no forgetful user: whoever got in from theirs before still does, others wait.
        async with served.client(**{**trust, "X-Forwarded-For": "203.0.113.1"}) as client:
            assert await attempt(client, "alice", PASSWORD) == 303
        async with served.client(**{**trust, "X-Forwarded-For": "203.0.113.2"}) as client:
            assert await attempt(client, "alice", PASSWORD) == 429
            view.clock.at += MINUTE
            assert await attempt(client, "alice", PASSWORD) == 303
    assert '"too many attempts"' in str(lines(view, "session.start"))


async def test_an_account_of_ones_own_earns_no_guesses_at_others(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    found = []
    async with guests(view, tmp_path) as served:
        for n in range(25):
            async with served.client() as client:
                found.append((await sign_in(client, f"u{n}", "wrong")).status_code)
            async with served.client() as client:
                await sign_in(client, "carol")
    assert found == [401] * 20 + [429] * 5


async def test_a_session_is_a_new_one_whatever_cookie_there_was(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        client.cookies.set("slawatch", "chosen-by-somebody-else")
        await sign_in(client)
        async with served.client(Cookie="slawatch=chosen-by-somebody-else") as thief:
            assert (await thief.get("/api/v1/me")).status_code == 401


async def test_many_guesses_at_once_are_no_more_than_one_after_another(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    found: list[int] = []
    async with guests(view, tmp_path) as served, served.client() as client:
        page = await client.get("/login")
        fields = {"name": "alice", "password": "wrong", "csrf": field(page.text, "csrf"), "next": "/"}

        async def attempt() -> None:
            found.append((await client.post("/login", data=fields)).status_code)

        async with trio.open_nursery() as nursery:
            for _ in range(40):
                nursery.start_soon(attempt)
    assert found.count(401) == 10
    assert found.count(429) == 30


async def test_leaving_ends_the_session_for_good(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        secret = client.cookies["slawatch"]
        page = await client.get("/", headers=HTML)
        assert (await client.post("/logout", data={"csrf": "wrong"})).status_code == 403
        answer = await client.post("/logout", data={"csrf": csrf_of(page.text, secret)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert "slawatch" not in client.cookies
        async with served.client(Cookie=f"slawatch={secret}") as thief:
            assert (await thief.get("/api/v1/status")).status_code == 401
    with view.database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM session").fetchone() == (0,)


def csrf_of(_: str, secret: str) -> str:
    from slawatch.web import visiting

    return visiting.csrf_of(secret)


async def test_idle_and_old_sessions_are_over(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path, web='sessions = { idle = "1h", length = "1d" }\n')
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        for _ in range(23):
            view.clock.at += HOUR - SECOND
            assert (await client.get("/api/v1/me")).status_code == 200
        view.clock.at += HOUR
        assert (await client.get("/api/v1/me")).status_code == 401
        await sign_in(client)
        view.clock.at += HOUR
        assert (await client.get("/api/v1/me")).status_code == 401
        began = view.clock.at
        await sign_in(client)
        while view.clock.at + HOUR // 2 < began + DAY:
            view.clock.at += HOUR // 2
            assert (await client.get("/api/v1/me")).status_code == 200
        view.clock.at = began + DAY
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_another_password_or_no_user_any_more_ends_sessions(view: View, tmp_path: Path) -> None:
    view.config = whole = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        assert (await client.get("/api/v1/me")).json()["role"] == "operator"
        alice = whole.users["alice"]
        view.config = replace(whole, users={**whole.users, "alice": replace(alice, role="viewer")})
        assert (await client.get("/api/v1/me")).json()["role"] == "viewer"
        assert alice.password is not None
        other = replace(alice, password=replace(alice.password, value=hashed("another password")))
        view.config = replace(whole, users={**whole.users, "alice": other})
        assert (await client.get("/api/v1/me")).status_code == 401
        view.config = replace(whole, users={"carol": whole.users["carol"]})
        assert (await client.get("/api/v1/me")).status_code == 401
        view.config = whole
        assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_session_outlives_a_restart(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        await sign_in(client)
        secret = client.cookies["slawatch"]
    async with guests(view, tmp_path) as served, served.client(Cookie=f"slawatch={secret}") as client:
        assert (await client.get("/api/v1/me")).json()["name"] == "alice"


async def test_a_store_that_takes_nothing_lets_nobody_in(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        view.refuse = Refused("the disk is full", busy=True)
        answer = await sign_in(client)
        assert answer.status_code == 503
        assert "slawatch cannot store the session now" in answer.text
        assert "slawatch" not in client.cookies


async def test_one_user_has_so_many_sessions_and_no_more(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served:
        first = served.client()
        async with first, served.client() as client:
            await sign_in(first)
            for _ in range(20):
                view.clock.at += MINUTE
                client.cookies.delete("slawatch") if "slawatch" in client.cookies else None
                await sign_in(client)
            assert (await first.get("/api/v1/me")).status_code == 401
            assert (await client.get("/api/v1/me")).status_code == 200
    with view.database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM session").fetchone() == (20,)


async def test_without_users_there_is_no_login_page(view: View, tmp_path: Path) -> None:
    async with guests(view, tmp_path) as served, served.client() as client:
        assert (await client.get("/login")).status_code == 404


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/services/a", "/services/a"), ("/?org=acme", "/?org=acme"), ("", "/"), ("services", "/"),
        ("//evil.example/", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
        ("/a\r\nX: y", "/"), ("/\u00e9", "/"), ("/" + "a" * 3000, "/"), ("/login?next=/login", "/"),
        ("/logout", "/"), ("javascript:alert(1)", "/"),
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(target: str, found: str) -> None:
    assert inside(target) == found


async def test_the_target_stays_inside_through_the_form(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    async with guests(view, tmp_path) as served, served.client() as client:
        answer = await sign_in(client, target="//evil.example/")
        assert urlsplit(answer.headers["location"]).netloc == ""
        assert parse_qs(urlsplit(answer.headers["location"]).query) == {}
    assert view.clock.at == NOW
