"""The page about silences and maintenance: what holds first, what is over last and not for ever."""

from pathlib import Path

import pytest

from slawatch.config.load import Config, load
from slawatch.core.instant import DAY, HOUR, MINUTE, rfc3339
from slawatch.core.matcher import Matcher
from slawatch.core.silence import Silence
from slawatch.web.page_silences import arrange

from .conftest import NOW
from .duty import DUTY, Duty


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


def silence(name: str, start: int, end: int, label: str = "service", value: str = "shop") -> Silence:
    return Silence(
        id=name, match=(Matcher(label, "=", value),), author="alice", comment="new disk", start=start, end=end
    )


def window(name: str | None, start: int, end: int, state: str) -> dict[str, object]:
    return {
        "id": name, "services": ["shop"], "start": rfc3339(start), "end": rfc3339(end), "announced": None,
        "reason": "", "state": state,
    }  # fmt: skip


def test_what_holds_comes_first_and_says_what_it_keeps_quiet(config: Config) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.fire()
    found = arrange(
        config,
        [
            silence("over", NOW - 2 * HOUR, NOW - HOUR),
            silence("later", NOW + HOUR, NOW + 2 * HOUR),
            silence("now", NOW - HOUR, NOW + HOUR),
            silence("other", NOW - HOUR, NOW + 2 * HOUR, value="api"),
            silence("ancient", NOW - 90 * DAY, NOW - 80 * DAY),
        ],
        duty.state.alerts.values(),
        (),
        NOW,
    )
    assert [one.id for one in found.silences] == ["now", "other", "later", "over"]
    assert found.silences[0].hits == ("shop-db",)
    assert found.silences[1].hits == ()
    assert found.silences[0].author == "Alice Arnold"


def test_a_silence_whose_pattern_is_none_says_so(config: Config) -> None:
    broken = Silence(
        id="s", match=(Matcher("check", "=~", "(?=x)"),), author="alice", comment="disk", start=NOW,
        end=NOW + HOUR,
    )  # fmt: skip
    found = arrange(config, [broken, silence("now", NOW - HOUR, NOW + HOUR)], (), (), NOW).silences
    assert {one.id: "look-around" in one.fault for one in found} == {"s": True, "now": False}


def test_only_what_was_entered_and_is_not_over_can_be_called_off(config: Config) -> None:
    windows = [
        window("m-1", NOW + HOUR, NOW + 2 * HOUR, "planned"),
        window(None, NOW + HOUR, NOW + 2 * HOUR, "planned"),
        window("m-2", NOW - 2 * HOUR, NOW - HOUR, "over"),
        window("m-3", NOW - HOUR, NOW + HOUR, "running"),
        window("m-4", NOW - 90 * DAY, NOW - 80 * DAY, "over"),
    ]
    found = arrange(config, (), (), windows, NOW).windows
    assert [(one.id, one.cancels) for one in found] == [
        ("m-3", True), ("m-1", True), ("", False), ("m-2", False),
    ]  # fmt: skip
