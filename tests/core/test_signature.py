"""Signatures, against the Standard Webhooks libraries and PagerDuty's documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.instant import SECOND
from slawatch.core.signature import (
    Link,
    check_secret,
    content,
    key_of,
    seal,
    sign,
    unseal,
    verify,
    verify_pagerduty,
)  # fmt: skip


@pytest.mark.parametrize("case", cases("webhook_signatures"), ids=lambda c: c["id"].split("/")[1])
def test_published(case):
    body = case.get("body", "").encode()
    op = case["op"]
    if op == "sign":
        assert sign([case["secret"]], case["msg_id"], case["timestamp"], body) == case["expect"]
    elif op == "sign-many":
        assert sign(case["secrets"], case["msg_id"], case["timestamp"], body) == case["expect"]
    elif op == "sign-retry":
        found = [sign([case["secret"]], case["msg_id"], at, body) for at in case["timestamps"]]
        assert found == case["expect"]
    elif op == "verify":
        assert verify(case["secret"], case["headers"], body, case["now"] * SECOND) == case["expect_valid"]
    elif op == "construct":
        with pytest.raises(ValueError, match="empty"):
            key_of(case["secret"])
    elif op == "content_to_sign":
        assert content(case["msg_id"], case["timestamp"], body).decode() == case["expect"]
    elif op == "accept-secret":
        accepted(lambda: check_secret(case["secret"]), ok=case["expect_ok"])
    elif op == "accept-id":
        accepted(lambda: content(case["msg_id"], 0, b""), ok=case["expect_ok"])
    else:
        assert op == "pagerduty-verify"
        assert verify_pagerduty(case["secret"], case["header"], body) == case["expect_valid"]


def accepted(call, *, ok):
    if ok:
        call()
    else:
        with pytest.raises(ValueError, match=r"bytes|dot"):
            call()


@given(st.integers(1, 10**9), st.integers(1, 99), st.text(max_size=30), st.binary(min_size=1, max_size=40))
def test_a_link_says_what_it_was_made_for(incident, generation, recipient, secret):
    link = Link(incident, generation, recipient, 1000)
    token = seal(secret, link)
    assert unseal(secret, token, 999) == link
    with pytest.raises(ValueError, match="too old"):
        unseal(secret, token, 1000)
    with pytest.raises(ValueError, match="no link of ours"):
        unseal(secret + b"x", token, 999)


@given(st.text(max_size=60))
def test_any_text_is_a_link_or_none(text):
    with pytest.raises(ValueError, match="no link of ours"):
        unseal(b"secret", text, 0)
