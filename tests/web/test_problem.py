"""Problem documents, host names, and the headers of every answer."""

import pytest

from .conftest import Served


async def test_what_is_not_there_is_a_problem_document(served: Served) -> None:
    answer = await served.public.get("/nope/../here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is nothing at /here",
    }  # fmt: skip


async def test_a_method_that_is_not_taken_names_those_that_are(served: Served) -> None:
    answer = await served.public.delete("/api/v1/status")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/status", "/nope"])
async def test_every_answer_has_the_careful_headers(served: Served, path: str) -> None:
    answer = await served.public.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
