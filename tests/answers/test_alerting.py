"""What `status` says of alerting."""

from tests.alerts import Play
from tests.web.playing import channel

from slawatch.answers.alerting import summary
from slawatch.core.command import Ack
from slawatch.core.instant import MINUTE


def test_alerts_incidents_and_channels(play: Play) -> None:
    play.broken = {"chat"}
    play.fire("shop-home")
    play.fire("api-a", after=MINUTE)
    play.give(Ack(by="eve", incident=1))
    channels = {"chat": channel("misconfigured", "invalid token"), "text": channel()}
    found = summary(play.config, play.state, channels, play.now)
    assert [one["id"] for one in found["alerts"]] == ["shop-home", "api-a"]
    assert [(one["id"], one["state"]) for one in found["incidents"]] == [(2, "triggered"), (1, "acked")]
    chat, text, hook = found["channels"]
    assert (chat["state"], chat["why"], chat["dead"], chat["queued"]) == (
        "misconfigured", "invalid token", 2, 0,
    )  # fmt: skip
    assert (text["state"], hook["state"]) == ("ok", "unknown")


def test_an_organization_sees_its_own_and_no_channels(play: Play) -> None:
    play.fire("shop-home")
    play.fire("api-a")
    found = summary(play.config, play.state, {}, play.now, "other")
    assert [one["id"] for one in found["alerts"]] == ["api-a"]
    assert [one["id"] for one in found["incidents"]] == [2]
    assert found["channels"] == []
