"""A client is not sent again what it has."""

import pytest
from starlette.requests import Request

from slawatch.answers.view import Live
from slawatch.web.unchanged import answer, matches, tag

from .conftest import NOW, Served


def asked(etag: str = "") -> Request:
    headers = [(b"if-none-match", etag.encode())] if etag else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def test_the_same_content_has_the_same_tag() -> None:
    assert tag(b"a") == tag(b"a") != tag(b"b")


def test_who_has_it_gets_the_head_alone() -> None:
    whole = answer(asked(), b"body", {"Content-Type": "text/plain", "Cache-Control": "public"})
    assert (whole.status_code, whole.body) == (200, b"body")
    again = answer(asked(f'"x", W/{whole.headers["etag"]}'), b"body", {"Cache-Control": "public"})
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["etag"] == whole.headers["etag"]
    assert again.headers["cache-control"] == "public"
    assert "content-type" not in again.headers
    assert answer(asked('"x"'), b"body", {}).status_code == 200


def test_anything_matches_a_star() -> None:
    assert matches("*", '"a"')
    assert not matches("", '"a"')


@pytest.mark.parametrize(
    "path", ["/api/v1/openapi.json", "/api/v1/incidents", "/api/v1/maintenance", "/api/v1/alerts"]
)
async def test_the_api_says_that_nothing_is_new(served: Served, path: str) -> None:
    first = await served.public.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"
    again = await served.public.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await served.public.get(path, headers={"If-None-Match": '"x"'})
    assert other.content == first.content


async def test_what_changed_is_sent(served: Served) -> None:
    first = await served.public.get("/api/v1/status")
    served.view.state = Live(since=NOW)
    again = await served.public.get("/api/v1/status", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert again.json()["services"] != first.json()["services"]


async def test_a_refusal_has_no_tag(served: Served) -> None:
    answer = await served.public.get("/api/v1/status?org=none", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "etag" not in answer.headers
