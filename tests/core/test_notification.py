import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.notification import (
    Delivery,
    Kind,
    Link,
    Notification,
    Verdict,
    as_json,
    from_json,
    shortened,
)

TEXT = st.text(max_size=30)
INSTANT = st.integers(0, 4_000_000_000_000_000)
NOTIFICATIONS = st.builds(
    Notification,
    kind=st.sampled_from(Kind),
    idempotency_key=TEXT,
    at=INSTANT,
    title=TEXT,
    incident=TEXT,
    generation=st.integers(0, 99),
    reopen=st.integers(0, 99),
    severity=st.sampled_from(["critical", "high", "medium", "low", "info"]),
    service=TEXT,
    organization=TEXT,
    summary=st.text(max_size=2000),
    reason=TEXT,
    since=st.none() | INSTANT,
    timezone=st.sampled_from(["UTC", "Europe/Berlin"]),
    links=st.lists(st.builds(Link, TEXT, TEXT), max_size=3).map(tuple),
    details=st.dictionaries(TEXT, TEXT, max_size=3),
    entries=st.lists(TEXT, max_size=8).map(tuple),
    recipient=TEXT,
    address=TEXT,
)


@given(NOTIFICATIONS)
def test_a_message_survives_the_store(message: Notification) -> None:
    assert from_json(json.loads(json.dumps(as_json(message)))) == message


@given(NOTIFICATIONS)
def test_a_shortened_message_is_the_same_message(message: Notification) -> None:
    short = shortened(message)
    assert short.idempotency_key == message.idempotency_key
    assert (short.incident, short.reopen, short.kind) == (message.incident, message.reopen, message.kind)
    assert len(json.dumps(as_json(short))) <= len(json.dumps(as_json(message))) + 20
    assert shortened(short) == short


@pytest.mark.parametrize("change", [{"kind": "nonsense"}, {"at": "x"}, {"links": [{}]}, {"more": 1}])
def test_what_it_did_not_write_is_refused(change: dict[str, Any]) -> None:
    written = as_json(Notification(kind=Kind.META, idempotency_key="k", at=0, title="t"))
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json({**written, **change})


def test_only_one_verdict_is_a_success() -> None:
    assert [verdict for verdict in Verdict if Delivery(verdict=verdict).ok] == [Verdict.OK]
