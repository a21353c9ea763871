"""What a dataclass refuses whatever stands in its holes, and never what it might refuse."""

from dataclasses import dataclass
from typing import Literal

from slawatch.checks import _http_plan, database
from slawatch.config.alerting import Alerting
from slawatch.config.completing import refusals
from slawatch.config.web import Sessions
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.text import Secret
from slawatch.notifiers import email, slack, sms


def told(kind: type, values: dict[str, object], *unread: str) -> list[str]:
    return [found.message for found in refusals(kind, values, unread)]


def test_every_refusal_is_told_though_the_first_one_ends_the_making() -> None:
    values = {"instance": "a b", "recover_after": 0, "start_grace": HOUR, "ping_every": 1, "tier_ahead": 0.0}
    assert [message.partition(":")[0] for message in told(Alerting, values)] == [
        "instance", "recover_after", "start_grace", "ping_every", "tier_ahead",
    ]  # fmt: skip


def test_what_follows_a_hole_is_told_too() -> None:
    assert told(Alerting, {"ping_every": SECOND}, "instance", "recover_after") == [
        "ping_every: from 10s to 1h"
    ]
    assert told(email.Options, {"host": "h", "port": 0}, "from") == ["port: from 1 to 65535"]


def test_what_depends_on_the_hole_is_not_told() -> None:
    assert told(Sessions, {"length": HOUR}, "idle") == []
    assert told(Sessions, {"length": 93 * DAY}, "idle") == ["length: from `idle` to 92d"]
    assert told(Sessions, {"idle": MINUTE}, "length") == []
    assert told(email.Options, {"host": "h", "from": "a@b.example", "username": "u"}, "password") == []
    assert told(_http_plan.Auth, {"username": "u", "password": Secret("p")}, "type") == []
    assert told(database.Options, {"host": "h"}, "engine") == []


def test_a_hole_is_something_that_was_written() -> None:
    assert told(slack.Options, {}, "webhook_url") == []
    values = {"account_sid": "AC0", "auth_token": Secret("t")}
    assert told(sms.Options, values, "from") == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    first: Literal["a", "b"] = "a"
    second: int = 0
    third: int = 0

    def __post_init__(self) -> None:
        if self.first == "a" and self.second > 5:
            raise ValueError("second: too much for a")
        if self.third > 5:
            raise ValueError("third: too much")


def test_a_refusal_under_some_values_only_is_not_told() -> None:
    assert told(Pair, {"second": 9, "third": 9}, "first") == []
    assert told(Pair, {"second": 3, "third": 9}, "first") == ["third: too much"]
    assert told(Pair, {"third": 9}, "second") == ["third: too much"]
