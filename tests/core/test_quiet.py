"""Quiet hours: when they hold, until when, and for which alerts."""

from zoneinfo import ZoneInfo

import pytest

from slawatch.core.alert import Alert
from slawatch.core.dates import parse_weekdays, read_clock_span
from slawatch.core.instant import Instant, parse_rfc3339
from slawatch.core.matcher import parse
from slawatch.core.quiet import QuietHours
from slawatch.core.recurrence import TimeInterval
from slawatch.core.suppress import Suppression

NIGHT = TimeInterval(times=(read_clock_span("22:00-06:00"),))
WEEKEND = TimeInterval(weekdays=(parse_weekdays("sat-sun"),))


def at(text: str) -> Instant:
    return parse_rfc3339(text)


def alert(severity: str = "low", service: str = "mail", **labels: str) -> Alert:
    return Alert(
        fingerprint="a", check="a", severity=severity, title="a", since=0, fired_at=0, service=service,
        labels=tuple(sorted(labels.items())),
    )  # fmt: skip


def test_there_is_a_time() -> None:
    with pytest.raises(ValueError, match="during"):
        QuietHours(name="q", during=())


def test_they_end_on_the_clock_of_their_zone() -> None:
    assert ZoneInfo("Europe/Berlin")
    quiet = QuietHours(name="q", during=(NIGHT,), timezone="Europe/Berlin")
    assert quiet.until(at("2026-01-10T20:59:59Z")) is None
    assert quiet.until(at("2026-01-10T21:00:00Z")) == at("2026-01-11T05:00:00Z")
    assert quiet.until(at("2026-01-11T05:00:00Z")) is None
    # The clocks go forward in this night: it is an hour shorter.
    assert quiet.until(at("2026-03-28T22:00:00Z")) == at("2026-03-29T04:00:00Z")


def test_times_that_meet_are_one() -> None:
    quiet = QuietHours(name="q", during=(NIGHT, WEEKEND))
    assert quiet.until(at("2026-01-09T23:00:00Z")) == at("2026-01-12T06:00:00Z")


def test_what_can_wait_is_withheld_and_what_cannot_is_not() -> None:
    quiet = QuietHours(
        name="q",
        during=(NIGHT,),
        services=("mail",),
        match=parse("env=test"),
        severity="medium",
        reason="sleep",
    )
    night, day = at("2026-01-10T23:00:00Z"), at("2026-01-10T12:00:00Z")
    suppression = Suppression(windows=(quiet.window(),))
    (reason,) = suppression.reasons(alert(env="test"), night)
    assert (reason.kind, reason.by, reason.text) == ("quiet_hours", "q", "sleep")
    assert reason.until == at("2026-01-11T06:00:00Z")
    assert not suppression.reasons(alert(env="test"), day)
    assert not suppression.reasons(alert("high", env="test"), night)
    assert not suppression.reasons(alert(service="shop", env="test"), night)
    assert not suppression.reasons(alert(env="live"), night)


def test_the_quiet_around_an_instant_or_the_next_one() -> None:
    quiet = QuietHours(name="night", during=(NIGHT,))
    night = (at("2026-03-01T22:00:00Z"), at("2026-03-02T06:00:00Z"))
    assert quiet.span(at("2026-03-01T12:00:00Z")) == quiet.span(at("2026-03-02T01:00:00Z")) == night
