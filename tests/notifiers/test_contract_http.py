"""What every type of channel over HTTP owes: what each answer means, and what it means that none came."""

import dataclasses
import gc
import warnings
from email.utils import format_datetime

import pytest
from tests.notifiers.conftest import NOW
from tests.notifiers.examples import (
    HIDDEN,
    HTTP,
    OK,
    SIGNING,
    attempt,
    quick,
)  # fmt: skip
from tests.notifiers.servers import Provider, Reply, until

from slawatch.core.instant import SECOND, to_datetime
from slawatch.core.notification import Notification, Verdict
from slawatch.notifiers import Sending

STATUSES = [
    *range(100, 104), *range(200, 209), 226, 299, *range(300, 309), *range(400, 430), 431, 451, 499,
    *range(500, 512), 520, 599,
]  # fmt: skip

API = {
    **dict.fromkeys((401, 403, 404, 407), Verdict.MISCONFIGURED),
    **dict.fromkeys((408, 425), Verdict.RETRY),
    410: Verdict.DISABLE,
    429: Verdict.THROTTLE,
    501: Verdict.PERMANENT,
}
WEBHOOK = {410: Verdict.DISABLE, **dict.fromkeys((429, 502, 504), Verdict.THROTTLE)}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", HTTP)
async def test_each_status_has_its_meaning(
    provider: Provider, notification: Notification, sending: Sending, name: str, status: int
) -> None:
    echo = f"{HIDDEN} {SIGNING.value}" if name == "webhook" else HIDDEN
    ours = OK[name] if 200 <= status < 300 else Reply(body=echo)
    provider.answers(dataclasses.replace(ours, status=status, headers={"X-Echo": HIDDEN}))
    brief = quick(sending) if status in (100, 102, 103) else sending
    found = await attempt(name, provider.url, notification, brief)
    table = WEBHOOK if name == "webhook" else API
    if status in (100, 102, 103):
        expected = Verdict.RETRY  # only announcements: the answer never comes
    elif 200 <= status < 300:
        # Without a body Slack has not said that it took the message into its channel; 204 and 205 have none.
        expected = Verdict.OK
    elif name == "webhook" or 500 <= status < 600:
        expected = table.get(status, Verdict.RETRY)
    else:
        expected = table.get(status, Verdict.PERMANENT)
    assert found.verdict is expected, found
    if status not in (100, 102, 103):
        assert found.status == status
        assert found.counts == (
            (status >= 500 and not (status == 501 and name != "webhook"))
            or (status in (408, 425) and name != "webhook")
        )
        assert found.possible_duplicate == (status in (502, 504))
        # A message that is too large is sent once more, shortened.
        assert len(provider.requests) == (2 if status == 413 and name != "sms" else 1)


@pytest.mark.parametrize("name", HTTP)
async def test_it_is_taken(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(OK[name])
    found = await attempt(name, provider.url, notification, sending)
    assert found.ok
    assert found.warnings == ()
    (request,) = provider.requests
    assert request.method == "POST"
    assert request.headers["host"] == f"localhost:{provider.port}"
    assert request.headers["user-agent"].startswith("slawatch/")
    await until(lambda: not provider.open)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120), ("0", 0), ("86400", 900), ("-5", None), ("soon", None), ("1.5", None),
        (format_datetime(to_datetime(NOW + 60 * SECOND), usegmt=True), 60),
        (format_datetime(to_datetime(NOW - 60 * SECOND), usegmt=True), 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", HTTP)
async def test_a_provider_may_ask_to_wait(
    provider: Provider, notification: Notification, sending: Sending, name: str, status: int, header: str,
    wait: int | None,
) -> None:  # fmt: skip
    provider.answers(Reply(status, headers={"Retry-After": header}))
    found = await attempt(name, provider.url, notification, sending)
    throttled = status == 429 or (name == "webhook" and wait is not None)
    assert found.verdict is (Verdict.THROTTLE if throttled else Verdict.RETRY)
    assert found.retry_after == (None if wait is None else wait * SECOND)


@pytest.mark.parametrize("name", HTTP)
async def test_what_is_too_large_is_sent_once_more_shortened(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    long = dataclasses.replace(notification, title="t" * 900, summary="x" * 5000, details={"k": "y" * 3000})
    provider.answers(Reply(413), OK[name])
    found = await attempt(name, provider.url, long, sending)
    assert found.ok
    first, second = provider.requests
    assert len(second.body) <= len(first.body)
    assert second.body != first.body
    if name == "webhook":
        assert second.headers["webhook-id"] == first.headers["webhook-id"]


@pytest.mark.parametrize("name", HTTP)
async def test_what_is_too_large_twice_is_not_sent_a_third_time(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    long = dataclasses.replace(notification, title="t" * 900, summary="x" * 5000)
    provider.answers(Reply(413))
    found = await attempt(name, provider.url, long, sending)
    assert found.verdict is (Verdict.RETRY if name == "webhook" else Verdict.PERMANENT)
    assert len(provider.requests) == 2


@pytest.mark.parametrize("act", ["reset", "close"])
@pytest.mark.parametrize("name", HTTP)
async def test_a_connection_that_breaks_after_the_message_may_have_brought_it(
    provider: Provider, notification: Notification, sending: Sending, name: str, act: str
) -> None:
    provider.answers(Reply(act=act))
    found = await attempt(name, provider.url, notification, sending)
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, True)


@pytest.mark.parametrize("name", ["webhook"])
async def test_a_connection_that_breaks_before_the_message_brought_nothing(
    provider: Provider, notification: Notification, sending: Sending, name: str
) -> None:
    provider.answers(Reply(act="reset early"))
    large = dataclasses.replace(notification, details={f"{n}": "z" * 1000 for n in range(20_000)})
    found = await attempt(name, provider.url, large, sending)
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False)


@pytest.mark.parametrize("name", HTTP)
async def test_a_name_that_does_not_exist_is_tried_again(
    notification: Notification, sending: Sending, name: str
) -> None:
    found = await attempt(name, "http://nowhere.invalid:80", notification, sending)
    assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False)
    assert "nowhere.invalid" in found.answer


@pytest.mark.parametrize("name", HTTP)
async def test_it_speaks_tls_and_trusts_whom_it_is_told(
    secured: Provider, notification: Notification, sending: Sending, name: str, ca_file: str
) -> None:
    secured.answers(OK[name])
    assert (await attempt(name, secured.url, notification, sending, ca_file=ca_file)).ok
    found = await attempt(name, secured.url, notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "certificate" in found.answer
    assert not found.counts
    assert len(secured.requests) == 1


@pytest.mark.parametrize("name", HTTP)
async def test_nothing_is_left_open(
    secured: Provider, notification: Notification, sending: Sending, name: str, ca_file: str
) -> None:
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", ResourceWarning)
        for reply in (OK[name], Reply(500), Reply(act="reset"), Reply(act="hang"), Reply(act="half")):
            secured.answers(reply)
            await attempt(name, secured.url, notification, quick(sending), ca_file=ca_file)
        gc.collect()
    assert not [str(one.message) for one in noted]
