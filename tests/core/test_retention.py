"""How long samples are kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.core.agreements import promise

from slawatch.core.instant import DAY, from_datetime
from slawatch.core.retention import claims_until, kept_from, longest


def at(text):
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def since(agreements, now, asked=3 * DAY):
    return kept_from(asked, agreements, at(now))


def test_without_an_agreement_it_is_what_was_asked_for():
    assert since([], "2026-06-15") == at("2026-06-12")
    assert since([promise("s")], "2026-06-15", 400 * DAY) == at("2026-06-15") - 400 * DAY


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        ("2026-06-15", "2026-03-31"),
        # April's claims end thirty days after its end, which is on the 31st of May.
        ("2026-05-30T23:59:59", "2026-03-31"),
        ("2026-05-31", "2026-04-30"),
        ("2026-06-01", "2026-04-30"),
    ],
)
def test_a_period_is_kept_until_its_claims_have_ended(now, kept):
    claims = promise("s", claim_window=30 * DAY)
    if now == "2026-06-15":
        claims = promise("s", claim_window=60 * DAY)
    assert since([claims], now) == at(kept)


def test_a_period_without_claims_is_kept_while_it_runs():
    assert since([promise("s")], "2026-06-15") == at("2026-05-31")
    assert since([promise("s", period="year")], "2026-06-15") == at("2025-12-31")
    assert since([promise("s", effective_from="2026-06-10")], "2026-06-15") == at("2026-06-09")
    assert since([promise("s", effective_from="2026-07-01")], "2026-06-15") == at("2026-06-12")


def test_the_longest_of_several_counts_and_each_version_has_its_own():
    monthly = promise("s", claim_window=30 * DAY)
    assert since([promise("s"), monthly], "2026-06-15") == at("2026-04-30")
    later = replace(monthly, effective_from="2026-06-01", claim_window=0)
    assert since([replace(monthly, versions=(later,))], "2026-06-29") == at("2026-04-30")
    assert since([replace(monthly, versions=(later,))], "2026-07-02") == at("2026-06-29")
    assert longest(replace(monthly, versions=(later,))) == 62 * DAY


def test_claims_until_the_end_of_the_second_month_after():
    terms = promise("s", claim_periods=2)
    assert claims_until(terms, at("2024-02-01")) == at("2024-04-01")
    assert claims_until(terms, at("2026-02-01")) == at("2026-04-01")
    assert claims_until(promise("s"), at("2026-02-01")) == at("2026-02-01")
    assert since([terms], "2026-03-31") == at("2025-12-31")
    assert since([terms], "2026-04-01") == at("2026-01-31")
    assert longest(terms) == 94 * DAY


def test_days_of_a_claim_window_are_civil_days():
    berlin = promise("s", claim_window=120 * DAY, timezone="Europe/Berlin")
    end = at("2026-11-30T23:00")
    # The clocks go forward on the 28th of March.
    assert claims_until(berlin, end) == at("2027-03-30T22:00")
    hours = promise("s", claim_window=DAY + DAY // 2, timezone="Europe/Berlin")
    assert claims_until(hours, end) == end + DAY + DAY // 2
