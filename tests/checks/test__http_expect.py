"""What an answer must look like, judged over real answers."""

import gzip
import json
from decimal import Decimal

import pytest
import trio
from tests.checks.servers import (
    Web,
    asked,
    ok,
    serve,
)

from slawatch.checks._http_expect import parse_json_paths, parse_regex, parse_statuses
from slawatch.checks.http import Expect
from slawatch.core.sample import Cause, Outcome


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        (Expect(body_contains="all is"), ""),
        (Expect(body_contains="nothing"), "the body does not contain 'nothing'"),
        (Expect(body_not_contains="is ok"), "the body contains 'is ok'"),
        (Expect(body_regex=parse_regex(r"i\w o")), ""),
        (Expect(body_regex=parse_regex("^ok")), "the body does not match '^ok'"),
        (Expect(header={"content-type": "text/plain"}), ""),
        (Expect(header={"Content-Type": "text/plain; charset=utf-8"}), ""),
        (Expect(header={"Content-Type": "/^text/"}), ""),
        (Expect(header={"Content-Type": ""}), ""),
        (
            Expect(header={"Content-Type": "text"}),
            "header Content-Type is 'text/plain; charset=utf-8', expected 'text'",
        ),
        (Expect(header={"X-Gone": ""}), "the answer has no header X-Gone"),
        (Expect(status=parse_statuses("404,200")), ""),
        (Expect(json=parse_json_paths({"$.a": 1})), "the body is not JSON at character 0"),
    ],
)
async def test_expectations(nursery: trio.Nursery, expect: Expect, reason: str) -> None:
    port = await serve(nursery, Web(ok(b"all is ok", "Content-Type: text/plain; charset=utf-8")))
    found = await asked(f"http://127.0.0.1:{port}/", expect=expect)
    assert found.reason == reason
    assert found.outcome is (Outcome.DOWN if reason else Outcome.UP)
    assert found.cause is (Cause.CONTENT if reason else Cause.NONE)


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ({"$.status": "ok"}, ""),
        ({"$.status": "bad"}, '$.status is "ok", expected "bad"'),
        ({"$.items[*].up": True}, "$.items[*].up is false, expected true"),
        ({"$.items[?@.up == true].name": "a"}, ""),
        ({"$.count": Decimal("1.5")}, ""),
        ({"$.one": True}, "$.one is 1, expected true"),
        ({"$.gone": "x"}, 'the body has nothing at $.gone, expected "x"'),
        ({"$.list": [1, 2]}, ""),
    ],
)
async def test_json_paths(nursery: trio.Nursery, paths: dict[str, object], reason: str) -> None:
    document = {
        "status": "ok",
        "count": 1.5,
        "one": 1,
        "list": [1, 2],
        "items": [{"name": "a", "up": True}, {"name": "b", "up": False}],
    }
    port = await serve(nursery, Web(ok(json.dumps(document).encode())))
    found = await asked(f"http://127.0.0.1:{port}/", expect=Expect(json=parse_json_paths(paths)))
    assert found.reason == reason


async def test_an_encoded_body_is_unpacked_up_to_a_limit(nursery: trio.Nursery) -> None:
    packed = gzip.compress(b"hello " + b"\0" * 10_000_000 + b" world")
    port = await serve(nursery, Web(ok(packed, "Content-Encoding: gzip")))
    url = f"http://127.0.0.1:{port}/"
    assert (await asked(url, expect=Expect(body_contains="hello"))).outcome is Outcome.UP
    found = await asked(url, expect=Expect(body_contains="world"), max_body=100_000)
    assert found.reason == "the body does not contain 'world' in the first 100000 bytes"


@pytest.mark.parametrize("text", ["", "20", "2xx-3xx", "600", "299-200", "abc", "200-", "0xx"])
def test_status_codes_that_make_no_sense(text: str) -> None:
    with pytest.raises(ValueError, match="status code"):
        parse_statuses(text)
