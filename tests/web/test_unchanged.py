"""A client is not sent again what it has."""

from starlette.requests import Request

from slawatch.web.unchanged import answer, matches, tag


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
